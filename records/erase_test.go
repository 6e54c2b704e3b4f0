package records_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/optin"
	"assent/phone"
	"assent/proof"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// People of whom something is erased, locked or held.
const (
	emil  = "+491701112233"
	frida = "+491702223344"
	gita  = "+491703334455"
	hugo  = "+436649998877"
	ida   = "+4915112345678"
)

// erase erases the person and wants it to succeed.
func (h *house) erase(e records.Erasure) records.Erased {
	h.T.Helper()
	e.Business, e.Method, e.Actor = h.Business, "command", "mia"
	out, err := h.records.Erase(context.Background(), e)
	if err != nil {
		h.T.Fatal(err)
	}
	h.Settle()
	return out
}

func (h *house) eraseNumber(e164 string) records.Erased {
	h.T.Helper()
	return h.erase(records.Erasure{Account: tenant.Account{Number: number(h.T, e164)}, Reason: "asked by letter"})
}

// join lets the number opt in to offers by a form in which it is typed.
func (h *house) join(e164 string) {
	h.T.Helper()
	h.Confirm(h.form(apptest.Numbered, e164, apptest.Offers), e164)
	h.later(time.Minute)
}

// forget lets everything happen that takes something away.
func (h *house) forget() {
	h.T.Helper()
	h.join(emil)
	h.form(apptest.Numbered, emil, apptest.Orders) // and is never confirmed
	h.Say(emil, "STOP")
	h.later(time.Minute)
	h.eraseNumber(emil)
	h.later(time.Minute)
	h.join(emil) // is somebody new
	h.merge(hugo)
	h.eraseNumber(hugo)
	h.later(time.Minute)
	h.join(frida)
	h.form(apptest.Numbered, frida, apptest.Orders)
	h.lock(frida)
	h.join(gita)
	h.hold(gita, true)
	h.form(apptest.Numbered, ida, apptest.Orders)
	h.eraseNumber(ida) // only a form
	h.later(time.Minute)
}

func (h *house) lock(e164 string) records.Erased {
	h.T.Helper()
	out, err := h.records.Lock(context.Background(), records.Erasure{Business: h.Business, Subject: h.person(e164), Reason: "asked by letter", Method: "command", Actor: "mia"}, h.Clock.Now().Add(1000*time.Hour))
	if err != nil {
		h.T.Fatal(err)
	}
	h.Settle()
	h.later(time.Minute)
	return out
}

func (h *house) hold(e164 string, held bool) {
	h.T.Helper()
	if err := h.records.Hold(context.Background(), h.Business, h.person(e164), held, "case 12", "mia"); err != nil {
		h.T.Fatal(err)
	}
	h.Settle()
}

func (h *house) mustHold() {
	h.T.Helper()
	if report := auditOf(h.T, h, records.AuditOptions{}); !report.OK {
		h.T.Fatalf("the audit: %s", failed(report))
	}
}

// show returns the person by id.
func (h *house) show(id string) records.Person {
	h.T.Helper()
	p, err := h.records.Person(context.Background(), h.Business, id)
	if err != nil {
		h.T.Fatal(err)
	}
	return p
}

