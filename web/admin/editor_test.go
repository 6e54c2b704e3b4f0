package admin_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"assent/consent"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/optin"
)

var revision = regexp.MustCompile(`name="revision" value="(\d+)"`)

// begin starts a funnel from a template and returns where its draft is.
func (o *office) begin(starter string) (at string) {
	o.T.Helper()
	a := o.do("POST", "/admin/funnels/new", url.Values{"starter": {starter}})
	if a.status != http.StatusSeeOther {
		o.T.Fatalf("%d %s", a.status, a.text())
	}
	return a.header.Get("Location")
}

// revisionOf returns the draft's revision, as its form holds it.
func (o *office) revisionOf(at string) string {
	o.T.Helper()
	m := revision.FindStringSubmatch(o.do("GET", at, nil).body)
	if m == nil {
		o.T.Fatal("the editor has no revision")
	}
	return m[1]
}

// publish publishes a draft as it was saved, by the page that asks, and checks
// where that leads.
func (o *office) publish(at, to string) {
	o.T.Helper()
	if a := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"publish"}}); a.status != http.StatusSeeOther || a.header.Get("Location") != at+"/publish" {
		o.T.Fatalf("%d %s %s", a.status, a.header.Get("Location"), a.text())
	}
	if a := o.do("POST", at+"/publish", url.Values{"revision": {o.revisionOf(at + "/publish")}}); a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		o.T.Fatalf("%d %s %s", a.status, a.header.Get("Location"), a.text())
	}
}

// Publishing says first what it makes, and afterwards where that is; what has
// not changed is no version.
func TestPublishIsAStep(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"publish"}})
	asked := o.get(at + "/publish")
	for _, says := range []string{"Version 1", apptest.BaseURL + "/f/news", "English · العربية · Deutsch", "What cannot be changed later", "Publish"} {
		if !strings.Contains(asked.text(), says) {
			t.Errorf("the step does not say %q: %s", says, asked.text())
		}
	}
	if a := o.do("GET", "/f/news", nil); a.status != http.StatusNotFound {
		t.Fatalf("it is published before it was asked for: %d", a.status)
	}
	editor := o.get(at).body
	if save, publish := strings.Index(editor, `value="save">Save`), strings.Index(editor, `value="publish"`); save < 0 || publish < save {
		t.Error("publishing stands before saving")
	}
	o.publish(at, "/admin/funnels/news?published")
	done := o.get("/admin/funnels/news?published")
	for _, must := range []string{"<h2>Published</h2>", `href="` + apptest.BaseURL + `/f/news" target="_blank"`, `href="#ways"`, `href="/admin/funnels/news/embed"`} {
		if !strings.Contains(done.body, must) {
			t.Errorf("the page afterwards lacks %s", must)
		}
	}
	if strings.Contains(o.get("/admin/funnels/news").body, "<h2>Published</h2>") {
		t.Error("it is said ever after")
	}
	edit := o.do("POST", "/admin/funnels/news", form("do", "edit"))
	draft := edit.header.Get("Location")
	if a := o.do("POST", draft, url.Values{"revision": {o.revisionOf(draft)}, "do": {"publish"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.text(), "Nothing has changed since version 1") {
		t.Errorf("%d %s", a.status, a.text())
	}
	if a := o.do("POST", draft+"/publish", url.Values{"revision": {o.revisionOf(draft)}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.status)
	}
}

// Everything that is wrong is said at once, beside its part, in the operator's
// language.
func TestPublishErrorsComeTogetherInTheOperatorsLanguage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	wrong := url.Values{"revision": {o.revisionOf(at)}, "do": {"publish"}, "slug": {apptest.Chat}, "colour": {"red;"}, "t.en.title": {""}}
	a := o.do("POST", at+"?lang=de", wrong)
	if a.status != http.StatusUnprocessableEntity {
		t.Fatalf("%d %s", a.status, a.text())
	}
	for _, must := range []string{"Die Adresse " + apptest.Chat + " ist vergeben", "Geben Sie die Farbe als #", "Schreiben Sie die Überschrift und die Sätze der Nachricht auf English."} {
		if !strings.Contains(a.text(), must) {
			t.Errorf("it lacks %q: %s", must, a.text())
		}
	}
	for _, part := range []string{"basics", "look", "texts"} {
		if !strings.Contains(a.body, `id="`+part+`-error"`) {
			t.Errorf("nothing stands beside %s", part)
		}
	}
}

