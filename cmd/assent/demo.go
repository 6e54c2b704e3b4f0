package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"assent/business"
	"assent/fault"
	"assent/store"
	"assent/vault"
)

type demoCommand struct {
	Data         string `help:"Folder for the database; a temporary one if not given, gone at the end." type:"path" placeholder:"DIR"`
	Database     string `help:"Another database than DIR/assent.db." hidden:"" env:"-"`
	Addr         string `help:"Where to listen." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	JSON         bool   `help:"Print one line of JSON when ready, for scripts."`
	AfterRestore bool   `help:"Go on from a restored backup that is behind what left the house." env:"-"`
	BatchRows    int    `help:"Most rows in one write." hidden:"" env:"-"`

	outsideFlags
}

// Help is shown by assent demo --help.
func (demoCommand) Help() string {
	return `Examples:
  assent demo
  assent demo --data ./demo --addr 127.0.0.1:9000`
}

// Run runs the demo until it is interrupted.
func (c *demoCommand) Run(ctx context.Context, std streams) (err error) {
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "assent-demo-"); err != nil {
			return fault.New(fault.Unavailable, "A temporary folder cannot be made. Give one with --data.").Because(err)
		}
		defer os.RemoveAll(c.Data)
	} else if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fault.New(fault.Invalid, "The folder %s cannot be made.", c.Data).Because(err)
	}
	listener, err := listen(c.Addr)
	if err != nil {
		return err
	}
	defer listener.Close()
	base := "http://" + listener.Addr().String()
	flags, err := c.database(base)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	inst, err := flags.open(ctx, store.Options{BatchRows: c.BatchRows}, log, func(string) {})
	if err != nil {
		return err
	}
	if err := inst.guard(ctx, c.AfterRestore, func(s string) { fmt.Fprintln(std.err, s) }); err != nil {
		return errors.Join(err, inst.close())
	}
	inst.tellIssuer(func(s string) { fmt.Fprintln(std.err, s) })
	ready, err := prepareDemo(ctx, inst, base, demoAccessFile(c.Data))
	if err != nil {
		return errors.Join(err, inst.close())
	}
	site, err := newSite(inst, siteOptions{simulator: true, gallery: true, outside: c.outsideFlags})
	if err != nil {
		return errors.Join(err, inst.close())
	}
	if err := site.offerSample(ctx, ready); err != nil {
		return errors.Join(err, inst.close())
	}
	return site.serve(ctx, listener, func() { ready.print(std, c.JSON) })
}

// offerSample lets the chat with the sample offer what it can answer: the commands
// that are proposed to any business, and sentences of which the first begins a
// sign-up. The simulator forgets it with all else, so it is told at each start.
func (s *site) offerSample(ctx context.Context, r demoReady) error {
	for _, t := range s.manage.Directory().Tenants() {
		for _, from := range t.Senders {
			if from.Number != r.Sender {
				continue
			}
			menu := s.surfaces.ProposeMenu(t)
			menu.Prompts = []string{"I would like offers, code " + r.printedCode(), "Settings", "Help"}
			return s.meta.SetMenu(ctx, from, menu)
		}
	}
	return nil
}

// database returns where the demo's data are, with the key file beside them.
func (c *demoCommand) database(base string) (databaseFlags, error) {
	f := databaseFlags{Database: c.Database, BaseURL: base, MasterKeyFile: filepath.Join(c.Data, "assent.db.key"), Sentinel: filepath.Join(c.Data, "assent.db.head")}
	if f.Database == "" {
		f.Database = filepath.Join(c.Data, "assent.db")
	}
	if _, err := os.Stat(f.MasterKeyFile); err == nil {
		return f, nil
	}
	_, err := newKeyFile(f.MasterKeyFile, func(string) {})
	return f, err
}

// listen opens the address, or says what to do.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The address %s cannot be listened on; another program may use it. Choose another with --addr, for example --addr 127.0.0.1:8090.", addr).Because(err)
	}
	return l, nil
}

// demoReady is what a script, or a person, needs to try the demo.
type demoReady struct {
	Base          string       `json:"base"`
	Funnels       []demoFunnel `json:"funnels"`
	Phone         string       `json:"phone"`
	Admin         string       `json:"admin"`
	AdminUser     string       `json:"admin_user"`
	AdminPassword string       `json:"admin_password"`
	APIKey        string       `json:"api_key"`
	Sender        string       `json:"sender"`
}

type demoFunnel struct {
	Slug      string `json:"slug"`
	Mode      string `json:"mode"`
	Number    string `json:"number"`
	EntryCode string `json:"entry_code"`
}

// prepareDemo makes the sample, a log-in and an API key, where they are not
// there from the time before.
func prepareDemo(ctx context.Context, inst *installation, base, access string) (r demoReady, err error) {
	secret := func() string {
		token, tokenErr := vault.NewToken(rand.Reader)
		err = errors.Join(err, tokenErr)
		return token
	}
	sender := business.Sender{
		PhoneNumberID: "106540352242922", WABA: "102290129340398", Portfolio: "506914307656634", Number: "+494055501234", Simulated: true,
		Secrets: business.Secrets{Token: secret(), AppSecrets: []string{secret()}, VerifyToken: secret()},
	}
	r = demoReady{Base: base, Phone: base + "/sim", Admin: base + "/admin", AdminUser: demoName, Sender: sender.Number}
	if err != nil {
		return r, err
	}
	sample, err := inst.manage.AddSample(ctx, sender)
	if err != nil {
		return r, err
	}
	for _, f := range sample.Funnels {
		r.Funnels = append(r.Funnels, demoFunnel{f.Slug, string(f.Mode), string(f.Number), f.EntryCode})
	}
	a, err := admit(ctx, inst.manage, sample.Business, access)
	r.AdminPassword, r.APIKey = a.Password, a.APIKey
	return r, err
}

// print tells that the demo is ready.
func (r demoReady) print(std streams, asJSON bool) {
	if asJSON {
		if err := json.NewEncoder(std.out).Encode(r); err != nil {
			fmt.Fprintln(std.err, "assent:", err)
		}
		return
	}
	fmt.Fprintf(std.out, `Assent is running with a sample business, Morgenrot, and a simulated WhatsApp.

  Landing page   %[1]s/f/offers
  Phone          %[2]s
  Admin          %[3]s   user %[4]s, password %[5]s
  API key        %[6]s

Try this:
  1. Open the landing page, tick "Offers" but not "Order updates", and continue to WhatsApp.
  2. Press "Confirm in WhatsApp": the phone opens in a second tab, with the text. Press send.
  3. Watch the page in the first tab turn to confirmed, and the receipt arrive in the chat.
  4. Sign in to the admin UI, open the record, export its proof, and verify it:
       go run ./cmd/assent verify ~/Downloads/proof-*.zip
  5. Write STOP on the phone and see the record withdrawn.

More ways in: %[1]s/f/checkout (asks for a number), %[1]s/f/tasting (sends a message),
and the printed code %[1]s/q/%[7]s. Add ?lang=de or ?lang=ar to any page.

The phone reads pictures of QR codes too; / in a chat shows its commands; and
%[2]s/controls has outages, floods, duplicates and wrong signatures.

A number is asked by message once in 30 days, so /f/tasting needs another number each time:
on the phone, open "I am +49…" to change the phone or the number.

Stop with Ctrl-C.
`, r.Base, r.Phone, r.Admin, r.AdminUser, r.AdminPassword, r.APIKey, r.printedCode())
}

// printedCode is the code of the funnel whose way in is paper.
func (r demoReady) printedCode() string {
	for _, f := range r.Funnels {
		if f.Mode == "qr" {
			return f.EntryCode
		}
	}
	return ""
}
