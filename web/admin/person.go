package admin

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/locale"
	"assent/optin"
	"assent/phone"
	"assent/proof"
	"assent/records"
	"assent/subject"
	"assent/tenant"
	views "assent/views/admin"
)

// audiences are those for whom a proof can be exported, the fullest first.
var audiences = []string{string(proof.Court), string(proof.Regulator), string(proof.Meta), string(proof.Subject)}

// Person answers GET /admin/people/{id}.
func (h *Handler) Person(c echo.Context) error { return h.showPerson(c, http.StatusOK, "", "") }

func (h *Handler) person(loc locale.Localizer, t *tenant.Tenant, p records.Person, names map[string]string) views.Person {
	m := views.Person{
		Number: phone.Grouped(p.Number), Name: p.Name, Platform: string(p.Platform), Audiences: audiences,
		Export: "/admin/people/" + p.ID + "/proof", Back: inConsents,
	}
	m.Held, m.Locked, m.Erased, m.Erase = p.Held, p.LockedUntil, p.ErasedAt, personAddress(p.ID)+"/erase"
	switch {
	case !p.ErasedAt.IsZero(): // there is no proof, and nothing more to erase
		m.Export, m.Erase = "", ""
	case p.LockedUntil.IsZero():
		m.Stop, m.Part = personAddress(p.ID)+"/stop", personAddress(p.ID)+"/part"
	case !p.LockedUntil.IsZero():
		m.Reveal = personAddress(p.ID) + "/reveal"
	}
	if p.Number == "" && p.Username != "" {
		m.Name = strings.TrimSpace(p.Name + " " + p.Username)
	}
	if p.Country != "" {
		m.Country = loc.Country(p.Country)
	}
	for _, id := range p.Identifiers {
		m.Accounts = append(m.Accounts, identity(loc, p, id))
		if m.Number == "" {
			m.Number = id.Value
		}
	}
	if m.Number == "" {
		m.Number = p.ID
	}
	for _, s := range p.Consents {
		m.Consents = append(m.Consents, views.Consent{
			ID: s.Consent, Purpose: titleOf(loc, t, s.Purpose, s.Title), Scope: string(s.Scope), Contract: s.Basis == "contract", State: stateOf(consent.Told(s.State, s.Again), s.Held),
			Grade: string(s.Grade), Since: s.Since, ValidUntil: s.ValidUntil, Words: s.Words, Agreed: s.Agreed, Lang: s.Language,
		})
	}
	ended := endedOf(p.Events)
	for _, e := range p.Events {
		if name := names[e.Operator]; name != "" {
			e.Operator = name
		}
		m.Events = append(m.Events, event(loc, t, p.ID, e, ended[e.ID]))
	}
	m.Stops = stopsOf(loc, t, p)
	if p.Checkpoint != nil {
		m.Checkpoint = views.Checkpoint{Size: p.Checkpoint.Size, Short: p.Checkpoint.Short, Root: p.Checkpoint.Root, When: p.Checkpoint.SignedAt}
	}
	return m
}

// names are the logins of those who may have acted, by their ids.
func (h *Handler) names(c echo.Context) map[string]string {
	me := operator(c)
	names := map[string]string{me.ID: me.Login}
	if h.Operators == nil {
		return names
	}
	list, err := h.Operators(c.Request().Context())
	if err != nil {
		return names // a record is worth reading without them
	}
	for _, o := range list {
		names[o.ID] = o.Login
	}
	return names
}

func stopReason(loc locale.Localizer, r subject.Reason) string {
	if id := "stop." + string(r); loc.Has(id) {
		return loc.T(id)
	}
	return string(r)
}

// Proof answers POST /admin/people/{id}/proof with a bundle that verifies
// offline. The export is an event in the person's chain (rule 30).
func (h *Handler) Proof(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	audience, err := proof.ParseAudience(c.FormValue("audience"))
	if err != nil {
		return err
	}
	id := c.Param("id")
	var b bytes.Buffer
	if err := h.Records.ProofOfPerson(c.Request().Context(), t.ID, id, audience, operator(c).ID, &b); err != nil {
		return err
	}
	out := &download{c: c, name: "proof-" + strings.ToLower(id) + "-" + string(audience) + ".zip", kind: "application/zip"}
	_, err = out.Write(b.Bytes())
	return err
}

// endedOf returns for each event the purposes that had been given before it: a
// stop says of every purpose that it reaches that it is withdrawn, and ends only
// what was given. The events come newest first.
func endedOf(events []records.Event) map[string]map[string]bool {
	given := map[string]bool{}
	out := make(map[string]map[string]bool, len(events))
	for _, e := range slices.Backward(events) {
		out[e.ID] = maps.Clone(given)
		for _, ch := range e.Choices {
			if ch.Outcome == string(consent.OutcomeGiven) || ch.Outcome == string(consent.OutcomeRenewed) {
				given[ch.Purpose] = true
			}
		}
	}
	return out
}

