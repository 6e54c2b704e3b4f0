package manage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"assent/business"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/tenant"
)

var (
	errNoDraft    = fault.New(fault.NotFound, "There is no such draft. It may have been published or thrown away.")
	errNoVersion  = fault.New(fault.NotFound, "There is no such version.")
	errOtherDraft = fault.New(fault.Stale, "Somebody else has saved this draft since you opened it.")
	errNoBusiness = fault.New(fault.NotFound, "There is no such business.")
)

// Drafts returns the drafts of a business, oldest first.
func (s *Service) Drafts(ctx context.Context, businessID string) (list []funnel.Draft, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		list, err = r.Drafts(ctx, businessID)
		return err
	})
	return list, err
}

// Draft returns a draft of the business.
func (s *Service) Draft(ctx context.Context, businessID, id string) (funnel.Draft, error) {
	return s.findDraft(ctx, businessID, func(d funnel.Draft) bool { return d.ID == id })
}

func (s *Service) findDraft(ctx context.Context, businessID string, is func(funnel.Draft) bool) (d funnel.Draft, err error) {
	list, err := s.Drafts(ctx, businessID)
	if err != nil {
		return d, err
	}
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return d, errNoDraft
	}
	return list[i], nil
}

// StartDraft begins a new funnel of the business from one of Starters.
func (s *Service) StartDraft(ctx context.Context, businessID, starter, actor string) (d funnel.Draft, err error) {
	defer fault.Wrap(&err, "manage.StartDraft")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return d, errNoBusiness
	}
	v, ok := Begin(starter, &t.Business)
	if !ok {
		return d, fault.Field("starter", "Choose one of the funnels to begin with.")
	}
	v.Slug = freeSlug(s.directory, v.Slug)
	return s.newDraft(ctx, businessID, "", v, actor)
}

// EditFunnel returns the draft of a funnel. Where there is none, it begins as
// what is published.
func (s *Service) EditFunnel(ctx context.Context, businessID, slug, actor string) (d funnel.Draft, err error) {
	defer fault.Wrap(&err, "manage.EditFunnel")
	f, v, err := s.funnelOf(businessID, slug)
	if err != nil {
		return d, err
	}
	d, err = s.findDraft(ctx, businessID, func(d funnel.Draft) bool { return d.Funnel == f.ID })
	if !fault.Is(err, fault.NotFound) {
		return d, err
	}
	return s.newDraft(ctx, businessID, f.ID, copyOf(v.Version), actor)
}

// DuplicateFunnel begins a new funnel that says what another does.
func (s *Service) DuplicateFunnel(ctx context.Context, businessID, slug, actor string) (d funnel.Draft, err error) {
	defer fault.Wrap(&err, "manage.DuplicateFunnel")
	_, v, err := s.funnelOf(businessID, slug)
	if err != nil {
		return d, err
	}
	c := copyOf(v.Version)
	c.Slug = freeSlug(s.directory, c.Slug)
	return s.newDraft(ctx, businessID, "", c, actor)
}

func (s *Service) funnelOf(businessID, slug string) (*funnel.Funnel, *tenant.Version, error) {
	f, v, ok := s.directory.Funnel(slug)
	if !ok || f.Business != businessID {
		return nil, nil, fault.New(fault.NotFound, "There is no such funnel.")
	}
	return f, v, nil
}

// copyOf returns a version to go on from: nothing of it is shared, and nothing
// says that it was published.
func copyOf(v *funnel.Version) (c funnel.Version) {
	body, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil { // what was read from JSON is written to it
		panic("manage: " + err.Error())
	}
	c.ID, c.Funnel, c.Number, c.Change = "", "", 0, funnel.ChangeNone
	return c
}

func (s *Service) newDraft(ctx context.Context, businessID, funnelID string, v funnel.Version, actor string) (d funnel.Draft, err error) {
	d = funnel.Draft{Business: businessID, Funnel: funnelID, Version: v, Revision: 1, Author: actor, ChangedAt: s.clock()}
	if d.ID, err = s.newID(); err != nil {
		return d, err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertDraft(ctx, d) })
	return d, err
}

// SaveDraft keeps what was written so far, right or wrong. The draft's revision
// is the one that was read: where somebody else has saved since, that is stale.
func (s *Service) SaveDraft(ctx context.Context, d funnel.Draft, actor string) (_ funnel.Draft, err error) {
	defer fault.Wrap(&err, "manage.SaveDraft")
	t, ok := s.directory.Tenant(d.Business)
	if !ok {
		return d, errNoBusiness
	}
	s.complete(t, &d)
	was := d.Revision
	d.Revision, d.Author, d.ChangedAt = was+1, actor, s.clock()
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.SetDraft(ctx, d, was) })
	if fault.Is(err, fault.Stale) {
		err = errOtherDraft
	}
	return d, err
}

