package simulator

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"assent/fault"
	"assent/whatsapp/wire"
)

func (s *Simulator) putTemplate(waba string, t Template) (before Template) {
	if t.Status == "" {
		t.Status = "APPROVED"
	}
	if t.Quality == "" {
		t.Quality = "UNKNOWN"
	}
	if s.templates[waba] == nil {
		s.templates[waba] = make(map[string]Template)
	}
	before = s.templates[waba][templateKey(t.Name, t.Language)]
	if t.ID == "" {
		t.ID = before.ID
	}
	if t.ID == "" {
		s.serial++
		t.ID = strconv.Itoa(700_000_000 + s.serial)
	}
	s.templates[waba][templateKey(t.Name, t.Language)] = t
	return before
}

// SetTemplate adds a template to the WABA of a sender, or changes it. What has
// changed of its status, category or quality is told by webhooks, as Meta does.
func (s *Simulator) SetTemplate(senderID string, t Template) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.sender(senderID)
	if !ok {
		return errNoSender
	}
	before := s.putTemplate(from.WABA, t)
	if before.Name != "" {
		s.tellTemplate(from, before, s.templates[from.WABA][templateKey(t.Name, t.Language)])
	}
	return nil
}

// tellTemplate sends the webhooks of a template's change. Meta writes languages
// with a hyphen here, and ids as numbers.
func (s *Simulator) tellTemplate(from *Sender, before, t Template) {
	id, _ := strconv.ParseInt(t.ID, 10, 64)
	base := templateJSON{ID: id, Name: t.Name, Language: strings.ReplaceAll(t.Language, "_", "-")}
	tell := func(field string, value templateJSON) { s.emit(from, event{field: field, value: value}) }
	if before.Status != t.Status {
		v := base
		v.Event, v.Reason, v.Category = t.Status, t.Reason, t.Category
		if v.Reason == "" {
			v.Reason = "NONE"
		}
		switch t.Status {
		case "PAUSED":
			v.Other = &otherJSON{"FIRST_PAUSE", "Your template has been paused for 3 hours because it had issues."}
		case "DISABLED":
			v.Disable = &disableJSON{s.now().Format("2006-01-02")}
		case "REJECTED":
			v.Rejection = &rejectionJSON{v.Reason, "An example of what to do."}
		}
		tell("message_template_status_update", v)
	}
	if before.Category != t.Category {
		v := base
		v.PreviousCategory, v.NewCategory = before.Category, t.Category
		tell("template_category_update", v)
	}
	if before.Announced != t.Announced && t.Announced != "" {
		v := base
		v.CorrectCategory, v.NewCategory = t.Announced, t.Category
		tell("template_category_update", v)
	}
	if before.Quality != t.Quality {
		v := base
		v.PreviousQuality, v.NewQuality = before.Quality, t.Quality
		tell("message_template_quality_update", v)
	}
	if before.changed != t.changed {
		v := base
		v.Element = t.Body
		tell("message_template_components_update", v)
	}
}

// info is a template as it is listed.
func (t Template) info() wire.TemplateInfo {
	i := wire.TemplateInfo{
		ID: t.ID, Name: t.Name, Language: t.Language, Category: t.Category, Status: t.Status, Reason: t.Reason, Correct: t.Announced,
		Quality: &wire.TemplateQuality{Score: t.Quality}, Components: []wire.TemplateComponent{{Type: "BODY", Text: t.Body}},
	}
	var buttons []wire.TemplateButton
	for _, label := range t.Buttons {
		buttons = append(buttons, wire.TemplateButton{Type: "QUICK_REPLY", Text: label})
	}
	if t.Link != "" {
		buttons = append(buttons, wire.TemplateButton{Type: "URL", Text: t.Link, URL: t.Address})
	}
	if len(buttons) > 0 {
		i.Components = append(i.Components, wire.TemplateComponent{Type: "BUTTONS", Buttons: buttons})
	}
	return i
}