func TestErase(t *testing.T) {
	h := newHouse(t)
	h.join(ada)
	h.join(emil)
	waiting := h.form(apptest.Numbered, emil, apptest.Orders)
	id := h.person(emil)
	consents := h.show(id).Consents
	out := h.eraseNumber(emil)
	if out.Subject != id || out.Requests != 2 || len(out.Keys) != 3 || out.Keys[0] != "s/"+id {
		t.Errorf("%+v", out)
	}
	h.mustHold()
	t.Run("nobody is found", func(t *testing.T) {
		for _, search := range []string{emil, id, consents[0].Consent} {
			if page := list(t, h, records.Query{Search: search}); len(page.Rows) != 0 {
				t.Errorf("%d rows", len(page.Rows))
			}
		}
		if got := h.Check(emil, apptest.Offers); got.Allowed || got.Reason != consent.ReasonSuppressed {
			t.Errorf("%+v", got)
		}
		if _, err := h.Optin.Pending(t.Context(), waiting); !fault.Is(err, fault.NotFound) {
			t.Errorf("the form's page: %v", err)
		}
	})
	t.Run("the story says what still shows", func(t *testing.T) {
		p := h.show(id)
		if p.ErasedAt.IsZero() || p.Number != "" || p.Name != "" || len(p.Identifiers) != 0 || p.Country != "" {
			t.Errorf("%+v", p)
		}
		if p.Events[0].Name != evidence.SubjectErased || p.Events[0].Reason != "asked by letter" || p.Events[0].Operator != "mia" || p.Events[0].Problem != "" {
			t.Errorf("%+v", p.Events[0])
		}
		for _, e := range p.Events[1:] {
			if !strings.Contains(e.Problem, "destroyed") || e.Number != "" {
				t.Errorf("%s: %q", e.Name, e.Problem)
			}
		}
		if p.Consents[0].Consent != consents[0].Consent || p.Consents[0].State != consents[0].State {
			t.Errorf("left of the consent: %+v", p.Consents[0])
		}
		if len(p.Stops) != 1 || p.Stops[0].Reason != subject.ByErasure {
			t.Errorf("%+v", p.Stops)
		}
	})
	t.Run("a proof says why there is none", func(t *testing.T) {
		var b bytes.Buffer
		err := h.records.Proof(t.Context(), h.Business, consents[0].Consent, proof.Court, "mia", &b)
		if !fault.Is(err, fault.NotFound) || !strings.Contains(fault.Message(err), "was erased") || b.Len() > 0 {
			t.Errorf("%v", err)
		}
	})
	t.Run("other people's proofs are whole", func(t *testing.T) {
		h.sign()
		var b bytes.Buffer
		if err := h.records.ProofOfPerson(t.Context(), h.Business, h.person(ada), proof.Court, "mia", &b); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("again", func(t *testing.T) {
		for _, e := range []records.Erasure{{Subject: id}, {Account: tenant.Account{Number: number(t, emil)}}} {
			e.Business = h.Business
			if _, err := h.records.Erase(t.Context(), e); !fault.Is(err, fault.NotFound) {
				t.Errorf("%v", err)
			}
		}
	})
}

func TestEraseRefuses(t *testing.T) {
	h := newHouse(t)
	h.join(emil)
	id := h.person(emil)
	bsuid := list(t, h, records.Query{Search: emil}).Rows[0].BSUID
	for name, tt := range map[string]struct {
		e    records.Erasure
		kind fault.Kind
	}{
		"nobody named":             {records.Erasure{}, fault.Invalid},
		"another business":         {records.Erasure{Business: "none", Subject: id}, fault.NotFound},
		"nobody":                   {records.Erasure{Subject: "019cadcd-0320-7f7e-a4ed-1e23289de26b"}, fault.NotFound},
		"a number never seen":      {records.Erasure{Account: tenant.Account{Number: number(t, ida)}}, fault.NotFound},
		"a reason with the number": {records.Erasure{Subject: id, Reason: "0170 111-2233 wrote"}, fault.Invalid},
		"a reason with the id":     {records.Erasure{Subject: id, Reason: "is " + bsuid}, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.e.Business == "" {
				tt.e.Business = h.Business
			}
			if _, err := h.records.Erase(t.Context(), tt.e); fault.KindOf(err) != tt.kind {
				t.Errorf("%v", err)
			}
		})
	}
	if got := h.Check(emil, apptest.Offers); !got.Allowed {
		t.Errorf("a refusal changed something: %+v", got)
	}
}

// Rule 18: who acts again after an erasure is somebody new, and given is marked.
func TestOptInAfterErasure(t *testing.T) {
	h := newHouse(t)
	h.join(emil)
	h.Say(emil, "STOP")
	h.later(time.Minute)
	before := h.person(emil)
	late := h.form(apptest.Numbered, emil, apptest.Offers)
	h.eraseNumber(emil)
	p, err := h.Optin.Pending(t.Context(), late)
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("a form from before: %+v, %v", p, err)
	}
	h.later(time.Minute)
	h.join(emil)
	after := h.show(h.person(emil))
	if after.ID == before {
		t.Fatal("the same person came back")
	}
	if st := h.State(emil, apptest.Offers); st != consent.Given {
		t.Errorf("state %s", st)
	}
	var note string
	for _, e := range after.Events {
		for _, c := range e.Choices {
			if e.Name == evidence.ConsentGiven && c.Outcome == "given" {
				note = c.Note
			}
		}
	}
	if note != "after a stop" {
		t.Errorf("note %q", note)
	}
	if got := h.Check(emil, apptest.Orders); got.Allowed { // what was not confirmed stays stopped
		t.Errorf("%+v", got)
	}
	h.Settle()
	h.mustHold()
	h.eraseNumber(emil) // and once more
	h.mustHold()
}

