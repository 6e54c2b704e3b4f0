package wire

import (
	"encoding/json"
	"slices"
	"strings"

	"assent/fault"
)

// Limits of Parse. Meta sends at most 3 MB and 1,000 updates; what is over
// twice that, or nests deeper than any of its shapes by far, is not from there.
const (
	MaxBody     = 4 << 20
	maxElements = 10_000
	maxDepth    = 64
)

// businessAccount is the object of every webhook of WhatsApp.
const businessAccount = "whatsapp_business_account"

// Parse flattens a webhook's body. It fails only if the body as a whole is no
// JSON object (fault.Invalid) or over the limits (fault.TooLarge). The elements
// share the body's memory, which must not be changed.
//
// Strings are valid UTF-8: a lone surrogate becomes U+FFFD. They may hold
// U+0000 and other control characters, but an id never does.
func Parse(body []byte) (Batch, error) {
	if len(body) > MaxBody {
		return Batch{}, fault.New(fault.TooLarge, "The webhook is larger than %d bytes.", MaxBody)
	}
	root := span{skipSpace(body, 0), len(body)}
	if !json.Valid(body) || !isObject(body, root) {
		return Batch{}, fault.New(fault.Invalid, "The webhook is not a JSON object.")
	}
	p := parser{body: body}
	var entries []span
	members(body, root, func(key string, v span) {
		switch key {
		case "object":
			p.batch.Object = text(body, v)
		case "entry":
			entries = append(entries, v)
		}
	})
	for _, v := range entries {
		p.each(Element{}, v, "entry", p.entry)
	}
	if p.batch.Object != businessAccount || len(p.batch.Elements) == 0 {
		p.batch.Elements = nil
		p.add(Element{Kind: KindUnknown, Reason: "not a webhook of WhatsApp"}, root)
	}
	if p.over {
		return Batch{}, fault.New(fault.TooLarge, "The webhook has more than %d elements.", maxElements)
	}
	return p.batch, nil
}

type parser struct {
	body  []byte
	batch Batch
	over  bool
}

func (p *parser) slice(v span) Slice {
	if v.empty() {
		return Slice{}
	}
	return Slice{Offset: v.start, Bytes: v.of(p.body)}
}

func (p *parser) add(e Element, v span) {
	if len(p.batch.Elements) >= maxElements {
		p.over = true
		return
	}
	e.Slice = p.slice(v)
	p.batch.Elements = append(p.batch.Elements, e)
}

func (p *parser) malformed(e Element, v span, reason string) {
	e.Kind, e.Reason = KindMalformed, reason
	p.add(e, v)
}

// each calls f for each object in the array at v. What is no array or no
// object, or too deep, becomes a malformed element.
func (p *parser) each(e Element, v span, name string, f func(Element, span)) {
	if !isArray(p.body, v) {
		p.malformed(e, v, name+" is not an array")
		return
	}
	elements(p.body, v, func(index int, v span, depth int) {
		e := e
		e.Array, e.Index = name, index
		switch {
		case !isObject(p.body, v):
			p.malformed(e, v, "not an object in "+name)
		case depth > maxDepth && name != "entry" && name != "changes":
			p.malformed(e, v, "nested too deeply")
		default:
			f(e, v)
		}
	})
}

func (p *parser) entry(e Element, v span) {
	var changes []span
	members(p.body, v, func(key string, v span) {
		switch key {
		case "id":
			e.WABA = text(p.body, v)
		case "time":
			_ = e.EntryTime.UnmarshalJSON(v.of(p.body)) // informative only
		case "changes":
			changes = append(changes, v)
		}
	})
	if len(changes) == 0 {
		e.Kind, e.Alone = KindUnknown, true
		p.add(e, v)
	}
	for _, c := range changes {
		p.each(e, c, "changes", p.change)
	}
}

func (p *parser) change(e Element, v span) {
	var value span
	members(p.body, v, func(key string, v span) {
		switch key {
		case "field":
			e.Field = text(p.body, v)
		case "value":
			value = v
		}
	})
	e.Array, e.Index = "", 0
	switch {
	case value.empty() || e.Field == "":
		p.malformed(e, v, "a change without field or value")
	case e.Field == "messages" || e.Field == "user_preferences" || e.Field == "user_id_update":
		if !isObject(p.body, value) {
			p.malformed(e, v, "value is not an object")
			return
		}
		p.value(e, value)
	case isTemplateField(e.Field):
		p.template(e, value)
	default:
		e.Kind = KindField
		p.add(e, value)
	}
}

