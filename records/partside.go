package records

import (
	"bytes"
	"encoding/json"
	"slices"

	"assent/consent"
	"assent/evidence"
	"assent/subject"
	"assent/vault"
)

// side is one of the two that a record becomes.
type side struct {
	life     *life   // what was theirs all along
	ids      []known // what they are known by from now on
	was      int64   // the running number that was read
	next     subject.Subject
	key      vault.DataKey
	event    evidence.Record
	stops    []subject.Suppression
	consents []consent.Consent
}

// fill adds what the side is known by to its event, and the sender whose
// portfolio the account id is of.
func (x *side) fill(e *evidence.Event) {
	a := accountOfAll(x.ids)
	e.E164, e.BSUID, e.ParentBSUID = a.Number.E164(), a.BSUID, a.Parent
	for _, k := range x.ids {
		if k.Kind != subject.BSUID {
			continue
		}
		for _, sender := range x.life.t.Senders {
			if sender.Portfolio == k.Scope {
				e.Sender = sender.ID
			}
		}
	}
}

// settle decides what a side keeps, signs that, and works out where it leaves
// them.
func (s *Service) settle(p *parting, x, other *side, e evidence.Event) error {
	now := e.Time
	key, err := s.keyOf(x)
	if err != nil {
		return err
	}
	x.key = key
	x.life.replay()
	own := x.life.portrait[x.life.root.ID]
	alive := map[string]bool{} // purposes whose yes is theirs, or may be
	held, kept := false, false
	for _, c := range inOrderOfPurpose(own.consents) {
		outcome := p.outcome(c, x, other)
		alive[c.Purpose] = c.Position.InForce() && outcome != consent.OutcomeWithdrawn
		if outcome == "" {
			kept = kept || c.Position.InForce() && !c.Position.Held()
			continue
		}
		held = held || outcome == consent.OutcomeHeld
		e.Choices = append(e.Choices, evidence.Choice{Purpose: c.Purpose, Scope: string(c.Scope), Outcome: string(outcome)})
	}
	if fresh := x == p.goes && !p.wasGone; (p.before.reassigned || fresh || held && !kept) && !own.reassigned {
		e.Effects = append(e.Effects, evidence.EffectReassigned)
	}
	if p.before.platform == consent.PlatformStop && own.platform != consent.PlatformStop {
		e.Effects = append(e.Effects, string(evidence.PlatformStopped))
	}
	if p.before.held && !own.held {
		claim, err := json.Marshal(true)
		if err != nil {
			return err
		}
		e.Extra = map[string]evidence.RawJSON{claimHold: claim}
	}
	if err := s.copyStops(x, other, &e, alive); err != nil {
		return err
	}
	if x.event, x.next, err = s.issue(x.life.t, &x.life.root, e, x.life.root.KeyID(), key, now); err != nil {
		return err
	}
	for i := range x.stops {
		x.stops[i].Event = x.event.ID
	}
	e.ID, e.Subject, e.Seq = x.event.ID, x.next.ID, x.next.Seq
	return s.project(x, p.rows, e)
}

// outcome returns what becomes of a consent on its side: nothing where the yes
// in force is theirs alone.
func (p *parting) outcome(c *standing, x, other *side) consent.Outcome {
	if !c.Position.InForce() {
		return ""
	}
	all := p.before.consents[c.Purpose]
	switch {
	case all == nil:
		return consent.OutcomeHeld
	case !all.Position.EndedAt.IsZero() && !c.Position.GivenAt.After(all.Position.EndedAt.Add(consent.TieMargin)):
		return consent.OutcomeWithdrawn // it was ended by what either did
	case c.Position.Held():
		return ""
	case !p.whole.whose(c.Position.GivenEvent, x.ids, other.ids), !all.Position.HeldAt.Before(c.Position.GivenAt):
		return consent.OutcomeHeld
	}
	return ""
}

func inOrderOfPurpose(consents map[string]*standing) (list []*standing) {
	for _, c := range consents {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *standing) int { return bytes.Compare([]byte(a.Purpose), []byte(b.Purpose)) })
	return list
}

