package proof_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/evidence"
	"assent/proof"
)

func (h *house) read(events []proof.LoggedEvent) (out []*evidence.Verified) {
	h.t.Helper()
	for _, e := range events {
		v, err := evidence.Verify(e.Signed, h.keys)
		h.must(err)
		out = append(out, v)
	}
	return out
}

func TestStandingOf(t *testing.T) {
	h := newHouse(t, 1)
	p := story(h)
	if d := cmp.Diff(p.material(proof.Court).Standing, proof.StandingOf(h.read(p.events))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if none := proof.StandingOf(nil); none.Events != 0 || none.States == nil {
		t.Errorf("of nobody: %+v", none)
	}
}

// merged is the story of somebody who turned out to be somebody else, whose
// stop therefore counts.
func merged(h *house) (m proof.Material, first, second *person) {
	first, second = &person{h: h}, &person{h: h}
	yes := evidence.Event{Name: evidence.ConsentGiven, E164: number, Choices: []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "given"}}}
	first.next(yes)
	second.next(evidence.Event{Name: evidence.ConsentGiven, BSUID: "DE.1", Choices: []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "given"}}})
	first.next(evidence.Event{Name: evidence.ReceiptSent})
	second.next(evidence.Event{Name: evidence.ConsentWithdrawn, BSUID: "DE.1", Choices: []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "withdrawn"}}})
	first.next(evidence.Event{Name: evidence.IdentityLinked})
	m = first.material(proof.Court)
	m.Events = append(m.Events, second.events...)
	m.Standing = proof.StandingOf(h.read(first.events), h.read(second.events))
	return m, first, second
}

func TestAbsorbedPersons(t *testing.T) {
	tests := []struct {
		name    string
		change  func(m *proof.Material, second *person)
		failing string
		says    string
	}{
		{"both chains", func(*proof.Material, *person) {}, "", "all 5, each naming"},
		{"the other's stop left out", func(m *proof.Material, second *person) {
			m.Events = m.Events[:len(m.Events)-1]
		}, "sequence states", "event number 2 is missing: the export event says there were 2"},
		{"the other's yes left out", func(m *proof.Material, second *person) {
			m.Events = slices.Delete(m.Events, 3, 4)
		}, "sequence", "missing"},
		{"the other left out", func(m *proof.Material, second *person) {
			m.Events = m.Events[:3]
		}, "sequence states", "events number 1 to 2 are missing"},
		{"the other not counted", func(m *proof.Material, second *person) {
			m.Standing.Absorbed = nil
		}, "sequence", "comes too late"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, 1)
			m, _, second := merged(h)
			if len(m.Standing.Absorbed) != 1 || m.Standing.States[0].State != consent.Withdrawn {
				t.Fatalf("standing %+v", m.Standing)
			}
			tt.change(&m, second)
			r := verify(t, h.bundle(m), h.pins())
			if failed(r) != tt.failing || !strings.Contains(dump(r), tt.says) {
				t.Errorf("failing %q, want %q, and %q in\n%s", failed(r), tt.failing, tt.says, dump(r))
			}
		})
	}
}

func TestStatesThatOnlyTheYesKnows(t *testing.T) {
	choice := func(purpose, outcome string) []evidence.Choice {
		return []evidence.Choice{{Purpose: purpose, Scope: "marketing", Outcome: outcome}}
	}
	tests := []struct {
		name   string
		events []evidence.Event
		want   []proof.State
	}{
		// A stop of everything ended what was no purpose yet.
		{"renewed without an end", []evidence.Event{{Name: evidence.ConsentRenewed, Choices: choice("news", "renewed")}},
			[]proof.State{{Purpose: "news", Scope: "marketing", State: consent.Renewed}}},
		{"asked and never answered", []evidence.Event{{Name: evidence.ConsentRequested, Choices: choice("news", "requested")}}, []proof.State{}},
		{"a yes too late to count", []evidence.Event{{Name: evidence.ConsentRefused, Choices: choice("news", "noted")}}, []proof.State{}},
		{"a yes three seconds after a stop", []evidence.Event{
			{Name: evidence.ConsentWithdrawn, Time: start.Add(time.Hour), Choices: choice("news", "withdrawn")},
			{Name: evidence.ConsentGiven, Time: start.Add(time.Hour + 3*time.Second), Choices: choice("news", "given")},
		}, []proof.State{{Purpose: "news", Scope: "marketing", State: consent.Withdrawn}}},
		{"a stop that arrives late", []evidence.Event{
			{Name: evidence.ConsentGiven, Time: start.Add(time.Hour), Choices: choice("news", "given")},
			{Name: evidence.ConsentWithdrawn, Time: start.Add(time.Minute), Choices: choice("news", "withdrawn")},
		}, []proof.State{{Purpose: "news", Scope: "marketing", State: consent.Renewed}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, 1)
			p := &person{h: h}
			for _, e := range tt.events {
				p.next(e)
			}
			m := p.material(proof.Court)
			m.Standing = proof.StandingOf(h.read(p.events))
			if d := cmp.Diff(tt.want, m.Standing.States); d != "" {
				t.Errorf("states (-want +got):\n%s", d)
			}
			if r := verify(t, h.bundle(m), h.pins()); r.Verdict != proof.Valid {
				t.Errorf("%s", dump(r))
			}
		})
	}
}
