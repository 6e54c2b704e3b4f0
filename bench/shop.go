package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"assent/business"
	"assent/manage"
	"assent/store"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// shop is an installation with the sample business, written from numbers that are
// real to the program: their side of WhatsApp is played over HTTP by this process.
type shop struct {
	dir      string
	o        options
	db       *store.Store // while the program does not run
	m        *manage.Service
	t        *tenant.Tenant
	server   *server
	log      *os.File
	platform *http.Server
	graph    string // address of the platform
}

// The numbers' identities at Meta.
const (
	shopSecret = "the secret of the benchmark's app"
	shopToken  = "the token of the benchmark"
	shopWABA   = "700000000000100"
)

// shopID returns the phone_number_id of the n-th number.
func shopID(n int) string { return fmt.Sprintf("70000000000020%d", n) }

// shopNumber returns the n-th number.
func shopNumber(n int) string { return fmt.Sprintf("+49405550199%d", n) }

// openShop makes the installation in the folder, with so many numbers and the
// handler as their platform.
func openShop(dir string, o options, numbers int, platform http.Handler) (s *shop, err error) {
	s = &shop{dir: dir, o: o}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	rand.Read(key) //nolint:errcheck // crypto/rand never fails
	if err := os.WriteFile(s.key(), []byte(base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	for n := range numbers {
		sender := business.Sender{
			PhoneNumberID: shopID(n), WABA: shopWABA, Portfolio: "700000000000300", Number: shopNumber(n), App: "700000000000400",
			Secrets: business.Secrets{Token: shopToken, AppSecrets: []string{shopSecret}, VerifyToken: "verify"},
		}
		if n == 0 {
			_, err = s.m.AddSample(context.Background(), sender)
		} else {
			sender.Business = s.t.ID
			_, err = s.m.AddSender(context.Background(), sender)
		}
		if err != nil {
			return nil, err
		}
		s.t, _ = s.m.Directory().TenantBySlug("morgenrot")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.graph = "http://" + l.Addr().String()
	s.platform = &http.Server{Handler: platform}
	go s.platform.Serve(l) //nolint:errcheck // it ends when the shop closes
	return s, nil
}

func (s *shop) key() string { return filepath.Join(s.dir, "assent.db.key") }

// open opens the database while the program does not run.
func (s *shop) open() (err error) {
	s.db, s.m, err = open(s.dir, s.o, store.Options{BatchRows: 5000, BatchTime: time.Second})
	if err == nil {
		s.t, _ = s.m.Directory().TenantBySlug("morgenrot")
	}
	return err
}

// name returns the name of the database.
func (s *shop) name() string {
	if s.o.database != "" {
		return s.o.database
	}
	return filepath.Join(s.dir, "assent.db")
}

// start closes the database and starts the program on it.
func (s *shop) start() (err error) {
	if err := s.db.Close(); err != nil {
		return err
	}
	s.db = nil
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	if s.log, err = os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return err
	}
	s.server = &server{Base: "http://" + addr, cmd: exec.Command(s.o.binary, "serve", "--addr", addr, "--base-url", "http://"+addr, "--database", s.name(),
		"--master-key-file", s.key(), "--sentinel", filepath.Join(s.dir, "assent.db.head"), "--simulator", "--graph-url", s.graph)}
	s.server.cmd.Stderr = s.log
	began := time.Now()
	if err := s.server.cmd.Start(); err != nil {
		return err
	}
	for time.Since(began) < time.Minute {
		res, err := http.Get(s.server.Base + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				s.server.start = time.Since(began)
				return nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("the program did not start: see " + s.log.Name())
}

// stop stops the program, says what it complained of, and opens the database.
func (s *shop) stop() error {
	err := s.server.stop()
	s.server = nil
	complaints, readErr := os.ReadFile(s.log.Name())
	if err = errors.Join(err, readErr, s.log.Close()); err != nil {
		return err
	}
	for _, level := range []string{"level=WARN", "level=ERROR"} {
		if n := bytes.Count(complaints, []byte(level)); n > 0 {
			at := bytes.Index(complaints, []byte(level))
			line, _, _ := bytes.Cut(complaints[at:], []byte("\n"))
			fmt.Printf("  the program logged %d times %s, first: %.300s\n", n, level, line)
		}
	}
	return s.open()
}

// close ends what still runs.
func (s *shop) close() error {
	var err error
	if s.server != nil {
		err = s.server.stop()
	}
	if s.db != nil {
		err = errors.Join(err, s.db.Close())
	}
	return errors.Join(err, s.platform.Close())
}

// taker is the platform's side of sending: it takes every message at once and
// hands its id on, so that its statuses can come back.
type taker struct {
	n    atomic.Int64
	mu   sync.Mutex
	sent []string // ids whose statuses have not been told
}

// ServeHTTP answers a send, and lists nothing of whatever else is asked for.
func (p *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodPost {
		fmt.Fprint(w, `{"data":[]}`)
		return
	}
	var m struct {
		To string `json:"to"`
	}
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	id := fmt.Sprintf("wamid.TAKEN%09d", p.n.Add(1))
	p.mu.Lock()
	p.sent = append(p.sent, id)
	p.mu.Unlock()
	fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[{"input":%q,"wa_id":%q}],"messages":[{"id":%q}]}`, m.To, m.To, id)
}

// statuses returns what is to be told of the messages taken since the last call,
// as elements of webhooks.
func (p *taker) statuses() (list []string) {
	p.mu.Lock()
	sent := p.sent
	p.sent = nil
	p.mu.Unlock()
	now := time.Now().Unix()
	for _, id := range sent {
		for _, status := range []string{"sent", "delivered", "read"} {
			list = append(list, fmt.Sprintf(`{"id":%q,"status":%q,"timestamp":"%d","recipient_id":""}`, id, status, now))
		}
	}
	return list
}

// webhook returns a POST of a signed body with the statuses and the messages.
func webhook(host string, statuses, messages, contacts []byte) []byte {
	var b bytes.Buffer
	b.WriteString(`{"object":"whatsapp_business_account","entry":[{"id":"` + shopWABA + `","changes":[`)
	change := func(name string, list, contacts []byte) {
		if len(list) == 0 {
			return
		}
		if b.Bytes()[b.Len()-1] != '[' {
			b.WriteByte(',')
		}
		b.WriteString(`{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"` + shopNumber(0)[1:] + `","phone_number_id":"` + shopID(0) + `"},`)
		if len(contacts) > 0 {
			b.WriteString(`"contacts":[`)
			b.Write(contacts)
			b.WriteString(`],`)
		}
		b.WriteString(`"` + name + `":[`)
		b.Write(list)
		b.WriteString(`]},"field":"messages"}`)
	}
	change("statuses", statuses, nil)
	change("messages", messages, contacts)
	b.WriteString(`]}]}`)
	return post(host, "/webhooks/whatsapp", "application/json", b.String(), wire.SignatureHeader+": "+wire.Sign(shopSecret, b.Bytes()))
}