// copyStops gives the side a stop of its own for each under which both fell, so
// that no yes of the other ends it; one in the other's chain is not their own,
// whatever it names. What a yes ended that may be theirs stays
// ended.
func (s *Service) copyStops(x, other *side, e *evidence.Event, alive map[string]bool) error {
	mine, theirs := x.hashes(s), other.hashes(s)
	has := func(stop *stopRow, hashes [][]byte) (n int) {
		for _, h := range hashes {
			if slices.ContainsFunc(stop.Hashes, func(o []byte) bool { return bytes.Equal(o, h) }) {
				n++
			}
		}
		return n
	}
	ended := func(stop *stopRow) (keep []string) {
		for _, purpose := range stop.Ended {
			if alive[purpose] || !stop.Reason.EndsByAct() {
				keep = append(keep, purpose)
			}
		}
		return keep
	}
	var done []*stopRow
	for i := range x.life.stops {
		stop := &x.life.stops[i]
		member := x.life.members[stop.Subject] != nil || other.life.members[stop.Subject] != nil
		if !member && has(stop, mine) == 0 && has(stop, theirs) == 0 {
			continue
		}
		like := func(o *stopRow) bool { return o.Like(&stop.Suppression) }
		if slices.ContainsFunc(done, like) {
			continue
		}
		own := slices.ContainsFunc(x.life.stops, func(o stopRow) bool {
			return other.life.members[o.Subject] == nil && like(&o) && has(&o, mine) == len(mine) && has(&o, theirs) == 0 && len(ended(&o)) == len(o.Ended)
		})
		if done = append(done, stop); own {
			continue
		}
		c := subject.Suppression{Business: stop.Business, Subject: x.life.root.ID, Scope: stop.Scope, Purpose: stop.Purpose, Reason: stop.Reason, At: stop.At, Hashes: mine, Ended: ended(stop)}
		var err error
		if c.ID, err = evidence.NewID(e.Time, s.rand); err != nil {
			return err
		}
		salt, err := evidence.NewSalt(s.rand)
		if err != nil {
			return err
		}
		c.Salt = salt[:]
		x.stops = append(x.stops, c)
		e.Suppressions = append(e.Suppressions, evidence.Commit(salt, c.Fields()...))
		for _, purpose := range c.Ended {
			e.SuppressionsEnded = append(e.SuppressionsEnded, evidence.Commit(salt, subject.EndFields(c.ID, purpose)...))
		}
	}
	return nil
}

// hashes returns those under which stops of the side are kept.
func (x *side) hashes(s *Service) (hashes [][]byte) {
	for _, k := range x.ids {
		hashes = append(hashes, s.inst.Secrets.SuppressionHashes(k.account)...)
	}
	return hashes
}

// project lives the side's events again with the new one, and makes its rows of
// what follows, as an audit will.
func (s *Service) project(x *side, rows []consent.Consent, e evidence.Event) error {
	x.life.root = x.next
	x.life.events = append(x.life.events, &opened{
		Logged: evidence.Logged{Record: x.event, Leaf: notYet}, t: x.life.t, v: &evidence.Verified{Event: e},
	})
	x.life.replay()
	st := x.life.portrait[x.next.ID]
	x.next.Platform, x.next.PlatformAt, x.next.Reassigned, x.next.Held = st.platform, st.platformAt, st.reassigned, st.held
	for _, c := range inOrderOfPurpose(st.consents) {
		made, ok := evidence.TimeOf(c.made)
		if !ok {
			return errNothingKept
		}
		row := c.Consent
		had := slices.IndexFunc(rows, func(r consent.Consent) bool {
			at, ok := evidence.TimeOf(r.ID)
			return ok && r.Subject == x.next.ID && r.Purpose == c.Purpose && at.Equal(made)
		})
		var err error
		if had >= 0 { // it goes on
			row.ID = rows[had].ID
		} else if row.ID, err = evidence.NewID(made, s.rand); err != nil {
			return err
		}
		x.consents = append(x.consents, row)
	}
	return nil
}
