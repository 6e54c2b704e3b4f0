package records

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"slices"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/ledger"
	"assent/proof"
	"assent/subject"
)

// story adds every event of the person, of those who turned out to be the same,
// and of the requests that they confirmed, newest first.
func (s *Service) story(ctx context.Context, ring *keyring, p *Person) error {
	seen := map[string]bool{}
	var requests []string
	add := func(list []evidence.Logged) error {
		for _, e := range list {
			if seen[e.ID] {
				continue
			}
			seen[e.ID] = true
			told, err := s.tell(ctx, ring, e)
			if err != nil {
				return err
			}
			p.Events = append(p.Events, told)
			if told.Requested != "" {
				requests = append(requests, told.Requested)
			}
		}
		return nil
	}
	for _, id := range append([]string{p.ID}, p.Absorbed...) {
		list, err := ring.r.EventsOf(ctx, id)
		if err != nil {
			return err
		}
		if err := add(list); err != nil {
			return err
		}
	}
	for _, id := range requests {
		e, ok, err := ring.r.FindEvent(ctx, id)
		if err != nil {
			return err
		}
		if !ok || e.Request == "" {
			continue
		}
		asked, err := ring.r.Event(ctx, id)
		if err != nil {
			return err
		}
		list, err := ring.r.EventsOfRequest(ctx, e.Request)
		if err != nil {
			return err
		}
		list = append(list, asked)
		if err := add(list); err != nil {
			return err
		}
	}
	slices.SortFunc(p.Events, func(a, b Event) int { return int(b.Leaf - a.Leaf) })
	for _, e := range p.Events {
		if e.Subject == "" {
			continue
		}
		p.Name, p.Username = cmp.Or(p.Name, e.Person), cmp.Or(p.Username, e.Username)
	}
	return nil
}

// Why an event cannot be shown.
const (
	problemKey    = "The key that opens this event was destroyed; its place in the log stands."
	problemSealed = "What this event says cannot be opened: it is damaged, or was changed."
	problemSigned = "This event is not as it was signed. Run an audit."
)

// tell opens and checks an event. One that cannot be opened or does not hold is
// shown as such.
func (s *Service) tell(ctx context.Context, ring *keyring, e evidence.Logged) (Event, error) {
	hash := ledger.LeafHash(e.JWT)
	out := Event{ID: e.ID, Name: evidence.Name(e.Name), Subject: e.Subject, Request: e.Request, At: e.At, ArrivedAt: e.Arrived,
		Seq: e.Seq, Leaf: e.Leaf, LeafHash: hex.EncodeToString(hash[:])}
	wrapped, err := ring.wrapped(ctx, e.Key)
	if err != nil {
		return out, err
	}
	if !wrapped {
		out.Problem = problemKey
		return out, nil
	}
	signed, err := ring.signed(ctx, e.Record)
	if fault.Is(err, fault.Unavailable) {
		return out, err
	}
	if err != nil {
		out.Problem = problemSealed
		return out, nil //nolint:nilerr // the event says so
	}
	v, err := evidence.Verify(signed, ring.t.Keys)
	if err != nil || v.ID != e.ID || string(v.Name) != e.Name || v.Hidden > 0 {
		out.Problem = problemSigned
		return out, nil //nolint:nilerr // the event says so
	}
	s.fill(ring, &out, &v.Event)
	out.Webhook = e.Raw != nil
	return out, nil
}

// wrapped reports whether the key with the id is still there.
func (k *keyring) wrapped(ctx context.Context, id string) (bool, error) {
	if _, ok := k.open[id]; ok {
		return true, nil
	}
	w, err := k.r.WrappedKey(ctx, id)
	return len(w) > 0, err
}

// fill copies what an event says.
func (s *Service) fill(ring *keyring, out *Event, e *evidence.Event) {
	out.Act, out.Method, out.Match, out.Language, out.Page = e.Act, e.Method, e.Match, e.Language, e.Page
	out.Typed, out.Number, out.BSUID, out.Person, out.MessageID = e.Typed, e.E164, e.BSUID, e.PersonName, e.MessageID
	out.Requested, out.Reason, out.Effects, out.Operator = e.Requested, e.Reason, e.Effects, e.Operator
	out.IP, out.UserAgent, out.Simulated = e.IP, e.UserAgent, e.Simulated
	if e.Name == evidence.ProofExported {
		var made proof.Export
		if err := json.Unmarshal(e.Export, &made); err == nil { // an audit says what is wrong with others
			out.Audience = made.Audience
		}
	}
	for name, dst := range map[string]any{funnel.ClaimForm: &out.Form, funnel.ClaimAge: &out.Age, funnel.ClaimCampaign: &out.Campaign, subject.ClaimUsername: &out.Username} {
		if raw := e.Extra[name]; raw != nil {
			_ = json.Unmarshal(raw, dst) // signed by us: what is not of the form is shown as nothing
		}
	}
	if sender := ring.t.Known(e.Sender); sender != nil {
		out.Sender = sender.Number
	}
	if entry, ok := s.directory.EntryByID(e.EntryPoint); ok {
		out.EntryPoint = entry.Label
	}
	v, known := s.directory.Version(e.FunnelVersion)
	if known {
		out.Funnel, out.Version = v.Slug, v.Number
	}
	for _, c := range e.Choices {
		choice := Choice{Choice: c, Title: titleOf(ring.t, c.Purpose, ring.t.Language)}
		if known {
			text, _ := v.Text(e.Language)
			choice.Words = text.Purposes[c.Purpose].Words
		}
		out.Choices = append(out.Choices, choice)
	}
	for _, sh := range e.Shown {
		out.Shown = append(out.Shown, Shown{sh.Kind, sh.SHA256.String()})
	}
	if notice := (Shown{evidence.ShownNotice, e.Notice.String()}); !e.Notice.IsZero() && !slices.Contains(out.Shown, notice) {
		out.Shown = append(out.Shown, notice)
	}
}
