package optin_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/optin"
	"assent/records"
	"assent/vault"
	"assent/whatsapp/simulator"
)

var linkIn = regexp.MustCompile(`https://consent\.example/p/([0-9a-hjkmnp-tv-z]{26})`)

// link returns the token in the newest message to a person that has one.
func (h *house) link(who string) string {
	h.Helper()
	msgs := h.chat(who)
	for i := len(msgs) - 1; i >= 0; i-- {
		if m := linkIn.FindStringSubmatch(msgs[i].Text); m != nil {
			return m[1]
		}
	}
	h.Fatalf("no link in %d messages", len(msgs))
	return ""
}

// works reports whether a link works now.
func (h *house) works(token string) bool {
	h.Helper()
	_, err := h.optin.OpenLink(h.Context(), token)
	if err != nil && !fault.Is(err, fault.NotFound) {
		h.Fatal(err)
	}
	return err == nil
}

// given lets anna agree to offers, and returns her link.
func (h *house) given() string {
	h.Helper()
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	return h.link(anna)
}

func TestRule28LinkInEveryReceipt(t *testing.T) {
	h := newHouse(t)
	first := h.given()
	for _, text := range []string{"STOP", "help", "Hilfe", "Settings", "الإعدادات"} {
		h.act(simulator.Inbound{From: anna, Text: text})
		if got := linkIn.FindStringSubmatch(h.last(anna).Text); got == nil || got[1] != first {
			t.Errorf("%s is answered by %q", text, h.last(anna).Text)
		}
	}
	h.act(simulator.Inbound{From: bernd, Text: "help"})
	h.act(simulator.Inbound{From: bernd, Text: "settings"})
	for _, m := range h.chat(bernd) {
		if linkIn.MatchString(m.Text) {
			t.Errorf("somebody of whom nothing is kept gets a link: %q", m.Text)
		}
	}
	if len(h.chat(bernd)) != 2 || len(h.events(bernd)) != 0 {
		t.Errorf("%d answers, events %v", len(h.chat(bernd)), h.events(bernd))
	}
}

// Whoever is shown a proof must not be able to act for the person.
func TestRule28NoLinkInEvidence(t *testing.T) {
	h := newHouse(t)
	token := h.given()
	h.act(simulator.Inbound{From: anna, Text: "STOP"})
	receipts := 0
	for _, e := range h.opened(anna) {
		if e.Name == evidence.ReceiptSent {
			receipts++
		}
		if strings.Contains(e.Act.Text, token) || e.Name == evidence.ReceiptSent && !strings.Contains(e.Act.Text, "/p/…") {
			t.Errorf("%s: %q", e.Name, e.Act.Text)
		}
	}
	if receipts != 2 {
		t.Errorf("%d receipts", receipts)
	}
}

func TestRule28LinkEnds(t *testing.T) {
	t.Run("60 days after the last message, and slides", func(t *testing.T) {
		h := newHouse(t)
		token := h.given()
		h.clock.pass(59 * 24 * time.Hour)
		if !h.works(token) {
			t.Error("it ends early")
		}
		h.act(simulator.Inbound{From: anna, Text: "help"})
		h.clock.pass(59 * 24 * time.Hour)
		if !h.works(token) {
			t.Error("a message does not prolong it")
		}
		h.clock.pass(2 * 24 * time.Hour)
		if h.works(token) {
			t.Error("it does not end")
		}
		h.act(simulator.Inbound{From: anna, Text: "settings"})
		if !h.works(h.link(anna)) {
			t.Error("there is no way to a new one")
		}
	})
	t.Run("never was one", func(t *testing.T) {
		h := newHouse(t)
		for _, token := range []string{"", "x", strings.Repeat("0", 26), strings.Repeat("7", 26), h.offers()} {
			if h.works(token) {
				t.Errorf("%q works", token)
			}
		}
	})
	t.Run("the person was erased", func(t *testing.T) {
		h := newHouse(t)
		token := h.given()
		l, err := h.optin.OpenLink(t.Context(), token)
		h.must(err)
		_, err = h.records.EraseAsked(t.Context(), l.Business, l.Subject)
		h.must(err)
		if h.works(token) {
			t.Error("it works after an erasure")
		}
	})
}

func TestRule24LinkOfAReassignedNumber(t *testing.T) {
	h := newHouse(t)
	token := h.given()
	h.inbound("wamid.1", map[string]any{"from": strings.TrimPrefix(anna, "+"), "from_user_id": "DE.11815799212886844831", "type": "text", "text": text("help")})
	if h.works(token) {
		t.Error("the link of the one before works for a number that another account has now")
	}
}

