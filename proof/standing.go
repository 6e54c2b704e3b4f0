package proof

import (
	"slices"
	"strings"

	"assent/consent"
	"assent/evidence"
	"assent/ledger"
)

// checkStates folds all choices and compares with what the export event says.
func (v *verifier) checkStates() Check {
	const bad = "The states do not follow from the events."
	var f finding
	if v.export == nil {
		f.add("no export event says how the person stood")
		return f.check(CheckStates, "", bad)
	}
	folded := v.fold(&f)
	stated := map[string]bool{}
	for _, s := range v.claim.States {
		got, ok := folded.state(s.Purpose, s.Scope)
		switch {
		case !ok || stated[s.Purpose]:
			f.add("the export event says two things about %s", clip(s.Purpose))
		case got != s.State:
			f.add("%s: the events make it %s, the export event says %s", clip(s.Purpose), got, clip(string(s.State)))
		}
		stated[s.Purpose] = true
	}
	for _, p := range folded.purposes {
		if !stated[p.Key] {
			f.add("the export event says nothing about %s", clip(p.Key))
		}
	}
	words := make([]string, 0, len(v.claim.States))
	for _, s := range v.claim.States {
		words = append(words, s.Purpose+" "+string(s.State))
	}
	if len(words) == 0 {
		words = []string{"none"}
	}
	return f.check(CheckStates, "The states follow from the events: "+strings.Join(words, ", ")+".", bad)
}

// fold collects what the numbered events did.
func (v *verifier) fold(f *finding) *fold {
	var folded fold
	for _, it := range v.items {
		if it.event == nil || !it.event.Discloses(evidence.ClaimSeq) {
			continue
		}
		if n := it.event.HiddenChoices; n > 0 {
			f.add("event %03d hides %d of its choices", it.number, n)
		}
		if !folded.add(&it.event.Event) {
			f.add("event %03d gives a purpose another scope", it.number)
		}
	}
	return &folded
}

// fold is a person's acts, and the purposes that these did something to, in the
// order in which they came.
type fold struct {
	acts     []consent.Act
	purposes []consent.Purpose
}

// add reports whether each purpose keeps its scope.
func (d *fold) add(e *evidence.Event) bool {
	ok := true
	for _, a := range ActsOf(e) {
		d.acts = append(d.acts, a)
		if a.Purpose == "" || a.Outcome == consent.OutcomeRequested || a.Outcome == consent.OutcomeNoted {
			continue // names no purpose, or changes nothing
		}
		i := slices.IndexFunc(d.purposes, func(p consent.Purpose) bool { return p.Key == a.Purpose })
		if i < 0 {
			d.purposes = append(d.purposes, consent.Purpose{Key: a.Purpose, Scope: a.Scope})
		} else if d.purposes[i].Scope != a.Scope {
			ok = false
		}
	}
	return ok
}

// state returns where a purpose stands, and false if it has another scope.
func (d *fold) state(purpose string, scope consent.Scope) (consent.State, bool) {
	p := consent.Purpose{Key: purpose, Scope: scope}
	for _, known := range d.purposes {
		if known.Key == purpose && known.Scope != scope {
			return "", false
		}
	}
	pos := consent.Fold(p, d.acts)
	state := pos.State()
	// A yes may renew what ended before there was an event for this purpose, by
	// a stop of everything. Then it says so itself.
	if state == consent.Given && slices.ContainsFunc(d.acts, func(a consent.Act) bool {
		return a.Event == pos.GivenEvent && a.Outcome == consent.OutcomeRenewed && a.Touches(p)
	}) {
		state = consent.Renewed
	}
	return state, true
}

// ActsOf returns what an event did to purposes, for the fold: at the act's own
// time if it is disclosed, else when the event was signed.
func ActsOf(e *evidence.Event) []consent.Act {
	at := e.Time
	if at.IsZero() {
		at = e.IssuedAt
	}
	acts := make([]consent.Act, 0, len(e.Choices))
	for _, c := range e.Choices {
		acts = append(acts, consent.Act{Event: e.ID, Purpose: c.Purpose, Scope: consent.Scope(c.Scope),
			Outcome: consent.Outcome(c.Outcome), Basis: consent.Basis(c.Basis), Grade: consent.Grade(c.Grade),
			At: at, Until: c.ValidUntil.Time})
	}
	return acts
}

// StandingOf makes the standing of a person from their events and from those of
// others that turned out to be the same. Events without a number are passed
// over. Whoever has the chains' length and heads from elsewhere, such as the
// subject's row, puts these into the standing: then an event that was not read
// shows.
func StandingOf(own []*evidence.Verified, absorbed ...[]*evidence.Verified) Standing {
	s := Standing{States: []State{}}
	var folded fold
	for i, events := range append([][]*evidence.Verified{own}, absorbed...) {
		var c Chain
		for _, e := range events {
			if e.Seq == 0 {
				continue
			}
			if e.Seq > c.Events {
				c = Chain{Events: e.Seq, Head: evidence.Digest(ledger.LeafHash([]byte(e.Signed.JWT)))}
			}
			folded.add(&e.Event)
		}
		if i == 0 {
			s.Chain = c
		} else {
			s.Absorbed = append(s.Absorbed, c)
		}
	}
	for _, p := range folded.purposes {
		state, _ := folded.state(p.Key, p.Scope)
		s.States = append(s.States, State{Purpose: p.Key, Scope: p.Scope, State: state})
	}
	return s
}
