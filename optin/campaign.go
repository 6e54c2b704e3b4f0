package optin

import (
	"encoding/json"

	"assent/chat"
	"assent/evidence"
	"assent/funnel"
	"assent/subject"
	"assent/whatsapp/wire"
)

// campaignOf returns the advertisement or post that led to a message. WhatsApp names it
// with the first message alone; of one that is no act nothing is kept (rule 27).
func campaignOf(m *wire.Message) funnel.Campaign {
	if m.Referral == nil {
		return funnel.Campaign{}
	}
	return funnel.CampaignOf(m.Referral.SourceType, m.Referral.SourceID, m.Referral.Headline)
}

// attribute discloses in the event of an act what led to it, and the username of an
// account that shows no number.
func (d *deed) attribute(e *evidence.Event) error {
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