func TestRule15StopByLink(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers", "orders"}, Shown: h.shown("offers", "en")}))})
	token, before := h.link(anna), len(h.chat(anna))
	page := funnel.NewDocument("page", "text/html; charset=utf-8", []byte("<!doctype html><title>settings</title>"))
	h.must(h.manage.KeepPage(t.Context(), page))
	h.clock.pass(time.Minute)
	h.must(h.optin.StopByLink(t.Context(), token, optin.LinkStop{Purpose: "offers", Lang: "de", Page: page.SHA256}))
	h.settle()
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.wants(anna, "orders", "")
	if len(h.chat(anna)) != before {
		t.Error("the stop is doubled in the chat")
	}
	all := h.opened(anna)
	e := all[len(all)-1]
	if e.Name != evidence.ConsentWithdrawn || e.Method != optin.MethodPage || e.Language != "de" || len(e.Shown) != 1 || e.Shown[0].SHA256.String() != page.SHA256 || len(e.Choices) != 1 {
		t.Errorf("the event is %+v", e.Event)
	}
	// An open request ends with it, as with every stop.
	request := h.offers()
	h.clock.pass(time.Minute)
	h.must(h.optin.StopByLink(t.Context(), token, optin.LinkStop{Lang: "en"}))
	h.wants(anna, "orders", consent.ReasonSuppressed)
	h.stands(anna, "orders", consent.Withdrawn)
	h.requestState(request, funnel.Requested) // nobody's number was typed there
	if err := h.optin.StopByLink(t.Context(), token, optin.LinkStop{Purpose: "nonsense"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a purpose that is none: %v", err)
	}
	if err := h.optin.StopByLink(t.Context(), strings.Repeat("0", 26), optin.LinkStop{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a token that is none: %v", err)
	}
}

func TestRule28RecordByTap(t *testing.T) {
	h := newHouse(t)
	token := h.given()
	asked, err := h.optin.AskInChat(t.Context(), token, optin.WantsRecord, "en")
	if err != nil || !asked {
		t.Fatal(asked, err)
	}
	h.settle()
	h.tap(anna, "Get my receipt")
	grant := h.link(anna)
	l, err := h.optin.OpenLink(t.Context(), grant)
	if err != nil || grant == token || l.Until.IsZero() || l.Token != token {
		t.Fatalf("%+v, %v", l, err)
	}
	if err := h.optin.StopByLink(t.Context(), grant, optin.LinkStop{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a link to hand out acts: %v", err)
	}
	h.clock.pass(15 * time.Minute)
	if h.works(grant) || !h.works(token) {
		t.Error("the tap's link works 15 minutes, the page's longer")
	}
	t.Run("an hour later", func(t *testing.T) {
		h.clock.pass(time.Hour)
		h.tap(anna, "Get my receipt")
		if got := h.link(anna); got != token {
			t.Error("an old question still hands out")
		}
	})
	t.Run("somebody else's tap", func(t *testing.T) {
		_, err := h.optin.AskInChat(t.Context(), token, optin.WantsErasure, "en")
		h.must(err)
		h.settle()
		h.inbound("wamid.b", map[string]any{"from": strings.TrimPrefix(bernd, "+"), "type": "interactive", "interactive": map[string]any{
			"type": "button_reply", "button_reply": map[string]any{"id": h.last(anna).Buttons[0].Payload, "title": "Erase my data"},
		}})
		if !h.works(token) || len(h.chat(bernd)) != 0 {
			t.Error("a tap counts from another account")
		}
		h.tap(anna, "No")
		h.tap(anna, "Erase my data")
		h.wants(anna, "offers", "")
	})
}

func TestRule31EraseByTap(t *testing.T) {
	h := newHouse(t)
	token := h.given()
	_, err := h.optin.AskInChat(t.Context(), token, optin.WantsErasure, "de")
	h.must(err)
	h.settle()
	if text := h.last(anna).Text; !strings.Contains(text, "löscht dann sofort") {
		t.Errorf("what will happen is not said first: %q", text)
	}
	h.tap(anna, "Daten löschen")
	if h.works(token) || len(h.events(anna)) != 0 {
		t.Error("nothing was erased")
	}
	h.wants(anna, "offers", consent.ReasonSuppressed)
	if text := h.last(anna).Text; !strings.Contains(text, "gelöscht") || linkIn.MatchString(text) {
		t.Errorf("the answer is %q", text)
	}
	if found, err := h.records.Audit(t.Context(), records.AuditOptions{}); err != nil || found.ExitCode() != 0 {
		t.Errorf("the audit: %+v, %v", found, err)
	}
}

func TestRule31EraseByTapOnHold(t *testing.T) {
	h := newHouse(t)
	token := h.given()
	l, err := h.optin.OpenLink(t.Context(), token)
	h.must(err)
	h.must(h.records.Hold(t.Context(), l.Business, l.Subject, true, "case 12", "lawyer"))
	_, err = h.optin.AskInChat(t.Context(), token, optin.WantsErasure, "en")
	h.must(err)
	h.settle()
	h.tap(anna, "Erase my data")
	h.wants(anna, "offers", consent.ReasonSuppressed)
	if text := h.last(anna).Text; !h.works(token) || !strings.Contains(text, "has to keep your record") {
		t.Errorf("answered by %q", text)
	}
}

// Outside the service window the person writes first, with a code that counts
// from their account alone.
func TestRule28WishByCode(t *testing.T) {
	h := newHouse(t)
	token := h.given()
	h.clock.pass(25 * time.Hour)
	if asked, err := h.optin.AskInChat(t.Context(), token, optin.WantsErasure, "en"); err != nil || asked {
		t.Fatal(asked, err)
	}
	l, err := h.optin.OpenLink(t.Context(), token)
	h.must(err)
	text := "Please erase my data. Code: " + l.Codes[optin.WantsErasure]
	h.act(simulator.Inbound{From: bernd, Text: text})
	for _, m := range h.chat(bernd) {
		if len(m.Buttons) > 0 {
			t.Error("the code counts from another account")
		}
	}
	h.clock.pass(47 * time.Hour)
	h.act(simulator.Inbound{From: anna, Text: text})
	h.tap(anna, "Erase my data")
	if h.works(token) {
		t.Error("nothing was erased")
	}
}

// Not me on a template was answered in the business's language.
func TestNotMeOnATemplateIsAnsweredInThePersonsLanguage(t *testing.T) {
	h := newHouse(t)
	token := h.submit(optin.Submission{Slug: "tasting", Lang: "de", Purposes: []string{"offers"}, Phone: anna, Shown: h.shown("tasting", "de")})
	h.must(h.optin.AskTemplate(t.Context(), token, ""))
	h.settle()
	h.tap(anna, "Das war ich nicht")
	if text := h.last(anna).Text; !strings.Contains(text, "Danke") {
		t.Errorf("answered by %q", text)
	}
	if h.tenant.Language == "de" || h.tenant.BareStop == business.StopMarketing {
		t.Error("the sample business changed: this proves nothing")
	}
}

// A link to the settings that was sent before a parting lies in the chat of
// whoever it was sent to: it must not open the record that is another's by now.
func TestRule22PartedThenAnOldSettingsLink(t *testing.T) {
	t.Run("opens nothing where the other begins anew", func(t *testing.T) {
		h := newHouse(t)
		old := h.given()
		id := h.userID(anna)
		kept := h.whose(id)
		h.part(anna)
		if h.whose(id) != kept {
			t.Fatal("the account lost its record")
		}
		if h.works(old) {
			t.Error("the old link opens")
		}
		if err := h.optin.StopByLink(t.Context(), old, optin.LinkStop{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stop by it: %v", err)
		}
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		l, err := h.optin.OpenLink(t.Context(), h.link(anna))
		h.must(err)
		if l.Subject != kept || l.Token != h.link(anna) || h.works(old) {
			t.Errorf("the new link opens %s, and the old one: %v", l.Subject, h.works(old))
		}
		h.must(h.optin.StopByLink(t.Context(), l.Token, optin.LinkStop{}))
		h.wants(id, "offers", consent.ReasonSuppressed)
	})
	t.Run("opens their own record where somebody gets it back, if it is of that time", func(t *testing.T) {
		h := newHouse(t)
		link := func(id string) string { // of whoever the simulator does not know
			u, err := uuid.Parse(id)
			h.must(err)
			return vault.SealID(h.manage.Installation().Secrets.Link, u)
		}
		h.says(anna, "", h.prefilled(h.offers()), 0)
		before := h.whose(anna)
		own := link(before)
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		joined := link(h.whose(anna))
		raw := h.db.Raw(t)
		_, err := raw.Exec(`UPDATE messages SET state = 'sent' WHERE state = 'failed'`)
		h.must(err)
		h.must(raw.Close())
		if own == joined || !h.works(own) || !h.works(joined) {
			t.Fatal("not joined, or the links do not work")
		}
		h.part(anna)
		if h.works(joined) {
			t.Error("the link of the time together opens")
		}
		if l, err := h.optin.OpenLink(t.Context(), own); err != nil || l.Subject != before {
			t.Errorf("their own link opens %s, %v", l.Subject, err)
		}
	})
	t.Run("that a tap asked for opens nothing either", func(t *testing.T) {
		h := newHouse(t)
		page := h.given()
		_, err := h.optin.AskInChat(t.Context(), page, optin.WantsRecord, "en")
		h.must(err)
		h.settle()
		h.tap(anna, "Get my receipt")
		tap := h.link(anna)
		if tap == page || !h.works(tap) {
			t.Fatal("no link of its own")
		}
		h.part(anna)
		if h.works(tap) {
			t.Error("it opens")
		}
	})
}
