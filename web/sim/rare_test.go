package sim_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assent/internal/apptest"
	"assent/locale"
	"assent/optin"
	views "assent/views/sim"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// Somebody taps an ad: the chat opens with it over the text, and the message takes it along.
func TestComingFromAnAd(t *testing.T) {
	r := newRig(t)
	list := r.get("/sim").Body.String()
	for _, part := range []string{`id="advert"`, `name="ad_title"`, `name="ad_id"`, `name="ad"`} {
		if !strings.Contains(list, part) {
			t.Errorf("the list lacks %s", part)
		}
	}
	token := r.app.Submit(optin.Submission{Slug: apptest.Chat, Purposes: []string{apptest.Offers}})
	p, err := r.app.Optin.Pending(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	ad := url.Values{"ad": {views.AdFeed}, "ad_id": {"120210"}, "ad_title": {"Fresh <bread>"}}
	q := url.Values{"phone": {sender}, "text": {p.Text}}
	for name, v := range ad {
		q[name] = v
	}
	r.want(r.get("/sim/chat?"+q.Encode()), 200, []string{"From an ad", "Fresh &lt;bread&gt;", `name="ad_id" value="120210"`}, []string{"<bread>"})
	ad["text"] = []string{p.Text}
	r.act(views.ActSend, ad)
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{"From an ad", "Fresh &lt;bread&gt;"}, []string{`name="ad_id" value="120210"`})
	all, err := r.app.Simulator.Messages(person, "")
	if err != nil || all[0].Referral == nil || all[0].Referral.SourceID != "120210" || all[0].Referral.ClickID == "" {
		t.Fatalf("%+v, %v", all, err)
	}
	for kind, want := range map[string]string{views.AdStatus: "ad ", views.AdPost: "post "} {
		r.act(views.ActSend, url.Values{"text": {"Hello"}, "ad": {kind}, "ad_id": {"7"}, "ad_title": {"x"}})
		if all, err = r.app.Simulator.Messages(person, ""); err != nil {
			t.Fatal(err)
		}
		var last *simulator.Referral
		for _, m := range all {
			if m.Inbound {
				last = m.Referral
			}
		}
		if got := last.SourceType + " " + last.ClickID; got != want {
			t.Errorf("%s: %q", kind, got)
		}
	}
	if w := r.act(views.ActSend, url.Values{"text": {"Hello"}, "ad": {"poster"}, "ad_id": {"7"}}); w.Code != http.StatusSeeOther {
		t.Errorf("%d", w.Code)
	}
}

// All that can be attached arrives as what it is, with what was typed under it.
func TestAttaching(t *testing.T) {
	r := newRig(t)
	r.app.Simulator.Pause()
	var want []string
	for kind, typ := range map[string]string{"poll": "unsupported", "contact": "contacts", views.AttachNumber: "contacts"} {
		if w := r.acts(views.ActSend, url.Values{"attach": {kind}}); w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", kind, w.Code, w.Body)
		}
		want = append(want, typ)
	}
	for _, kind := range views.Attachments[:6] {
		if w := r.acts(views.ActSend, url.Values{"attach": {kind}, "text": {"under it"}}); w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", kind, w.Code, w.Body)
		}
		want = append(want, kind)
	}
	all, err := r.app.Simulator.Messages(person, "")
	if err != nil || len(all) != len(want) {
		t.Fatalf("%d messages, %v", len(all), err)
	}
	for i, m := range all[3:] {
		if m.Type != want[3+i] || (m.Text == "under it") != (i < 3) {
			t.Errorf("%s says %q", m.Type, m.Text)
		}
	}
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{"📷", "Photo", "Poll", "📍", "under it"}, nil)
	if w := r.acts(views.ActSend, url.Values{"attach": {"hologram"}}); w.Code != http.StatusBadRequest {
		t.Errorf("%d", w.Code)
	}
}

// A message can be passed on, and says so; one that is not there cannot.
func TestForwarding(t *testing.T) {
	r := newRig(t)
	r.act(views.ActSend, url.Values{"text": {"Hello"}})
	all, err := r.app.Simulator.Messages(person, "")
	if err != nil {
		t.Fatal(err)
	}
	r.act(views.ActForward, url.Values{"message": {all[0].ID}})
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{"Forwarded"}, nil)
	if w := r.acts(views.ActForward, url.Values{"message": {"wamid.none"}}); w.Code != http.StatusNotFound {
		t.Errorf("%d", w.Code)
	}
}