// A stop that comes from somebody erased makes them known again, and stops.
func TestStopAfterErasure(t *testing.T) {
	h := newHouse(t)
	h.join(emil)
	h.eraseNumber(emil)
	h.later(time.Minute)
	h.Say(emil, "STOP")
	if got := h.Check(emil, apptest.Offers); got.Reason != consent.ReasonSuppressed {
		t.Errorf("%+v", got)
	}
	h.mustHold()
}

// A button of a message from before leads nowhere.
func TestTapAfterErasure(t *testing.T) {
	h := newHouse(t)
	h.Say(emil, "Hello Sonnentor! I would like to hear from you. Code "+apptest.PrintedCode)
	h.later(time.Minute)
	h.tap(emil, 0)
	h.later(time.Minute)
	h.eraseNumber(emil)
	h.tap(emil, 0)
	if got := h.Check(emil, apptest.Offers); got.Allowed {
		t.Errorf("%+v", got)
	}
	h.mustHold()
}

func TestEraseMerged(t *testing.T) {
	h := newHouse(t)
	h.merge(hugo)
	id := h.person(hugo)
	absorbed := h.show(id).Absorbed
	if len(absorbed) != 1 {
		t.Fatalf("absorbed %v", absorbed)
	}
	out := h.erase(records.Erasure{Subject: absorbed[0]}) // whichever id is named
	if out.Subject != id || !slices.Contains(out.Keys, "s/"+absorbed[0]) {
		t.Errorf("%+v", out)
	}
	h.mustHold()
}

// Erasures and sign-ups at once: whatever comes first, nothing is lost and the
// audit holds.
func TestEraseWhileActing(t *testing.T) {
	h := newHouse(t)
	h.join(emil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if i%2 == 0 {
				_, err := h.records.Erase(context.Background(), records.Erasure{Business: h.Business, Account: tenant.Account{Number: number(t, emil)}})
				if err != nil && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
				return
			}
			w := optin.Withdrawal{Business: h.Business, Account: tenant.Account{Number: number(t, emil)}, Channel: "shop"}
			if _, err := h.Optin.Withdraw(context.Background(), w); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h.Settle()
	h.mustHold()
	if got := h.Check(emil, apptest.Offers); got.Reason != consent.ReasonSuppressed {
		t.Errorf("%+v", got)
	}
}

// memory remembers what the sentinel was told.
type memory struct {
	mu   sync.Mutex
	keys []string
	fail bool
}

func (m *memory) Left(context.Context, []byte) error { return nil }
func (m *memory) Destroyed(_ context.Context, key, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail {
		return errors.New("the disk is full")
	}
	m.keys = append(m.keys, key)
	return nil
}

func TestEraseTellsTheSentinel(t *testing.T) {
	h := newHouse(t)
	m := &memory{fail: true}
	h.Manage.Installation().Sentinel = m
	h.join(emil)
	id := h.person(emil)
	if _, err := h.records.Erase(t.Context(), records.Erasure{Business: h.Business, Subject: id}); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("%v", err)
	}
	m.fail = false
	if _, err := h.records.Erase(t.Context(), records.Erasure{Business: h.Business, Subject: id}); !fault.Is(err, fault.NotFound) {
		t.Fatalf("%v", err)
	}
	if !slices.Contains(m.keys, "s/"+id) {
		t.Errorf("told of %v", m.keys)
	}
	h.join(frida)
	out := h.eraseNumber(frida)
	for _, key := range out.Keys {
		if !slices.Contains(m.keys, key) {
			t.Errorf("not told of %s", key)
		}
	}
}