// complete fills in what the writer of a draft does not write.
func (s *Service) complete(t *tenant.Tenant, d *funnel.Draft) {
	v := &d.Version
	v.Business, v.Controller = t.ID, controllerOf(&t.Business)
	v.Look.Colour = orEmpty(v.Look.Colour, cmp.Or(t.Colour, funnel.UsualColour))
	v.ComposeAll()
	if f, _, ok := s.directory.FunnelByID(d.Funnel); ok {
		v.Slug = f.Slug // printed codes lead there
	}
}

// orEmpty returns the colour, or nothing where it is the usual one.
func orEmpty(colour, usual string) string {
	if colour == usual {
		return ""
	}
	return colour
}

// DiscardDraft throws a draft away.
func (s *Service) DiscardDraft(ctx context.Context, businessID, id string, revision int) (err error) {
	defer fault.Wrap(&err, "manage.DiscardDraft")
	if _, err := s.Draft(ctx, businessID, id); err != nil {
		return err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.DeleteDraft(ctx, id, revision) })
	if fault.Is(err, fault.Stale) {
		err = errOtherDraft
	}
	return err
}

// PublishDraft makes a draft the funnel's next version. Purposes that the
// business does not have yet become its own; the deed is an event with its
// author (rule 30). The error names the part of the draft that keeps it from
// being published.
func (s *Service) PublishDraft(ctx context.Context, businessID, id string, revision int, actor string) (_ *funnel.Version, err error) {
	defer fault.Wrap(&err, "manage.PublishDraft")
	_, d, err := s.ready(ctx, businessID, id, revision)
	if err != nil {
		return nil, err
	}
	return &d.Version, s.publishAs(ctx, &d.Version, deed{actor: actor, method: "publish funnel", draft: d})
}

// ReviewDraft returns the version that PublishDraft would make, with its number
// and without an id, or the error with which that would refuse. It changes nothing.
func (s *Service) ReviewDraft(ctx context.Context, businessID, id string, revision int) (_ *funnel.Version, err error) {
	defer fault.Wrap(&err, "manage.ReviewDraft")
	t, d, err := s.ready(ctx, businessID, id, revision)
	if d == nil {
		return nil, err
	}
	v := &d.Version
	_, unfit := s.fit(t, v, newPurposes(t, v))
	if err := errors.Join(err, unfit); err != nil {
		return nil, err
	}
	v.Number = 1
	if _, now, ok := s.directory.FunnelByID(d.Funnel); ok {
		v.Number = now.Number + 1
	}
	return v, nil
}

// ready returns the draft as it would be published, and what speaks against it
// beside what is published already. Without a draft there is nothing to look at.
func (s *Service) ready(ctx context.Context, businessID, id string, revision int) (*tenant.Tenant, *funnel.Draft, error) {
	d, err := s.Draft(ctx, businessID, id)
	if err != nil {
		return nil, nil, err
	}
	if d.Revision != revision {
		return nil, nil, errOtherDraft
	}
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return nil, nil, errNoBusiness
	}
	s.complete(t, &d)
	v := &d.Version
	_, now, exists := s.directory.Funnel(v.Slug)
	switch {
	case exists && d.Funnel == "":
		return t, &d, fault.Field("slug", "The address %s is taken. Choose another.", v.Slug)
	case exists && same(now.Version, v):
		return nil, nil, fault.Field(FieldUnchanged, "Nothing has changed since version %d, so there is nothing to publish.", now.Number)
	case !exists || len(Differences(now.Version, v, true)) == 0:
		v.Change = funnel.ChangeNone
	case v.Change != funnel.ChangeTypo && v.Change != funnel.ChangeMeaning:
		return t, &d, fault.Field("change", "The words differ from those that people agreed to. Say whether they mean the same as before.")
	}
	return t, &d, nil
}

// FieldUnchanged is the field of the error of publishing a draft that says what
// is published already.
const FieldUnchanged = "unchanged"

// same reports whether two versions hold the same, whenever they were published.
func same(a, b *funnel.Version) bool {
	x, y := copyOf(a), copyOf(b)
	x.PublishedAt, y.PublishedAt = time.Time{}, time.Time{}
	return asText(x) == asText(y)
}

