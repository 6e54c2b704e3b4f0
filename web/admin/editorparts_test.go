package admin_test

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assent/business"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/manage"
)

// A funnel of a business without a number is not published; what says so leads to
// connecting one, and stands once.
func TestPublishingWithoutANumberLeadsToConnectingOne(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	if err := o.Numbers.EndSender(t.Context(), o.Business, o.Sender, true, "rosa"); err != nil {
		t.Fatal(err)
	}
	at := o.begin("newsletter")
	page := o.get(at)
	if n := strings.Count(page.text(), "The business has no WhatsApp number"); n != 1 || !strings.Contains(page.body, `href="/admin/senders/new"><bdi>Connect a number</bdi>`) || !strings.Contains(page.text(), "WhatsApp click to chat") {
		t.Errorf("the editor says so %d times: %s", n, page.text())
	}
	a := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"publish"}})
	if n := strings.Count(a.text(), "The business has no WhatsApp number"); a.status != http.StatusUnprocessableEntity || n != 1 || !strings.Contains(a.body, `<li><a href="/admin/senders/new">`) || strings.Contains(a.body, `href="#"`) {
		t.Errorf("published: %d, said %d times: %s", a.status, n, a.text())
	}
	if a := o.get(at + "?lang=de"); !strings.Contains(a.text(), "keine WhatsApp-Nummer") {
		t.Errorf("in German: %s", a.text())
	}
}

var (
	part = regexp.MustCompile(`<details class="a-part" id="part-([a-z]+)"( open)?>`)
	kept = regexp.MustCompile(`name="open" value="([^"]*)"`)
)

// open names the parts of the editor that are open.
func (a answer) open() (list []string) {
	for _, m := range part.FindAllStringSubmatch(a.body, -1) {
		if m[2] != "" {
			list = append(list, m[1])
		}
	}
	return list
}

// What was worked on comes back open, after any number of saves and without a
// script; the first two parts always do.
func TestPartsThatWereWorkedOnStayOpen(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	first := o.get(at).open()
	if len(first) < 2 || slices.Contains(first, "look") || slices.Contains(first, "basics") || slices.Contains(first, "languages") {
		t.Fatalf("at first: %v", first)
	}
	save := func(do, open string, more ...string) (to string, page answer) {
		t.Helper()
		form := url.Values{"revision": {o.revisionOf(at)}, "do": {do}, "open": {open}, "countries": {"DE AT"}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		a := o.do("POST", at, form)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, a.text())
		}
		to = a.header.Get("Location")
		return to, o.get(to)
	}
	_, page := save("save", "")
	if got := page.open(); !slices.Contains(got, "languages") || slices.Contains(got, "look") {
		t.Errorf("the countries were worked on: %v", got)
	}
	open := kept.FindStringSubmatch(page.body)[1]
	_, page = save("save", open, "radius", "round")
	if got := page.open(); !slices.Contains(got, "languages") || !slices.Contains(got, "look") || slices.Contains(got, "basics") {
		t.Errorf("then the look: %v", got)
	}
	to, page := save("add-field", kept.FindStringSubmatch(page.body)[1], "radius", "round")
	if got := page.open(); !strings.HasSuffix(to, "#part-fields") || !slices.Contains(got, "look") {
		t.Errorf("then another field: %s %v", to, got)
	}
	if got := o.get(at + "?open=basics+nothing").open(); !slices.Contains(got, "basics") || slices.Contains(got, "look") {
		t.Errorf("names that there are, and that there are not: %v", got)
	}
}

// Logo and picture stand with colour, corners and typeface; where one is refused,
// it says so there.
func TestPicturesStandWithTheLook(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	look := func(a answer) string {
		_, rest, _ := strings.Cut(a.body, `id="part-look"`)
		part, _, _ := strings.Cut(rest, "</details>")
		return part
	}
	for _, must := range []string{`name="colour"`, `name="radius"`, `name="font"`, `id="file-logo"`, `form="send-logo"`, `id="file-hero"`} {
		if !strings.Contains(look(o.get(at)), must) {
			t.Errorf("the part lacks %s", must)
		}
	}
	if a := o.upload(at, "logo", []byte("no picture")); !slices.Contains(a.open(), "look") || !strings.Contains(look(a), `id="file-logo-error"`) {
		t.Errorf("%v", a.open())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 90, 30))); err != nil {
		t.Fatal(err)
	}
	a := o.upload(at, "logo", b.Bytes())
	if to := a.header.Get("Location"); !strings.HasSuffix(to, "#pictures") || !slices.Contains(o.get(to).open(), "look") || !strings.Contains(look(o.get(to)), `<img src="/static/upload/picture.`) {
		t.Errorf("%d %s", a.status, to)
	}
}