func TestEraseAgain(t *testing.T) {
	h := newHouse(t)
	h.join(emil)
	h.form(apptest.Numbered, ida, apptest.Offers)
	id := h.person(emil)
	var form string
	h.must(h.Store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.RequestsByLine(ctx, h.Business, h.Tenant().LineHash(number(t, ida)))
		form = list[0].ID
		return err
	}))
	for range 2 {
		if _, err := h.records.EraseAgain(t.Context(), "mia", []string{"s/" + id, "r/" + form, "s/019cadcd-0320-7f7e-a4ed-1e23289de26b", "r/none", "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if h.show(id).ErasedAt.IsZero() {
		t.Error("the person is still there")
	}
	h.Settle()
	h.mustHold()
}

func (h *house) must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

func TestExportFirst(t *testing.T) {
	h := newHouse(t)
	h.Tenant().ExportFirst = true
	h.join(emil)
	id := h.person(emil)
	if _, err := h.records.Erase(t.Context(), records.Erasure{Business: h.Business, Subject: id}); !fault.Is(err, fault.Conflict) {
		t.Fatalf("%v", err)
	}
	h.sign()
	for audience, want := range map[proof.Audience]bool{proof.Meta: false} {
		h.must(h.records.ProofOfPerson(t.Context(), h.Business, id, audience, "mia", io.Discard))
		if _, err := h.records.Erase(t.Context(), records.Erasure{Business: h.Business, Subject: id}); (err == nil) != want {
			t.Fatalf("%s: %v", audience, err)
		}
	}
	h.must(h.records.ProofOfPerson(t.Context(), h.Business, id, proof.Court, "mia", io.Discard))
	h.erase(records.Erasure{Subject: id})
	h.mustHold()
}

func TestAfterErasure(t *testing.T) {
	now := apptest.Start
	lock := business.Keeping{AfterErasure: business.LockFirst, LockDays: 2}
	for name, tt := range map[string]struct {
		set  business.Keeping
		f    records.Facts
		want time.Time
	}{
		"erase, used":   {business.Keeping{}, records.Facts{Used: true}, time.Time{}},
		"lock, unused":  {lock, records.Facts{}, time.Time{}},
		"lock, used":    {lock, records.Facts{Used: true}, now.Add(48 * time.Hour)},
		"erase, unused": {business.Keeping{AfterErasure: business.EraseAtOnce}, records.Facts{}, time.Time{}},
	} {
		if got := records.AfterErasure(tt.set, tt.f, now); !got.Equal(tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// After an erasure nothing personal is left in any file: not the number in any
// spelling, not the name, no id of theirs, no key, no look-up hash; nor in what
// was logged.
func TestNothingIsLeft(t *testing.T) {
	var logged bytes.Buffer
	var mu sync.Mutex
	db := storetest.SQLite(t)
	h := &house{db: db}
	h.App = apptest.NewWith(t, apptest.Options{Database: db.Name, Store: store.Options{Readers: 2}, Log: slog.New(slog.NewTextHandler(locked{&mu, &logged}, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	h.records = records.New(store.As[records.Reader, records.Writer](h.Store), h.Directory(), h.Manage.Installation(), h.Clock.Now, rand.Reader)
	h.join(ada) // who stays
	h.join(emil)
	h.Say(emil, "STOP")
	h.later(time.Minute)
	token := h.form(apptest.Asking, emil, apptest.Orders)
	h.must(h.Optin.AskTemplate(t.Context(), token, ""))
	h.Settle()
	h.tap(emil, 0)
	h.later(time.Minute)
	h.form(apptest.Numbered, emil, apptest.Orders)
	h.Act(simulator.Inbound{From: emil, To: apptest.PhoneNumberID, Marketing: "stop"})
	secrets := h.secretsOf(emil)
	where := func() (found []string) {
		files := map[string][]byte{"the log lines": nil}
		mu.Lock()
		files["the log lines"] = bytes.Clone(logged.Bytes())
		mu.Unlock()
		names, err := filepath.Glob(db.Name + "*")
		h.must(err)
		for _, name := range names {
			body, err := os.ReadFile(name)
			h.must(err)
			files[filepath.Base(name)] = body
		}
		for what, secret := range secrets {
			for name, body := range files {
				if bytes.Contains(body, secret) {
					found = append(found, what+" in "+name)
				}
			}
		}
		slices.Sort(found)
		return found
	}
	if len(where()) == 0 {
		t.Fatal("the test finds nothing before, and so proves nothing after")
	}
	h.eraseNumber(emil)
	var found []string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if found = where(); len(found) == 0 {
			break
		}
	}
	if len(found) > 0 {
		t.Errorf("left: %s", strings.Join(found, ", "))
	}
	h.mustHold()
}

// locked is a writer that several goroutines use.
type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// secretsOf returns all that names a person, in every form in which it could be
// kept.
func (h *house) secretsOf(e164 string) map[string][]byte {
	h.T.Helper()
	secrets := map[string][]byte{"the name": []byte("Ünlü")}
	for _, s := range append(phone.Spellings(e164), e164) {
		digits := strings.TrimPrefix(s, "+")
		secrets["+"+digits], secrets[digits], secrets["0"+digits[2:]] = []byte("+"+digits), []byte(digits), []byte("0"+digits[2:])
	}
	coded := func(what string, b []byte) {
		secrets[what], secrets[what+", hex"], secrets[what+", base64"] = b, []byte(hex.EncodeToString(b)), []byte(base64.StdEncoding.EncodeToString(b))
		secrets[what+", base64url"] = []byte(base64.RawURLEncoding.EncodeToString(b))
	}
	id := h.person(e164)
	n := number(h.T, e164)
	h.must(h.Store.ReadOnly(h.T.(*testing.T).Context(), func(ctx context.Context, tx *store.Tx) error {
		ids, err := tx.IdentifiersOf(ctx, id)
		if err != nil {
			return err
		}
		for _, i := range ids {
			coded("hash of the "+string(i.Kind), i.Hash)
			coded("sealed "+string(i.Kind), i.Sealed)
		}
		key, err := tx.WrappedKey(ctx, "s/"+id)
		if err != nil {
			return err
		}
		coded("the key", key)
		forms, err := tx.RequestsByLine(ctx, h.Business, h.Tenant().LineHash(n))
		for _, q := range forms {
			coded("the key of form "+q.ID, q.WrappedKey)
			coded("what was typed in form "+q.ID, q.Sealed)
			coded("the address of form "+q.ID, q.TokenHash)
		}
		return err
	}))
	for _, i := range h.show(id).Identifiers {
		if i.Kind == subject.BSUID {
			secrets["the account id"] = []byte(i.Value)
		}
	}
	coded("hash for templates", h.Manage.Installation().Secrets.TemplateHash(n))
	return secrets
}
