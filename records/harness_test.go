package records_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/internal/apptest"
	"assent/optin"
	"assent/phone"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// Numbers of the people in these tests.
const (
	ada   = "+491701234567"
	bela  = "+491709876543"
	chidi = "+436641234567"
	dora  = "+14155550123"
)

// house is an installation with its records.
type house struct {
	*apptest.App
	records *records.Service
	db      storetest.Database
}

// newHouse returns an installation on the database that the tests run on.
func newHouse(t testing.TB) *house { t.Helper(); return newHouseOn(t, storetest.Default(t)) }

func newHouseOn(t testing.TB, db storetest.Database) *house {
	t.Helper()
	h := &house{db: db}
	h.App = apptest.NewWith(t, apptest.Options{Database: db.Name, Store: store.Options{Readers: 2}})
	h.records = records.New(store.As[records.Reader, records.Writer](h.Store), h.Directory(), h.Manage.Installation(), h.Clock.Now, rand.Reader)
	return h
}

// sign signs checkpoints until the test ends, as a server does.
func (h *house) sign() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { h.Manage.RunCheckpoints(ctx); close(done) }()
	h.T.Cleanup(func() { cancel(); <-done })
}

// form posts the form of a funnel.
func (h *house) form(slug, number string, purposes ...string) string {
	h.T.Helper()
	return h.Submit(optin.Submission{
		Slug: slug, Phone: number, Country: "DE", Name: "Ada Ünlü", Purposes: purposes, Page: "https://sonnentor.example/join",
		IP: "203.0.113.77", UserAgent: "Mozilla/5.0 (proofs)", Entry: apptest.PrintedCode,
	})
}

// withdraw enters a stop at the business.
func (h *house) withdraw(a tenant.Account, purpose, operator string) {
	h.T.Helper()
	w := optin.Withdrawal{Business: h.Business, Account: a, Purpose: purpose, Channel: "telephone", Words: "she said that she has enough", Operator: operator}
	if _, err := h.Optin.Withdraw(context.Background(), w); err != nil {
		h.T.Fatal(err)
	}
	h.Settle()
}

func number(t testing.TB, e164 string) phone.Number {
	t.Helper()
	n, err := phone.ParseE164(e164)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// tap taps the n-th button of the newest message that has any.
func (h *house) tap(person string, n int) {
	h.T.Helper()
	said := h.Received(person)
	for i := len(said) - 1; i >= 0; i-- {
		if len(said[i].Buttons) > n {
			h.Act(simulator.Inbound{From: person, Button: said[i].Buttons[n].Payload})
			return
		}
	}
	h.T.Fatalf("no button to tap")
}

// later moves the clock on.
func (h *house) later(d time.Duration) { h.Clock.Advance(d) }

// merge makes one person of two: known by a number, and by an account id whose
// number was withheld, until a message shows both.
func (h *house) merge(e164 string) {
	h.T.Helper()
	h.withdraw(tenant.Account{Number: number(h.T, e164)}, apptest.Offers, "mia")
	h.later(time.Minute)
	yes, no := true, false
	h.Act(simulator.Inbound{From: e164, To: apptest.PhoneNumberID, Withheld: &yes, Text: "Hello Sonnentor! I would like to hear from you. Code " + apptest.PrintedCode})
	h.tap(e164, 0)
	h.later(time.Minute)
	h.Act(simulator.Inbound{From: e164, To: apptest.PhoneNumberID, Withheld: &no, Text: "STOP"})
	h.later(time.Minute)
}

// story lets everything happen that makes a row of evidence.
func (h *house) story() {
	h.T.Helper()
	h.Confirm(h.form(apptest.Numbered, "0170 1234567", apptest.Offers), ada) // given, refused, receipt
	h.later(time.Minute)
	h.Say(ada, "STOP")
	h.later(time.Minute)
	h.Confirm(h.form(apptest.Numbered, "0170 1234567", apptest.Offers, apptest.Orders), ada) // renewed, ends the stop
	h.later(time.Minute)
	token := h.form(apptest.Asking, "0170 9876543", apptest.Orders) // template
	if err := h.Optin.AskTemplate(context.Background(), token, ""); err != nil {
		h.T.Fatal(err)
	}
	h.Settle()
	h.tap(bela, 0)
	h.later(time.Minute)
	h.Act(simulator.Inbound{From: bela, To: apptest.PhoneNumberID, Marketing: "stop"}) // WhatsApp's own
	h.later(time.Minute)
	h.Act(simulator.Inbound{From: bela, To: apptest.PhoneNumberID, Marketing: "resume"})
	h.merge(chidi)
	h.withdraw(tenant.Account{Number: number(h.T, dora)}, "", "") // never seen
	h.later(time.Minute)
	h.form(apptest.Chat, "", apptest.Offers) // silence
	h.later(100 * time.Hour)
	if _, err := h.Optin.ExpireRequests(context.Background()); err != nil {
		h.T.Fatal(err)
	}
	h.Settle()
}

// parted makes two people of somebody who signs up.
func (h *house) parted(number string) {
	h.T.Helper()
	h.later(time.Minute)
	h.Confirm(h.form(apptest.Chat, "", apptest.Offers), number)
	h.later(time.Minute)
	sub := h.person(number)
	var ids []subject.Identifier
	err := h.Store.ReadOnly(context.Background(), func(ctx context.Context, r reader) (err error) {
		ids, err = r.IdentifiersOf(ctx, sub)
		return err
	})
	if err == nil {
		_, err = h.records.Part(context.Background(), records.Parting{Business: h.Business, Subject: sub, Identifier: ids[0].Hash, Reason: "told by telephone", Actor: "mia"})
	}
	if err != nil {
		h.T.Fatal(err)
	}
}

// person returns the id of whoever has the number.
func (h *house) person(search string) string {
	h.T.Helper()
	page, err := h.records.List(context.Background(), records.Query{Business: h.Business, Search: search})
	if err != nil {
		h.T.Fatal(err)
	}
	if len(page.Rows) == 0 {
		h.T.Fatal("the list does not find the person")
	}
	return page.Rows[0].Subject
}

const apptestMinute = time.Minute

type reader = *store.Tx

// otherBusiness is a business beside the sample.
var otherBusiness = business.Business{Slug: "rival", LegalName: "Rival AG", Country: "DE"}

// disclosedText decodes every disclosure of a bundle: they are base64, in which
// nothing can be searched.
func disclosedText(t testing.TB, bundle []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, ".sd-jwt") {
			for _, part := range strings.FieldsFunc(string(body), func(r rune) bool { return r == '~' || r == '.' }) {
				if text, err := base64.RawURLEncoding.DecodeString(part); err == nil {
					all.Write(text)
					all.WriteByte('\n')
				}
			}
		}
		if strings.HasPrefix(f.Name, "webhooks/") {
			var w struct{ Slice, Body []byte }
			if err := json.Unmarshal(body, &w); err != nil {
				t.Fatal(err)
			}
			all.Write(w.Slice)
			all.Write(w.Body)
		}
	}
	return all.String()
}

// raw changes the database behind the store's back, past its triggers.
func (h *house) raw(statement string, args ...any) {
	h.T.Helper()
	driver, name := "sqlite", "file:"+h.db.Name+"?_pragma=busy_timeout(5000)"
	if h.db.Kind == "postgres" {
		driver, name = "pgx", h.db.Name
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		h.T.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		h.T.Fatal(err)
	}
}