// A message that asks for the number has WhatsApp's own button, whose tap answers it.
func TestSharingTheNumberThatWasAskedFor(t *testing.T) {
	r := newRig(t)
	r.act(views.ActSend, url.Values{"text": {"Hello"}})
	raw, err := wire.NewContactRequest("Your number?").ToNumber(person).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r.app.Simulator.Pause()
	req := httptest.NewRequest("POST", "/sim/graph/v25.0/"+apptest.PhoneNumberID+"/messages", strings.NewReader(string(raw)))
	req.Header.Set("Authorization", "Bearer "+"token-of-tests")
	w := httptest.NewRecorder()
	if r.server.ServeHTTP(w, req); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	r.want(r.get("/sim/chat?phone="+sender), 200, []string{"Your number?", "Share my number", `value="share_number"`}, nil)
	all, err := r.app.Simulator.Messages(person, "")
	if err != nil {
		t.Fatal(err)
	}
	asked := all[len(all)-1]
	r.acts(views.ActShareNumber, url.Values{"context": {asked.ID}})
	if all, err = r.app.Simulator.Messages(person, ""); err != nil {
		t.Fatal(err)
	}
	if last := all[len(all)-1]; last.Type != "contacts" || last.ReplyTo != asked.ID {
		t.Errorf("%+v", last)
	}
}

// The looks of webhooks are ticked and taken back.
func TestLooksByHand(t *testing.T) {
	r := newRig(t)
	r.done(views.ControlLook, "parents", "1", "loose", "1")
	if got := r.app.Simulator.Webhooks().Look; got != (simulator.Look{Parents: true, Loose: true}) {
		t.Errorf("%+v", got)
	}
	if page := r.get("/sim/controls").Body.String(); !strings.Contains(page, `name="parents" value="1" checked`) {
		t.Error("the page does not show what is ticked")
	}
	r.done(views.ControlLook)
	if got := r.app.Simulator.Webhooks().Look; got != (simulator.Look{}) {
		t.Errorf("%+v", got)
	}
}

// A template is reviewed, moved and changed by hand.
func TestTemplatesByHand(t *testing.T) {
	r := newRig(t)
	list := r.app.Simulator.Templates(sender)
	if len(list) == 0 {
		t.Fatal("no templates")
	}
	is := func() simulator.Template {
		t.Helper()
		for _, tpl := range r.app.Simulator.Templates(sender) {
			if tpl.Name == list[0].Name && tpl.Language == list[0].Language {
				return tpl
			}
		}
		return simulator.Template{}
	}
	value := "+" + sender + "/" + list[0].Name + "/" + list[0].Language
	if page := r.get("/sim/controls").Body.String(); !strings.Contains(page, `value="`+value+`"`) {
		t.Error("the page lacks the template")
	}
	for change, want := range map[string]func(simulator.Template) bool{
		"status/PAUSED":      func(t simulator.Template) bool { return t.Status == "PAUSED" && t.Reason == "SCAM" },
		"status/REINSTATED":  func(t simulator.Template) bool { return t.Status == "APPROVED" },
		"quality/RED":        func(t simulator.Template) bool { return t.Quality == "RED" },
		"announce/MARKETING": func(t simulator.Template) bool { return t.Announced == "MARKETING" },
		"category/MARKETING": func(t simulator.Template) bool { return t.Category == "MARKETING" },
		"body/":              func(t simulator.Template) bool { return t.Body == list[0].Body+" …" },
	} {
		r.done(views.ControlTemplate, "template", value, "change", change, "reason", "SCAM")
		if got := is(); !want(got) {
			t.Errorf("%s: %+v", change, got)
		}
	}
	r.done(views.ControlTemplate, "template", value, "change", "status/DELETED")
	if got := is(); got.Name != "" {
		t.Errorf("%+v", got)
	}
}