// What the check finds stands at its field in the editor, with who wants it so
// and what could stand there, and on the page that asks once more, whose links
// lead to the field.
func TestFindingsStandAtTheirFields(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	save := func(values url.Values) {
		t.Helper()
		values["revision"], values["do"] = []string{o.revisionOf(at)}, []string{"save"}
		if a := o.do("POST", at, values); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, a.text())
		}
	}
	// built from parts, the United States are missed at the boxes that say it
	save(url.Values{"countries": {"US DE GB"}, "p.0.key": {"newsletter"}, "p.0.per_month": {"4"}, "t.en.intro": {"In return for your consent you get ten percent off."}})
	page := o.get(at)
	for _, id := range []string{"p-0-not_condition", "p-0-automated", "t-en-intro"} {
		if !strings.Contains(page.body, `<ul class="a-notes" id="`+id+`-notes"`) || !regexp.MustCompile(`id="`+id+`"[^>]*aria-describedby="[^"]*`+id+`-notes"`).MatchString(page.body) {
			t.Errorf("nothing stands at %s", id)
		}
		if !strings.Contains(page.body, `href="#`+id+`"`) {
			t.Errorf("the list does not lead to %s", id)
		}
	}
	refused := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"publish"}})
	if refused.status != http.StatusUnprocessableEntity || !strings.Contains(refused.body, `id="p-0-automated-error"`) || strings.Contains(refused.body, `id="p-0-automated-notes"`) {
		t.Errorf("%d: the error does not stand at its field, once", refused.status)
	}
	// what only warns is said before the publication that records it
	save(url.Values{"countries": {"GB"}, "p.0.key": {"newsletter"}, "p.0.per_month": {"4"}, "p.0.free": {"yes"}, "t.en.intro": {""}})
	save(url.Values{"p.0.key": {"newsletter"}, "p.0.per_month": {"4"}, "p.0.free": {"yes"}, "t.en.p.0.words": {"I agree that Sonnentor Naturkost GmbH sends me news on WhatsApp, at most 4 a month. " + strings.Repeat("Notwithstanding heretofore aforementioned contractual considerations, ", 3) + "I stop with STOP."}})
	asked := o.get(at + "/publish")
	for _, must := range []string{`<h2 id="warned">Warnings</h2>`, `href="` + at + `#t-en-p-0-words"`, "hard to read", "ICO, consent: plain words", "Use shorter sentences and words."} {
		if !strings.Contains(asked.body, must) {
			t.Errorf("the step lacks %q", must)
		}
	}
}

