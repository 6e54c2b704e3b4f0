package public_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/records"
	"assent/static"
	"assent/web/public"
)

const (
	shop     = "https://shop.example"
	stranger = "https://stranger.example"
	jsonType = "application/json"
)

// allow lets forms of the funnel stand on the shop.
func (s *site) allow(slug string, origins ...string) {
	s.T.Helper()
	if err := s.Manage.AllowOrigins(s.T.Context(), s.Business, slug, origins, "mia"); err != nil {
		s.T.Fatal(err)
	}
}

// postJSON posts a form as the script does.
func (s *site) postJSON(slug, body string, headers ...string) answer {
	s.T.Helper()
	return s.do("POST", "/embed/"+slug, body, append([]string{"Origin", shop, "Content-Type", jsonType}, headers...)...)
}

// The journey of the script: the form, the post, the step, the state; and what
// is kept of it.
func TestEmbed(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.allow(apptest.Chat, shop)
	form := s.get("/embed/"+apptest.Chat+"/form?lang=de", "Origin", shop)
	if form.status != 200 || form.header.Get("Access-Control-Allow-Origin") != shop || form.header.Get("Cross-Origin-Resource-Policy") != "same-origin" || !strings.Contains(strings.Join(form.header.Values("Vary"), ","), "Origin") {
		t.Fatalf("%d %v", form.status, form.header)
	}
	for _, bad := range []string{"<script", " style=", "<html", "onclick", "<img"} {
		if strings.Contains(form.body, bad) {
			t.Errorf("the form holds %q", bad)
		}
	}
	for _, must := range []string{`lang="de"`, `class="e-root"`, static.URL("css/embed.css"), `action="` + apptest.BaseURL + "/f/" + apptest.Chat} {
		if !strings.Contains(form.body, must) {
			t.Errorf("the form lacks %q", must)
		}
	}
	field := s.shownOn(form)
	shown, ok := funnel.OpenShown(s.Manage.Installation().Secrets.Shown, field)
	entry, found := s.Directory().EntryByID(shown.Entry)
	if !ok || !found || entry.Kind != funnel.EntryEmbed {
		t.Fatalf("the field says %+v", shown)
	}
	kept := s.kept(shown.Page)
	if kept.Kind != evidence.ShownForm || string(kept.Body) != regexp.MustCompile(`<input type="hidden" name="shown"[^>]*> ?`).ReplaceAllString(form.body, "") {
		t.Errorf("kept as a %s: %s", kept.Kind, kept.Body)
	}
	sheet, _ := static.Lookup(static.URL("css/embed.css"))
	if s.kept(funnel.NewDocument("", "", sheet.Body).SHA256).Kind != funnel.KindAsset {
		t.Error("the sheet is not kept")
	}

	a := s.postJSON(apptest.Chat, `{"purpose":["`+apptest.Offers+`"],"shown":"`+field+`"}`)
	var made struct{ Request string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != 201 || a.header.Get("Access-Control-Allow-Origin") != shop || a.header.Get("Set-Cookie") != "" {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	at := "/r/" + made.Request
	step := s.get(at+"/step", "Origin", shop)
	if step.status != 200 || step.header.Get("Access-Control-Allow-Origin") != shop || !strings.Contains(step.body, `data-request="requested"`) || !strings.Contains(step.body, "<svg") || !strings.Contains(step.body, `target="_blank"`) || strings.Contains(step.body, " style=") || step.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the step: %d %v %s", step.status, step.header, step.body)
	}
	for _, origin := range []string{stranger, "null", ""} {
		for _, path := range []string{at, at + "/step", at + "/state"} {
			if got := s.get(path, "Origin", origin).header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s may be read by %q: %s", path, origin, got)
			}
		}
	}
	if got := s.get(at+"/state", "Origin", shop); got.header.Get("Access-Control-Allow-Origin") != shop {
		t.Error("the state cannot be read")
	}
	if got := s.post(at+"/code", nil, "Origin", shop); got.status != 303 || got.header.Get("Access-Control-Allow-Origin") != shop {
		t.Errorf("a new code: %d", got.status)
	}
	_, after, _ := strings.Cut(s.get(at).body, `/sim/chat?`)
	link, _, _ := strings.Cut(after, `"`)
	q, _ := url.ParseQuery(strings.ReplaceAll(link, "&amp;", "&"))
	s.Say(person, q.Get("text"))
	if s.State(person, apptest.Offers) != consent.Given {
		t.Error("nothing was given")
	}
	if done := s.get(at+"/step", "Origin", shop); !strings.Contains(done.body, "data-confirmed") || !strings.Contains(done.body, `data-request="confirmed"`) {
		t.Errorf("the step says %s", done.text())
	}
	s.audited()
	s.nothingPersonal(at)
}