// An example is shown first, changed, and sent.
func TestAWebhookOfOnesOwn(t *testing.T) {
	r := newRig(t)
	w := r.control(views.ControlNews, "news", "list_reply", "who", "+49 170 1234567", "show", "1")
	r.want(w, 200, []string{"This is what would be sent", "&#34;list_reply&#34;", "&#34;from&#34;: &#34;491701234567&#34;", `name="field"`}, nil)
	_, value, err := r.app.Simulator.Example("list_reply", "", person)
	if err != nil {
		t.Fatal(err)
	}
	before := r.app.Received(person)
	r.done(views.ControlOwn, "field", "messages", "value", string(value))
	r.app.Settle()
	if got := r.app.Received(person); len(got) != len(before)+1 {
		t.Errorf("a STOP from a list is answered with %d messages", len(got)-len(before))
	}
	r.want(r.control(views.ControlOwn, "field", "messages", "value", "{,}"), 400, []string{"JSON object", "{,}"}, nil)
}

// What still has to become of messages is listed, and can be taken back there.
func TestStandingScriptsByHand(t *testing.T) {
	r := newRig(t)
	if err := r.app.Simulator.SetScript(person, []simulator.Step{{Quirk: "silent", Times: 2}, {}}); err != nil {
		t.Fatal(err)
	}
	r.want(r.get("/sim/controls"), 200, []string{"Still to come", "Accepted, and never a status", "2 messages", "then 1 step more", "Take back"}, nil)
	r.done(views.ControlNumber, "who", person, "what", "", "times", "1")
	r.want(r.get("/sim/controls"), 200, nil, []string{"Still to come"})
}

// Every error of the table can be chosen, once, with words of the operator's.
func TestEveryErrorCanBeChosen(t *testing.T) {
	r := newRig(t)
	for _, lang := range []string{"en", "de", "ar"} {
		page := r.get("/sim/controls?lang=" + lang).Body.String()
		_, page, _ = strings.Cut(page, `id="what"`)
		page, _, _ = strings.Cut(page, "</select>")
		rows := rowsOf(t, page)
		for _, code := range wire.Codes() {
			meaning := code.Behaviour().Meaning
			if lang != "en" && strings.Contains(page, meaning) {
				t.Errorf("%s: %q in English", lang, meaning)
			}
			if code != 0 && !slices.ContainsFunc(rows, func(r [2]wire.Code) bool { return code >= r[0] && code <= r[1] }) {
				t.Errorf("%d cannot be chosen", code)
			}
		}
		for _, q := range simulator.Quirks() {
			if !strings.Contains(page, `value="`+q+`"`) {
				t.Errorf("%s cannot be chosen", q)
			}
		}
	}
}

// rowsOf reads the codes that a select offers, alone or from one to another.
func rowsOf(t *testing.T, page string) (rows [][2]wire.Code) {
	t.Helper()
	for _, m := range regexp.MustCompile(`value="(\d+)"[^>]*>\d+(?:–(\d+))? · `).FindAllStringSubmatch(page, -1) {
		first, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		last := first
		if m[2] != "" {
			if last, err = strconv.Atoi(m[2]); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, [2]wire.Code{wire.Code(first), wire.Code(last)})
	}
	return rows
}

// Every example can be chosen, and has words of the operator's.
func TestEveryExampleHasWords(t *testing.T) {
	r := newRig(t)
	pages := map[string]string{}
	for _, lang := range []string{"en", "de", "ar"} {
		pages[lang] = r.get("/sim/controls?lang=" + lang).Body.String()
	}
	for _, e := range simulator.Examples() {
		for _, lang := range []string{"en", "de", "ar"} {
			if strings.Contains(pages[lang], ">"+e.Name+"</option>") {
				t.Errorf("%s: %s has no words", lang, e.Name)
			}
			if !strings.Contains(pages[lang], `<option value="`+e.Name+`"`) {
				t.Errorf("%s: %s cannot be chosen", lang, e.Name)
			}
		}
		id := "sim.news." + strings.ToLower(e.Name)
		if en, de := locale.ForOperator("en", ""), locale.ForOperator("de", ""); en.Has(id) && en.T(id) == de.T(id) {
			t.Errorf("%s is the same in German", e.Name)
		}
	}
}
