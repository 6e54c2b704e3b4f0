package optin_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/optin"
	"assent/phone"
	"assent/proof"
	"assent/records"
	"assent/store"
	"assent/subject"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// identifierOf returns the row of a number or of an account id.
func (h *house) identifierOf(id string) (i subject.Identifier, ok bool) {
	h.Helper()
	a := tenant.Account{BSUID: id}
	if strings.HasPrefix(id, "+") {
		n, err := phone.ParseE164(id)
		h.must(err)
		a = tenant.Account{Number: n}
	}
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		i, ok, err = tx.IdentifierByHash(ctx, h.tenant.ID, h.tenant.LookUps(a, "300")[0].Hash)
		return err
	}))
	return i, ok
}

// whose returns the id of who has a number or an account id.
func (h *house) whose(id string) string {
	h.Helper()
	i, _ := h.identifierOf(id)
	return i.Subject
}

// part lets an operator say that a number or an account id is somebody else's,
// and returns who the other one is.
func (h *house) part(id string) string {
	h.Helper()
	h.clock.pass(10e9)
	i, _ := h.identifierOf(id)
	other, err := h.records.Part(h.Context(), records.Parting{Business: h.tenant.ID, Subject: i.Subject, Identifier: i.Hash, Reason: "told by telephone", Actor: "operator-1"})
	h.must(err)
	if other == "" || h.whose(id) == "" {
		h.Error("nobody has it now")
	}
	return other
}

// proves wants that a proof of the person can be made and verifies.
func (h *house) proves(subjectID string) {
	h.Helper()
	h.settle()
	if _, err := h.manage.SignCheckpoint(h.Context()); err != nil {
		h.Fatal(err)
	}
	done := make(chan struct{})
	go func() { // an export waits for the checkpoint over its own event
		for {
			select {
			case <-done:
				return
			default:
				_, _ = h.manage.SignCheckpoint(context.Background())
			}
		}
	}()
	defer close(done)
	for _, audience := range []proof.Audience{proof.Court, proof.Subject, proof.Meta} {
		var b bytes.Buffer
		h.must(h.records.ProofOfPerson(h.Context(), h.tenant.ID, subjectID, audience, "operator-1", &b))
		report, err := proof.Verify(h.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), proof.Pins{})
		h.must(err)
		for _, c := range report.Checks {
			if !c.OK {
				h.Errorf("proof for %s: %s: %s %v", audience, c.Name, c.Words, c.Detail)
			}
		}
	}
}