// serveTemplates lists the WABA's templates whose name contains `name`, in
// pages of `limit` with `after`.
func (s *Simulator) serveTemplates(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var all []wire.TemplateInfo
	s.mu.Lock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.WABA })
	if refused == nil {
		for _, t := range s.templates[from.WABA] {
			if strings.Contains(t.Name, query.Get("name")) {
				all = append(all, t.info())
			}
		}
	}
	s.mu.Unlock()
	if refused != nil {
		refuse(w, *refused)
		return
	}
	sort.Slice(all, func(i, j int) bool {
		return templateKey(all[i].Name, all[i].Language) < templateKey(all[j].Name, all[j].Language)
	})
	start, _ := strconv.Atoi(query.Get("after"))
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 25
	}
	start = min(max(0, start), len(all))
	end := min(start+limit, len(all))
	page := wire.TemplatePage{Data: append([]wire.TemplateInfo{}, all[start:end]...)}
	if end > start {
		page.Paging.Cursors.Before, page.Paging.Cursors.After = strconv.Itoa(start), strconv.Itoa(end)
	}
	if end < len(all) {
		query.Set("after", strconv.Itoa(end))
		page.Paging.Next = "https://graph.facebook.com" + r.URL.Path + "?" + query.Encode()
	}
	writeJSON(w, http.StatusOK, page)
}

var templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)

// serveCreate takes a template for review: it is PENDING until PUT /sim/templates
// says otherwise.
func (s *Simulator) serveCreate(w http.ResponseWriter, r *http.Request) {
	var c wire.TemplateCreate
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSend))
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.WABA })
	if refused == nil {
		t := Template{Name: c.Name}
		switch {
		case err != nil || json.Unmarshal(raw, &c) != nil:
			refused = bad("The body is not the JSON expected.")
		default:
			t = Template{Name: c.Name, Language: c.Language, Category: c.Category, Status: "PENDING"}
			refused = t.compose(c)
		}
		if _, exists := s.templates[from.WABA][templateKey(c.Name, c.Language)]; exists && refused == nil {
			refused = bad("There is content in this language for this template already.")
		}
		if refused == nil {
			s.putTemplate(from.WABA, t)
			made := s.templates[from.WABA][templateKey(c.Name, c.Language)]
			writeJSON(w, http.StatusOK, wire.TemplateCreated{ID: made.ID, Status: made.Status, Category: made.Category})
			return
		}
	}
	refuse(w, *refused)
}

// compose reads the components, within Meta's limits.
func (t *Template) compose(c wire.TemplateCreate) *graphError {
	if !templateName.MatchString(c.Name) || c.Language == "" || c.Category != "UTILITY" && c.Category != "MARKETING" && c.Category != "AUTHENTICATION" {
		return bad("A template needs a name of small letters, digits and _, a language and a category.")
	}
	if c.TTL != 0 && (c.Category == "UTILITY" && (c.TTL < 30 || c.TTL > 43_200) || c.Category == "MARKETING") {
		return bad("message_send_ttl_seconds is out of range.")
	}
	for _, part := range c.Components {
		switch part.Type {
		case "BODY":
			t.Body = part.Text
			if len(placesOf(part.Text)) > 0 && (part.Example == nil || len(part.Example.BodyText) != 1 || len(part.Example.BodyText[0]) != len(placesOf(part.Text))) {
				return bad("The body's places need an example each.")
			}
		case "BUTTONS":
			for _, b := range part.Buttons {
				if n := utf8.RuneCountInString(b.Text); n < 1 || n > 25 {
					return bad("A button's label has 1 to 25 characters.")
				}
				if b.Type == "URL" {
					t.Link, t.Address = b.Text, b.URL
					continue
				}
				t.Buttons = append(t.Buttons, b.Text)
			}
		default:
			return bad("The simulator plays bodies and buttons.")
		}
	}
	switch {
	case t.Body == "" || utf8.RuneCountInString(t.Body) > 1024:
		return bad("The body has 1 to 1024 characters.")
	case strings.HasPrefix(t.Body, "{{") || strings.HasSuffix(t.Body, "}}"):
		return bad("Variables can't be at the start or end of the template.")
	}
	return nil
}

// serveDelete deletes a template in all languages.
func (s *Simulator) serveDelete(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.WABA })
	name, found := r.URL.Query().Get("name"), false
	if refused == nil {
		for key, t := range s.templates[from.WABA] {
			if t.Name == name {
				found = true
				delete(s.templates[from.WABA], key)
				gone := t
				gone.Status = "DELETED"
				s.tellTemplate(from, t, gone)
			}
		}
		if !found {
			refused = &graphError{code: wire.CodeParameter, details: "The template does not exist."}
		}
	}
	if refused != nil {
		refuse(w, *refused)
		return
	}
	writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}

