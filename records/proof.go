package records

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
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
	var subjectID string
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		c, err := r.Consent(ctx, consentID)
		if err == nil && c.Business != businessID {
			err = errNoConsent
		}
		subjectID = c.Subject
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return errNoConsent
	}
	if err != nil {
		return err
	}
	return s.ProofOfPerson(ctx, businessID, subjectID, audience, actor, w)
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
			sub, err := w.Subject(ctx, export.record.Subject)
			if err != nil {
				return err
			}
			if sub.Seq != export.seq || sub.MergedInto != "" {
				return errMoved
			}
			return w.InsertEvent(ctx, export.record)
		})
		if fault.Is(err, fault.Stale) && attempt < 20 {
			continue
		}
		if err != nil {
			return err
		}
		seal, err := s.seal(ctx, export)
		if err != nil {
			return err
		}
		return b.Write(w, seal)
	}
}

var errMoved = fault.New(fault.Stale, "The person acted while the proof was made. Export it again.")

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
		ring := s.keyring(r, t)
		m, err := s.material(ctx, r, ring, &sub)
		if err != nil {
			return err
		}
		m.Audience, m.Keys, m.LogKey = audience, t.Keys, s.inst.Log.VerifierKey()
		if b, err = proof.Prepare(m); err != nil {
			return err
		}
		ex, err = s.exportEvent(ctx, ring, &sub, b.Export(), actor)
		return err
	})
	return b, ex, err
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

// gatherer collects the material of one bundle.
type gatherer struct {
	s        *Service
	r        Reader
	ring     *keyring
	m        proof.Material
	seen     map[string]bool // events that are in
	shown    map[string]bool // hashes that are in
	versions map[string]bool // funnel versions that were in play
}

func (s *Service) material(ctx context.Context, r Reader, ring *keyring, sub *subject.Subject) (proof.Material, error) {
	g := &gatherer{s: s, r: r, ring: ring, seen: map[string]bool{}, shown: map[string]bool{}, versions: map[string]bool{}}
	own, err := g.addChain(ctx, sub)
	if err != nil {
		return g.m, err
	}
	ids, err := absorbedBy(ctx, r, sub.ID)
	if err != nil {
		return g.m, err
	}
	chains := []*subject.Subject{sub}
	var absorbed [][]*evidence.Verified
	for _, id := range ids {
		other, err := r.Subject(ctx, id)
		if err != nil {
			return g.m, err
		}
		theirs, err := g.addChain(ctx, &other)
		if err != nil {
			return g.m, err
		}
		chains, absorbed = append(chains, &other), append(absorbed, theirs)
	}
	for id := range g.versions {
		if err := g.addPublication(ctx, id); err != nil {
			return g.m, err
		}
	}
	g.m.Standing = proof.StandingOf(own, absorbed...)
	return g.m, counted(&g.m.Standing, chains)
}

// counted puts the length and the head of each chain into the standing as the
// person's rows say them, so that an event that was not read shows.
func counted(st *proof.Standing, chains []*subject.Subject) error {
	for i, sub := range chains {
		head, err := evidence.ParseDigest(sub.Head)
		if err != nil {
			return fmt.Errorf("the head of person %s: %w", sub.ID, err)
		}
		c := proof.Chain{Events: sub.Seq, Head: head}
		if i == 0 {
			st.Chain = c
		} else {
			st.Absorbed[i-1] = c
		}
	}
	return nil
}

// addChain adds the numbered events of one subject, and the requests that they
// confirmed. Earlier exports have no number and are left out.
func (g *gatherer) addChain(ctx context.Context, sub *subject.Subject) (chain []*evidence.Verified, err error) {
	events, err := g.r.EventsOf(ctx, sub.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if e.Seq == 0 {
			continue
		}
		v, err := g.add(ctx, e)
		if err != nil {
			return nil, err
		}
		chain = append(chain, v)
		if err := g.addRequest(ctx, v); err != nil {
			return nil, err
		}
		if v.FunnelVersion != "" {
			g.versions[v.FunnelVersion] = true
		}
	}
	return chain, nil
}

