package records

import (
	"context"
	"time"

	"assent/business"
	"assent/consent"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
)

// rows makes the rows of a list. What cannot be opened is left out of its row,
// which says so; the others are shown.
func (s *Service) rows(ctx context.Context, r Reader, t *tenant.Tenant, list []consent.Consent, mask bool) ([]Row, error) {
	ring := s.keyring(r, t)
	out := make([]Row, 0, len(list))
	for _, c := range list {
		p := c.Position
		row := Row{
			Consent: c.ID, Subject: c.Subject, State: p.State(), Again: !p.FirstAt.Equal(p.EndedAt), Held: held(c), Stopped: p.StoppedOnly(), Grade: p.Grade, Scope: c.Scope, Basis: p.Basis,
			Purpose: c.Purpose, PurposeTitle: titleOf(t, c.Purpose, t.Language), Language: c.Lang, GivenAt: p.GivenAt, EndedAt: p.EndedAt,
			ValidUntil: p.Until, When: c.ChangedAt, Simulated: c.Simulated, Event: decisive(p),
		}
		if v, ok := s.directory.Version(c.Version); ok {
			row.Funnel, row.Version = v.Slug, v.Number
		}
		var err error
		if row.Grade, _, err = gradeOf(ctx, r, c); err != nil {
			return nil, err
		}
		if err := s.describe(ctx, ring, &row, mask); err != nil {
			return nil, err
		}
		if err := s.tellOf(ctx, ring, &row, c, mask); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// titleOf returns a purpose's name in the language, or what comes nearest.
func titleOf(t *tenant.Tenant, key, lang string) string {
	p, ok := t.Purpose(key)
	for _, l := range []string{lang, t.Language, "en"} {
		if title := p.Titles[l]; ok && title != "" {
			return title
		}
	}
	return key
}

// describe adds who the person is.
func (s *Service) describe(ctx context.Context, ring *keyring, row *Row, mask bool) error {
	sub, ok, err := ring.r.FindSubject(ctx, row.Subject)
	if err != nil {
		return err
	}
	if !ok {
		row.Unreadable = true
		return nil
	}
	ids, err := s.identified(ctx, ring, &sub)
	if err != nil {
		return err
	}
	for _, id := range ids {
		row.Unreadable = row.Unreadable || id.Unreadable
		switch {
		case id.Kind == subject.Line && row.Number == "":
			row.Number = shownNumber(id.Value, mask)
		case id.Kind == subject.BSUID && row.BSUID == "":
			row.BSUID = shownID(id.Value, mask)
		}
	}
	return nil
}

// tellOf adds what the acts behind the row say: how the yes was given, also one
// that was ended; where there never was one, how the no was said.
func (s *Service) tellOf(ctx context.Context, ring *keyring, row *Row, c consent.Consent, mask bool) error {
	b, readable, err := s.basisOf(ctx, ring, c)
	if err != nil {
		return err
	}
	row.Unreadable = row.Unreadable || !readable
	row.Method, row.EndedMethod = b.said.Method, b.ended.Method
	row.Simulated = row.Simulated || b.said.Simulated || b.ended.Simulated
	if entry, ok := s.directory.EntryByID(b.said.EntryPoint); ok {
		row.EntryPoint = entry.Label
	}
	row.Campaign = b.said.Campaign
	if row.Event == "" {
		row.Event = b.said.Event
	}
	if row.Name = b.said.PersonName; row.Name == "" {
		row.Name = b.ended.PersonName
	}
	if mask {
		row.Name = ""
	}
	return nil
}

func shownNumber(e164 string, mask bool) string {
	if !mask {
		return e164
	}
	n, err := phone.ParseE164(e164)
	if err != nil {
		return "·····"
	}
	return n.String()
}

func shownID(id string, mask bool) string {
	if !mask {
		return id
	}
	if len(id) < 12 {
		return "·····"
	}
	return id[:3] + "·····" + id[len(id)-4:]
}

// Identified is something that a person is known by.
type Identified struct {
	Kind       subject.Kind
	Value      string // E.164 for a line; else as received
	Scope      string // the portfolio of a BSUID
	Hash       []byte // by which it is looked up
	Event      string // that joined it
	SeenAt     time.Time
	LeftAt     time.Time // when they gave it up; zero for what is theirs
	Unreadable bool
}

// identified opens what a person is known by.
func (s *Service) identified(ctx context.Context, ring *keyring, sub *subject.Subject) (list []Identified, err error) {
	ids, err := ring.r.IdentifiersOf(ctx, sub.ID)
	if err != nil {
		return nil, err
	}
	for _, i := range ids {
		id := Identified{Kind: i.Kind, Scope: i.Scope, Hash: i.Hash, Event: i.Event, SeenAt: i.SeenAt, LeftAt: i.LeftAt}
		key, err := s.personKey(ring, sub)
		if err == nil {
			var value []byte
			value, err = key.Open(subject.SealContext(sub.ID, i.Kind), i.Sealed)
			id.Value = string(value)
		}
		id.Unreadable = err != nil
		list = append(list, id)
	}
	return list, nil
}

// sender returns the business's own number, for what it exports.
func senderOf(t *tenant.Tenant) *business.Sender {
	if s := t.Sender(""); s != nil {
		return s
	}
	return &business.Sender{Business: t.ID}
}