// Republish publishes an earlier version of a funnel anew, as it was.
func (s *Service) Republish(ctx context.Context, businessID, versionID string, change funnel.Change, actor string) (_ *funnel.Version, err error) {
	defer fault.Wrap(&err, "manage.Republish")
	old, ok := s.directory.Version(versionID)
	if !ok || old.Business != businessID {
		return nil, errNoVersion
	}
	if old.Defective {
		return nil, fault.New(fault.Conflict, "That version was found defective. Edit the funnel instead.")
	}
	v := copyOf(old.Version)
	v.Change = change
	return &v, s.publishAs(ctx, &v, deed{actor: actor, method: "roll back funnel"})
}

// deed is what an operator does with a publication.
type deed struct {
	actor  string
	method string
	draft  *funnel.Draft // to be gone with it; nil for none
}

// publication as an operator's event tells it.
type publicationClaim struct {
	Funnel  string        `json:"funnel"`
	Version string        `json:"version"`
	Number  int           `json:"number"`
	Change  funnel.Change `json:"change,omitempty"`
	Adds    []string      `json:"adds_purposes,omitempty"`
}

func (s *Service) publishAs(ctx context.Context, v *funnel.Version, d deed) error {
	t, ok := s.directory.Tenant(v.Business)
	if !ok {
		return errNoBusiness
	}
	added := newPurposes(t, v)
	return s.publish(ctx, v, added, func(v *funnel.Version) (func(context.Context, Writer) error, error) {
		claim := publicationClaim{Funnel: v.Funnel, Version: v.ID, Number: v.Number, Change: v.Change}
		for _, p := range added {
			claim.Adds = append(claim.Adds, p.Key)
		}
		record, err := s.operatorActed(t, d.actor, d.method, "publication", claim)
		return func(ctx context.Context, w Writer) error {
			if err := addPurposes(ctx, w, t.ID, added); err != nil {
				return err
			}
			if d.draft != nil {
				if err := w.DeleteDraft(ctx, d.draft.ID, d.draft.Revision); err != nil {
					return err
				}
			}
			return w.InsertEvent(ctx, record)
		}, err
	})
}

// newPurposes returns the version's purposes that the business does not have.
func newPurposes(t *tenant.Tenant, v *funnel.Version) (added []business.Purpose) {
	for _, p := range v.Purposes {
		if _, ok := t.Purpose(p.Key); ok {
			continue
		}
		titles := map[string]string{}
		for lang, text := range v.Texts {
			titles[lang] = text.Purposes[p.Key].Title
		}
		added = append(added, business.Purpose{Key: p.Key, Scope: p.Scope, Basis: p.Basis, Titles: titles})
	}
	return added
}

// addPurposes gives the business the purposes. One that it has meanwhile keeps
// its scope and basis: a purpose never changes them.
func addPurposes(ctx context.Context, w Writer, businessID string, added []business.Purpose) error {
	if len(added) == 0 {
		return nil
	}
	return w.EditBusiness(ctx, businessID, func(b *business.Business) error {
		for _, p := range added {
			known, ok := b.Purpose(p.Key)
			if ok && (known.Scope != p.Scope || known.Basis != p.Basis) {
				return fault.Field("purposes", "Purpose %s has another scope or basis in another funnel. Give this one another name.", p.Key)
			}
			if !ok {
				p.Titles = maps.Clone(p.Titles)
				b.Purposes = append(slices.Clone(b.Purposes), p)
			}
		}
		return nil
	})
}

// ActOnFunnel archives a funnel, takes it out of the archive, or finds what it
// says defective: whoever comes then is told that it has ended, and a yes to
// the words counts no more. It is an event with its author and, for a defect,
// the reason (rule 30).
func (s *Service) ActOnFunnel(ctx context.Context, businessID, slug string, state funnel.State, reason, actor string) (err error) {
	defer fault.Wrap(&err, "manage.ActOnFunnel")
	f, v, err := s.funnelOf(businessID, slug)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(funnel.Plain(reason))
	switch {
	case state == funnel.Published && f.State == funnel.Defective:
		return fault.New(fault.Conflict, "The words were found defective. Edit them and publish a new version.")
	case state == funnel.Defective && reason == "":
		return fault.Field("reason", "Say what is wrong with it: the record keeps the reason.")
	}
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return errNoBusiness
	}
	record, err := s.operatorActed(t, actor, "funnel "+string(state), "funnel_state", struct {
		Funnel  string       `json:"funnel"`
		Version string       `json:"version"`
		State   funnel.State `json:"state"`
		Reason  string       `json:"reason,omitempty"`
	}{f.ID, v.ID, state, reason})
	if err != nil {
		return err
	}
	return s.setState(ctx, *f, v, state, []evidence.Record{record})
}
