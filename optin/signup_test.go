package optin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/manage"
	"assent/optin"
	"assent/store"
	"assent/tenant"
	"assent/vault"
	"assent/whatsapp/simulator"
)

// surfaces are the use cases of what Meta keeps.
func (h *house) surfaces() *manage.Surfaces { return h.manage.Surfaces(h.transport.(manage.Surface)) }

// signup makes a sign-up link for offers, and returns it.
func (h *house) signup() *funnel.Signup {
	h.Helper()
	_, v, _ := h.manage.Directory().Funnel("offers")
	entry, err := h.surfaces().CreateSignup(h.Context(), h.tenant.ID, manage.NewSignup{
		Slug: "offers", Sender: h.tenant.Senders[0].ID, Label: "App", Privacy: "https://consent.example/privacy", Accepted: true,
		SignupVersion: funnel.SignupVersion{Lang: "en", Purpose: "offers", Message: v.SignupMessage("en", "offers"), Confirmation: "Welcome."},
	}, "rosa")
	h.must(err)
	return h.signupOf(entry)
}

func (h *house) signupOf(entry string) *funnel.Signup {
	h.Helper()
	h.tenant, _ = h.manage.Directory().TenantBySlug("morgenrot")
	su, ok := h.tenant.SignupOf(entry)
	if !ok {
		h.Fatal("the link is not in the directory")
	}
	return su
}

func (h *house) signsUp(who string, su *funnel.Signup) {
	h.Helper()
	h.act(simulator.Inbound{From: who, Marketing: "signup", SignupID: su.MetaID})
}

// A yes on a sign-up link gives its one purpose, with the words that its screen
// showed then as evidence, and nothing else.
func TestSignupGivesItsOnePurpose(t *testing.T) {
	h := newHouse(t)
	su := h.signup()
	h.clock.pass(time.Hour)
	h.signsUp(anna, su)
	h.wants(anna, "offers", "")
	h.stands(anna, "orders", consent.Unknown)
	h.clock.pass(time.Hour)
	changed := su.Now()
	changed.Message = "Morgenrot asks: " + changed.Message
	h.must(h.surfaces().ChangeSignup(t.Context(), h.tenant.ID, su.Entry, changed, "rosa"))
	su = h.signupOf(su.Entry)
	h.clock.pass(time.Hour)
	h.signsUp(bernd, su)
	h.wants(bernd, "offers", "")
	for who, number := range map[string]int{anna: 1, bernd: 3} {
		var e *evidence.Verified
		for _, x := range h.opened(who) {
			if x.Name == evidence.ConsentGiven {
				e = x
			}
		}
		var claim struct {
			ID      string `json:"id"`
			Version int    `json:"version"`
		}
		if e == nil || json.Unmarshal(e.Extra[funnel.ClaimSignup], &claim) != nil {
			t.Fatalf("%s: %+v", who, e)
		}
		shown := su.Versions[3-number].Shown
		if claim.ID != su.MetaID || claim.Version != number || e.Shown[0].SHA256.String() != shown || e.EntryPoint != su.Entry || len(e.Choices) != 1 || e.Choices[0].Grade != "C" || e.Act.Kind != "signup" {
			t.Errorf("%s: %+v %+v", who, claim, e)
		}
	}
	// No chat is open, so nothing is sent but WhatsApp's own confirmation.
	if got := h.chat(anna); len(got) != 1 || got[0].Text != "Welcome." {
		t.Errorf("%+v", got)
	}
	// A stop ends it, a later sign-up renews it, and one twice is one.
	h.act(simulator.Inbound{From: anna, Text: "stop"})
	h.wants(anna, "offers", consent.ReasonSuppressed)
	h.clock.pass(time.Hour)
	h.act(simulator.Inbound{From: anna, Marketing: "signup", SignupID: su.MetaID, Duplicates: 2})
	h.wants(anna, "offers", "")
	h.stands(anna, "offers", consent.Renewed)
	h.audited()
}

// Whose words cannot be told gives nothing, and waits for an operator.
func TestSignupWithoutItsWordsIsParked(t *testing.T) {
	h := newHouse(t)
	su := h.signup()
	h.clock.pass(time.Hour)
	h.act(simulator.Inbound{From: anna, Marketing: "signup", SignupID: "99887766"})
	changed := su.Now()
	changed.Message += " Thank you."
	h.must(h.surfaces().ChangeSignup(t.Context(), h.tenant.ID, su.Entry, changed, "rosa"))
	h.signsUp(anna, h.signupOf(su.Entry)) // ten seconds after it
	if got := h.state(anna, "offers"); got != consent.Unknown {
		t.Errorf("%q", got)
	}
	list, err := h.manage.ListParked(t.Context(), h.tenant.ID, 9)
	h.must(err)
	if len(list) != 2 || list[0].Reason == list[1].Reason {
		t.Errorf("%+v", list)
	}
	h.audited()
}

// A defective funnel and a country that it does not serve give nothing.
func TestSignupOfADefectiveFunnel(t *testing.T) {
	h := newHouse(t)
	su := h.signup()
	h.clock.pass(time.Hour)
	h.must(h.manage.SetFunnelState(t.Context(), "offers", funnel.Defective))
	h.signsUp(anna, su)
	if got := h.state(anna, "offers"); got != consent.Unknown {
		t.Errorf("%q", got)
	}
	h.audited()
}

