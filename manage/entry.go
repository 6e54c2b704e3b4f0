package manage

import (
	"context"
	"slices"
	"strings"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/funnel/lint"
	"assent/tenant"
	"assent/vault"
)

// MaxEntries bounds how many entry points are made at once.
const MaxEntries = 2000

// perEvent is how many entry points one event tells of, and one transaction holds.
const perEvent = 100

// AddEntryPoint adds a way into a funnel that comes with the program: nobody did
// it, so no event tells of it. Without a code it gets a random one.
func (s *Service) AddEntryPoint(ctx context.Context, e funnel.EntryPoint) (_ funnel.EntryPoint, err error) {
	defer fault.Wrap(&err, "manage.AddEntryPoint")
	if e, err = s.newEntry(e); err != nil {
		return e, err
	}
	if err := s.insertEntries(ctx, []funnel.EntryPoint{e}, nil, ""); err != nil {
		return e, err
	}
	return e, s.Reload(ctx)
}

// newEntry gives an entry point what it needs beside a label.
func (s *Service) newEntry(e funnel.EntryPoint) (_ funnel.EntryPoint, err error) {
	if err := checkEntry(e); err != nil {
		return e, err
	}
	if e.ID, err = s.newID(); err != nil {
		return e, err
	}
	if e.Code == "" {
		e.Code, err = s.newEntryCode()
	}
	return e, err
}

// checkEntry refuses an entry point that cannot be used, or whose label names
// somebody (rule 29).
func checkEntry(e funnel.EntryPoint) error {
	if err := e.Check(); err != nil {
		return err
	}
	return refusal(lint.Label("label", e.Label))
}

// newEntryCode returns a random code, short enough to be typed.
func (s *Service) newEntryCode() (string, error) {
	token, err := vault.NewToken(s.rand)
	if err != nil {
		return "", err
	}
	return strings.ToUpper(token[:7]), nil
}

// insertEntries keeps entry points, with the event that tells of them, if any.
func (s *Service) insertEntries(ctx context.Context, entries []funnel.EntryPoint, record *evidence.Record, actor string) error {
	now := s.clock()
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for _, e := range entries {
			if err := w.InsertEntryPoint(ctx, e); err != nil {
				return err
			}
			v := e.Version(1)
			v.At, v.Author = now, actor
			if record != nil {
				v.Event = record.ID
			}
			if err := w.InsertEntryVersion(ctx, v); err != nil {
				return err
			}
		}
		if record == nil {
			return nil
		}
		return w.InsertEvent(ctx, *record)
	})
}

// AddEntries makes a code for each label that leads where like does, and returns
// them in the labels' order. A label that a code of the funnel with the same way
// has already brings that one back, so that a list can be sent twice. Adding is an
// event with its author (rule 30).
func (s *Service) AddEntries(ctx context.Context, businessID, slug string, labels []string, like funnel.EntryPoint, actor string) (_ []funnel.EntryPoint, err error) {
	defer fault.Wrap(&err, "manage.AddEntries")
	t, f, err := s.ownFunnel(businessID, slug)
	if err != nil {
		return nil, err
	}
	if len(labels) == 0 || len(labels) > MaxEntries {
		return nil, fault.Field("labels", "Give from 1 to %d labels at once.", MaxEntries)
	}
	known := map[string]funnel.EntryPoint{}
	for _, e := range s.directory.Entries(f.ID) {
		if e.Kind == funnel.EntryQR && e.Chat == like.Chat && e.Text == like.Text && !e.Off {
			known[e.Label] = *e
		}
	}
	all, fresh := make([]funnel.EntryPoint, 0, len(labels)), []funnel.EntryPoint(nil)
	for _, label := range labels {
		e, ok := known[label]
		if !ok {
			e = funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryQR, Label: label, Chat: like.Chat, Text: like.Text}
			if e, err = s.newEntry(e); err != nil {
				return nil, err
			}
			known[label], fresh = e, append(fresh, e)
		}
		all = append(all, e)
	}
	for part := range slices.Chunk(fresh, perEvent) {
		versions := make([]funnel.EntryVersion, len(part))
		for i, e := range part {
			versions[i] = e.Version(1)
		}
		record, err := s.operatorActed(t, actor, "add codes", funnel.ClaimEntries, versions)
		if err != nil {
			return nil, err
		}
		if err := s.insertEntries(ctx, part, &record, actor); err != nil {
			return nil, err
		}
	}
	return all, s.Reload(ctx)
}

func (s *Service) ownFunnel(businessID, slug string) (*tenant.Tenant, *funnel.Funnel, error) {
	f, _, ok := s.directory.Funnel(slug)
	t, there := s.directory.Tenant(businessID)
	if !ok || !there || f.Business != businessID {
		return nil, nil, fault.New(fault.NotFound, "There is no such funnel.")
	}
	return t, f, nil
}

var errNoCode = fault.New(fault.NotFound, "There is no such code.")

// entryOf returns the business's printed code.
func (s *Service) entryOf(businessID, code string) (*funnel.EntryPoint, error) {
	e, ok := s.directory.Entry(code)
	if !ok || e.Kind != funnel.EntryQR && e.Kind != funnel.EntryLink {
		return nil, errNoCode
	}
	if f, _, ok := s.directory.FunnelByID(e.Funnel); !ok || f.Business != businessID {
		return nil, errNoCode // of another business: it does not tell
	}
	return e, nil
}

// EntryVersions returns what a code of the business led to, newest first.
func (s *Service) EntryVersions(ctx context.Context, businessID, code string) (list []funnel.EntryVersion, err error) {
	defer fault.Wrap(&err, "manage.EntryVersions")
	e, err := s.entryOf(businessID, code)
	if err != nil {
		return nil, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		list, err = r.EntryVersions(ctx, e.ID)
		return err
	})
	return list, err
}

// ChangeEntry makes a code of the business lead elsewhere: to what the entry
// point says, into the funnel with the slug. What it led to is kept, and the change
// is an event with its author (rule 30). Where somebody else has changed it since, it
// is a fault of the kind Conflict.
func (s *Service) ChangeEntry(ctx context.Context, businessID, code, slug string, to funnel.EntryPoint, actor string) (err error) {
	defer fault.Wrap(&err, "manage.ChangeEntry")
	t, f, err := s.ownFunnel(businessID, slug)
	if err != nil {
		return err
	}
	old, err := s.entryOf(businessID, code)
	if err != nil {
		return err
	}
	e := *old
	e.Funnel, e.Label, e.Chat, e.Text, e.Off = f.ID, to.Label, to.Chat, to.Text, to.Off
	if e == *old {
		return nil
	}
	if err := checkEntry(e); err != nil {
		return err
	}
	versions, err := s.EntryVersions(ctx, businessID, code)
	if err != nil {
		return err
	}
	v := e.Version(len(versions) + 1)
	record, err := s.operatorActed(t, actor, "change a code", funnel.ClaimEntries, []funnel.EntryVersion{v})
	if err != nil {
		return err
	}
	v.Event, v.Author, v.At = record.ID, actor, s.clock()
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.InsertEntryVersion(ctx, v); err != nil {
			return err
		}
		if err := w.SetEntryPoint(ctx, e); err != nil {
			return err
		}
		return w.InsertEvent(ctx, record)
	})
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "Somebody else has changed this code meanwhile. Look at it again.").Because(err)
	}
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}
