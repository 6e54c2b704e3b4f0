package records

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
	"assent/proof"
	"assent/subject"
	"assent/tenant"
)

// Proof writes the proof bundle of the person behind a consent: every event of
// theirs, what they were shown, and the inclusion of it all in the log. That it
// was exported, by whom and with which content is itself an event; the bundle
// waits for the checkpoint that holds it. Nothing is written to w before all
// has been found.
func (s *Service) Proof(ctx context.Context, businessID, consentID string, audience proof.Audience, actor string, w io.Writer) (err error) {
	defer fault.Wrap(&err, "records.Proof")
	subjectID, err := s.personOf(ctx, businessID, consentID)
	if err != nil {
		return err
	}
	return s.ProofOfPerson(ctx, businessID, subjectID, audience, actor, w)
}

// personOf returns the id of the person behind a consent of the business.
func (s *Service) personOf(ctx context.Context, businessID, consentID string) (subjectID string, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		c, err := r.Consent(ctx, consentID)
		if err == nil && c.Business != businessID {
			err = errNoConsent
		}
		subjectID = c.Subject
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return "", errNoConsent
	}
	return subjectID, err
}

var errNoConsent = fault.New(fault.NotFound, "There is no such consent.")

// ProofOfPerson is Proof by the person's id.
func (s *Service) ProofOfPerson(ctx context.Context, businessID, subjectID string, audience proof.Audience, actor string, w io.Writer) (err error) {
	defer fault.Wrap(&err, "records.ProofOfPerson")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return errNoConsent
	}
	for attempt := 0; ; attempt++ {
		b, export, err := s.draft(ctx, t, subjectID, audience, actor)
		if err != nil {
			return err
		}
		err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
			return insertExport(ctx, w, export)
		})
		if fault.Is(err, fault.Stale) && attempt < exportTries {
			continue
		}
		if err != nil {
			return err
		}
		seals, err := s.seal(ctx, export)
		if err != nil {
			return err
		}
		return b.Write(w, seals[0])
	}
}

// exportTries is how often a proof is drafted anew because its person acted.
const exportTries = 20

// insertExport puts an export's event into the log. It is errMoved where the person
// acted since the draft.
func insertExport(ctx context.Context, w Writer, export exporting) error {
	sub, err := w.Subject(ctx, export.record.Subject)
	if err != nil {
		return err
	}
	if sub.Seq != export.seq || sub.MergedInto != "" {
		return errMoved
	}
	// The row is held: an erasure at the same time finds this event, or this
	// finds the key gone.
	if err := w.AdvanceSubject(ctx, sub, export.seq); err != nil {
		return err
	}
	return w.InsertEvent(ctx, export.record)
}

var errMoved = fault.New(fault.Stale, "The person acted while the proof was made. Export it again.")

// errErased says what there is instead of a proof.
var errErased = fault.New(fault.NotFound, "This person was erased, so no proof of what they did can be made any more. The log still holds every entry, in its place, "+
	"and the event that says when, by whom and why it was erased: the person's page shows them.")

// exporting is the export's own event, signed and not yet in the log.
type exporting struct {
	record evidence.Record
	signed evidence.Signed
	seq    int64 // of the person's newest event that the export covers
}

// draft gathers what the bundle is made of and signs the export's event.
func (s *Service) draft(ctx context.Context, t *tenant.Tenant, subjectID string, audience proof.Audience, actor string) (b *proof.Bundle, ex exporting, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		sub, err := s.subject(ctx, r, t, subjectID)
		if err != nil {
			return err
		}
		if sub.Erased() {
			return errErased
		}
		ring := s.keyring(r, t)
		m, err := s.material(ctx, r, ring, &sub)
		if err != nil {
			return err
		}
		m.Audience, m.Keys, m.LogKey = audience, t.Keys, s.inst.Log.VerifierKey()
		m.Declarant = declarant(t)
		if m.Extra, err = s.standards(t, m); err != nil {
			return err
		}
		if m.Extra, err = s.certificate(ctx, r, t, m, m.Extra); err != nil {
			return err
		}
		if b, err = proof.Prepare(m); err != nil {
			return err
		}
		ex, err = s.exportEvent(ctx, ring, &sub, b.Export(), actor)
		return err
	})
	return b, ex, err
}

// declarant says whose records these are, for the drafts for a court.
func declarant(t *tenant.Tenant) proof.Declarant {
	return proof.Declarant{LegalName: t.LegalName, Address: t.Address, Number: senderOf(t).Number}
}

func (s *Service) exportEvent(ctx context.Context, ring *keyring, sub *subject.Subject, claim json.RawMessage, actor string) (ex exporting, err error) {
	now := s.now()
	sender := senderOf(ring.t)
	e := evidence.Event{Name: evidence.ProofExported, Issuer: ring.t.Issuer, IssuedAt: now, Time: now, Subject: sub.ID, Operator: actor, Export: claim, Simulated: sender.Simulated}
	if e.ID, err = evidence.NewID(now, s.rand); err != nil {
		return ex, err
	}
	key, err := ring.key(ctx, sub.KeyID())
	if err != nil {
		return ex, err
	}
	if ex.record, err = ring.t.Issue(s.rand, e, sub.KeyID(), key, nil); err != nil {
		return ex, err
	}
	ex.record.Subject, ex.seq = sub.ID, sub.Seq
	disclosed, err := key.Open(tenant.DisclosureContext(e.ID), ex.record.Sealed)
	if err != nil {
		return ex, err
	}
	ex.signed, err = evidence.WithDisclosed(string(ex.record.JWT), disclosed)
	return ex, err
}

// How long an export waits for the checkpoint over its own event.
const (
	sealPause = 50 * time.Millisecond
	sealTries = 200
)

// seal waits for a checkpoint that holds the events of the exports, and proves from
// it: one for all.
func (s *Service) seal(ctx context.Context, exports ...exporting) ([]proof.Seal, error) {
	seals, note, err := s.await(ctx, exports)
	if err != nil {
		return nil, err
	}
	if err := s.inst.Left(ctx, note); err != nil {
		return nil, err
	}
	cp, err := ledger.ParseCheckpoint(note)
	if err != nil {
		return nil, err
	}
	var memory ledger.Memory
	prove := func(index int64) (path []ledger.Hash, err error) {
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			tree := ledger.Tree{Size: cp.Size, Root: cp.Root, Hashes: memory.Over(r)}
			path, err = tree.Inclusion(ctx, index)
			return err
		})
		return path, err
	}
	for i := range seals {
		seals[i].Checkpoint, seals[i].Prove = note, prove
	}
	return seals, nil
}

// await finds the places of the exports' events in the log, and the first
// checkpoint that holds them all.
func (s *Service) await(ctx context.Context, exports []exporting) (seals []proof.Seal, note []byte, err error) {
	seals = make([]proof.Seal, len(exports))
	for range sealTries {
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			newest := int64(-1)
			for i, ex := range exports {
				if seals[i].Export.Signed.JWT == "" {
					logged, err := r.Event(ctx, ex.record.ID)
					if err != nil {
						return err
					}
					seals[i].Export = proof.LoggedEvent{Signed: ex.signed, Index: logged.Leaf}
				}
				newest = max(newest, seals[i].Export.Index)
			}
			signed, ok, err := r.LastCheckpoint(ctx)
			if err == nil && ok && signed.Size > newest {
				note = signed.Note
			}
			return err
		})
		if err != nil || note != nil {
			return seals, note, err
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(sealPause):
		}
	}
	return nil, nil, fault.New(fault.Unavailable, "The log's next checkpoint is late. Export the proof again in a moment.")
}
