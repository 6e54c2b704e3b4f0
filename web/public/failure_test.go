package public_test

import (
	"strings"
	"testing"

	"assent/business"
	"assent/funnel"
	"assent/internal/apptest"
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