// The evidence names the notice beside the message only where the screen showed the
// notice's own words, and not where the sentence stood for them.
func TestSignupNamesTheNoticeThatHoldsItsWords(t *testing.T) {
	h := newHouse(t)
	_, now, _ := h.manage.Directory().Funnel("offers")
	next := *now.Version
	next.ID, next.Number, next.Change, next.Texts = "", 0, funnel.ChangeMeaning, maps.Clone(now.Texts)
	text := next.Texts["en"] // words that the screen has room for
	text.Purposes = maps.Clone(text.Purposes)
	p := text.Purposes["offers"]
	p.Words, p.Slots = "I agree that "+now.Controller.LegalName+" sends me marketing messages with offers on WhatsApp, at most four times a month. I can stop at any time, free of charge, by replying STOP.", nil
	text.Purposes["offers"], next.Texts["en"] = p, text
	h.must(h.manage.PublishFunnel(t.Context(), &next))
	_, v, _ := h.manage.Directory().Funnel("offers")
	notice, words := v.Notices["en"], v.Texts["en"].Purposes["offers"]
	if !strings.Contains(string(notice.Body), words.Words) {
		t.Error("the notice does not hold the words")
	}
	for who, message := range map[string]string{anna: words.Words, bernd: v.Controller.LegalName + ": " + words.Say} {
		entry, err := h.surfaces().CreateSignup(t.Context(), h.tenant.ID, manage.NewSignup{
			Slug: "offers", Sender: h.tenant.Senders[0].ID, Label: "App", Privacy: "https://consent.example/privacy", Accepted: true,
			SignupVersion: funnel.SignupVersion{Lang: "en", Purpose: "offers", Message: message, Confirmation: "Welcome."},
		}, "rosa")
		h.must(err)
		su := h.signupOf(entry)
		h.clock.pass(time.Hour)
		h.signsUp(who, su)
		h.wants(who, "offers", "")
		want := []string{su.Now().Shown}
		if message == words.Words {
			want = append(want, notice.SHA256)
		}
		var shown []string
		for _, s := range h.opened(who)[0].Shown {
			shown = append(shown, s.SHA256.String())
		}
		if !slices.Equal(shown, want) {
			t.Errorf("%q: shown %v, want %v", message, shown, want)
		}
	}
	h.audited()
}

// An archived funnel has ended, whatever WhatsApp's screen still offers (rule 9).
func TestSignupOfAnArchivedFunnel(t *testing.T) {
	h := newHouse(t)
	su := h.signup()
	h.clock.pass(time.Hour)
	h.must(h.manage.SetFunnelState(t.Context(), "offers", funnel.Archived))
	h.signsUp(anna, su)
	if got := h.state(anna, "offers"); got != consent.Unknown {
		t.Errorf("%q", got)
	}
	h.must(h.manage.SetFunnelState(t.Context(), "offers", funnel.Published))
	h.signsUp(bernd, su)
	h.wants(bernd, "offers", "")
	h.audited()
}

// Another process changed the words: who has a Directory from before must not sign
// the old ones.
func TestSignupInAProcessThatLagsBehind(t *testing.T) {
	h := newHouse(t)
	su := h.signup()
	h.clock.pass(time.Hour)
	stale := &tenant.Directory{}
	other, err := manage.Open(t.Context(), vault.MasterKey{1}, "https://consent.example", manage.Config{
		Store: store.As[manage.Reader, manage.Writer](h.store), Directory: stale, Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Rand: rand.Reader,
	})
	h.must(err)
	lagging := func(reload func(context.Context) error) *optin.Service {
		return optin.New(optin.Config{
			Store: store.As[optin.Reader, optin.Writer](h.store), Directory: stale, Installation: other.Installation(), Transport: h.transport, Eraser: h.records,
			Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader, Refresh: reload,
		})
	}
	changed := su.Now()
	changed.Message = "Morgenrot asks: " + changed.Message
	h.must(h.surfaces().ChangeSignup(t.Context(), h.tenant.ID, su.Entry, changed, "rosa"))
	su = h.signupOf(su.Entry)
	h.clock.pass(2 * time.Hour)
	_, err = h.sim.Act(simulator.Inbound{From: anna, Marketing: "signup", SignupID: su.MetaID})
	h.must(err)
	h.must(h.sim.Flush(t.Context()))
	if n, err := lagging(func(context.Context) error { return nil }).HandleInbox(t.Context()); err != nil || n != 0 {
		t.Errorf("%d handled with old words, %v", n, err)
	}
	if n, err := lagging(other.Reload).HandleInbox(t.Context()); err != nil || n != 1 {
		t.Errorf("%d handled, %v", n, err)
	}
	h.wants(anna, "offers", "")
	if shown := h.opened(anna)[0].Shown[0].SHA256.String(); shown != su.Now().Shown {
		t.Errorf("shown %s, want %s", shown, su.Now().Shown)
	}
	h.audited()
}
