package public_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/funnel"
	"assent/internal/apptest"
	"assent/locale"
	"assent/static"
	"assent/web/public"
)

func TestLandingPage(t *testing.T) {
	s := newSite(t, public.Limit{})
	page := s.get("/f/" + apptest.Chat)
	if page.status != http.StatusOK {
		t.Fatalf("%d %s", page.status, page.text())
	}
	for _, must := range []string{
		"Fresh news from Sonnentor", "Yes, send me offers on WhatsApp, at most four a month.", "Yes, tell me on WhatsApp where my orders are.",
		"Sonnentor Naturkost GmbH", "Hauptstraße 1, 10115 Berlin", "hallo@sonnentor.example",
	} {
		if !strings.Contains(page.text(), must) {
			t.Errorf("the page lacks %q", must)
		}
	}
	if strings.Contains(page.body, " checked") || strings.Contains(page.body, `name="phone"`) || strings.Contains(page.body, "<script>") || strings.Contains(page.body, " style=") {
		t.Error("a ticked box, a field for the number, or something inline")
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Vary": "Accept-Encoding, Accept-Language",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if page.header.Get("Set-Cookie") != "" {
		t.Error("a cookie on a public page")
	}
}

// What the page claims is in the database before it is claimed: its own bytes,
// and those of every file that it names.
func TestWhatIsShownIsKept(t *testing.T) {
	s := newSite(t, public.Limit{})
	page := s.get("/f/" + apptest.Chat + "?lang=de")
	shown, ok := funnel.OpenShown(s.Manage.Installation().Secrets.Shown, s.shownOn(page))
	if !ok {
		t.Fatal("the field shown is not ours")
	}
	_, v, _ := s.Directory().Funnel(apptest.Chat)
	if shown.Version != v.ID || shown.Lang != "de" || shown.Notice != v.Notices["de"].SHA256 || !shown.At.Equal(s.Clock.Now()) {
		t.Errorf("shown says %+v", shown)
	}
	d := s.kept(shown.Page)
	if d.Kind != "page" || strings.Replace(page.body, hidden(s.shownOn(page)), "", 1) != string(d.Body) {
		t.Errorf("kept as %s:\n%s\nserved:\n%s", d.Kind, d.Body, page.body)
	}
	files := static.Named(d.Body)
	if len(files) < 4 {
		t.Fatalf("the page names %d files", len(files))
	}
	for _, f := range files {
		if kept := s.kept(funnel.NewDocument("", "", f.Body).SHA256); kept.Kind != "asset" || kept.ContentType != f.Type {
			t.Errorf("%s is kept as %q %q", f.Name, kept.Kind, kept.ContentType)
		}
	}
}

func hidden(shown string) string { return `<input type="hidden" name="shown" value="` + shown + `"> ` }

func TestLanguages(t *testing.T) {
	s := newSite(t, public.Limit{})
	for _, tt := range []struct{ name, query, accept, lang, says string }{
		{"nothing said", "", "", "en", "Fresh news"},
		{"asked for", "?lang=de", "ar", "de", "Frisches von Sonnentor"},
		{"by the browser", "", "fr;q=0.9, ar-EG;q=0.8, en;q=0.1", "ar", "جديد زوننتور"},
		{"a dialect", "", "de-AT", "de", "Frisches"},
		{"not spoken", "?lang=fr", "ja", "en", "Fresh news"},
		{"not spoken, but the browser's is", "?lang=fr", "de", "de", "Frisches"},
		{"no language at all", "?lang=%22%3E%3Cb%3E", ";;;=,", "en", "Fresh news"},
		{"far too long", "?lang=" + strings.Repeat("de-", 500), strings.Repeat("de,", 500), "en", "Fresh news"},
		{"given twice", "?lang=de&lang=ar", "", "de", "Frisches"},
	} {
		a := s.get("/f/"+apptest.Chat+tt.query, "Accept-Language", tt.accept)
		if a.status != 200 || !strings.Contains(a.body, `<html lang="`+tt.lang+`"`) || !strings.Contains(a.text(), tt.says) {
			t.Errorf("%s: %d, want %s", tt.name, a.status, tt.lang)
		}
	}
	if a := s.get("/f/" + apptest.Chat + "?lang=ar"); !strings.Contains(a.body, `dir="rtl"`) {
		t.Error("Arabic is not written from the right")
	}
}

func TestEntryPoint(t *testing.T) {
	s := newSite(t, public.Limit{})
	f, _, _ := s.Directory().Funnel(apptest.Chat)
	entry, err := s.Manage.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryLink, Code: "NEWS7", Label: "newsletter"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		query string
		known bool
	}{{"?e=NEWS7", true}, {"?e=news7&utm_source=x", true}, {"?e=" + apptest.PrintedCode, false}, {"?e=%22%3E", false}, {"", false}} {
		page := s.get("/f/" + apptest.Chat + tt.query)
		shown, _ := funnel.OpenShown(s.Manage.Installation().Secrets.Shown, s.shownOn(page))
		if (shown.Entry == entry.ID) != tt.known || strings.Contains(page.body, `name="e" value="NEWS7"`) != tt.known {
			t.Errorf("%s: entry point %q", tt.query, shown.Entry)
		}
	}
}