// What is mended on the business's page leads to its field there, and stands once,
// at no part of the editor; what is found at several places is listed once.
func TestFindingsLeadToWhereTheyAreMended(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	_, err := o.Manage.AddBusiness(t.Context(), business.Business{Slug: "neu", LegalName: "Neu GmbH", BrandName: "Neu", NoticeURL: "http://neu.example/privacy", Language: "en", BareStop: business.StopAll})
	if err != nil {
		t.Fatal(err)
	}
	o.get("/admin/consents?business=neu")
	at := o.begin("agency")
	page := o.get(at)
	for field, said := range map[string]string{
		"address": "The postal address of the business is missing.", "contact": "There is no way to reach the business.", "notice_url": "The address of the privacy notice is not encrypted.",
	} {
		if n := strings.Count(page.text(), said); n != 1 || !strings.Contains(page.body, `href="/admin/business#`+field+`"`) {
			t.Errorf("%s: said %d times", field, n)
		}
		if !strings.Contains(o.get("/admin/business").body, `id="`+field+`"`) {
			t.Errorf("the business's page has no field %s", field)
		}
	}
	if strings.Contains(page.body, `href="#"`) {
		t.Error("something leads nowhere")
	}
	// it names no countries: what only some want stands apart, each once, with all its places
	apart := page.between(`<details class="a-abroad">`, `<div class="a-editor">`)
	if !strings.Contains(apart, "Only for people from some countries") || !strings.Contains(apart, "Choose the countries") {
		t.Errorf("nothing stands apart: %s", apart)
	}
	if n := strings.Count(apart, "The words do not say where to complain."); n != 1 || strings.Count(page.between(`<details class="a-found">`, `<details class="a-abroad">`), "where to complain") != 0 {
		t.Errorf("one finding at six places is listed %d times", n)
	}
	_, list, _ := strings.Cut(page.body, `<details class="a-abroad">`)
	list, _, _ = strings.Cut(list, `<div class="a-editor">`)
	for _, place := range []string{"t-en-p-0-complaint", "t-en-p-1-complaint", "t-de-p-0-complaint", "t-ar-p-1-complaint"} {
		if !strings.Contains(list, `href="#`+place+`"`) {
			t.Errorf("the list does not lead to %s", place)
		}
	}
	if a := o.do("POST", at, url.Values{"revision": {o.revisionOf(at)}, "do": {"save"}, "countries": {"GB"}}); a.status != http.StatusSeeOther || strings.Contains(o.get(at).body, "a-abroad") {
		t.Errorf("with countries: %d", a.status)
	}
}

// The page for a funnel's own sites leads back to the funnel and to the guides, and
// says which line is no site, and why.
func TestEmbedPage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/funnels/" + apptest.Chat + "/embed"
	page := o.get(at)
	for _, must := range []string{`<a href="/admin/funnels/` + apptest.Chat + `">Back to the funnel</a>`, `href="/admin/guides/embed"`} {
		if !strings.Contains(page.body, must) {
			t.Errorf("it lacks %s", must)
		}
	}
	if n := strings.Count(page.text(), "Most sites: this one"); n != 1 || strings.Index(page.text(), "Most sites") > strings.Index(page.text(), "The form as an element") {
		t.Errorf("%d ways are the usual one", n)
	}
	if a := o.get("/admin/guides/embed"); a.status != 200 || !strings.Contains(a.text(), "WordPress") || !strings.Contains(a.body, "<table>") || strings.Contains(a.body, "<script src=\"https://HOST") {
		t.Errorf("the guide: %d", a.status)
	}
	for lang, words := range map[string]string{"de": "Rechennachweis", "ar": "إثبات العمل"} {
		a := o.get("/admin/guides/embed?lang=" + lang)
		if a.status != 200 || !strings.Contains(a.text(), words) || !strings.Contains(a.body, `class="a-guide" lang="`+lang+`"`) || strings.Contains(a.body, "<script src=\"https://HOST") {
			t.Errorf("the guides in %s: %d", lang, a.status)
		}
	}
	for _, name := range []string{"rules", "..%2Fembed", "embed.md", "embed.de"} {
		if a := o.get("/admin/guides/" + name); a.status != 404 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	for lang, want := range map[string]string{
		"en": "Line 2, \u2066www.shop.example\u2069: The https:// at its beginning is missing.", "de": "Zeile 2, \u2066www.shop.example\u2069: Am Anfang fehlt https://.", "ar": "السطر 2، \u2066www.shop.example\u2069: ينقص https:// في أوله.",
	} {
		a := o.do("POST", at+"?lang="+lang, url.Values{"origins": {"https://shop.example\nwww.shop.example"}})
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.text(), want) || !strings.Contains(a.body, `id="origins-error"`) || !strings.Contains(a.body, "https://shop.example\nwww.shop.example</textarea>") {
			t.Errorf("%s: %d %s", lang, a.status, a.text())
		}
	}
	if a := o.do("POST", at+"?lang=en", url.Values{"origins": {"https://shop.example/de"}}); !strings.Contains(a.text(), "Leave out what stands behind the name") {
		t.Errorf("%s", a.text())
	}
}

