package consent_test

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"assent/consent"
)

var (
	offers = consent.Purpose{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent}
	orders = consent.Purpose{Key: "orders", Scope: consent.Transactional, Basis: consent.ByConsent}
	t0     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

func yes(s int) consent.Act {
	return consent.Act{Event: fmt.Sprint("y", s), Purpose: "offers", Scope: consent.Marketing, Outcome: consent.OutcomeGiven, Grade: consent.GradeB, At: at(s)}
}

func no(s int) consent.Act {
	return consent.Act{Event: fmt.Sprint("n", s), Purpose: "offers", Scope: consent.Marketing, Outcome: consent.OutcomeRefused, At: at(s)}
}

func stop(s int) consent.Act {
	return consent.Act{Event: fmt.Sprint("s", s), Outcome: consent.OutcomeWithdrawn, At: at(s)}
}

func TestFold(t *testing.T) {
	end := func(o consent.Outcome, s int) consent.Act {
		return consent.Act{Event: fmt.Sprint(o, s), Purpose: "offers", Outcome: o, At: at(s)}
	}
	tests := []struct {
		name string
		acts []consent.Act
		want consent.State
	}{
		{"nothing", nil, consent.Unknown},
		{"a request alone touches no consent", []consent.Act{end(consent.OutcomeRequested, 0)}, consent.Unknown},
		{"yes", []consent.Act{yes(0)}, consent.Given},
		{"no", []consent.Act{no(0)}, consent.Refused},
		{"no then yes", []consent.Act{no(0), yes(10)}, consent.Given},
		{"no after yes does not withdraw", []consent.Act{yes(0), no(10)}, consent.Given},
		{"yes twice renews", []consent.Act{yes(0), yes(10)}, consent.Renewed},
		{"stop", []consent.Act{yes(0), stop(10)}, consent.Withdrawn},
		{"stop of somebody never seen", []consent.Act{stop(0)}, consent.Unknown},
		{"stop after a no", []consent.Act{no(0), stop(10)}, consent.Refused},
		{"no after a stop of somebody never seen", []consent.Act{stop(0), no(10)}, consent.Refused},
		{"opt-in after a stop renews", []consent.Act{yes(0), stop(10), yes(20)}, consent.Renewed},
		{"stop arrives late but was sent before the later yes", []consent.Act{yes(0), yes(20), stop(10)}, consent.Renewed},
		{"yes arrives late but was sent before the stop", []consent.Act{stop(20), yes(10)}, consent.Withdrawn},
		{"a tie goes to the stop", []consent.Act{stop(10), yes(10)}, consent.Withdrawn},
		{"under five seconds go to the stop", []consent.Act{stop(10), yes(14)}, consent.Withdrawn},
		{"five seconds and more do not", []consent.Act{stop(10), yes(16)}, consent.Renewed},
		{"expired", []consent.Act{yes(0), end(consent.OutcomeExpired, 20)}, consent.Expired},
		{"revoked", []consent.Act{yes(0), end(consent.OutcomeRevoked, 20)}, consent.Revoked},
		{"invalidated", []consent.Act{yes(0), end(consent.OutcomeInvalidated, 20)}, consent.Invalidated},
		{"an expiry and a stop at one instant are a stop", []consent.Act{yes(0), end(consent.OutcomeExpired, 20), stop(20)}, consent.Withdrawn},
		{"noted gives nothing", []consent.Act{end(consent.OutcomeNoted, 0)}, consent.Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := consent.Fold(offers, tt.acts).State(); got != tt.want {
				t.Errorf("state = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestTouches(t *testing.T) {
	tests := []struct {
		name           string
		act            consent.Act
		offers, orders bool
	}{
		{"a bare stop", consent.Act{Outcome: consent.OutcomeWithdrawn}, true, true},
		{"a stop of marketing", consent.Act{Scope: consent.Marketing}, true, false},
		{"a stop of one purpose", consent.Act{Purpose: "orders"}, false, true},
		{"marketing never touches transactional", consent.Act{Purpose: "offers", Scope: consent.Marketing}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.act.Touches(offers); got != tt.offers {
				t.Errorf("offers: %v", got)
			}
			if got := tt.act.Touches(orders); got != tt.orders {
				t.Errorf("orders: %v", got)
			}
		})
	}
}

// genAct draws acts with few distinct instants, so that ties happen.
func genAct() *rapid.Generator[consent.Act] {
	return rapid.Custom(func(t *rapid.T) consent.Act {
		o := rapid.SampledFrom([]consent.Outcome{
			consent.OutcomeGiven, consent.OutcomeRenewed, consent.OutcomeRefused, consent.OutcomeWithdrawn,
			consent.OutcomeExpired, consent.OutcomeRevoked, consent.OutcomeInvalidated, consent.OutcomeHeld, consent.OutcomeNoted,
		}).Draw(t, "outcome")
		s := rapid.IntRange(0, 30).Draw(t, "at")
		grade := rapid.SampledFrom([]consent.Grade{consent.GradeB, consent.GradeC, consent.GradeD}).Draw(t, "grade")
		id := rapid.StringMatching(`[a-f0-9]{8}`).Draw(t, "id")
		return consent.Act{Event: id + string(o) + string(grade), Purpose: "offers", Outcome: o, Grade: grade, At: at(s)}
	})
}

// The order in which acts arrive, and how often, makes no difference.
func TestFoldIgnoresOrderAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		acts := rapid.SliceOf(genAct()).Draw(t, "acts")
		want := consent.Fold(offers, acts)
		again := append(append([]consent.Act{}, acts...), acts...)
		rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))).Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		if diff := cmp.Diff(want, consent.Fold(offers, again)); diff != "" {
			t.Fatalf("shuffled and doubled (-want +got):\n%s", diff)
		}
		cut := rapid.IntRange(0, len(acts)).Draw(t, "cut")
		merged := consent.Fold(offers, acts[cut:]).Merge(consent.Fold(offers, acts[:cut]))
		if diff := cmp.Diff(want, merged); diff != "" {
			t.Fatalf("merged from two persons (-want +got):\n%s", diff)
		}
	})
}

