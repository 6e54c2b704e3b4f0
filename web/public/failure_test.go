package public_test

import (
	"errors"
	"html"
	"strings"
	"testing"

	"assent/business"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/locale"
	"assent/optin"
	"assent/web/public"
)

// TestErrorPagesBearTheBusiness: who comes to nothing still sees whose page it
// is, a sign, and a way on.
func TestErrorPagesBearTheBusiness(t *testing.T) {
	s := newSite(t, public.Limit{})
	for _, tt := range []struct {
		path   string
		status int
	}{
		{"/nothing", 404}, {"/f/nothing", 404}, {"/r/" + strings.Repeat("0", 26), 404}, {"/q/NOSUCH", 404}, {"/r/x/chat", 404},
	} {
		a := s.get(tt.path, "Accept-Language", "de")
		if a.status != tt.status {
			t.Errorf("%s: %d", tt.path, a.status)
		}
		for _, want := range []string{`<p class="p-brand"><bdi>Sonnentor</bdi>`, "Hauptstraße 1", "c-sign--big", `href="/f/` + apptest.Chat + `"`, "Bei Sonnentor anmelden", `href="?lang=ar"`} {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s lacks %q", tt.path, want)
			}
		}
	}
	if a := s.get("/nothing?lang=ar"); !strings.Contains(a.body, `dir="rtl"`) || !strings.Contains(a.body, `href="/f/`+apptest.Chat+`?lang=ar">الاشتراك لدى Sonnentor`) {
		t.Errorf("in Arabic: %s", a.text())
	}
}

// TestNoNumber: where the business has no number in use the page says so, in each
// language, and does not speak of being busy; no form is taken.
func TestNoNumber(t *testing.T) {
	s := newSite(t, public.Limit{})
	if a := s.get("/f/" + apptest.Chat); a.status != 200 {
		t.Fatal(a.status)
	}
	if err := s.Manage.AllowOrigins(t.Context(), s.Business, apptest.Chat, []string{"https://shop.example"}, "rosa"); err != nil {
		t.Fatal(err)
	}
	token := s.Submit(optin.Submission{Slug: apptest.Chat, Purposes: []string{apptest.Offers}})
	if err := s.Numbers.EndSender(t.Context(), s.Business, s.Sender, true, "rosa"); err != nil {
		t.Fatal(err)
	}
	busy, told := map[string]bool{}, map[string]bool{}
	for _, lang := range locale.Tags() {
		busy[locale.For(lang).T("page.unavailable.title")] = true
		a := s.get("/f/" + apptest.Chat + "?lang=" + lang)
		title := locale.For(lang).T("page.no_number.title")
		if a.status != 503 || !strings.Contains(a.body, "<h1>"+html.EscapeString(title)+"</h1>") || busy[title] || told[title] || !strings.Contains(a.text(), locale.For(lang).T("page.no_number.text", "Business", "Sonnentor")) {
			t.Errorf("%s: %d %s", lang, a.status, a.text())
		}
		if strings.Contains(a.body, "<form") || strings.Contains(a.body, `class="c-button"`) {
			t.Errorf("%s: the page offers what does not work", lang)
		}
		told[title] = true
	}
	if a := s.post("/f/"+apptest.Chat, form("purpose", apptest.Offers)); a.status != 503 || !strings.Contains(a.text(), "cannot sign up just now") || strings.Contains(a.body, "Go back") {
		t.Errorf("a form: %d %s", a.status, a.text())
	}
	if _, err := s.Optin.Submit(t.Context(), optin.Submission{Slug: apptest.Chat, Purposes: []string{apptest.Offers}}); !errors.Is(err, optin.ErrMute) {
		t.Errorf("a form that was on its way: %v", err)
	}
	if a := s.get("/q/" + apptest.PrintedCode); a.status != 302 || !strings.HasPrefix(a.header.Get("Location"), "/f/"+apptest.Printed) {
		t.Errorf("a printed code: %d %s", a.status, a.header.Get("Location"))
	}
	if a := s.get("/embed/" + apptest.Chat); a.status != 503 || !strings.Contains(a.header.Get("Content-Security-Policy"), "https://shop.example") || !strings.Contains(a.text(), "cannot sign up just now") {
		t.Errorf("a frame: %d %s %s", a.status, a.header.Get("Content-Security-Policy"), a.text())
	}
	if a := s.get("/embed/"+apptest.Chat+"/form?lang=de", "Origin", "https://shop.example"); a.status != 503 || !strings.Contains(a.body, "Sonnentor ist im Moment nicht über WhatsApp erreichbar") {
		t.Errorf("a form of another site: %d %s", a.status, a.body)
	}
	if a := s.get("/r/" + token); a.status != 200 { // what is written to the number is still heard
		t.Errorf("a request from before: %d", a.status)
	}
	if err := s.Numbers.EndSender(t.Context(), s.Business, s.Sender, false, "rosa"); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/f/" + apptest.Chat); a.status != 200 {
		t.Errorf("in use again: %d", a.status)
	}
}

// TestErrorPagesLeadBack: what was pressed can be pressed again.
func TestErrorPagesLeadBack(t *testing.T) {
	s := newSite(t, public.Limit{PerMinute: 6, Loopback: true})
	for range 20 {
		s.post("/f/"+apptest.Chat, form())
	}
	at := s.post("/f/"+apptest.Chat, form())
	if at.status != 429 || !strings.Contains(at.body, `<form class="p-form" method="post" action="/f/`+apptest.Chat+`?lang=en"`) {
		t.Errorf("a form: %d %s", at.status, at.text())
	}
	token := "/r/" + strings.Repeat("0", 26)
	for range 20 {
		s.post(token+"/code", nil)
	}
	if a := s.post(token+"/code", nil); a.status != 429 || !strings.Contains(a.body, `href="`+token+`">Go back`) {
		t.Errorf("a button: %d %s", a.status, a.text())
	}
}

// TestErrorPagesOfSeveralBusinesses name none of them where the address does
// not.
func TestErrorPagesOfSeveralBusinesses(t *testing.T) {
	s := newSite(t, public.Limit{})
	if _, err := s.Manage.AddBusiness(t.Context(), business.Business{
		Slug: "other", LegalName: "Other Ltd", BrandName: "Other", Address: "1 High Street", Contact: "a@other.example", Human: "A", NoticeURL: "https://other.example/",
		Language: "en", Country: "GB", BareStop: business.StopAll,
	}); err != nil {
		t.Fatal(err)
	}
	a := s.get("/nothing")
	if a.status != 404 || strings.Contains(a.body, "Sonnentor") || strings.Contains(a.body, "Other") || !strings.Contains(a.body, "<bdi>Assent</bdi>") {
		t.Errorf("%d %s", a.status, a.text())
	}
	if err := s.Manage.SetFunnelState(t.Context(), apptest.Chat, funnel.Archived); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/f/" + apptest.Chat); a.status != 410 || !strings.Contains(a.text(), "Sonnentor") {
		t.Errorf("%d %s", a.status, a.text())
	}
}