// add puts an event into the bundle, with what it names as shown and the
// webhook slice behind it.
func (g *gatherer) add(ctx context.Context, e evidence.Logged) (*evidence.Verified, error) {
	v, raw, err := g.ring.read(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, err)
	}
	if g.seen[e.ID] {
		return v, nil
	}
	g.seen[e.ID] = true
	g.m.Events = append(g.m.Events, proof.LoggedEvent{Signed: v.Signed, Index: e.Leaf})
	for _, sh := range v.Shown {
		if err := g.addShown(ctx, sh.Kind, sh.SHA256.String()); err != nil {
			return nil, err
		}
	}
	if !v.Notice.IsZero() {
		if err := g.addShown(ctx, evidence.ShownNotice, v.Notice.String()); err != nil {
			return nil, err
		}
	}
	if raw != nil {
		g.m.Webhooks = append(g.m.Webhooks, proof.WebhookSlice{Event: e.ID, Slice: raw, BodySHA256: v.Webhook.Body})
	}
	return v, nil
}

func (g *gatherer) addShown(ctx context.Context, kind, sum string) error {
	if g.shown[kind+sum] {
		return nil
	}
	g.shown[kind+sum] = true
	d, err := g.r.Shown(ctx, sum)
	if err != nil {
		return fmt.Errorf("shown %s %s: %w", kind, sum, err)
	}
	g.m.Shown = append(g.m.Shown, proof.ShownFile{Kind: kind, Ext: extension(d.ContentType), Data: d.Body})
	return g.addAssets(ctx, d)
}

func extension(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "bin"
	}
	switch media {
	case "text/html":
		return "html"
	case "application/json":
		return "json"
	case "text/css":
		return "css"
	case "text/plain":
		return "txt"
	}
	return "bin"
}

// addRequest adds the request that an event confirmed, and what became of the
// message that was sent for it.
func (g *gatherer) addRequest(ctx context.Context, v *evidence.Verified) error {
	if v.Requested == "" {
		return nil
	}
	e, err := g.r.Event(ctx, v.Requested)
	if err != nil {
		return err
	}
	if e.Request == "" { // a receipt names the act that it answers
		return nil
	}
	if _, err := g.add(ctx, e); err != nil {
		return err
	}
	more, err := g.r.EventsOfRequest(ctx, e.Request)
	if err != nil {
		return err
	}
	for _, e := range more {
		if _, err := g.add(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// addPublication adds the publication of a version that the person saw: its
// notices and itself, which stand side by side in the log.
func (g *gatherer) addPublication(ctx context.Context, version string) error {
	v, ok := g.s.directory.Version(version)
	if !ok {
		return fmt.Errorf("funnel version %s is missing", version)
	}
	published, err := g.r.Event(ctx, v.Event)
	if err != nil {
		return err
	}
	notices := len(v.Notices)
	from := max(published.Leaf-int64(notices), 0)
	events, err := g.r.EventsFrom(ctx, from, int(published.Leaf-from)+1)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Business != g.ring.t.ID || e.Name != string(evidence.NoticePublished) && e.ID != published.ID {
			continue
		}
		if _, err := g.add(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// How long an export waits for the checkpoint over its own event.
const (
	sealPause = 50 * time.Millisecond
	sealTries = 200
)

// seal waits for a checkpoint that holds the export's event, and proves from it.
func (s *Service) seal(ctx context.Context, ex exporting) (seal proof.Seal, err error) {
	for range sealTries {
		ready := false
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			logged, err := r.Event(ctx, ex.record.ID)
			if err != nil {
				return err
			}
			signed, ok, err := r.LastCheckpoint(ctx)
			if err != nil || !ok || signed.Size <= logged.Leaf {
				return err
			}
			ready = true
			seal = proof.Seal{Export: proof.LoggedEvent{Signed: ex.signed, Index: logged.Leaf}, Checkpoint: signed.Note}
			return nil
		})
		if err != nil || ready {
			break
		}
		select {
		case <-ctx.Done():
			return seal, ctx.Err()
		case <-time.After(sealPause):
		}
	}
	if err != nil {
		return seal, err
	}
	if seal.Checkpoint == nil {
		return seal, fault.New(fault.Unavailable, "The log's next checkpoint is late. Export the proof again in a moment.")
	}
	cp, err := ledger.ParseCheckpoint(seal.Checkpoint)
	if err != nil {
		return seal, err
	}
	seal.Prove = func(index int64) (path []ledger.Hash, err error) {
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			tree := ledger.Tree{Size: cp.Size, Root: cp.Root, Hashes: r}
			path, err = tree.Inclusion(ctx, index)
			return err
		})
		return path, err
	}
	return seal, nil
}