var (
	summary = regexp.MustCompile(`(?s)<div class="c-flash c-flash--stop" role="alert".*?</div>`)
	leadsTo = regexp.MustCompile(`<a href="#([^"]+)">([^<]+)</a>`)
)

// Whatever a funnel to begin with asks, each error of its form stands above, as a
// link to the field, and once more at the field, which names it.
func TestErrorsStandAtTheFieldsOfEachStarter(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	for _, name := range manage.Starters {
		d, err := o.Manage.StartDraft(t.Context(), o.Business, name, "rosa")
		if err != nil {
			t.Fatal(err)
		}
		v := &d.Version
		v.Slug, v.NumberField, v.NameField, v.MinAge = "wrong-"+name, funnel.NumberRequired, true, 18
		for lang, adult := range map[string]string{"en": "I am 18 or older.", "de": "Ich bin mindestens 18 Jahre alt.", "ar": "عمري 18 عامًا أو أكثر."} {
			text := v.Texts[lang]
			text.Age = adult
			v.Texts[lang] = text
		}
		if d, err = o.Manage.SaveDraft(t.Context(), d, "rosa"); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Manage.PublishDraft(t.Context(), o.Business, d.ID, d.Revision, "rosa"); err != nil {
			t.Fatal(err)
		}
		wrong := url.Values{"phone": {"12"}, "country": {"DE"}, "name": {strings.Repeat("x", 200)}}
		want := []string{"purpose", "phone", "name"}
		for _, f := range v.Fields {
			wrong.Set(f.Key, strings.Repeat("no such thing ", 100))
			want = append(want, "field-"+f.Key)
		}
		want = append(want, "age")
		a := o.do("POST", "/f/"+v.Slug, wrong)
		var got []string
		for _, m := range leadsTo.FindAllStringSubmatch(summary.FindString(a.body), -1) {
			id, said := m[1], m[2]
			got = append(got, id)
			at := strings.Index(a.body, `id="`+id+`-error"`)
			control := regexp.MustCompile(`(?s)<(?:input|select|fieldset)[^>]* id="` + id + `"[^>]*aria-describedby="(?:[a-z-]+ )?` + id + `-error"`).FindStringIndex(a.body)
			if at < 0 || control == nil || !strings.Contains(a.body[at:], said) {
				t.Errorf("%s: the error of %s does not stand at its field", name, id)
				continue
			}
			// nothing else that is filled in stands between the two
			between := a.body[min(at, control[0]):max(at, control[0])]
			if id != "purpose" && strings.Count(between, "<input")+strings.Count(between, "<select") > 0 {
				t.Errorf("%s: something stands between %s and its error", name, id)
			}
		}
		if a.status != http.StatusUnprocessableEntity || !slices.Equal(got, want) {
			t.Errorf("%s: %d %v, want %v", name, a.status, got, want)
		}
	}
}

// A preview in another language left the whole administration in it.
func TestPreviewChoosesNoLanguage(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := o.begin("newsletter")
	for _, headers := range [][]string{{"Sec-Fetch-Dest", "iframe"}, nil} {
		if a := o.get(at+"/preview/page?lang=de", headers...); a.status != 200 || strings.Contains(a.header.Get("Set-Cookie"), "assent-language") {
			t.Errorf("with %v: %d, %q", headers, a.status, a.header.Get("Set-Cookie"))
		}
	}
	if a := o.get("/admin/funnels?lang=de", "Sec-Fetch-Dest", "document"); !strings.Contains(a.header.Get("Set-Cookie"), "assent-language=de") {
		t.Errorf("a choice is not kept: %q", a.header.Get("Set-Cookie"))
	}
}