// From nothing to a consent through the page that was made, by HTTP alone.
func TestFunnelFromATemplate(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if page := o.do("GET", "/admin/funnels/new", nil); !strings.Contains(page.text(), "Clinic reminders") {
		t.Fatalf("nothing to begin with: %s", page.text())
	}
	at := o.begin("restaurant")
	for _, part := range []string{"/preview/page?lang=ar", "/preview/chat", "/preview/print", "/preview/all"} {
		a := o.do("GET", at+part, nil)
		if a.status != http.StatusOK {
			t.Errorf("%s: %d %s", part, a.status, a.text())
		}
		if framed := strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors 'self'"); framed != (part != "/preview/all") {
			t.Errorf("%s: framed %v", part, framed)
		}
	}
	form := url.Values{
		"revision": {o.revisionOf(at)}, "do": {"save"}, "min_age": {"16"}, "t.en.title": {"Dine <with> us"}, "t.en.body": {"Come **hungry**."},
		"t.en.age": {"I am at least 16."}, "t.de.age": {"Ich bin mindestens 16."}, "t.ar.age": {"عمري 16 عامًا على الأقل."}, "t.en.thanks": {"See you."},
		"p.1.key": {"menus"}, "p.1.per_month": {"3"}, "p.1.not_condition": {"yes"}, "t.en.p.1.kind": {"menus & evenings"}, "t.en.p.1.title": {"Menus"},
		"p.1.scope": {"marketing"}, "p.1.basis": {"consent"},
	}
	if a := o.do("POST", at, form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text())
	}
	o.publish(at, "/admin/funnels/table?published")
	page := o.do("GET", "/f/table", nil)
	for _, must := range []string{"Dine &lt;with&gt; us", "<strong>hungry</strong>", "menus &amp; evenings, at most 3 a month", `name="day"`, `name="age"`, `property="og:title"`} {
		if !strings.Contains(page.body, must) {
			t.Errorf("the page lacks %q", must)
		}
	}
	young := o.do("POST", "/f/table", url.Values{"purpose": {"menus"}})
	if young.status != http.StatusUnprocessableEntity || !strings.Contains(young.text(), "if you are 16 or older") {
		t.Errorf("an age left open: %d %s", young.status, young.text())
	}
	token := o.Submit(optin.Submission{
		Slug: "table", Lang: "en", Purposes: []string{"menus"}, Shown: o.Shown("table", "en"), OfAge: true, Fields: map[string]string{"day": "2026-05-31"},
	})
	o.Confirm(token, person)
	if o.State(person, "menus") != consent.Given {
		t.Error("nothing was given")
	}
	found := o.record(person).text()
	if !strings.Contains(found, "For which day?") || !strings.Contains(found, "2026-05-31") || !strings.Contains(found, "I am at least 16.") {
		t.Errorf("the person's page lacks what was typed: %s", found)
	}
	if strings.Contains(o.log.String(), "2026-05-31") {
		t.Error("what was typed is in the log")
	}
	o.RunCheckpoints()
	if a := o.do("POST", "/admin/people/"+o.subject(person)+"/proof", url.Values{"audience": {"court"}}); a.status != http.StatusOK || a.header.Get("Content-Type") != "application/zip" {
		t.Errorf("no proof: %d", a.status)
	}
}

// One tap shows what would be lost, and a second throws it away.
func TestOneTapThrowsNoDraftAway(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	page := o.get(at)
	_, after, ok := strings.Cut(page.body, `<details class="a-discard">`)
	inside, _, _ := strings.Cut(after, "</details>")
	if !ok || strings.Contains(strings.Replace(page.body, inside, "", 1), `value="discard"`) {
		t.Fatalf("the draft can be thrown away without being asked: %s", inside)
	}
	if !strings.Contains(inside, `<summary>Throw the draft away</summary>`) || !strings.Contains(inside, "cannot be brought back") || !strings.Contains(inside, `class="c-button c-button--stop" name="do" value="discard">`) {
		t.Errorf("%s", inside)
	}
	if a := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"discard"}}); a.status != http.StatusSeeOther || o.get(at).status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.text())
	}
}

