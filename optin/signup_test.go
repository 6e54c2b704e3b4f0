package optin_test

import (
	"encoding/json"
	"testing"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/manage"
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
