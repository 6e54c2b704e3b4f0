package records

import (
	"context"
	"fmt"
	"mime"

	"assent/evidence"
	"assent/proof"
	"assent/subject"
)

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
	if err := g.addAnchors(ctx); err != nil {
		return g.m, err
	}
	g.m.Standing = proof.StandingOf(own, absorbed...)
	return g.m, recount(&g.m.Standing, chains)
}

// recount puts the length and the head of each chain into the standing as the
// person's rows say them, so that an event that was not read shows.
func recount(st *proof.Standing, chains []*subject.Subject) error {
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
