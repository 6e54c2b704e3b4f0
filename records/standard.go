package records

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/proof"
	"assent/standard"
	"assent/tenant"
)

// Receipt returns the person's own record of what they agreed to, in one of the
// standards' forms, as a proof for themselves would show it. It is NotFound where
// the business has nobody of the id, and where there is nothing to give a receipt
// for (standard.ErrNoReceipt): somebody who was erased, or is locked, has none.
func (s *Service) Receipt(ctx context.Context, businessID, subjectID string, format standard.Format) (b []byte, err error) {
	defer fault.Wrap(&err, "records.Receipt")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return nil, errNoPerson
	}
	var m proof.Material
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		sub, err := s.subject(ctx, r, t, subjectID)
		switch {
		case err != nil:
			return err
		case sub.Erased(), sub.Locked():
			return standard.ErrNoReceipt
		}
		m, err = s.material(ctx, r, s.keyring(r, t), &sub)
		return err
	})
	if err != nil {
		return nil, err
	}
	m.Audience = proof.Subject
	record, err := s.recordOf(t, m)
	if err != nil {
		return nil, err
	}
	return format.Write(record)
}

// ConsentReceipt is Receipt by the id of one of the person's consents.
func (s *Service) ConsentReceipt(ctx context.Context, businessID, consentID string, format standard.Format) (b []byte, err error) {
	defer fault.Wrap(&err, "records.ConsentReceipt")
	subjectID, err := s.personOf(ctx, businessID, consentID)
	if err != nil {
		return nil, err
	}
	return s.Receipt(ctx, businessID, subjectID, format)
}

// The names of the standards' records in a bundle.
const (
	recordFile  = "record.jsonld"
	receiptFile = "receipt.json"
)

// standards makes the standards' records for a bundle. There is no receipt where
// nothing was ever agreed to.
func (s *Service) standards(t *tenant.Tenant, m proof.Material) ([]proof.File, error) {
	record, err := s.recordOf(t, m)
	if err != nil {
		return nil, err
	}
	b, err := standard.DPV(record)
	if err != nil {
		return nil, err
	}
	files := []proof.File{{Name: recordFile, Data: b}}
	b, err = standard.Kantara(record)
	if fault.Is(err, fault.NotFound) {
		return files, nil
	}
	return append(files, proof.File{Name: receiptFile, Data: b}), err
}

// recording makes the standards' model of what events say.
type recording struct {
	s       *Service
	t       *tenant.Tenant
	events  []*evidence.Verified // as disclosed, in the order of the acts
	version *tenant.Version      // whose words were answered last
	out     standard.Record
}

// recordOf makes the standards' model of a person from their events as they are
// disclosed to the audience, and from nothing else that is personal: what is
// hidden in the events is not in the record.
func (s *Service) recordOf(t *tenant.Tenant, m proof.Material) (standard.Record, error) {
	d := &recording{s: s, t: t}
	logged := slices.SortedFunc(slices.Values(m.Events), func(a, b proof.LoggedEvent) int { return cmp.Compare(a.Index, b.Index) })
	ids := []string{string(m.Audience)}
	first := ""
	for _, e := range logged {
		v, err := evidence.Verify(e.Signed.Select(m.Audience.Discloses), t.Keys)
		if err != nil {
			return standard.Record{}, err
		}
		ids = append(ids, v.ID)
		if v.Seq > 0 || v.Name == evidence.ConsentRequested {
			d.events = append(d.events, v)
			if v.IssuedAt.After(d.out.Created) {
				d.out.Created = v.IssuedAt
			}
			d.out.Simulated = d.out.Simulated || v.Simulated
		}
		if v.Seq > 0 && first == "" {
			first = v.ID
		}
	}
	if first == "" { // erased: nothing says whose these are
		first = strings.Join(ids, " ")
	}
	d.out.ID, d.out.Principal.ID = standard.UUID("record", ids...), standard.UUID("principal", first)
	d.out.Recipient = "WhatsApp"
	slices.SortStableFunc(d.events, func(a, b *evidence.Verified) int { return doneAt(a).Compare(doneAt(b)) })
	d.person()
	d.purposes(m.Standing.States)
	d.notices()
	d.business()
	return d.out, nil
}

// doneAt returns when an act was done, or else when it was signed.
func doneAt(v *evidence.Verified) time.Time {
	if v.Time.IsZero() {
		return v.IssuedAt
	}
	return v.Time
}

// person takes who it is from the numbered events alone: what was typed into a
// form need not be theirs.
func (d *recording) person() {
	p := &d.out.Principal
	for _, v := range d.events {
		if v.Seq == 0 {
			continue
		}
		p.Number = cmp.Or(v.E164, p.Number)
		p.Account = cmp.Or(v.BSUID, p.Account)
		p.Name = cmp.Or(v.PersonName, p.Name)
		p.ID = cmp.Or(v.Subject, p.ID)
	}
}

// purposes adds each purpose that an event names, in the order in which they came.
func (d *recording) purposes(states []proof.State) {
	for _, v := range d.events {
		for _, c := range v.Choices {
			if c.Purpose == "" || slices.ContainsFunc(d.out.Purposes, func(p standard.Purpose) bool { return p.Key == c.Purpose }) {
				continue
			}
			p := d.purpose(consent.Purpose{Key: c.Purpose, Scope: consent.Scope(c.Scope)})
			p.State = standard.Requested
			for _, st := range states {
				if st.Purpose == c.Purpose {
					p.State = stateOf[st.State]
				}
			}
			d.out.Purposes = append(d.out.Purposes, p)
		}
	}
}

