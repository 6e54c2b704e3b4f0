package optin

import (
	"context"
	"slices"
	"strconv"

	"assent/consent"
	"assent/evidence"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// maxEdits is how many edits of one message are remembered. WhatsApp lets a
// message be edited for 15 minutes.
const maxEdits = 64

// editHash is what marks the n-th edit of a message that was an act.
func editHash(t *tenant.Tenant, original string, n int) []byte {
	h := t.Index.Hash("edit", original+"/"+strconv.Itoa(n))
	return h[:]
}

// noteEdit remembers which event an edit made, under the message that was
// edited: its deletion names that message, and takes back what the edit gave.
// Acts of one person follow each other, so no two edits take the same place.
func (d *deed) noteEdit(ctx context.Context, original string) error {
	if len(d.records) == 0 || original == "" {
		return nil
	}
	event := d.records[len(d.records)-1].ID
	for n := range maxEdits {
		hash := editHash(d.t, original, n)
		_, taken, err := d.read.Seen(ctx, hash)
		if err != nil {
			return err
		}
		if !taken {
			d.later(func(ctx context.Context, w Writer) error { return w.MarkSeen(ctx, hash, event, d.now) })
			return nil
		}
	}
	return nil
}

// deletionHash is what marks a message as deleted before it came.
func deletionHash(t *tenant.Tenant, wamid string) []byte {
	h := t.Index.Hash("deleted", wamid)
	return h[:]
}

// deletedBefore takes back what a message gave, or an edit of it, whose deletion
// overtook it.
func (d *deed) deletedBefore(ctx context.Context, m *wire.Message) error {
	original := m.ID
	if m.Edit != nil {
		original = m.Edit.OriginalMessageID
	}
	if len(d.records) == 0 {
		return nil
	}
	_, deleted, err := d.read.Seen(ctx, deletionHash(d.t, original))
	if err != nil || !deleted {
		return err
	}
	var events []string
	for _, r := range d.records {
		events = append(events, r.ID)
	}
	return d.takeBack(events)
}

// eventsOfMessage returns the events that a message and its edits made.
func (d *deed) eventsOfMessage(ctx context.Context, wamid string) (events []string, err error) {
	event, _, err := d.read.Seen(ctx, wamidHash(d.t, wamid))
	if err != nil {
		return nil, err
	}
	if event != "" {
		events = append(events, event)
	}
	for n := range maxEdits {
		event, ok, err := d.read.Seen(ctx, editHash(d.t, wamid, n))
		if err != nil || !ok {
			return events, err
		}
		events = append(events, event)
	}
	return events, nil
}

// deleted handles a message that the person deleted for everyone. A deleted
// yes is recorded, marketing waits, and the person is asked once (rule 3).
func (d *deed) deleted(ctx context.Context, wamid string) error {
	_, came, err := d.read.Seen(ctx, wamidHash(d.t, wamid))
	if err != nil {
		return err
	}
	if !came { // the message is still to come
		hash := deletionHash(d.t, wamid)
		if _, noted, err := d.read.Seen(ctx, hash); err != nil || noted {
			return err
		}
		d.later(func(ctx context.Context, w Writer) error { return w.MarkSeen(ctx, hash, "", d.now) })
	}
	events, err := d.eventsOfMessage(ctx, wamid)
	if err != nil || len(events) == 0 {
		return err
	}
	return d.takeBack(events)
}

// takeBack records that the person deleted what they gave by, as far as it is in
// force.
func (d *deed) takeBack(events []string) error {
	e := evidence.Event{Name: evidence.ConsentRefused, Method: "deleted message", Act: evidence.Act{Kind: "deletion"}, Reason: "the person deleted the message by which they gave"}
	var held []consent.Consent
	for _, p := range d.t.Purposes {
		c, ok := d.p.consents[p.Key]
		if ok && c.Scope == consent.Marketing && slices.Contains(events, c.Position.GivenEvent) && c.Position.InForce() && !c.Position.Held() {
			held = append(held, c)
			e.Choices = append(e.Choices, evidence.Choice{Purpose: c.Purpose, Scope: string(c.Scope), Outcome: string(consent.OutcomeHeld)})
		}
	}
	if len(held) == 0 {
		return nil
	}
	id, err := d.event(e)
	if err != nil {
		return err
	}
	var purposes []string
	for _, c := range held {
		p := consent.Purpose{Key: c.Purpose, Scope: c.Scope}
		d.apply(consent.Act{Event: id, Purpose: c.Purpose, Scope: c.Scope, Outcome: consent.OutcomeHeld, At: d.at}, p, nil)
		purposes = append(purposes, c.Purpose)
	}
	v, ok, err := d.version(held[0].Version)
	if err != nil || !ok {
		return err
	}
	return d.ask(question{v: v, lang: held[0].Lang, purposes: purposes, why: "chat.why.deleted"})
}