func TestFunnelsThatTakeNobody(t *testing.T) {
	s := newSite(t, public.Limit{})
	if err := s.Manage.SetFunnelState(t.Context(), apptest.Numbered, funnel.Archived); err != nil {
		t.Fatal(err)
	}
	if err := s.Manage.SetFunnelState(t.Context(), apptest.Asking, funnel.Defective); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path   string
		status int
		says   string
	}{
		{"/f/" + apptest.Numbered, 410, "Diese Anmeldung"}, {"/f/" + apptest.Asking, 410, "Sonnentor"}, {"/f/nothing", 404, ""},
		{"/f/" + strings.Repeat("a", 3000), 404, ""}, {"/f/%00%ff", 404, ""}, {"/f/..%2f..%2fetc", 404, ""},
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			a := s.do(method, tt.path, "purpose=offers", "Accept-Language", "de", "Content-Type", formType)
			if a.status != tt.status || method != "HEAD" && !strings.Contains(a.text(), tt.says) {
				t.Errorf("%s %.40s: %d %s", method, tt.path, a.status, a.text())
			}
			if method == "HEAD" && a.body != "" {
				t.Error("HEAD has a body")
			}
		}
	}
}

func TestCounting(t *testing.T) {
	s := newSite(t, public.Limit{})
	f, _, _ := s.Directory().Funnel(apptest.Chat)
	page, err := s.Manage.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryLink, Code: "NEWS7", Label: "newsletter"})
	if err != nil {
		t.Fatal(err)
	}
	counts := &counter{}
	h := public.New(public.Config{
		Optin: s.Optin, Manage: counts, Directory: s.Directory(), Installation: s.Manage.Installation(), Log: s.Log, Now: s.Clock.Now,
	})
	for _, tt := range []struct {
		name, method, header, value string
		counts                      bool
	}{
		{"a person", "GET", "User-Agent", "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG)", true},
		{"HEAD", "HEAD", "", "", false},
		{"prefetched", "GET", "Sec-Purpose", "prefetch;prerender", false},
		{"WhatsApp's preview", "GET", "User-Agent", "WhatsApp/2.23.20.0 A", false},
		{"Facebook's preview", "GET", "User-Agent", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", false},
		{"Twitter's preview", "GET", "User-Agent", "Twitterbot/1.0", false},
		{"Telegram's preview", "GET", "User-Agent", "TelegramBot (like TwitterBot)", false},
		{"Apple's preview", "GET", "User-Agent", "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0", false},
		{"a search engine", "GET", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", false},
		{"prefetched, as it was said before", "GET", "Purpose", "prefetch", false},
		{"prefetched by Firefox", "GET", "X-Moz", "prefetch", false},
		{"previewed by Safari", "GET", "X-Purpose", "preview", false},
	} {
		for path, kind := range map[string]string{"/f/" + apptest.Chat: "view", "/q/" + apptest.PrintedCode: "chat_scan", "/q/" + page.Code: "scan"} {
			counts.kinds = nil
			r := httptest.NewRequest(tt.method, path, nil)
			if tt.header != "" {
				r.Header.Set(tt.header, tt.value)
			}
			c := s.echo.NewContext(r, httptest.NewRecorder())
			handle := h.Landing
			c.SetParamNames("funnel")
			c.SetParamValues(apptest.Chat)
			if code, ok := strings.CutPrefix(path, "/q/"); ok {
				handle = h.ShortLink
				c.SetParamNames("code")
				c.SetParamValues(code)
			}
			if err := handle(c); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(counts.kinds, ","); (got == kind) != tt.counts || !tt.counts && got != "" {
				t.Errorf("%s, %s: counted %q", tt.name, path, got)
			}
		}
	}
}

func TestCompressed(t *testing.T) {
	s := newSite(t, public.Limit{})
	plain := s.get("/f/"+apptest.Numbered, "Accept-Encoding", "identity")
	packed := s.get("/f/"+apptest.Numbered, "Accept-Encoding", "gzip, br")
	if plain.header.Get("Content-Encoding") != "" || packed.header.Get("Content-Encoding") != "gzip" || len(packed.body)*2 > len(plain.body) {
		t.Fatalf("%d bytes plain, %d as %q", len(plain.body), len(packed.body), packed.header.Get("Content-Encoding"))
	}
	r, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != plain.body {
		t.Errorf("another page when compressed (%v)", err)
	}
	if a := s.get("/f/"+apptest.Numbered, "Accept-Encoding", "br, gzip;q=0"); a.header.Get("Content-Encoding") != "" {
		t.Error("compressed for who does not take it")
	}
}

// A page that was open while a new version was published still proves what it
// showed.
func TestRepublished(t *testing.T) {
	s := newSite(t, public.Limit{})
	before := s.shownOn(s.get("/f/" + apptest.Chat))
	s.Clock.Advance(time.Minute)
	v := s.Version(apptest.Chat)
	text := v.Texts["en"]
	text.Title = "Something else"
	v.Texts["en"] = text
	if err := s.Manage.PublishFunnel(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if after := s.get("/f/" + apptest.Chat); !strings.Contains(after.text(), "Something else") || s.shownOn(after) == before {
		t.Error("the new version is not served")
	}
	again := s.post("/f/"+apptest.Chat, form("shown", before))
	if again.status != 422 || !strings.Contains(again.text(), "Fresh news from Sonnentor") || s.shownOn(again) != before {
		t.Errorf("%d: the form that came back is not of the version that was shown", again.status)
	}
}

// Words in a language that the interface does not speak are framed in the
// funnel's own language if it speaks that, else in English.
func TestFrameOfForeignWords(t *testing.T) {
	for own, frame := range map[string]string{"es": "es", "ca": "en"} {
		s := newSite(t, public.Limit{})
		v := s.Version(apptest.Chat)
		foreign := v.Texts["en"]
		foreign.Title = "Notícies fresques"
		v.Texts = map[string]funnel.Text{own: v.Texts["en"], "ca": foreign}
		v.Language = own
		if err := s.Manage.PublishFunnel(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		a := s.get("/f/" + apptest.Chat + "?lang=ca")
		if !strings.Contains(a.body, `<html lang="`+frame+`" dir="ltr">`) || !strings.Contains(a.body, `<header lang="ca" dir="auto"><h1>Notícies fresques</h1>`) ||
			!strings.Contains(a.text(), locale.For(frame).T("form.submit_chat")) {
			t.Errorf("funnel in %s: the frame is not in %s, or the words do not say that they are Catalan", own, frame)
		}
		failed := s.post("/f/"+apptest.Chat+"?lang=ca", url.Values{"shown": {s.shownOn(a)}})
		if failed.status != 422 || !strings.Contains(failed.text(), locale.For(frame).T("error.purpose_required")) {
			t.Errorf("funnel in %s: %d: the error is not in %s", own, failed.status, frame)
		}
	}
}

func BenchmarkLanding(b *testing.B) {
	a := apptest.New(b)
	h := public.New(public.Config{Optin: a.Optin, Manage: a.Manage, Directory: a.Directory(), Installation: a.Manage.Installation(), Log: a.Log, Now: a.Clock.Now})
	e := newEcho()
	e.GET("/f/:funnel", h.Landing)
	for _, coding := range []string{"identity", "gzip"} {
		b.Run(coding, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("GET", "/f/"+apptest.Chat, nil)
				r.Header.Set("Accept-Encoding", coding)
				r.Header.Set("Accept-Language", "de-DE,de;q=0.9,en;q=0.8")
				e.ServeHTTP(&discard{header: http.Header{}}, r)
			}
		})
	}
}

// Addresses in the words are links and the country stands in the page's language,
// while the words that are evidence stay as they were written.
func TestLandingLinksWhatItNames(t *testing.T) {
	s := newSite(t, public.Limit{})
	v := s.Version("linked")
	const address = "https://sonnentor.example/privacy"
	for _, lang := range []string{"en", "de", "ar"} {
		said := v.Texts[lang].Purposes[apptest.Offers]
		said.Words += " " + address + "."
		v.Texts[lang].Purposes[apptest.Offers] = said
	}
	v.Controller.Address = "Hauptstraße 1, 10115 Berlin, Germany"
	if err := s.Manage.PublishFunnel(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	for lang, country := range map[string]string{"en": "Germany", "de": "Deutschland", "ar": "ألمانيا"} {
		page := s.get("/f/linked?lang=" + lang).body
		for _, must := range []string{
			`<a href="` + address + `" target="_blank" rel="noopener noreferrer">` + address + `</a>.</span>`,
			`<a href="mailto:hallo@sonnentor.example"><bdi dir="ltr">hallo@sonnentor.example</bdi></a>`, "10115 Berlin, " + country + "</bdi>",
		} {
			if !strings.Contains(page, must) {
				t.Errorf("%s: the page lacks %s", lang, must)
			}
		}
		words := string(v.Notice(lang).Body)
		if !strings.Contains(words, " "+address+".</p>") || !strings.Contains(words, "10115 Berlin, Germany") || strings.Contains(words, `href="`+address+`">`+address+`</a>.`) {
			t.Errorf("%s: the words that are evidence have changed: %s", lang, words)
		}
	}
}