// event shows an event on the time line. Ended are the purposes that a stop in
// it could end.
func event(loc locale.Localizer, t *tenant.Tenant, subjectID string, e records.Event, ended map[string]bool) views.Event {
	v := views.Event{
		ID: e.ID, Type: string(e.Name), State: signOf(e.Name), When: e.At, How: how(loc, e), By: e.Operator, Lang: e.Language, Leaf: e.Leaf, Sim: e.Simulated,
	}
	if v.When.IsZero() {
		v.When = e.ArrivedAt
	}
	var words []string
	again := false
	for _, ch := range e.Choices {
		state := consent.Told(ch.Outcome, ended[ch.Purpose])
		again = again || state == string(consent.OutcomeRenewed)
		if state == string(consent.OutcomeWithdrawn) && !ended[ch.Purpose] {
			state = "stopped"
		}
		v.Choices = append(v.Choices, views.Choice{Purpose: titleOf(loc, t, ch.Purpose, ch.Title), State: state})
		if ch.Words != "" {
			words = append(words, ch.Words)
		}
	}
	v.Words = strings.Join(words, "\n\n")
	if e.Method == evidence.MethodParted {
		v.Word = loc.T("event.identity.parted")
	}
	if e.Name == evidence.ConsentRenewed && !again {
		v.Word, v.State = loc.T("event."+string(evidence.ConsentGiven)), signOf(evidence.ConsentGiven)
	}
	if len(e.Shown) > 0 {
		v.Shown = "/admin/shown/" + best(e.Shown) + "?" + url.Values{"person": {subjectID}, "event": {e.ID}}.Encode()
	}
	switch e.Method {
	case optin.MethodLink:
		v.Word = loc.T("admin.did.link")
	case optin.MethodConfirmStop:
		v.Word = loc.T("admin.did.confirm_stop")
	}
	switch e.Act.Kind {
	case "deletion":
		v.Word, v.State = loc.T("event.consent.deleted"), "held"
	case "message", "keyword":
		v.Message, v.Inbound = e.Act.Text, true
	case "button":
		v.Message, v.Inbound = e.Act.Title, true
	case "receipt":
		v.Message = e.Act.Text
	}
	v.Facts = facts(loc, e)
	return v
}

// best returns the hash of what shows most: the page with everything on it,
// then the message, then the words alone.
func best(list []records.Shown) string {
	for _, kind := range []string{evidence.ShownPage, evidence.ShownForm, evidence.ShownMessage} {
		for _, s := range list {
			if s.Kind == kind {
				return s.SHA256
			}
		}
	}
	return list[0].SHA256
}

// signOf returns the state whose sign stands on the line beside an event.
func signOf(name evidence.Name) string {
	switch name {
	case evidence.ConsentGiven:
		return "given"
	case evidence.ConsentRenewed:
		return "renewed"
	case evidence.ConsentRequested, evidence.ConfirmationSent, evidence.ConfirmationDelivered:
		return "requested"
	case evidence.ConsentRefused:
		return "refused"
	case evidence.ConsentWithdrawn, evidence.PlatformStopped, evidence.SuppressionAdded, evidence.ConsentRevoked:
		return "withdrawn"
	case evidence.ConsentDeferred, evidence.ConsentExpired:
		return "expired"
	case evidence.ConsentInvalidated:
		return "invalidated"
	case evidence.ReceiptSent, evidence.ReceiptDelivered:
		return "confirmed"
	}
	return "unknown"
}

// how says in words by which act an event came about.
func how(loc locale.Localizer, e records.Event) string {
	if e.Problem != "" {
		return e.Problem
	}
	if e.Audience != "" {
		return exported(loc, e)
	}
	kind := e.Act.Kind
	if kind == "api" && e.Operator != "" {
		kind = "operator"
	}
	if id := "how." + kind; kind != "" && loc.Has(id) {
		return loc.T(id)
	}
	return ""
}

// exported says for whom a proof was made.
func exported(loc locale.Localizer, e records.Event) string {
	audience := string(e.Audience)
	if id := "audience." + audience; loc.Has(id) {
		audience = loc.T(id)
	}
	return loc.T("admin.audience") + ": " + audience
}

// campaignWord says what led to an act on one line. A kind of campaign that is not known
// here stands as WhatsApp names it.
func campaignWord(loc locale.Localizer, c funnel.Campaign) string {
	if id := "fact.campaign." + c.SourceType; loc.Has(id) {
		c.SourceType = loc.T(id)
	}
	return c.String()
}

// facts are the further details of an event.
func facts(loc locale.Localizer, e records.Event) (list []views.Fact) {
	add := func(id, value string, copied bool) {
		if value != "" {
			list = append(list, views.Fact{Label: loc.T("fact." + id), Value: value, Copy: copied})
		}
	}
	add("number", e.Number, true)
	add("typed", e.Typed, false)
	add("bsuid", e.BSUID, true)
	add("name", e.Person, false)
	add("username", e.Username, false)
	for _, a := range e.Form.Fields {
		list = append(list, views.Fact{Label: a.Label, Value: a.Value})
	}
	add("age", e.Age.Words, false)
	add("sender", e.Sender, false)
	add("match", matchWord(loc, e.Match), false)
	add("page", e.Page, false)
	add("entry", e.EntryPoint, false)
	add("campaign", campaignWord(loc, e.Campaign), false)
	if e.Act.Kind == "operator" || e.Act.Kind == "api" {
		add("source", reachSource(loc, e.Act.Text), false)
	}
	add("reason", e.Reason, false)
	add("operator", e.Operator, true)
	add("address", e.IP, false)
	add("browser", e.UserAgent, false)
	add("message", e.MessageID, true)
	add("hash", e.LeafHash, true)
	return list
}

func matchWord(loc locale.Localizer, match string) string {
	if id := "match." + match; match != "" && loc.Has(id) {
		return loc.T(id)
	}
	return match
}