// An operator takes back a join (rule 22).
func TestRule22PartedByAnOperator(t *testing.T) {
	t.Run("what was given while both were shown waits on the account's side, and is nobody else's", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.wants(anna, "offers", "")
		kept := h.whose("DE.A1")
		other := h.part(anna)
		if h.whose("DE.A1") != kept || h.whose(anna) != other {
			t.Error("the wrong one kept the record")
		}
		h.wants(anna, "offers", consent.ReasonReassigned)
		h.wants("DE.A1", "offers", consent.ReasonReassigned)
		h.stands(anna, "offers", consent.Unknown)
		h.stands("DE.A1", "offers", consent.Given)
		h.audited()
		h.proves(kept)
		h.proves(other)
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		h.wants("DE.A1", "offers", "")
		h.wants(anna, "offers", consent.ReasonReassigned)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		h.wants(anna, "offers", "")
		h.audited()
	})
	for _, tt := range []struct{ name, says string }{{"of the number", anna}, {"of the account", "DE.A1"}} {
		t.Run("the record stays with those whose acts it holds, whichever is said to be another "+tt.name, func(t *testing.T) {
			h := newHouse(t)
			h.says(anna, "", h.prefilled(h.offers()), 0)
			h.says(anna, "DE.A1", "hello", 0) // joins nobody
			h.says(anna, "DE.A1", "how do I sign up?", 0)
			h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": strings.TrimPrefix(anna, "+"), "user_id": "DE.A1", "value": "resume", "category": "marketing_messages", "timestamp": h.clock.now().Unix()}}})
			kept := h.whose("DE.A1")
			if h.whose(anna) != kept {
				t.Fatal("not joined")
			}
			h.part(tt.says)
			if h.whose(anna) != kept || h.whose("DE.A1") == kept {
				t.Error("who gave lost their record")
			}
			h.wants(anna, "offers", "")
			h.wants("DE.A1", "offers", consent.ReasonReassigned)
			h.audited()
			h.proves(kept)
		})
	}
	for _, said := range []string{anna, "DE.A1"} {
		t.Run("somebody who was joined gets their own back, said of "+said[:2], func(t *testing.T) {
			h := newHouse(t)
			h.says(anna, "", h.prefilled(h.offers()), 0)
			h.says("", "DE.A1", h.prefilled(h.offers()), 0)
			before := h.whose(anna)
			h.says(anna, "DE.A1", "STOP offers", 0)
			if h.whose(anna) != h.whose("DE.A1") {
				t.Fatal("not joined")
			}
			h.says("", "DE.A1", h.prefilled(h.offers()), 0)
			h.wants(anna, "offers", "")
			h.part(said)
			if h.whose(anna) != before || h.whose("DE.A1") == before {
				t.Error("somebody lost their record")
			}
			h.wants("DE.A1", "offers", "") // their own word since
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.stands(anna, "offers", consent.Withdrawn)
			h.audited()
			h.proves(h.whose(anna))
			h.proves(h.whose("DE.A1"))
		})
	}
	t.Run("what each had given alone goes on", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": strings.TrimPrefix(anna, "+"), "user_id": "DE.A1", "value": "resume", "category": "marketing_messages", "timestamp": h.clock.now().Unix()}}})
		if h.whose(anna) != h.whose("DE.A1") {
			t.Fatal("not joined")
		}
		h.part(anna)
		h.wants(anna, "offers", "")
		h.wants("DE.A1", "offers", "")
		h.audited()
	})
	t.Run("who begins anew is asked again, also for what they gave alone", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", "STOP", 0)
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		h.says(anna, "", h.prefilled(h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"orders"}, Shown: h.shown("offers", "en")})), 0)
		h.wants(anna, "orders", "")
		h.part(anna)
		h.wants("DE.A1", "offers", "")
		h.wants("DE.A1", "orders", consent.ReasonPending)
		h.wants(anna, "orders", consent.ReasonSuppressed)
		h.says(anna, "", h.prefilled(h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"orders"}, Shown: h.shown("offers", "en")})), 0)
		h.wants(anna, "orders", "")
		h.audited()
	})
	t.Run("a stop stays on both sides, and each ends their own only", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", "stop", 0)
		h.part(anna)
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.wants("DE.A1", "offers", consent.ReasonSuppressed)
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		h.wants("DE.A1", "offers", "")
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.says(anna, "", "stop", 0)
		h.wants("DE.A1", "offers", "")
		h.audited()
	})
	t.Run("a stop that followed to the number alone is not ended by the account's yes", func(t *testing.T) {
		h := newHouse(t)
		h.says("", "DE.A1", "STOP", 0)
		h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": strings.TrimPrefix(anna, "+"), "user_id": "DE.A1", "value": "resume", "category": "marketing_messages", "timestamp": h.clock.now().Unix()}}})
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.part(anna)
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		h.wants("DE.A1", "offers", "")
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("WhatsApp's own stop stays on both sides", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": strings.TrimPrefix(anna, "+"), "user_id": "DE.A1", "value": "stop", "category": "marketing_messages", "timestamp": h.clock.now().Unix()}}})
		h.part(anna)
		for _, id := range []string{anna, "DE.A1"} {
			if got := h.check(id, "offers"); got != consent.ReasonPlatformStop && got != consent.ReasonSuppressed {
				t.Errorf("%s: %q", id, got)
			}
		}
		h.audited()
	})
	t.Run("a legal hold stays on both sides", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.must(h.records.Hold(t.Context(), h.tenant.ID, h.whose(anna), true, "case 12", "operator-1"))
		h.part(anna)
		for _, id := range []string{anna, "DE.A1"} {
			if p, err := h.records.Person(t.Context(), h.tenant.ID, h.whose(id)); err != nil || !p.Held {
				t.Errorf("%s: held %v, %v", id, p.Held, err)
			}
		}
		h.audited()
	})
	t.Run("the same evidence does not join them again", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		other := h.part(anna)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0) // Meta goes on showing both
		if h.whose(anna) != other || h.whose("DE.A1") == other {
			t.Error("joined again")
		}
		h.wants("DE.A1", "offers", "")
		h.wants(anna, "offers", consent.ReasonReassigned)
		h.says(anna, "DE.A1", "stop", 0)
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.audited()
	})
	for _, words := range []string{"STOP", "please stop messaging me", "STOP offers"} {
		t.Run("who was parted wrongly stops both by writing "+words, func(t *testing.T) {
			h := newHouse(t)
			h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
			h.part(anna)
			h.says(anna, "", h.prefilled(h.offers()), 0)
			h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
			h.wants(anna, "offers", "")
			h.wants("DE.A1", "offers", "")
			h.says(anna, "DE.A1", words, 0)
			h.wants("DE.A1", "offers", consent.ReasonSuppressed)
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.stands(anna, "offers", consent.Given) // who gave it may be somebody else
			h.audited()
			h.proves(h.whose(anna))
			h.says("", "DE.A1", h.prefilled(h.offers()), 0) // a yes ends its own only
			h.wants("DE.A1", "offers", "")
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.says(anna, "", h.prefilled(h.offers()), 0)
			h.wants(anna, "offers", "")
			h.audited()
		})
	}
	t.Run("the number that was stopped is not asked for", func(t *testing.T) {
		h := newHouse(t)
		h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
		h.part(anna)
		h.act(simulator.Inbound{From: anna, Text: "STOP"})
		h.wants(anna, "orders", consent.ReasonSuppressed)
		h.wants(h.userID(anna), "orders", consent.ReasonSuppressed)
		if said := h.last(anna).Text; !strings.HasPrefix(said, "Stopped") || strings.Contains(said, "share") {
			t.Errorf("%q", said)
		}
	})
	t.Run("a stop that the number's own yes overtook", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.part(anna)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		h.says(anna, "DE.A1", "STOP", 18e9) // said before that yes
		h.wants(anna, "offers", "")
		h.wants(anna, "orders", consent.ReasonSuppressed)
		h.audited()
	})
	t.Run("WhatsApp's own stop is the account's alone", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.part(anna)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		h.webhook(map[string]any{"user_preferences": []any{map[string]any{"wa_id": strings.TrimPrefix(anna, "+"), "user_id": "DE.A1", "value": "stop", "category": "marketing_messages", "timestamp": h.clock.now().Unix()}}})
		h.wants(anna, "offers", "")
		h.wants("DE.A1", "offers", consent.ReasonPlatformStop)
		h.audited()
	})
	t.Run("a change of number after it does", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
		h.part(anna)
		h.moves("", "DE.A1", anna, "DE.A2", 0)
		if h.whose(anna) != h.whose("DE.A2") {
			t.Error("the number is not the account's, which came to it")
		}
		h.wants(anna, "offers", consent.ReasonReassigned)
		h.audited()
	})
	t.Run("what the returned one had given up before goes back with them", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		before := h.whose(anna)
		h.moves(anna, "", bernd, "", 0)
		h.says("", "DE.A1", h.prefilled(h.offers()), 0)
		h.says(bernd, "DE.A1", "STOP offers", 0)
		if h.whose(anna) != h.whose("DE.A1") {
			t.Fatal("not joined")
		}
		h.part(bernd)
		if h.whose(anna) != before || h.whose(bernd) != before {
			t.Error("the number that was given up is another's now")
		}
		h.audited()
		h.says(anna, "", h.prefilled(h.offers()), 45e9) // a late one, from before it was given up
		h.wants("DE.A1", "offers", consent.ReasonSuppressed)
		h.audited()
		h.proves(before)
	})
	t.Run("and then parted again", func(t *testing.T) {
		h := newHouse(t)
		h.says(anna, "", h.prefilled(h.offers()), 0)
		h.says("", "DE.A1", "stop", 0)
		h.says(anna, "DE.A1", "stop offers", 0)
		h.part(anna)
		h.audited()
		h.moves("", "DE.A1", anna, "DE.A2", 0)
		h.audited()
		h.part(anna)
		h.audited()
		h.wants(anna, "offers", consent.ReasonSuppressed)
		h.wants("DE.A2", "offers", consent.ReasonSuppressed)
	})
}

