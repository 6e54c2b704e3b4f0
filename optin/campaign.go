package optin

import (
	"context"
	"encoding/json"

	"assent/chat"
	"assent/evidence"
	"assent/funnel"
	"assent/subject"
	"assent/whatsapp/wire"
)

// campaignOf returns the advertisement or post that led to a message. WhatsApp names it
// with the first message alone.
func campaignOf(m *wire.Message) funnel.Campaign {
	if m.Referral == nil {
		return funnel.Campaign{}
	}
	return funnel.CampaignOf(m.Referral.SourceType, m.Referral.SourceID, m.Referral.Headline)
}

// arrives remembers what led to a message of which nothing came: the act may follow.
func (d *deed) arrives(ctx context.Context) error {
	if d.from.campaign.IsZero() || d.kept || len(d.records) > 0 || d.now.Sub(d.at) >= chat.ArrivalLife {
		return nil
	}
	body, err := json.Marshal(d.from.campaign)
	if err != nil {
		return err
	}
	for _, hash := range d.arrivalHashes() {
		a := chat.Arrival{Business: d.t.ID, Hash: hash, At: d.at}
		newer, ok, err := d.read.Arrival(ctx, d.t.ID, hash)
		if err != nil {
			return err
		}
		if ok && newer.At.After(a.At) { // this one came late
			continue
		}
		a.Campaign = d.t.Key.Seal(a.Context(), body)
		d.later(func(ctx context.Context, w Writer) error { return w.PutArrival(ctx, a) })
	}
	return nil
}

// arrivalHashes are those of the account as it shows itself: of its number and its id.
func (d *deed) arrivalHashes() (hashes [][]byte) {
	for _, l := range d.t.LookUps(d.p.account, d.p.portfolio) {
		if l.Kind != subject.ParentBSUID {
			hashes = append(hashes, l.Hash)
		}
	}
	return hashes
}

// arrival returns what led to an earlier message of the account that was no act, and
// has it forgotten with the deed: it led to this one.
func (d *deed) arrival(ctx context.Context) (c funnel.Campaign, err error) {
	for _, hash := range d.arrivalHashes() {
		a, ok, err := d.read.Arrival(ctx, d.t.ID, hash)
		if err != nil {
			return c, err
		}
		if !ok || !a.LedTo(d.at) {
			continue
		}
		d.later(func(ctx context.Context, w Writer) error { return w.DropArrival(ctx, d.t.ID, hash) })
		if !c.IsZero() {
			continue
		}
		body, err := d.t.Key.Open(a.Context(), a.Campaign)
		if err == nil {
			err = json.Unmarshal(body, &c)
		}
		if err != nil {
			d.s.log.Error("what led to a message cannot be read", "error", err)
		}
	}
	return c, nil
}

// recallArrival says of an act what led to an earlier message, where neither its own
// nor its question's says more.
func (d *deed) recallArrival() (err error) {
	if d.recalled || d.from.id == "" || d.from.quiet {
		return nil
	}
	d.recalled = true
	led, err := d.led()
	if d.came.IsZero() {
		d.came = led
	}
	return err
}

// attribute discloses in the event of an act what led to it, and the username of an
// account that shows no number.
func (d *deed) attribute(e *evidence.Event) error {
	if !e.Act.IsZero() {
		if err := d.recallArrival(); err != nil {
			return err
		}
	}
	claims := map[string]any{}
	if !d.came.IsZero() && !e.Act.IsZero() {
		claims[funnel.ClaimCampaign] = d.came
	}
	if d.from.username != "" && d.p.account.Number.IsZero() {
		claims[subject.ClaimUsername] = d.from.username
	}
	for name, value := range claims {
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if e.Extra == nil {
			e.Extra = map[string]evidence.RawJSON{}
		}
		e.Extra[name] = raw
	}
	return nil
}

// sealCampaign returns what a question keeps of what led to it, for its answers.
func (d *deed) sealCampaign(question string) ([]byte, error) {
	if err := d.recallArrival(); err != nil {
		return nil, err
	}
	d.kept = true
	if d.came.IsZero() {
		return nil, nil
	}
	body, err := json.Marshal(d.came)
	if err != nil {
		return nil, err
	}
	return d.t.Key.Seal(chat.CampaignContext(question), body), nil
}

// recallCampaign says of an answer what led to its question, where its own message
// names nothing. What cannot be read holds up no answer.
func (d *deed) recallCampaign(q *chat.Question) {
	if len(q.Campaign) == 0 || !d.came.IsZero() {
		return
	}
	body, err := d.t.Key.Open(chat.CampaignContext(q.ID), q.Campaign)
	if err == nil {
		err = json.Unmarshal(body, &d.came)
	}
	if err != nil {
		d.s.log.Error("what led to a question cannot be read", "question", q.ID, "error", err)
	}
}
