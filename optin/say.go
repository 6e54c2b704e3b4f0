package optin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/locale"
	"assent/tenant"
)

// messageContext is the place to which a sealed message is bound.
func messageContext(id string) string { return "message/" + id }

// say queues a message to the person. It returns the message's id.
func (d *deed) say(kind chat.MessageKind, lang, about string, c chat.Content) (string, error) {
	var err error
	if c.To, c.BSUID, err = d.s.address(d.p); err != nil {
		return "", err
	}
	if c.To == "" && c.BSUID == "" { // known by a parent id only: what was said counts, and cannot be answered
		return "", nil
	}
	if err := c.Check(); err != nil {
		return "", err
	}
	m := chat.Message{Business: d.t.ID, Sender: d.sender.ID, Subject: d.p.subject.ID, Kind: kind, Lang: lang, About: about, State: chat.Queued, CreatedAt: d.now, Key: d.p.subject.KeyID()}
	key := d.p.key
	if d.p.fresh && len(d.records) == 0 { // nobody is kept for this, so nobody's key is
		m.Subject, m.Key, key = "", d.t.KeyID(), d.t.Key
	}
	if m.ID, err = d.s.newID(d.now); err != nil {
		return "", err
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	m.Sealed = key.Seal(messageContext(m.ID), body)
	d.queue(m)
	d.queued = m.ID
	return m.ID, nil
}

// queue writes a message and the job that sends it.
func (d *deed) queue(m chat.Message) {
	d.later(func(ctx context.Context, w Writer) error { return enqueueSend(ctx, w, m) })
}

// answer queues one of the fixed answers of the chat.
func (d *deed) answer(lang, id string, pairs ...any) error {
	pairs = append([]any{"Business", d.t.BrandName}, pairs...)
	_, err := d.say(chat.KindAnswer, lang, "", chat.Content{Text: d.speak(lang).T(id, pairs...)})
	return err
}

// speak returns what frames words in the language: its own strings, else those
// of the business's language.
func (d *deed) speak(lang string) locale.Localizer { return locale.For(lang, d.t.Language) }

// language returns in which language to speak with the person, where nothing
// else tells.
func (d *deed) language() string {
	if d.p.subject.Lang != "" {
		return d.p.subject.Lang
	}
	if d.heard != "" {
		return d.heard
	}
	return d.t.Language
}

// question is what is to be asked in the chat, and why.
type question struct {
	v        *tenant.Version
	lang     string
	purposes []string // to be asked, in order; those that stand on a contract are stated with the first
	request  string
	entry    string
	match    chat.Match
	why      string // id of the sentence that says why, or empty
	after    string // a message that goes first
}

// ask shows the words of the first purpose with buttons (rule 5): one question
// per purpose, Yes and No each, never "yes to all".
func (d *deed) ask(q question) error {
	id, err := d.s.newID(d.now)
	if err != nil {
		return err
	}
	row := chat.Question{
		ID: id, Business: d.t.ID, Subject: d.p.subject.ID, Version: q.v.ID, Lang: q.lang, Purposes: q.purposes,
		Request: q.request, Entry: q.entry, Kind: chat.Buttons, Match: q.match, AskedAt: d.now, ExpiresAt: d.now.Add(chat.Life),
	}
	content, shown, ok := d.questionContent(q, &row)
	if !ok {
		return nil // nothing that can be asked
	}
	row.Shown = shown.SHA256
	if row.Campaign, err = d.sealCampaign(id); err != nil {
		return err
	}
	d.later(func(ctx context.Context, w Writer) error {
		if err := w.KeepShown(ctx, shown, d.now); err != nil {
			return err
		}
		return w.InsertQuestion(ctx, row)
	})
	// A question is part of the person's story, and the account that was asked
	// has to be known when it answers: so the asking is recorded.
	if d.p.fresh && len(d.records) == 0 {
		if err := d.recordAsking(q, shown); err != nil {
			return err
		}
	}
	_, err = d.say(chat.KindQuestion, q.lang, row.ID, content)
	return err
}

// recordAsking makes the person's first event: they wrote, and are being asked.
func (d *deed) recordAsking(q question, shown funnel.Document) error {
	e := evidence.Event{Name: evidence.ConsentRequested, Method: "chat", Language: q.lang, Funnel: q.v.Funnel, FunnelVersion: q.v.ID, EntryPoint: q.entry}
	e.Act = evidence.Act{Kind: "message"}
	var err error
	if e.Notice, err = evidence.ParseDigest(q.v.Notices[q.lang].SHA256); err != nil {
		return err
	}
	sum, err := evidence.ParseDigest(shown.SHA256)
	if err != nil {
		return err
	}
	e.Shown = []evidence.Shown{{Kind: evidence.ShownMessage, SHA256: sum}}
	for _, key := range q.purposes {
		if p, ok := q.v.Purpose(key); ok {
			e.Choices = append(e.Choices, evidence.Choice{Purpose: p.Key, Scope: string(p.Scope), Basis: string(p.Basis), Outcome: string(consent.OutcomeRequested)})
		}
	}
	d.p.subject.Lang = q.lang
	_, err = d.event(e)
	return err
}

// questionContent composes the message for the first purpose with a box, and
// the bytes that stand for it as evidence. Purposes that stand on a contract
// are stated above it if they fit, and dropped from the row if not: what was
// not shown is not given.
func (d *deed) questionContent(q question, row *chat.Question) (chat.Content, funnel.Document, bool) {
	text, lang := q.v.Text(q.lang)
	loc := d.speak(lang)
	asked, stated := split(q.v, q.purposes)
	if len(asked) == 0 {
		return chat.Content{}, funnel.Document{}, false
	}
	first := asked[0]
	words := loc.T("chat.question", "Business", d.t.BrandName, "Words", text.Purposes[first].Words)
	if q.v.MinAge > 0 { // the statement is part of the act (rule 8)
		words += "\n\n" + loc.T("chat.question_age", "Business", d.t.BrandName, "Words", text.Age)
	}
	head := ""
	if q.why != "" {
		head = loc.T(q.why, "Business", d.t.BrandName) + "\n\n"
	}
	var statement string
	if len(stated) > 0 {
		var lines []string
		for _, key := range stated {
			lines = append(lines, text.Purposes[key].Words)
		}
		statement = loc.T("chat.question_contract", "Business", d.t.BrandName, "Words", strings.Join(lines, "\n")) + "\n\n"
	}
	body := head + statement + words
	if runes(body) > chat.MaxBody {
		body, row.Purposes = head+words, asked
	}
	if runes(body) > chat.MaxBody {
		body = words
	}
	payload := func(a chat.Answer) string {
		return chat.Payload{Answer: a, Question: row.ID, Purpose: first}.Seal(d.s.inst.Secrets.Payload)
	}
	c := chat.Content{Text: body, After: q.after, Buttons: []chat.Button{
		{Title: loc.T("chat.button.yes"), Payload: payload(chat.Yes)},
		{Title: loc.T("chat.button.no"), Payload: payload(chat.No)},
	}}
	if q.v.MinAge > 0 {
		c.Buttons = append(c.Buttons, chat.Button{Title: loc.T("chat.button.younger"), Payload: payload(chat.Younger)})
	}
	return c, shownMessage(c), true
}

// split parts purposes that have a box from those that stand on a contract.
func split(v *tenant.Version, keys []string) (asked, stated []string) {
	for _, key := range keys {
		p, ok := v.Purpose(key)
		switch {
		case !ok:
		case p.Basis == consent.ByContract:
			stated = append(stated, key)
		default:
			asked = append(asked, key)
		}
	}
	return asked, stated
}

// shownMessage returns the bytes that stand for a message that a person saw:
// its text and the titles of its buttons, without whom it went to.
func shownMessage(c chat.Content) funnel.Document {
	type button struct {
		Title string `json:"title"`
	}
	doc := struct {
		Text    string   `json:"text,omitempty"`
		Buttons []button `json:"buttons,omitempty"`
	}{Text: c.Text}
	for _, b := range c.Buttons {
		doc.Buttons = append(doc.Buttons, button{b.Title})
	}
	body, err := json.Marshal(doc)
	if err != nil { // strings always marshal
		panic(err)
	}
	return funnel.NewDocument("message", "application/json", body)
}

func runes(s string) int { return len([]rune(s)) }

// offered returns the keys of all purposes of the version, in its order.
func offered(v *tenant.Version) []string {
	keys := make([]string, len(v.Purposes))
	for i, p := range v.Purposes {
		keys[i] = p.Key
	}
	return keys
}

// receipt answers an act once (rule 11): the words, how to stop, the record's
// id, and This wasn't me. The log's checkpoint is added when it is sent.
func (d *deed) receipt(lang, event string, parts []string, purposes []string) error {
	loc := d.speak(lang)
	id, err := d.s.newID(d.now)
	if err != nil {
		return err
	}
	row := chat.Question{
		ID: id, Business: d.t.ID, Subject: d.p.subject.ID, Lang: lang, Purposes: purposes, Kind: chat.Receipt,
		AskedAt: d.now, ExpiresAt: d.now.Add(60 * 24 * time.Hour),
	}
	d.later(func(ctx context.Context, w Writer) error { return w.InsertQuestion(ctx, row) })
	content := chat.Content{
		Text: strings.Join(append(slices.Clone(parts), loc.T("chat.receipt.stop")), "\n\n"), Event: event,
		Record:  loc.T("chat.receipt.record", "Record", event, "Checkpoint", checkpointMark),
		Buttons: []chat.Button{{Title: loc.T("chat.button.not_me"), Payload: chat.Payload{Answer: chat.NotMe, Question: row.ID}.Seal(d.s.inst.Secrets.Payload)}},
	}
	if _, err := d.addLink(lang, &content); err != nil {
		return err
	}
	if runes(content.Text)+runes(content.Record) > chat.MaxBody-20 {
		// The words are too long for a message with a button: they go first.
		first, err := d.say(chat.KindAnswer, lang, event, chat.Content{Text: strings.Join(parts, "\n\n")})
		if err != nil {
			return err
		}
		content.Text, content.After = loc.T("chat.receipt.stop"), first
		if _, err := d.addLink(lang, &content); err != nil {
			return err
		}
	}
	_, err = d.say(chat.KindReceipt, lang, event, content)
	return err
}

// checkpointMark stands in a receipt's last line until the checkpoint is known.
const checkpointMark = "\x01"