// It is an event of each of the two, with its author and reason, and neither
// names what the other is known by (rule 30).
func TestRule30PartingIsSigned(t *testing.T) {
	h := newHouse(t)
	h.says(anna, "DE.A1", h.prefilled(h.offers()), 0)
	kept := h.whose("DE.A1")
	other := h.part(anna)
	for id, hidden := range map[string][]string{kept: {strings.TrimPrefix(anna, "+")}, other: {"DE.A1"}} {
		p, err := h.records.Person(t.Context(), h.tenant.ID, id)
		h.must(err)
		i := slices.IndexFunc(p.Events, func(e records.Event) bool { return e.Method == evidence.MethodParted })
		if i < 0 {
			t.Fatal("no event")
		}
		e := p.Events[i]
		if e.Operator != "operator-1" || e.Reason != "told by telephone" || e.Name != evidence.IdentityChanged {
			t.Errorf("%+v", e)
		}
		for _, x := range hidden {
			if strings.Contains(e.Number+e.BSUID+strings.Join(e.Effects, " "), x) {
				t.Errorf("the event names the other one: %+v", e)
			}
		}
	}
	i, _ := h.identifierOf("DE.A1")
	for name, tt := range map[string]struct {
		p    records.Parting
		kind fault.Kind
	}{
		"no reason":        {records.Parting{Subject: kept, Identifier: i.Hash, Reason: " "}, fault.Invalid},
		"nothing else":     {records.Parting{Subject: kept, Identifier: i.Hash, Reason: "x"}, fault.Conflict},
		"names them":       {records.Parting{Subject: kept, Identifier: i.Hash, Reason: "DE.A1 is somebody else"}, fault.Invalid},
		"another's":        {records.Parting{Subject: other, Identifier: i.Hash, Reason: "x"}, fault.Invalid},
		"nobody":           {records.Parting{Subject: "nobody", Identifier: i.Hash, Reason: "x"}, fault.NotFound},
		"another business": {records.Parting{Business: "other", Subject: kept, Identifier: i.Hash, Reason: "x"}, fault.NotFound},
	} {
		if tt.p.Business == "" {
			tt.p.Business = h.tenant.ID
		}
		if _, err := h.records.Part(t.Context(), tt.p); !fault.Is(err, tt.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An erasure of who kept the record takes what was done while it was one, for both,
// and leaves the other what is in their own chain.
func TestWhoKeptThePartedRecordErased(t *testing.T) {
	h := newHouse(t)
	h.says(anna, "", h.prefilled(h.offers()), 0)
	h.says("", "DE.A1", h.prefilled(h.offers()), 0)
	h.says(anna, "DE.A1", "help", 0)
	h.part(anna)
	_, err := h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Subject: h.whose("DE.A1"), Reason: "asked", Method: "test"})
	h.must(err)
	h.wants(anna, "offers", "")
	h.audited()
	h.proves(h.whose(anna))
}

// Whoever was parted can be erased, and only they are.
func TestPartedThenErased(t *testing.T) {
	h := newHouse(t)
	h.says(anna, "", h.prefilled(h.offers()), 0)
	h.says("", "DE.A1", h.prefilled(h.offers()), 0)
	h.says(anna, "DE.A1", "stop offers", 0)
	h.says("", "DE.A1", h.prefilled(h.offers()), 0)
	h.part(anna)
	kept := h.whose("DE.A1")
	acted := func() bool { // while both were one
		p, err := h.records.Person(t.Context(), h.tenant.ID, kept)
		h.must(err)
		return slices.ContainsFunc(p.Events, func(e records.Event) bool { return e.Number == anna && e.BSUID == "DE.A1" })
	}
	if !acted() {
		t.Error("nothing is kept of the time together")
	}
	_, err := h.records.Erase(t.Context(), records.Erasure{Business: h.tenant.ID, Subject: h.whose(anna), Reason: "asked", Method: "test"})
	h.must(err)
	h.wants("DE.A1", "offers", "")
	if !acted() {
		t.Error("what was done while they were one went with the other's key")
	}
	h.audited()
	h.act(simulator.Inbound{From: bernd, Text: "hello"})
	h.audited()
}