func TestTwoEditorsOfADraft(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	old := o.revisionOf(at)
	if a := o.do("POST", at, url.Values{"revision": {old}, "do": {"save"}, "t.en.title": {"First"}}, "Accept", "application/json"); a.status != 200 || !strings.Contains(a.body, `"revision":2`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a := o.do("POST", at, url.Values{"revision": {old}, "do": {"save"}, "t.en.title": {"Second"}})
	if a.status != http.StatusConflict || !strings.Contains(a.body, `value="Second"`) || !strings.Contains(a.text(), "Somebody else has saved") {
		t.Errorf("the second is not told, or has lost what they typed: %d", a.status)
	}
	if a := o.do("POST", at, url.Values{"revision": {old}, "do": {"save"}}, "Accept", "application/json"); a.status != http.StatusConflict {
		t.Errorf("the script is not told: %d", a.status)
	}
	if a := o.do("POST", at, url.Values{"revision": {"2"}, "do": {"save"}, "t.en.title": {"Second"}}); a.status != http.StatusSeeOther {
		t.Errorf("who was told cannot save: %d", a.status)
	}
}

func TestWhatKeepsADraftFromBeingPublished(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	for _, tt := range []struct {
		name  string
		form  url.Values
		field string
	}{
		{"no headline", url.Values{"t.de.title": {""}}, "texts"},
		{"a taken address", url.Values{"slug": {apptest.Chat}}, "basics"},
		{"no address", url.Values{"slug": {"Ä b"}}, "basics"},
		{"a colour that is none", url.Values{"colour": {"red;}"}}, "look"},
		{"an age without a statement", url.Values{"min_age": {"18"}}, "fields"},
		{"a welcome without words", url.Values{"welcome": {"service"}}, "after"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := o.begin("newsletter")
			tt.form.Set("revision", o.revisionOf(at))
			tt.form.Set("do", "publish")
			a := o.do("POST", at, tt.form)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="`+tt.field+`-error"`) {
				t.Errorf("%d, want the fault in %s", a.status, tt.field)
			}
			for _, typed := range tt.form {
				if typed[0] != "" && typed[0] != "publish" && tt.field != "basics" && !strings.Contains(a.body, strings.ReplaceAll(typed[0], "&", "&amp;")) {
					t.Errorf("%q is lost", typed[0])
				}
			}
			o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"discard"}})
		})
	}
}

func TestPartsOfADraft(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	do := func(what string, more ...string) string {
		t.Helper()
		form := url.Values{"revision": {o.revisionOf(at)}, "do": {what}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		if a := o.do("POST", at, form); a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", what, a.status, a.text())
		}
		return o.do("GET", at, nil).body
	}
	if body := do("add-purpose"); !strings.Contains(body, `name="p.1.key"`) {
		t.Error("no purpose is added")
	}
	if body := do("remove-purpose:1"); strings.Contains(body, `name="p.1.key"`) {
		t.Error("no purpose is removed")
	}
	do("remove-purpose:99")
	if body := do("add-field"); !strings.Contains(body, `name="f.0.key"`) {
		t.Error("no field is added")
	}
	body := do("save", "f.0.key", "size", "f.0.kind", "choice", "f.0.required", "yes", "t.en.f.0.label", "Size")
	if !strings.Contains(body, `name="t.en.f.0.options"`) {
		t.Error("a list has no choices to write")
	}
	if body = do("save", "t.en.f.0.options", "Small\r\n\r\nLarge", "f.0.key", "size", "f.0.kind", "choice"); !strings.Contains(body, "Small\nLarge</textarea>") {
		t.Error("the choices are lost")
	}
	if body = do("add-language", "add_language", "fr"); !strings.Contains(body, `name="t.fr.title"`) {
		t.Error("no language is added")
	}
	if body = do("add-language", "add_language", `"><b>`); strings.Contains(body, "<b>") {
		t.Error("what is no language is added")
	}
	if body = do("remove-language:fr"); strings.Contains(body, `name="t.fr.title"`) {
		t.Error("no language is removed")
	}
}

func TestActsOnAFunnel(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/funnels/" + apptest.Chat
	if page := o.do("GET", at, nil); page.status != 200 || !strings.Contains(page.text(), "Version 1") {
		t.Fatalf("%d %s", page.status, page.text())
	}
	state := func() funnel.State { f, _, _ := o.Directory().Funnel(apptest.Chat); return f.State }
	act := func(form ...string) answer {
		v := url.Values{}
		for i := 0; i+1 < len(form); i += 2 {
			v.Set(form[i], form[i+1])
		}
		return o.do("POST", at, v)
	}
	act("do", "archive")
	if state() != funnel.Archived || o.do("GET", "/f/"+apptest.Chat, nil).status != http.StatusGone {
		t.Error("not archived")
	}
	act("do", "unarchive")
	if state() != funnel.Published {
		t.Error("not taken out of the archive")
	}
	if a := act("do", "defective", "reason", "wrong"); a.status != http.StatusUnprocessableEntity || state() != funnel.Published {
		t.Error("defective without being asked again")
	}
	if a := act("do", "defective", "sure", "yes"); a.status != http.StatusUnprocessableEntity {
		t.Error("defective without a reason")
	}
	act("do", "defective", "sure", "yes", "reason", "wrong price")
	if state() != funnel.Defective {
		t.Error("not defective")
	}
	if a := act("do", "nothing"); a.status != http.StatusBadRequest && a.status != http.StatusUnprocessableEntity {
		t.Errorf("an act of no name: %d", a.status)
	}
	if a := o.do("POST", at+"/entries", url.Values{"label": {""}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a way in without a label: %d", a.status)
	}
	if a := o.do("POST", at+"/entries", url.Values{"label": {"Shop window"}, "chat": {"yes"}}); a.status != http.StatusSeeOther || !strings.Contains(o.do("GET", at, nil).text(), "Shop window") {
		t.Errorf("no way in is added: %d", a.status)
	}
	if a := o.do("GET", "/admin/funnels/none", nil); a.status != http.StatusNotFound {
		t.Errorf("a funnel of no name: %d", a.status)
	}
}

// upload posts a file as a browser does.
func (o *office) upload(at, slot string, file []byte) answer {
	o.T.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("revision", o.revisionOf(at))
	_ = w.WriteField("slot", slot)
	part, _ := w.CreateFormFile("picture", "evil.svg.php")
	_, _ = part.Write(file)
	_ = w.Close()
	r, err := http.NewRequestWithContext(o.T.Context(), "POST", o.URL+at+"/picture", &b)
	if err != nil {
		o.T.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Origin", o.URL)
	res, err := o.client.Do(r)
	if err != nil {
		o.T.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		o.T.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(body)}
}

func TestPictures(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 900, 300))); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"an SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "nothing": nil, "half a PNG": b.Bytes()[:60]} {
		if a := o.upload(at, "logo", file); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	if a := o.upload(at, "hero", append(b.Bytes(), "<script>"...)); a.status != http.StatusSeeOther {
		t.Fatalf("%d", a.status)
	}
	o.publish(at, "/admin/funnels/news?published")
	page := o.do("GET", "/f/news", nil)
	m := regexp.MustCompile(`class="p-hero" src="([^"]+)" alt="" width="900" height="300"`).FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no picture on the page: %d", page.status)
	}
	got := o.do("GET", m[1], nil)
	if got.status != 200 || got.header.Get("Content-Type") != "image/jpeg" || got.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(got.header.Get("Cache-Control"), "immutable") || strings.Contains(got.body, "<script>") {
		t.Errorf("%d %v", got.status, got.header)
	}
	for _, other := range []string{"/static/upload/picture.000000000000.png", "/static/upload/x.svg", strings.Replace(m[1], ".jpg", ".png", 1)} {
		if a := o.do("GET", other, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", other, a.status)
		}
	}
}