func (d *recording) purpose(of consent.Purpose) standard.Purpose {
	p := standard.Purpose{Key: of.Key, Marketing: of.Scope == consent.Marketing, Title: titleOf(d.t, of.Key, d.t.Language), Language: d.t.Language}
	for _, v := range d.events {
		for i, a := range proof.ActsOf(&v.Event) {
			state, ok := statusOf[a.Outcome]
			if !ok || !a.Touches(of) {
				continue
			}
			if v.Name == evidence.ConsentDeferred && a.Outcome == consent.OutcomeRequested {
				state = standard.Deferred
			}
			p.History = append(p.History, standard.Status{State: state, Event: v.ID, At: a.At, Until: a.Until, Method: v.Method,
				Business: byBusiness(v, a.Outcome), Note: note(a.Outcome, v.Choices[i].Note)})
			if a.Purpose != "" {
				d.answered(&p, v, a)
			}
		}
	}
	for kind, known := range map[standard.Data]bool{standard.Telephone: d.out.Principal.Number != "", standard.Account: d.out.Principal.Account != "", standard.FullName: d.out.Principal.Name != ""} {
		if known {
			p.Data = append(p.Data, kind)
		}
	}
	slices.Sort(p.Data)
	return p
}

// answered takes the words that an act answers.
func (d *recording) answered(p *standard.Purpose, v *evidence.Verified, a consent.Act) {
	p.Contract = p.Contract || a.Basis == consent.ByContract
	version, ok := d.s.directory.Version(v.FunnelVersion)
	if !ok {
		return
	}
	text, lang := version.Text(v.Language)
	if words, ok := text.Purposes[p.Key]; ok {
		p.Title, p.Words, p.Language = words.Title, words.Words, lang
		d.version, d.out.Language = version, lang
	}
}

// byBusiness reports whether the business and not the person said it.
func byBusiness(v *evidence.Verified, o consent.Outcome) bool {
	switch o {
	case consent.OutcomeRequested, consent.OutcomeExpired, consent.OutcomeRevoked, consent.OutcomeInvalidated:
		return true
	}
	return v.Act.Kind == "api" || v.Act.Kind == "operator" || v.Act.Kind == "import"
}

func note(o consent.Outcome, said string) string {
	if o == consent.OutcomeHeld {
		return strings.TrimSpace("The person deleted the message with their yes, and is asked anew. " + said)
	}
	return said
}

// stateOf says where a purpose stands, statusOf what an act did to it, in the
// terms of the standard. What was only noted did nothing.
var (
	stateOf = map[consent.State]standard.State{
		consent.Unknown: standard.Unknown, consent.Refused: standard.Refused, consent.Given: standard.Given, consent.Renewed: standard.Renewed,
		consent.Withdrawn: standard.Withdrawn, consent.Expired: standard.Expired, consent.Revoked: standard.Revoked, consent.Invalidated: standard.Invalidated,
	}
	statusOf = map[consent.Outcome]standard.State{
		consent.OutcomeRequested: standard.Requested, consent.OutcomeGiven: standard.Given, consent.OutcomeRenewed: standard.Renewed,
		consent.OutcomeRefused: standard.Refused, consent.OutcomeWithdrawn: standard.Withdrawn, consent.OutcomeExpired: standard.Expired,
		consent.OutcomeRevoked: standard.Revoked, consent.OutcomeInvalidated: standard.Invalidated, consent.OutcomeHeld: standard.Unknown,
	}
)

// notices adds the texts that were in play, each once.
func (d *recording) notices() {
	seen := map[evidence.Digest]bool{{}: true}
	for _, v := range d.events {
		if seen[v.Notice] {
			continue
		}
		seen[v.Notice] = true
		n := standard.Notice{SHA256: v.Notice.String()}
		if version, ok := d.s.directory.Version(v.FunnelVersion); ok {
			n.Version, n.Published = version.Slug+" "+strconv.Itoa(version.Number), version.PublishedAt
			for _, lang := range version.Languages() {
				if version.Notices[lang].SHA256 == n.SHA256 {
					n.Language = lang
				}
			}
		}
		d.out.Notices = append(d.out.Notices, n)
	}
}

// business says who the controller is, as the words that were answered last name
// it.
func (d *recording) business() {
	t := d.t
	b := standard.Business{ID: t.Issuer, LegalName: t.LegalName, Address: t.Address, Contact: t.Human, Country: t.Country, PolicyURL: t.NoticeURL}
	contact := t.Contact
	if d.version != nil {
		c := d.version.Controller
		b.LegalName, b.Address, b.PolicyURL = cmp.Or(c.LegalName, b.LegalName), cmp.Or(c.Address, b.Address), cmp.Or(c.Notice(d.out.Language), b.PolicyURL)
		contact = cmp.Or(c.Contact, contact)
	}
	if strings.Contains(contact, "@") {
		b.Email = contact
	} else {
		b.Phone = contact
	}
	b.Contact = cmp.Or(b.Contact, contact)
	sender := senderOf(t)
	for _, v := range d.events {
		if used := t.Known(v.Sender); used != nil {
			sender = used
		}
	}
	if digits, ok := strings.CutPrefix(sender.Number, "+"); ok {
		b.Phone = cmp.Or(b.Phone, sender.Number)
		b.StopAt, b.StopWords = "https://wa.me/"+digits, "Write STOP to "+sender.Number+" on WhatsApp."
	}
	d.out.Business = b
}
