package records

import (
	"context"
	"slices"

	"assent/evidence"
	"assent/subject"
)

// stopsOf checks the suppressions that the person's acts made, and the ends
// that they put to any.
func (a *audit) stopsOf(ctx context.Context, r Reader, l *life) error {
	if err := a.readStops(ctx, r, l); err != nil {
		return err
	}
	made, ended := map[evidence.Digest]string{}, map[evidence.Digest]bool{}
	for i := range l.stops {
		s := &l.stops[i]
		hashes, ends, err := r.SuppressionDetail(ctx, s.ID)
		if err != nil {
			return err
		}
		s.Hashes = hashes
		if len(s.Salt) != 16 {
			a.found.add(CheckSuppressions, "stop %s has no salt", s.ID)
			continue
		}
		salt := [16]byte(s.Salt)
		made[evidence.Commit(salt, s.Fields()...)] = s.ID
		for _, end := range ends {
			digest := evidence.Commit(salt, subject.EndFields(s.ID, end.Purpose)...)
			ended[digest] = true
			if err := a.ended(ctx, r, s, end, digest); err != nil {
				return err
			}
		}
		if _, mine := l.members[s.Subject]; mine && !l.committed(&s.Suppression, evidence.Commit(salt, s.Fields()...)) {
			a.found.add(CheckSuppressions, "stop %s is not as event %s committed to it", s.ID, s.Event)
		}
	}
	for _, o := range l.events {
		for _, d := range o.v.Suppressions {
			if made[d] == "" {
				a.found.add(CheckSuppressions, "event %s made a stop that is missing or was changed", o.ID)
			}
		}
		for _, d := range o.v.SuppressionsEnded {
			if !ended[d] {
				a.found.add(CheckSuppressions, "event %s ended a stop, and that is missing or was changed", o.ID)
			}
		}
	}
	return nil
}

// committed reports whether the event that the stop names committed to it.
func (l *life) committed(s *subject.Suppression, digest evidence.Digest) bool {
	return slices.ContainsFunc(l.events, func(o *opened) bool {
		return o.ID == s.Event && o.Subject == s.Subject && slices.Contains(o.v.Suppressions, digest)
	})
}

// ended checks that the event that an end names committed to it.
func (a *audit) ended(ctx context.Context, r Reader, s *stopRow, end End, digest evidence.Digest) error {
	e, ok, err := r.FindEvent(ctx, end.Event)
	if err != nil {
		return err
	}
	if ok {
		clear, err := evidence.Clear(string(e.JWT))
		ok = err == nil && slices.Contains(clear.SuppressionsEnded, digest)
	}
	if !ok {
		a.found.add(CheckSuppressions, "the end of stop %s is not as event %s committed to it", s.ID, end.Event)
	}
	return nil
}

// readStops reads the suppressions that the person made or may fall under.
func (a *audit) readStops(ctx context.Context, r Reader, l *life) error {
	var hashes [][]byte
	asked := map[string]bool{}
	for _, o := range l.events {
		for _, h := range l.suppressionHashes(accountOf(&o.v.Event)) {
			if !asked[string(h)] {
				asked[string(h)] = true
				hashes = append(hashes, h)
			}
		}
	}
	var list []subject.Suppression
	for chunk := range slices.Chunk(hashes, 100) {
		some, err := r.SuppressionsByHash(ctx, l.t.ID, chunk)
		if err != nil {
			return err
		}
		list = append(list, some...)
	}
	for id := range l.members {
		own, err := r.SuppressionsOf(ctx, id)
		if err != nil {
			return err
		}
		list = append(list, own...)
	}
	parted := slices.ContainsFunc(l.events, (*opened).parted)
	for _, o := range l.events {
		if !o.gone && !parted || len(o.v.SuppressionsEnded) == 0 {
			continue
		}
		ended, err := r.SuppressionsEndedBy(ctx, o.ID) // under whose hash they were is not known any more, or is another's
		if err != nil {
			return err
		}
		list = append(list, ended...)
	}
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		if s.Business != l.t.ID {
			a.found.add(CheckSuppressions, "stop %s is of another business than the person who made it", s.ID)
		}
		row := stopRow{Suppression: s, leaf: -1}
		if _, ok, err := r.FindEvent(ctx, s.Event); err != nil {
			return err
		} else if ok {
			if row.leaf, err = r.LeafOf(ctx, s.Event); err != nil {
				a.found.add(CheckLog, "event %s has no leaf", s.Event)
				row.leaf = -1
			}
		}
		l.stops = append(l.stops, row)
	}
	return nil
}