// serveNumber tells how a number stands.
func (s *Simulator) serveNumber(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.PhoneNumberID })
	if refused != nil {
		refuse(w, *refused)
		return
	}
	limit := from.Limit
	if limit == "" {
		limit = "TIER_UNLIMITED"
	}
	if r.URL.Query().Get("fields") == "conversational_automation" {
		writeJSON(w, http.StatusOK, map[string]any{"id": from.PhoneNumberID, "conversational_automation": s.ofNumber(from.PhoneNumberID).automation})
		return
	}
	writeJSON(w, http.StatusOK, wire.NumberInfo{ID: from.PhoneNumberID, Name: from.Name, NameStatus: "APPROVED", Quality: "GREEN", Status: s.statusOf(from), Limit: limit})
}

// TemplateChange is what Meta, or somebody in its manager, does to a template. What is
// empty stays.
type TemplateChange struct {
	Sender   string `json:"sender"` // phone_number_id or number; the first if empty
	Name     string `json:"name"`
	Language string `json:"language"`
	Status   string `json:"status"`
	Category string `json:"category"`
	Announce string `json:"announce"` // the category to which it will be moved
	Quality  string `json:"quality"`
	Reason   string `json:"reason"` // of the status
	Body     string `json:"body"`
}

// ChangeTemplate changes a template and tells of each change by Meta's webhook for it.
// Without such a template the error is a fault of kind NotFound.
func (s *Simulator) ChangeTemplate(in TemplateChange) (Template, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.chosen(in.Sender)
	if !ok {
		return Template{}, errNoSender
	}
	before, ok := s.templates[from.WABA][templateKey(in.Name, in.Language)]
	if !ok {
		return Template{}, fault.New(fault.NotFound, "There is no such template.")
	}
	t := before
	for _, c := range []struct {
		to   *string
		from string
	}{{&t.Status, in.Status}, {&t.Category, in.Category}, {&t.Announced, in.Announce}, {&t.Quality, in.Quality}, {&t.Reason, in.Reason}} {
		if c.from != "" {
			*c.to = c.from
		}
	}
	if in.Body != "" {
		t.Body = in.Body
		t.changed++
	}
	s.putTemplate(from.WABA, t)
	s.tellTemplate(from, before, t)
	switch t.Status {
	case "REINSTATED": // is only told: it is as it was when it was approved
		t.Status = "APPROVED"
		s.putTemplate(from.WABA, t)
	case "DELETED":
		delete(s.templates[from.WABA], templateKey(t.Name, t.Language))
	}
	return t, nil
}

// Templates returns the templates of the account of a business (phone_number_id or
// number), in the order of name and language. It is nil for a business that is not here.
func (s *Simulator) Templates(sender string) []Template {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.sender(sender)
	if !ok {
		return nil
	}
	all := s.templates[from.WABA]
	list := make([]Template, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[key])
	}
	return list
}

// servePutTemplate is Meta's review, and its changes of mind.
func (s *Simulator) servePutTemplate(w http.ResponseWriter, r *http.Request) {
	var in TemplateChange
	if !readJSON(w, r, &in) {
		return
	}
	t, err := s.ChangeTemplate(in)
	if err != nil {
		problem(w, err)
		return
	}
	writeJSON(w, http.StatusOK, t.info())
}

// scriptField is a webhook by its value, or by the name of an example.
type scriptField struct {
	Sender  string          `json:"sender"`
	Field   string          `json:"field"`
	Value   json.RawMessage `json:"value"`
	Example string          `json:"example"`
	Person  string          `json:"person"` // whom the example is about
}

// serveField sends any webhook: what Meta tells of numbers, quality, limits and
// restrictions, and what is not played otherwise.
func (s *Simulator) serveField(w http.ResponseWriter, r *http.Request) {
	var in scriptField
	if !readJSON(w, r, &in) {
		return
	}
	var err error
	if in.Example != "" {
		in.Field, in.Value, err = s.Example(in.Example, in.Sender, in.Person)
	}
	if err == nil {
		err = s.Tell(in.Sender, in.Field, in.Value)
	}
	if err != nil {
		problem(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]bool{"success": true})
}
