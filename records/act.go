package records

import (
	"context"
	"encoding/json"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
)

// told is what a list needs of an event.
type told struct {
	Event, PersonName, Method, EntryPoint string
	Campaign                              funnel.Campaign
	Simulated                             bool
	choices                               []evidence.Choice
}

// basis is the acts that a consent's row speaks of.
type basis struct {
	said  told // the yes; where there never was one, the no
	ended told // the act that ended the yes, or the stop of what was never given
}

// decisive returns the act that decides the state, or the empty string where
// that is a no: a position keeps the time of a no and not its event.
func decisive(p consent.Position) string {
	switch {
	case p.InForce():
		return p.GivenEvent
	case p.State() == consent.Refused:
		return ""
	}
	return p.EndedEvent
}

// held reports whether the yes waits for the person to answer anew.
func held(c consent.Consent) bool { return c.Position.Held() }

// basisOf opens the acts behind a consent. It reports false where one of them
// cannot be opened.
func (s *Service) basisOf(ctx context.Context, ring *keyring, c consent.Consent) (b basis, readable bool, err error) {
	p, readable := c.Position, true
	open := func(dst *told, e evidence.Record, ok bool, err error) error {
		if err != nil || !ok {
			return err
		}
		if *dst, err = ring.disclosed(ctx, e); err != nil {
			readable = false
		}
		return nil
	}
	if p.GivenEvent != "" {
		e, ok, err := ring.r.FindEvent(ctx, p.GivenEvent)
		if err := open(&b.said, e, ok, err); err != nil {
			return b, readable, err
		}
	} else if !p.RefusedAt.IsZero() {
		if b.said, readable, err = s.refusal(ctx, ring, c); err != nil {
			return b, readable, err
		}
	}
	if !p.InForce() && p.EndedEvent != "" {
		e, ok, err := ring.r.FindEvent(ctx, p.EndedEvent)
		if err := open(&b.ended, e, ok, err); err != nil {
			return b, readable, err
		}
	}
	return b, readable, nil
}

// refusal finds the newest no to the purpose among the events of the person and
// of those who turned out to be the same.
func (s *Service) refusal(ctx context.Context, ring *keyring, c consent.Consent) (out told, readable bool, err error) {
	readable = true
	absorbed, err := absorbedBy(ctx, ring.r, c.Subject)
	if err != nil {
		return out, readable, err
	}
	for _, id := range append([]string{c.Subject}, absorbed...) {
		list, err := ring.r.EventsOf(ctx, id)
		if err != nil {
			return out, readable, err
		}
		for _, e := range list {
			if e.Seq == 0 || !e.At.Equal(c.Position.RefusedAt) {
				continue
			}
			t, err := ring.disclosed(ctx, e.Record)
			if err != nil {
				readable = false
				continue
			}
			if t.refuses(c.Purpose) {
				return t, true, nil
			}
		}
	}
	return out, readable, nil
}

func (t told) refuses(purpose string) bool {
	for _, c := range t.choices {
		if c.Purpose == purpose && c.Outcome == string(consent.OutcomeRefused) {
			return true
		}
	}
	return false
}

// disclosed reads a few claims of an event without checking its signature: a
// list is no proof. Person and Proof check.
func (k *keyring) disclosed(ctx context.Context, e evidence.Record) (out told, err error) {
	signed, err := k.signed(ctx, e)
	if err != nil {
		return out, err
	}
	clear, err := evidence.Clear(signed.JWT)
	if err != nil {
		return out, err
	}
	out.Event, out.Simulated = e.ID, clear.Simulated
	for _, d := range signed.Disclosures {
		var dst any
		switch d.Name {
		case evidence.ClaimName:
			dst = &out.PersonName
		case evidence.ClaimMethod:
			dst = &out.Method
		case evidence.ClaimEntryPoint:
			dst = &out.EntryPoint
		case funnel.ClaimCampaign:
			dst = &out.Campaign
		case "": // an element of choices, the only array
			out.choices = append(out.choices, evidence.Choice{})
			dst = &out.choices[len(out.choices)-1]
		default:
			continue
		}
		if err := json.Unmarshal(d.Value, dst); err != nil {
			return out, err
		}
	}
	return out, nil
}