// value reads the value of a field that speaks of people.
func (p *parser) value(e Element, value span) {
	type array struct {
		name string
		at   span
	}
	var arrays []array
	var people contacts
	members(p.body, value, func(key string, v span) {
		switch key {
		case "messaging_product":
		case "metadata":
			if isObject(p.body, v) {
				members(p.body, v, func(key string, v span) {
					switch key {
					case "phone_number_id":
						e.PhoneNumberID = text(p.body, v)
					case "display_phone_number":
						e.DisplayNumber = text(p.body, v)
					}
				})
			}
		case "contacts":
			people.read(p.body, v)
		default:
			arrays = append(arrays, array{key, v})
		}
	})
	before := len(p.batch.Elements)
	alone := !slices.ContainsFunc(arrays, func(a array) bool { return p.reader(a.name) != nil })
	for _, a := range arrays {
		read := p.reader(a.name)
		switch {
		case read != nil:
			p.each(e, a.at, a.name, func(e Element, v span) {
				read(&e, v)
				people.match(&e)
				p.add(e, v)
			})
		case isArray(p.body, a.at) || isObject(p.body, a.at):
			e := e
			e.Kind, e.Array, e.Alone = KindUnknown, a.name, alone
			p.add(e, a.at)
		}
	}
	if len(p.batch.Elements) == before {
		e.Kind, e.Alone = KindUnknown, alone
		p.add(e, value)
	}
}

func (p *parser) reader(array string) func(*Element, span) {
	switch array {
	case "messages":
		return p.message
	case "statuses":
		return p.status
	case "user_preferences":
		return p.preference
	case "user_id_update":
		return p.userIDUpdate
	case "errors":
		return p.error
	}
	return nil
}

func (p *parser) message(e *Element, v span) {
	m := new(Message)
	err := decode(v.of(p.body), m)
	e.Kind, e.Message, e.Reason = KindMessage, m, describe(err)
	if m.Type == TypeSystem {
		e.Kind = KindSystem
		if m.System != nil {
			m.System.normalize(m.From)
		}
	}
	switch {
	case badID(m.ID) || m.ID == "":
		e.fail("the message has no usable id")
	case badID(m.From) || badID(m.FromUserID) || badID(m.FromParentUserID) || badID(m.contextID()):
		e.fail("an id with control characters or too long")
	case m.Type == "":
		e.fail("the message has no type")
	case !m.complete() || err != nil && m.hollow():
		e.fail("the message lacks its " + m.Type)
	case m.Timestamp == 0:
		e.failTimeless("the message has no usable timestamp")
	}
}

func (m *Message) contextID() string {
	if m.Context == nil {
		return ""
	}
	return m.Context.ID
}

// complete reports whether the content that the type promises is there.
func (c *Content) complete() bool {
	switch c.Type {
	case TypeText:
		return c.Text != nil
	case TypeButton:
		return c.Button != nil
	case TypeInteractive:
		return c.Interactive != nil
	case TypeReaction:
		return c.Reaction != nil
	case TypeEdit:
		return c.Edit != nil && c.Edit.OriginalMessageID != "" && c.Edit.Message.complete()
	case TypeRevoke:
		return c.Revoke != nil && c.Revoke.OriginalMessageID != ""
	case TypeContacts:
		return len(c.Contacts) > 0
	case TypeSystem:
		return c.System != nil
	}
	return true
}

// hollow reports whether the content is there and says nothing. That may be so
// in a body that reads well; in one that does not, the content was lost.
func (c *Content) hollow() bool {
	switch c.Type {
	case TypeText:
		return *c.Text == Text{}
	case TypeButton:
		return *c.Button == Button{}
	case TypeInteractive:
		return *c.Interactive == Interactive{}
	case TypeReaction:
		return *c.Reaction == Reaction{}
	case TypeEdit:
		return c.Edit.Message.hollow()
	case TypeSystem:
		return c.System.Type == ""
	}
	return false
}