// audited checks that the audit has nothing to say.
func (s *site) audited() {
	s.T.Helper()
	if _, err := s.Manage.SignCheckpoint(s.T.Context()); err != nil {
		s.T.Fatal(err)
	}
	report, err := s.Records.Audit(s.T.Context(), records.AuditOptions{})
	if err != nil || report.ExitCode() != 0 {
		s.T.Errorf("the audit: %v %+v", err, report)
	}
}

func TestEmbedRefuses(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.allow(apptest.Chat, shop)
	s.allow(apptest.Numbered, shop)
	good := `{"purpose":["` + apptest.Offers + `"]}`
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"a site that is not allowed", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", stranger, "Content-Type", jsonType}, 403},
		{"no origin", "POST", "/embed/" + apptest.Chat, good, []string{"Content-Type", jsonType}, 403},
		{"an opaque origin", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", "null", "Content-Type", jsonType}, 403},
		{"an opaque origin here", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", "null", "Sec-Fetch-Site", "same-origin", "Content-Type", jsonType}, 403},
		{"the start of an origin", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", shop + ".evil.example", "Content-Type", jsonType}, 403},
		{"another scheme", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", "http://shop.example", "Content-Type", jsonType}, 403},
		{"another port", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", shop + ":444", "Content-Type", jsonType}, 403},
		{"a form", "POST", "/embed/" + apptest.Chat, "purpose=offers", []string{"Origin", shop, "Content-Type", formType}, 415},
		{"text", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", shop, "Content-Type", "text/plain"}, 415},
		{"no type", "POST", "/embed/" + apptest.Chat, good, []string{"Origin", shop}, 415},
		{"no JSON", "POST", "/embed/" + apptest.Chat, "{", []string{"Origin", shop, "Content-Type", jsonType}, 400},
		{"much", "POST", "/embed/" + apptest.Chat, `{"a":"` + strings.Repeat("x", public.MaxForm) + `"}`, []string{"Origin", shop, "Content-Type", jsonType}, 413},
		{"no funnel", "POST", "/embed/none", good, []string{"Origin", shop, "Content-Type", jsonType}, 404},
		{"a funnel that is nowhere", "POST", "/embed/" + apptest.Asking, good, []string{"Origin", shop, "Content-Type", jsonType}, 403},
		{"nothing ticked", "POST", "/embed/" + apptest.Chat, `{}`, []string{"Origin", shop, "Content-Type", jsonType}, 422},
		{"the form elsewhere", "GET", "/embed/" + apptest.Chat + "/form", "", []string{"Origin", stranger}, 403},
		{"the form of an opaque origin", "GET", "/embed/" + apptest.Chat + "/form", "", []string{"Origin", "null"}, 403},
		{"the form of a funnel that is nowhere", "GET", "/embed/" + apptest.Asking + "/form", "", nil, 403},
		{"the form of no funnel", "GET", "/embed/none/form", "", []string{"Origin", shop}, 404},
		{"asking elsewhere", "OPTIONS", "/embed/" + apptest.Chat, "", []string{"Origin", stranger, "Access-Control-Request-Method", "POST"}, 403},
		{"asking for another method", "OPTIONS", "/embed/" + apptest.Chat, "", []string{"Origin", shop, "Access-Control-Request-Method", "DELETE"}, 403},
		{"asking of no funnel", "OPTIONS", "/embed/none", "", []string{"Origin", shop, "Access-Control-Request-Method", "POST"}, 404},
	} {
		a := s.do(tt.method, tt.path, tt.body, tt.headers...)
		if a.status != tt.status || a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s %s", tt.name, a.status, a.header.Get("Content-Type"), a.body)
		}
		if got := a.header.Get("Access-Control-Allow-Origin"); tt.status == 403 && got != "" && tt.method != "GET" {
			t.Errorf("%s: may be read by %s", tt.name, got)
		}
	}
	if a := s.do("OPTIONS", "/embed/"+apptest.Chat, "", "Origin", shop, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"); a.status != 204 ||
		a.header.Get("Access-Control-Allow-Origin") != shop || a.header.Get("Access-Control-Allow-Methods") != "POST" || a.header.Get("Access-Control-Allow-Headers") != "content-type" || a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("asking as it should be: %d %v", a.status, a.header)
	}
	if got := s.get("/embed/"+apptest.Chat+"/form", "Origin", apptest.BaseURL); got.status != 200 {
		t.Errorf("our own pages: %d", got.status)
	}
}

func TestEmbedTellsProblemsByField(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.allow(apptest.Numbered, shop)
	a := s.postJSON(apptest.Numbered, `{"purpose":"`+apptest.Offers+`","phone":"0170 12","country":"DE","lang":"de"}`)
	var p struct {
		Detail string
		Errors []struct{ Field, Detail string }
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Field != "phone" || !strings.Contains(p.Errors[0].Detail, "zu wenige Ziffern") || strings.Contains(a.body, "0170") {
		t.Errorf("%d %s", a.status, a.body)
	}
	known := s.postJSON(apptest.Numbered, `{"purpose":"`+apptest.Offers+`","phone":"`+person+`"}`)
	s.OptIn(person, apptest.Offers)
	again := s.postJSON(apptest.Numbered, `{"purpose":"`+apptest.Offers+`","phone":"`+person+`"}`)
	if known.status != 201 || again.status != 201 || len(known.body) != len(again.body) {
		t.Errorf("the answer tells whether a number is known: %d %d", known.status, again.status)
	}
}

// A frame: only the funnel's sites, and the whole way through it.
func TestEmbedFrame(t *testing.T) {
	s := newSite(t, public.Limit{})
	if a := s.get("/embed/" + apptest.Chat); a.status != 403 || !strings.HasSuffix(a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("before any site is allowed: %d", a.status)
	}
	s.allow(apptest.Chat, shop, "https://www.shop.example")
	const ancestors = "frame-ancestors https://shop.example https://www.shop.example"
	framed := func(a answer) {
		t.Helper()
		if !strings.HasSuffix(a.header.Get("Content-Security-Policy"), ancestors) || a.header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("%d: %s", a.status, a.header.Get("Content-Security-Policy"))
		}
	}
	page := s.get("/embed/" + apptest.Chat)
	framed(page)
	if strings.Contains(page.body, "<footer") || strings.Contains(page.body, "p-head") || !strings.Contains(page.body, "js/frame.") {
		t.Error("the frame is a whole page")
	}
	shown, _ := funnel.OpenShown(s.Manage.Installation().Secrets.Shown, s.shownOn(page))
	if s.kept(shown.Page).Kind != evidence.ShownForm {
		t.Errorf("kept as a %s", s.kept(shown.Page).Kind)
	}
	wrong := s.post("/f/"+apptest.Chat+"?lang=en&frame=1", form("shown", s.shownOn(page)))
	framed(wrong)
	if wrong.status != 422 || strings.Contains(wrong.body, "<footer") {
		t.Errorf("an error: %d", wrong.status)
	}
	a := s.post("/f/"+apptest.Chat+"?lang=en&frame=1", form("shown", s.shownOn(wrong), "purpose", apptest.Offers))
	at := a.header.Get("Location")
	if a.status != 303 || !strings.HasSuffix(at, "?frame=1") {
		t.Fatalf("%d %s", a.status, at)
	}
	confirm := s.get(at)
	framed(confirm)
	if strings.Contains(confirm.body, "<footer") || !strings.Contains(confirm.body, `target="_top"`) || !strings.Contains(confirm.body, `/code?frame=1"`) {
		t.Error("the confirm page leaves the frame")
	}
	if got := s.post(strings.TrimSuffix(at, "?frame=1")+"/code?frame=1", nil).header.Get("Location"); got != at {
		t.Errorf("a new code leads to %s", got)
	}
	if whole := s.get("/f/" + apptest.Chat); !strings.HasSuffix(whole.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("the landing page itself can be framed")
	}
	_, text := s.chatLink(confirm)
	s.Say(person, text)
	s.audited()
	s.allow(apptest.Chat)
	if a := s.get("/embed/" + apptest.Chat); !strings.HasSuffix(a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error("sites that were taken away can frame it")
	}
}

// A page cannot be passed off as a form on another site, nor the other way.
func TestEmbedEntryIsProven(t *testing.T) {
	s := newSite(t, public.Limit{})
	s.allow(apptest.Chat, shop)
	f, _, _ := s.Directory().Funnel(apptest.Chat)
	entry, _ := s.Directory().EntryOfKind(f.ID, funnel.EntryEmbed)
	page := s.get("/f/" + apptest.Chat + "?e=" + entry.Code)
	if shown, _ := funnel.OpenShown(s.Manage.Installation().Secrets.Shown, s.shownOn(page)); shown.Entry != "" {
		t.Error("a page says that it is a form on another site")
	}
	a := s.post("/f/"+apptest.Chat, form("shown", s.shownOn(page), "purpose", apptest.Offers, "e", entry.Code))
	_, text := s.chatLink(s.get(a.header.Get("Location")))
	s.Say(person, text)
	s.audited()
}

func TestEmbedLimits(t *testing.T) {
	s := newSite(t, public.Limit{PerMinute: 12, Loopback: true})
	s.allow(apptest.Chat, shop)
	status := 0
	for range 5 {
		status = s.postJSON(apptest.Chat, `{"purpose":"offers"}`).status
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("the fifth post: %d", status)
	}
}

func TestEmbedScript(t *testing.T) {
	s := newSite(t, public.Limit{})
	for v, script := range static.Embeds() {
		a := s.get(script.URL, "Accept-Encoding", "identity")
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=31536000, immutable", "Content-Type": "text/javascript; charset=utf-8", "Content-Encoding": "",
		} {
			if a.header.Get(name) != want {
				t.Errorf("version %d: %s is %q", v, name, a.header.Get(name))
			}
		}
		if a.status != 200 || a.body != string(script.Body) {
			t.Errorf("version %d: %d", v, a.status)
		}
		if z := s.get(script.URL, "Accept-Encoding", "gzip"); z.header.Get("Content-Encoding") != "gzip" || z.body != string(script.Gzip) {
			t.Errorf("version %d goes out uncompressed", v)
		}
	}
}

// A form that a script placed can do the proof of work that its funnel asks for: an
// allowed site reads the challenge, others do not, and what the script sends is
// believed.
func TestProofOfWorkOfAPlacedForm(t *testing.T) {
	s := working(t)
	s.allow(apptest.Asking, shop)
	form := s.get("/embed/"+apptest.Asking+"/form", "Origin", shop)
	at := "/f/" + apptest.Asking + "/challenge"
	if !strings.Contains(form.body, `data-challenge="`+at+`"`) || !strings.Contains(form.text(), "small calculation") || strings.Contains(form.body, "<script") {
		t.Fatalf("the form does not ask for work, or brings a script: %s", form.body)
	}
	for origin, want := range map[string]string{shop: shop, stranger: ""} {
		a := s.get(at, "Origin", origin)
		if a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != want || !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: %d %v", origin, a.status, a.header)
		}
	}
	for i, proof := range []string{s.solved(apptest.Asking), ""} {
		body, _ := json.Marshal(map[string][]string{"purpose": {apptest.Offers}, "phone": {somebody(i)}, "shown": {s.shownOn(form)}, "altcha": {proof}})
		a := s.postJSON(apptest.Asking, string(body))
		if a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
		s.Settle()
		if sent := len(s.Received(somebody(i))); (sent == 1) != (proof != "") {
			t.Errorf("%d messages with the proof %.10q", sent, proof)
		}
	}
}