// Whatever came before, after a newest stop nothing is permitted.
func TestStopWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		acts := rapid.SliceOf(genAct()).Draw(t, "acts")
		acts = append(acts, stop(31))
		pos := consent.Fold(offers, acts)
		if pos.State().Permits() || pos.ValidAt(at(40)) {
			t.Fatalf("state %s after a stop", pos.State())
		}
		ok, reason := consent.Decide(consent.Facts{Purpose: offers, Position: pos}, at(40), true)
		want := consent.ReasonWithdrawn
		switch { // a stop alone ends nothing
		case pos.GivenAt.IsZero() && pos.RefusedAt.IsZero():
			want = consent.ReasonUnknown
		case pos.GivenAt.IsZero():
			want = consent.ReasonRefused
		}
		if ok || reason != want {
			t.Fatalf("allowed %v, reason %q", ok, reason)
		}
	})
}

func TestAccepts(t *testing.T) {
	given := consent.Fold(offers, []consent.Act{yes(0)})
	stopped := consent.Fold(offers, []consent.Act{yes(0), stop(100)})
	tests := []struct {
		name        string
		pos         consent.Position
		at, arrived time.Time
		want        consent.Outcome
	}{
		{"first yes", consent.Position{}, at(0), at(1), consent.OutcomeGiven},
		{"second yes", given, at(50), at(51), consent.OutcomeRenewed},
		{"yes after a stop", stopped, at(200), at(201), consent.OutcomeRenewed},
		{"replayed yes from before the stop", stopped, at(50), at(201), consent.OutcomeNoted},
		{"within the margin of the stop", stopped, at(104), at(201), consent.OutcomeNoted},
		{"over eight days old", consent.Position{}, at(0), at(0).Add(consent.MaxDelay + time.Second), consent.OutcomeNoted},
		{"just under eight days old", consent.Position{}, at(0), at(0).Add(consent.MaxDelay), consent.OutcomeGiven},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.pos.Accepts(tt.at, tt.arrived); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if given.Declines(at(50)) != consent.OutcomeWithdrawn || stopped.Declines(at(200)) != consent.OutcomeRefused {
		t.Error("a no withdraws exactly what is in force")
	}
	if late := given.GivenAt.Add(-consent.TieMargin); given.Declines(late) != consent.OutcomeWithdrawn || given.Declines(late.Add(-time.Millisecond)) != consent.OutcomeRefused {
		t.Error("a no that was said before the yes withdraws nothing; a tie goes to it")
	}
}

func TestDecide(t *testing.T) {
	given := consent.Fold(offers, []consent.Act{yes(0)})
	sim := given
	sim.Grade = consent.GradeC
	ended := given
	ended.Until = at(10)
	held := consent.Fold(offers, []consent.Act{yes(0), {Event: "h", Purpose: "offers", Outcome: consent.OutcomeHeld, At: at(5)}})
	imported := given
	imported.Grade = consent.GradeD
	tests := []struct {
		name  string
		facts consent.Facts
		sim   bool
		want  consent.Reason
	}{
		{"given", consent.Facts{Purpose: offers, Position: given}, false, ""},
		{"unknown", consent.Facts{Purpose: offers}, false, consent.ReasonUnknown},
		{"pending", consent.Facts{Purpose: offers, Pending: true}, false, consent.ReasonPending},
		{"suppressed before all else", consent.Facts{Purpose: offers, Position: given, Suppressed: true, Platform: consent.PlatformStop}, false, consent.ReasonSuppressed},
		{"platform stop on marketing", consent.Facts{Purpose: offers, Position: given, Platform: consent.PlatformStop}, false, consent.ReasonPlatformStop},
		{"platform stop leaves transactional", consent.Facts{Purpose: orders, Position: given, Platform: consent.PlatformStop}, false, ""},
		{"unsure may try", consent.Facts{Purpose: offers, Position: given, Platform: consent.PlatformUnsure}, false, ""},
		{"reassigned", consent.Facts{Purpose: offers, Position: given, Reassigned: true}, false, consent.ReasonReassigned},
		{"run out", consent.Facts{Purpose: offers, Position: ended}, false, consent.ReasonExpired},
		{"deleted yes: marketing waits", consent.Facts{Purpose: offers, Position: held}, false, consent.ReasonPending},
		{"held: transactional waits where an act held it", consent.Facts{Purpose: orders, Position: held}, false, consent.ReasonPending},
		{"simulated, simulator off", consent.Facts{Purpose: offers, Position: sim, Simulated: true}, false, consent.ReasonGradeTooLow},
		{"simulated, simulator on", consent.Facts{Purpose: offers, Position: sim, Simulated: true}, true, ""},
		{"statement only, simulator on", consent.Facts{Purpose: offers, Position: sim}, true, consent.ReasonGradeTooLow},
		{"import for marketing", consent.Facts{Purpose: offers, Position: imported}, false, consent.ReasonGradeTooLow},
		{"import for transactional", consent.Facts{Purpose: orders, Position: imported}, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ok, reason := consent.Decide(tt.facts, at(20), tt.sim)
			if reason != tt.want || ok != (tt.want == "") {
				t.Errorf("allowed %v, reason %q; want reason %q", ok, reason, tt.want)
			}
		})
	}
}