var (
	tongue = regexp.MustCompile(`(?s)<label><input[^>]*name="in"[^>]*value="([^"]+)"([^>]*)>(.*?)</label>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
)

// tongues are the languages that the editor offers, each with what stands beside
// it, and the one that is chosen.
func (a answer) tongues() (chosen string, said map[string]string) {
	said = map[string]string{}
	for _, m := range tongue.FindAllStringSubmatch(a.body, -1) {
		said[m[1]] = strings.Join(strings.Fields(tags.ReplaceAllString(m[3], " ")), " ")
		if strings.Contains(m[2], "checked") {
			chosen += m[1]
		}
	}
	return chosen, said
}

// The editor shows the texts of one language, and its form holds those of all:
// nothing that is typed is lost by looking at another. The preview is in the same
// language, and each language says what was found in it.
func TestOneLanguageAtATime(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	page := o.get(at)
	chosen, said := page.tongues()
	if chosen != "en" || len(said) != 3 || said["en"] == "" {
		t.Fatalf("%q is chosen of %v", chosen, said)
	}
	for _, must := range []string{`<div class="a-in" data-in="2"><div class="c-field"><label for="t-de-greeting">`, `src="` + at + `/preview/page?lang=en"`, `lang="ar" dir="auto"`} {
		if !strings.Contains(page.body, must) {
			t.Errorf("the editor lacks %s", must)
		}
	}
	for i, lang := range []string{"en", "de", "ar"} { // in the order of the version
		if name := `name="t.` + lang + `.title"`; !strings.Contains(page.body, name) {
			t.Errorf("the form lacks %s", name)
		}
		if !strings.Contains(page.body, `id="in-`+string(rune('0'+i))+`"`) {
			t.Errorf("there is no place %d", i)
		}
	}
	saved := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"save"}, "in": {"de"}, "t.en.title": {"Typed before"}, "t.de.title": {"Danach getippt"}})
	if to := saved.header.Get("Location"); to != at+"?in=de&open=texts" {
		t.Fatalf("saving leads to %s", to)
	}
	page = o.get(at + "?in=de")
	if chosen, _ = page.tongues(); chosen != "de" || !strings.Contains(page.body, `src="`+at+`/preview/page?lang=de"`) || !strings.Contains(page.body, `value="Typed before"`) || !strings.Contains(page.body, `value="Danach getippt"`) {
		t.Errorf("%q is chosen, or something is lost", chosen)
	}
	if chosen, _ = o.get(at + "?in=xx").tongues(); chosen != "en" {
		t.Errorf("a language that it does not speak chooses %q", chosen)
	}
	// a language that was added is what the main one says, and says so
	added := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"add-language"}, "in": {"de"}, "add_language": {"fr"}})
	if to := added.header.Get("Location"); to != at+"?in=fr&open=languages#part-languages" {
		t.Errorf("adding leads to %s", to)
	}
	page = o.get(at + "?in=fr")
	if chosen, said = page.tongues(); chosen != "fr" || !strings.Contains(said["fr"], "Warning:") {
		t.Errorf("%q is chosen of %v", chosen, said)
	}
	if !strings.Contains(page.body, `<ul class="a-notes" id="t-fr-intro-notes"`) || !strings.Contains(page.text(), "The text is the same as in en: it was not translated.") {
		t.Error("nothing says that it was not translated")
	}
	if gone := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"remove-language:fr"}, "in": {"fr"}}); gone.header.Get("Location") != at+"?open=languages#part-languages" {
		t.Errorf("removing leads to %s", gone.header.Get("Location"))
	}
	// what keeps it from being published is shown, in whatever language it stands
	refused := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"publish"}, "in": {"en"}, "t.ar.greeting": {""}})
	chosen, said = refused.tongues()
	if refused.status != http.StatusUnprocessableEntity || chosen != "ar" || !strings.Contains(said["ar"], "Stops publishing:") {
		t.Errorf("%d: %q is chosen of %v", refused.status, chosen, said)
	}
}

// Each funnel to begin with is shown as people would meet it, with the business's
// own name; nothing can be sent from the picture.
func TestStartersAreSeen(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	page := o.get("/admin/funnels/new")
	if !strings.Contains(page.header.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Error("the page cannot show its pictures")
	}
	for name, says := range map[string]string{"newsletter": "News from", "orders": "Your order on WhatsApp", "event": "<svg"} {
		at := "/admin/funnels/new/" + name
		if !strings.Contains(page.body, `<iframe src="`+at+`"`) || !strings.Contains(page.body, `name="starter" value="`+name+`"`) {
			t.Errorf("%s is not offered with its picture", name)
		}
		a := o.get(at)
		policy := a.header.Get("Content-Security-Policy")
		if a.status != http.StatusOK || !strings.Contains(a.body, says) || !strings.Contains(policy, "frame-ancestors 'self'") || !strings.Contains(policy, "form-action 'none'") {
			t.Errorf("%s: %d %s", name, a.status, policy)
		}
	}
	if a := o.do("GET", "/admin/funnels/new/none", nil); a.status != http.StatusNotFound {
		t.Errorf("a funnel of no name: %d", a.status)
	}
}
