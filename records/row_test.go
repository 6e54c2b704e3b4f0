package records_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/fault"
	"assent/internal/apptest"
	"assent/records"
	"assent/table"
	"assent/tenant"
	"assent/whatsapp/simulator"
)

// row returns the person's row of the purpose.
func (h *house) row(search, purpose string) records.Row {
	h.T.Helper()
	page := list(h.T, h, records.Query{Search: search, Purpose: purpose})
	if len(page.Rows) != 1 {
		h.T.Fatalf("%d rows of %s", len(page.Rows), purpose)
	}
	return page.Rows[0]
}

// standing returns where the person stands on the purpose.
func (h *house) standing(search, purpose string) records.Standing {
	h.T.Helper()
	p, err := h.records.Person(context.Background(), h.Business, h.person(search))
	if err != nil {
		h.T.Fatal(err)
	}
	for _, c := range p.Consents {
		if c.Purpose == purpose {
			return c
		}
	}
	h.T.Fatalf("nothing stands on %s", purpose)
	return records.Standing{}
}

// printedEntry is the label of the printed code.
func (h *house) printedEntry() string {
	h.T.Helper()
	e, ok := h.Directory().Entry(apptest.PrintedCode)
	if !ok {
		h.T.Fatal("no printed code")
	}
	return e.Label
}

func TestRowSaysHowTheYesWasGiven(t *testing.T) {
	h := newHouse(t)
	h.Act(simulator.Inbound{From: ada, To: apptest.PhoneNumberID, Name: "Ada", Text: "Hello Sonnentor! I would like to hear from you. Code " + apptest.PrintedCode})
	h.tap(ada, 0)
	given := h.row(ada, apptest.Offers)
	if given.State != consent.Given || given.Method != "button" || given.EntryPoint == "" || given.EntryPoint != h.printedEntry() || !given.Simulated || given.EndedMethod != "" {
		t.Fatalf("given: %+v", given)
	}
	h.later(time.Minute)
	h.withdraw(tenant.Account{Number: number(t, ada)}, apptest.Offers, "mia")
	ended := h.row(ada, apptest.Offers)
	if ended.State != consent.Withdrawn || ended.Method != given.Method || ended.EntryPoint != given.EntryPoint || ended.Name != given.Name || !ended.Simulated {
		t.Errorf("ended: %+v", ended)
	}
	if ended.EndedMethod == "" || ended.EndedMethod == given.Method || ended.Event == given.Event {
		t.Errorf("how it was ended: %+v", ended)
	}
}

func TestRowSaysHowTheNoWasSaid(t *testing.T) {
	h := newHouse(t)
	h.Confirm(h.form(apptest.Numbered, "0170 1234567", apptest.Offers), ada)
	first := h.row(ada, apptest.Orders)
	if first.State != consent.Refused || first.Method != "prefilled message" || first.Event == "" || first.Event != h.row(ada, apptest.Offers).Event {
		t.Fatalf("refused: %+v", first)
	}
	h.later(time.Minute)
	h.Say(ada, "STOP")
	h.later(time.Minute)
	h.withdraw(tenant.Account{Number: number(t, ada)}, apptest.Offers, "mia")
	after := h.row(ada, apptest.Orders)
	if after.Method != first.Method || after.Event != first.Event || after.Name != first.Name {
		t.Errorf("later acts changed how the no was said: %+v", after)
	}
}

func TestRowFindsTheNoOfAnAbsorbedPerson(t *testing.T) {
	h := newHouse(t)
	h.Confirm(h.form(apptest.Numbered, "+43 664 1234567", apptest.Offers), chidi)
	before := h.row(chidi, apptest.Orders)
	h.later(time.Minute)
	h.merge(chidi)
	if after := h.row(chidi, apptest.Orders); before.Event == "" || after.State == consent.Refused && after.Event != before.Event {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestStopOfWhatWasNeverGiven(t *testing.T) {
	h := newHouse(t)
	h.Confirm(h.form(apptest.Numbered, "0170 1234567", apptest.Offers), ada)
	h.later(time.Minute)
	no := h.standing(ada, apptest.Orders)
	h.Say(ada, "STOP")
	if row := h.row(ada, apptest.Offers); row.State != consent.Withdrawn || row.Stopped {
		t.Errorf("given and stopped: %+v", row)
	}
	row := h.row(ada, apptest.Orders)
	if row.State != consent.Refused || !row.Stopped || row.EndedMethod == "" {
		t.Errorf("refused and stopped: %+v", row)
	}
	if c := h.standing(ada, apptest.Orders); c.State != consent.Refused || !c.Since.Equal(no.Since) || c.Agreed || c.Words == "" {
		t.Errorf("%+v", c)
	}
	h.withdraw(tenant.Account{Number: number(t, dora)}, "", "mia") // never seen
	if row := h.row(dora, apptest.Offers); row.State != consent.Unknown || !row.Stopped || row.Event == "" || row.Method != "" {
		t.Errorf("stopped, and never asked: %+v", row)
	}
}

func TestDeletedYesIsHeld(t *testing.T) {
	h := newHouse(t)
	pending, err := h.Optin.Pending(t.Context(), h.form(apptest.Numbered, "0170 1234567", apptest.Offers))
	if err != nil {
		t.Fatal(err)
	}
	yes := h.Say(ada, pending.Text)
	if row := h.row(ada, apptest.Offers); row.Held {
		t.Fatalf("held before: %+v", row)
	}
	h.later(time.Minute)
	h.Act(simulator.Inbound{From: ada, Delete: yes})
	row, c := h.row(ada, apptest.Offers), h.standing(ada, apptest.Offers)
	if row.State != consent.Given || !row.Held || !c.Held || !c.Agreed || !c.Since.After(c.GivenAt) {
		t.Errorf("row %+v, standing %+v", row, c)
	}
	if orders := h.row(ada, apptest.Orders); orders.Held {
		t.Errorf("order updates wait too: %+v", orders)
	}
	var out bytes.Buffer
	if err := h.records.Export(t.Context(), records.Query{Business: h.Business, Purpose: apptest.Offers}, table.JSONLines, "mia", &out); err != nil {
		t.Fatal(err)
	}
	if rows := readAll(t, table.JSONLines, &out); len(rows) != 1 || rows[0]["held"] != "true" || rows[0]["simulated"] != "true" {
		t.Errorf("exported: %v", rows)
	}
}

func TestNoSuchPurposeNamesThoseThereAre(t *testing.T) {
	h := newHouse(t)
	ctx, q := t.Context(), records.Query{Business: h.Business, Purpose: "+491701234567"}
	for name, run := range map[string]func() error{
		"list":   func() error { _, err := h.records.List(ctx, q); return err },
		"count":  func() error { _, err := h.records.Count(ctx, q); return err },
		"export": func() error { return h.records.Export(ctx, q, table.CSV, "mia", &bytes.Buffer{}) },
		"people": func() error { return h.records.EachPerson(ctx, q, func(string) error { return nil }) },
	} {
		err := run()
		if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "purpose" || !strings.Contains(fault.Message(err), apptest.Offers) || strings.Contains(err.Error(), "1701234567") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
