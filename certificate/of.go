package certificate

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/ledger"
	"assent/locale"
	"assent/proof"
	"assent/records"
)

// Of writes the certificate of a proof. It is a records.Certifier. Where there
// is more text than a certificate takes, it is an Invalid fault.
func Of(c records.Certified) ([]byte, error) {
	m := maker{Certified: c}
	var b bytes.Buffer
	if err := Write(&b, m.certificate()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// maker makes the certificate of what events say.
type maker struct {
	records.Certified
	out Certificate
	loc locale.Localizer
	yes map[string]bool // purposes that were given so far in the history
}

func (m *maker) certificate() Certificate {
	m.yes = map[string]bool{}
	m.out = Certificate{Language: "en", Audience: string(m.Audience), Record: m.Record}
	for _, e := range m.Events {
		m.out.Simulated = m.out.Simulated || e.Simulated
		if e.IssuedAt.After(m.out.AsOf) {
			m.out.AsOf = e.IssuedAt
		}
		if e.Seq > 0 && m.out.ID == "" {
			m.out.ID = e.ID // the first act's: the same for each export
		}
		if e.Seq > 0 && e.Language != "" {
			m.out.Language = e.Language
		}
	}
	m.loc = locale.For(m.out.Language)
	m.business()
	m.person()
	for _, st := range m.States {
		m.out.Consents = append(m.out.Consents, m.consent(st))
	}
	for _, e := range m.Events {
		m.form(e)
		m.act(e)
		m.history(e)
		m.prints(e)
	}
	m.log()
	return m.out
}

// version returns the funnel version that an event names.
func (m *maker) version(e *evidence.Event) (text funnel.Text, lang string, ok bool) {
	v, ok := m.Version(e.FunnelVersion)
	if !ok {
		return text, "", false
	}
	text, lang = v.Text(e.Language)
	return text, lang, true
}

// business says who asked, as the words that were answered last name it.
func (m *maker) business() {
	t := m.Tenant
	m.out.Business = Business{LegalName: t.LegalName, BrandName: t.BrandName, Address: t.Address, Contact: t.Contact, NoticeURL: t.NoticeURL, Issuer: t.Issuer}
	for _, e := range m.Events {
		if v, ok := m.Version(e.FunnelVersion); ok && e.Seq > 0 {
			c, b := v.Controller, &m.out.Business
			b.LegalName, b.BrandName, b.Address = cmp.Or(c.LegalName, b.LegalName), cmp.Or(c.BrandName, b.BrandName), cmp.Or(c.Address, b.Address)
			b.Contact, b.NoticeURL = cmp.Or(c.Contact, b.Contact), cmp.Or(c.Notice(e.Language), b.NoticeURL)
		}
	}
}

// person says who answered: by their own acts, for what was typed into a form
// need not be theirs.
func (m *maker) person() {
	p := &m.out.Person
	for _, e := range m.Events {
		if e.Seq > 0 {
			p.Number, p.BSUID, p.Name = cmp.Or(e.E164, p.Number), cmp.Or(e.BSUID, p.BSUID), cmp.Or(e.PersonName, p.Name)
		}
	}
}

// consent says where the person stands on a purpose, with the words of the
// newest answer to it.
func (m *maker) consent(st proof.State) Consent {
	of := consent.Purpose{Key: st.Purpose, Scope: st.Scope}
	c := Consent{Title: st.Purpose, Scope: st.Scope, State: st.State}
	answered := ""
	var acts []consent.Act
	for _, e := range m.Events {
		for _, a := range proof.ActsOf(&e.Event) {
			if !a.Touches(of) {
				continue
			}
			acts = append(acts, a)
			if text, lang, ok := m.version(&e.Event); ok && a.Purpose == st.Purpose {
				if words, ok := text.Purposes[st.Purpose]; ok {
					c.Title, c.Words, c.Language = words.Title, words.Words, lang
					answered = e.FunnelVersion
				}
			}
		}
	}
	p := consent.Fold(of, acts)
	c.State = consent.Told(c.State, slices.ContainsFunc(acts, func(a consent.Act) bool { return a.Yes() && a.Event != p.GivenEvent }))
	c.Basis, c.Grade, c.Held = p.Basis, p.Grade, p.Held()
	c.GivenAt, c.EndedAt, c.RefusedAt, c.ValidUntil = p.GivenAt, p.EndedAt, p.RefusedAt, p.Until
	if p.StoppedOnly() {
		c.EndedAt = time.Time{} // the stop is in the history; it ended nothing here
	}
	if c.State.Permits() {
		c.Later = m.later(answered, st.Purpose, c)
	}
	if at := m.anchoredAt(p.GivenEvent); !at.IsZero() {
		c.Grade = c.Grade.Anchored(p.GivenAt, at)
	}
	return c
}

// later returns how words that were agreed to read by now, in their language; nil
// where they read the same, or are not offered any more.
func (m *maker) later(version, purpose string, c Consent) *Later {
	now, meaning, ok := m.Rewritten(version, purpose)
	if !ok {
		return nil
	}
	words := now.Texts[c.Language].Purposes[purpose].Words
	if words == "" || words == c.Words {
		return nil
	}
	return &Later{Number: now.Number, Since: stamp(now.PublishedAt), Meaning: meaning, Words: words}
}

// anchoredAt returns when an outsider first vouched for an event; zero for never.
func (m *maker) anchoredAt(event string) (first time.Time) {
	for _, e := range m.Events {
		if e.ID != event {
			continue
		}
		for _, a := range m.Anchors {
			if _, ok := a.Paths[e.Index]; !ok {
				continue
			}
			for _, v := range vouchers(a, m.key()) {
				if first.IsZero() || v.At.Before(first) {
					first = v.At
				}
			}
		}
	}
	return first
}

func (m *maker) key() ledger.Verifier {
	v, err := ledger.ParseVerifier(m.LogKey)
	if err != nil {
		return nil
	}
	return v
}

// vouchers returns who vouches for a checkpoint, and when.
func vouchers(a proof.Anchor, log ledger.Verifier) (list []Anchor) {
	if log == nil {
		return nil
	}
	for _, text := range a.Witnesses {
		w, err := ledger.ParseWitness(text)
		if err != nil {
			continue
		}
		_, cosigned, err := ledger.OpenCosigned(a.Checkpoint, log, w)
		if err != nil {
			continue
		}
		for _, c := range cosigned {
			list = append(list, Anchor{c.Witness, c.At})
		}
	}
	for _, t := range a.Tokens {
		if len(t.Chain) == 0 {
			continue // nobody said by which certificates it counts
		}
		if token, err := ledger.ParseToken(t.Response); err == nil {
			list = append(list, Anchor{t.Name, token.Time})
		}
	}
	return list
}

// form shows the page as it was sent: that of the newest request.
func (m *maker) form(e records.CertifiedEvent) {
	if e.Name != evidence.ConsentRequested || e.Act.Kind != "post" {
		return
	}
	text, lang, ok := m.version(&e.Event)
	if !ok {
		return
	}
	v, _ := m.Version(e.FunnelVersion)
	f := &Form{Title: text.Title, Intro: text.Intro, Address: e.Page, Language: lang, ShownAt: e.ClientTime, Name: e.PersonName, Doubts: e.Reason, Button: m.loc.T("form.submit_chat")}
	if v.Mode == funnel.ModeTemplate {
		f.Button = m.loc.T("form.submit_template")
	}
	if notice := v.Controller.Notice(lang); notice != "" {
		f.Links = []string{notice}
	}
	for _, p := range v.Purposes {
		words := text.Purposes[p.Key]
		f.Boxes = append(f.Boxes, Box{Title: words.Title, Words: words.Words, Statement: p.Basis == consent.ByContract, Ticked: slices.Contains(e.Act.Ticked, p.Key)})
	}
	m.out.Form = f
}

// act adds what the person said in the chat that gave or refused.
func (m *maker) act(e records.CertifiedEvent) {
	switch e.Name {
	case evidence.ConsentGiven, evidence.ConsentRenewed, evidence.ConsentRefused, evidence.ConsentWithdrawn:
	default:
		return
	}
	a := Act{Kind: e.Act.Kind, Text: cmp.Or(e.Act.Text, e.Act.Title), Language: e.Language, MessageID: e.MessageID, At: doneAt(&e.Event), ArrivedAt: e.IssuedAt, Match: e.Match}
	if s := m.Tenant.Known(e.Sender); s != nil {
		a.Sender = s.Number
	}
	m.out.Acts = append(m.out.Acts, a)
}

func doneAt(e *evidence.Event) time.Time {
	if e.Time.IsZero() {
		return e.IssuedAt
	}
	return e.Time
}

func (m *maker) history(e records.CertifiedEvent) {
	leaf := ledger.LeafHash([]byte(e.Signed.JWT))
	line := Event{At: doneAt(&e.Event), Name: string(e.Name), Leaf: e.Index, LeafHash: hex.EncodeToString(leaf[:])}
	if e.Name == evidence.IdentityChanged && e.Method == evidence.MethodParted {
		line.Name = "identity.parted"
	}
	again := false
	for _, a := range proof.ActsOf(&e.Event) {
		again = again || m.yes[a.Purpose]
	}
	if e.Name == evidence.ConsentRenewed && !again {
		line.Name = string(evidence.ConsentGiven)
	}
	for i, a := range proof.ActsOf(&e.Event) {
		c, told := e.Choices[i], consent.Told(string(a.Outcome), m.yes[a.Purpose])
		if a.Yes() {
			m.yes[a.Purpose] = true
		}
		title := c.Purpose
		if p, ok := m.Tenant.Purpose(c.Purpose); ok {
			title = cmp.Or(p.Titles[m.out.Language], p.Titles[m.Tenant.Language], c.Purpose)
		}
		if title == "" {
			continue
		}
		line.Outcomes = append(line.Outcomes, fmt.Sprintf("%s: %s", title, m.outcome(told)))
	}
	m.out.History = append(m.out.History, line)
}

// outcome returns what an act did in the reader's words.
func (m *maker) outcome(o string) string {
	if id := "state." + o; m.loc.Has(id) {
		return m.loc.T(id)
	}
	return o
}

func (m *maker) prints(e records.CertifiedEvent) {
	add := func(kind string, d evidence.Digest) {
		if p := (Print{kind, d.String()}); !d.IsZero() && !slices.Contains(m.out.Prints, p) {
			m.out.Prints = append(m.out.Prints, p)
		}
	}
	add(evidence.ShownNotice, e.Notice)
	for _, s := range e.Shown {
		add(s.Kind, s.SHA256)
	}
}

func (m *maker) log() {
	m.out.Log = Log{Origin: m.Origin, SignedAt: m.Checkpoint.SignedAt}
	if cp, err := ledger.ParseCheckpoint(m.Checkpoint.Note); err == nil {
		m.out.Log.Size, m.out.Log.Short, m.out.Log.Root = cp.Size, cp.Short(), base64.StdEncoding.EncodeToString(cp.Root[:])
	}
	for _, a := range m.Anchors {
		m.out.Log.Anchors = append(m.out.Log.Anchors, vouchers(a, m.key())...)
	}
}
