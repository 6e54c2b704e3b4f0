package records

import (
	"context"
	"errors"
	"io"

	"assent/fault"
	"assent/proof"
	"assent/tenant"
)

// Bundled is what an export of many proofs did.
type Bundled struct {
	Proofs int // written, one for each person
	Erased int // people of whom no proof can be made any more
}

// NoProofLeft reports whether a proof was refused because its person was erased.
func NoProofLeft(err error) bool { return errors.Is(err, errErased) }

// How much waits for one checkpoint together: people, and bytes of their bundles.
const (
	sliceMax  = 256
	sliceSize = 6 << 20
)

// Proofs writes a proof bundle of everybody whose consents the query chooses into
// one archive (proof.ManyWriter), in constant memory. Each bundle is an event of
// its person's, and the whole one of the business's; many people wait for one
// checkpoint together. People who were erased are left out and counted.
//
// After each slice of people progress is called, if there is one, with how many are
// done of how many. It is a TooLarge fault, before anything is written, if there
// are more people than an archive holds; an archive after any other error is not
// whole. Cursor, Limit and Mask of the query are passed over.
func (s *Service) Proofs(ctx context.Context, q Query, audience proof.Audience, actor string, w io.Writer, progress func(done, all int)) (out Bundled, err error) {
	defer fault.Wrap(&err, "records.Proofs")
	q.Mask = false
	if audience, err = proof.ParseAudience(string(audience)); err != nil {
		return out, err
	}
	t, err := s.tenant(q.Business)
	if err != nil {
		return out, err
	}
	b := &bundling{s: s, t: t, audience: audience, actor: actor, to: proof.NewManyWriter(w), progress: progress}
	if err := s.EachPerson(ctx, q, func(string) error { b.all++; return nil }); err != nil {
		return out, err
	}
	if b.all > proof.MaxBundles {
		return out, fault.New(fault.TooLarge, "These are %d people, and one archive holds %d. Choose fewer, for example by purpose or by funnel.", b.all, proof.MaxBundles)
	}
	n, err := s.Count(ctx, q)
	if err != nil {
		return out, err
	}
	if err := s.noteExport(ctx, t, q, "proofs", n, actor); err != nil {
		return out, err
	}
	if err := s.EachPerson(ctx, q, func(id string) error { return b.add(ctx, id) }); err != nil {
		return b.out, err
	}
	if err := b.flush(ctx); err != nil {
		return b.out, err
	}
	return b.out, b.to.Close()
}

// bundling is an export of many under way.
type bundling struct {
	s        *Service
	t        *tenant.Tenant
	audience proof.Audience
	actor    string
	to       *proof.ManyWriter
	progress func(done, all int)
	all      int
	out      Bundled
	slice    []drafted
	size     int64
}

// drafted is a bundle that waits for its export event.
type drafted struct {
	subject string
	bundle  *proof.Bundle
	export  exporting
	in      bool // the export event is in the log
	now     bool // it went in with the transaction under way
}

// add drafts the bundle of a person, and writes out the slice once it is full.
func (b *bundling) add(ctx context.Context, id string) error {
	d := drafted{subject: id}
	var err error
	d.bundle, d.export, err = b.s.draft(ctx, b.t, id, b.audience, b.actor)
	if NoProofLeft(err) {
		b.out.Erased++
		return nil
	}
	if err != nil {
		return err
	}
	b.slice = append(b.slice, d)
	if b.size += d.bundle.Size(); len(b.slice) < sliceMax && b.size < sliceSize {
		return nil
	}
	return b.flush(ctx)
}

// flush puts the export events of the slice into the log, waits for one checkpoint
// over them all, and writes the bundles.
func (b *bundling) flush(ctx context.Context) error {
	if len(b.slice) == 0 {
		return nil
	}
	if err := b.log(ctx); err != nil {
		return err
	}
	exports := make([]exporting, 0, len(b.slice))
	for _, d := range b.slice {
		exports = append(exports, d.export)
	}
	seals, err := b.s.seal(ctx, exports...)
	if err != nil {
		return err
	}
	for i, d := range b.slice {
		if err := b.to.Add(func(w io.Writer) error { return d.bundle.Write(w, seals[i]) }); err != nil {
			return err
		}
		b.out.Proofs++
	}
	clear(b.slice)
	b.slice, b.size = b.slice[:0], 0
	if b.progress != nil {
		b.progress(b.out.Proofs+b.out.Erased, b.all)
	}
	return nil
}

// log puts the export events into the log, all that can be in one transaction. Who
// acted meanwhile is drafted anew.
func (b *bundling) log(ctx context.Context) error {
	for range exportTries {
		err := b.s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
			for i := range b.slice {
				d := &b.slice[i]
				if d.in {
					continue
				}
				err := insertExport(ctx, w, d.export)
				if err != nil && !fault.Is(err, fault.Stale) {
					return err
				}
				d.now = err == nil
			}
			return nil
		})
		if err != nil {
			return err
		}
		again := false
		kept := b.slice[:0]
		for _, d := range b.slice {
			if d.in = d.in || d.now; !d.in {
				d.bundle, d.export, err = b.s.draft(ctx, b.t, d.subject, b.audience, b.actor)
				if NoProofLeft(err) {
					b.out.Erased++
					continue
				}
				if err != nil {
					return err
				}
				again = true
			}
			kept = append(kept, d)
		}
		if b.slice = kept; !again {
			return nil
		}
	}
	return errMoved
}