// normalize brings the older forms into the present one.
func (s *System) normalize(from string) {
	if s.WAID == "" {
		s.WAID = s.NewWAID
	}
	s.PreviousWAID = from
	if s.PreviousWAID == "" {
		s.PreviousWAID = s.Customer
	}
	if s.Type == "customer_changed_number" {
		s.Type = NumberChanged
	}
}

func (e *Element) fail(reason string) {
	e.Kind = KindMalformed
	if e.Reason == "" {
		e.Reason = reason
		return
	}
	e.Reason = reason + "; " + e.Reason
}

// failTimeless fails an element that lacks nothing but its time.
func (e *Element) failTimeless(reason string) {
	e.fail(reason)
	e.Timeless = true
}

func (p *parser) status(e *Element, v span) {
	s := new(Status)
	err := decode(v.of(p.body), s)
	e.Kind, e.Status, e.Reason = KindStatus, s, describe(err)
	if s.RecipientParentUserID == "" {
		s.RecipientParentUserID = s.FormerParentUserID
	}
	switch {
	case badID(s.ID) || s.ID == "":
		e.fail("the status has no usable id")
	case badID(s.RecipientID) || badID(s.RecipientUserID) || badID(s.RecipientParentUserID) || badID(s.Callback):
		e.fail("an id with control characters or too long")
	case s.Status == "":
		e.fail("the status does not say which")
	case s.Timestamp == 0:
		e.failTimeless("the status has no usable timestamp")
	}
}

func (p *parser) preference(e *Element, v span) {
	u := new(Preference)
	err := decode(v.of(p.body), u)
	e.Kind, e.Preference, e.Reason = KindPreference, u, describe(err)
	u.Value = strings.ToLower(u.Value)
	switch {
	case badID(u.WAID) || badID(u.UserID) || badID(u.ParentUserID):
		e.fail("an id with control characters or too long")
	case u.WAID == "" && u.UserID == "" && u.ParentUserID == "":
		e.fail("the preference is nobody's")
	case u.Value == "":
		e.fail("the preference has no value")
	case u.Timestamp == 0:
		e.failTimeless("the preference has no usable timestamp")
	}
}

// userIDUpdate reads the announced and withdrawn form of a change of user id.
func (p *parser) userIDUpdate(e *Element, v span) {
	type pair struct {
		Previous string `json:"previous"`
		Current  string `json:"current"`
	}
	var u struct {
		WAID      string `json:"wa_id"`
		Detail    string `json:"detail"`
		UserID    pair   `json:"user_id"`
		Parent    pair   `json:"parent_user_id"`
		Timestamp Unix   `json:"timestamp"`
	}
	err := decode(v.of(p.body), &u)
	e.Kind, e.Reason = KindSystem, describe(err)
	e.Message = &Message{Timestamp: u.Timestamp, Content: Content{Type: TypeSystem, System: &System{
		Type: UserIDChanged, Body: u.Detail, WAID: u.WAID, UserID: u.UserID.Current, PreviousUserID: u.UserID.Previous,
		ParentUserID: u.Parent.Current, PreviousParentUserID: u.Parent.Previous,
	}}}
	switch {
	case u.UserID.Current == "" || badID(u.UserID.Current) || badID(u.UserID.Previous) || badID(u.WAID):
		e.fail("the change has no usable user id")
	case u.Timestamp == 0:
		e.fail("the change has no usable timestamp")
	}
}

func (p *parser) error(e *Element, v span) {
	e.Kind, e.Error = KindError, new(Error)
	e.Reason = describe(decode(v.of(p.body), e.Error))
	if e.Error.Code == CodeNone {
		e.fail("the error has no usable code")
	}
}

func isTemplateField(field string) bool {
	switch field {
	case "message_template_status_update", "message_template_quality_update", "message_template_components_update", "template_category_update", "template_correct_category_detection":
		return true
	}
	return false
}

func (p *parser) template(e Element, value span) {
	e.Kind, e.Template = KindTemplate, new(TemplateEvent)
	e.Reason = describe(decode(value.of(p.body), e.Template))
	e.Template.Language = strings.ReplaceAll(e.Template.Language, "-", "_")
	if e.Template.Name == "" {
		e.fail("the change names no template")
	}
	p.add(e, value)
}

// maxID is far over the longest id that Meta documents (a BSUID of 131).
const maxID = 1024

func badID(id string) bool {
	if len(id) > maxID {
		return true
	}
	for _, r := range id {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return true
		}
	}
	return false
}
