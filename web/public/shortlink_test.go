package public_test

import (
	"image/png"
	"net/url"
	"strings"
	"testing"

	"assent/funnel"
	"assent/internal/apptest"
	"assent/web/public"
)

func TestPrintedCode(t *testing.T) {
	s := newSite(t, public.Limit{})
	for _, tt := range []struct{ query, accept, says string }{
		{"", "", "Hello Sonnentor!"}, {"?lang=de", "ar", "Hallo Sonnentor!"}, {"", "ar", "مرحبا زوننتور!"},
	} {
		a := s.get("/q/"+strings.ToLower(apptest.PrintedCode)+tt.query, "Accept-Language", tt.accept)
		to, err := url.Parse(a.header.Get("Location"))
		if a.status != 302 || err != nil || to.Path != "/sim/chat" || !strings.Contains(to.Query().Get("text"), tt.says) || !strings.Contains(to.Query().Get("text"), apptest.PrintedCode) {
			t.Errorf("%q %q: %d %s", tt.query, tt.accept, a.status, a.header.Get("Location"))
		}
		if strings.Contains(a.header.Get("Location"), "+") || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, %v", a.header.Get("Location"), a.header)
		}
	}
}

func TestCodeThatLeadsToThePage(t *testing.T) {
	s := newSite(t, public.Limit{})
	f, _, _ := s.Directory().Funnel(apptest.Chat)
	if _, err := s.Manage.AddEntryPoint(t.Context(), funnel.EntryPoint{Funnel: f.ID, Kind: funnel.EntryQR, Code: "PAGE1", Label: "poster"}); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/q/PAGE1?lang=de"); a.status != 302 || a.header.Get("Location") != "/f/spring?e=PAGE1&lang=de" {
		t.Errorf("%d %s", a.status, a.header.Get("Location"))
	}
	if err := s.Manage.SetFunnelState(t.Context(), apptest.Chat, funnel.Archived); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/q/PAGE1", "Accept-Language", "de"); a.status != 410 || !strings.Contains(a.text(), "Sonnentor") {
		t.Errorf("%d %s", a.status, a.text())
	}
}

func TestDrawings(t *testing.T) {
	s := newSite(t, public.Limit{})
	for _, tt := range []struct {
		path   string
		status int
		kind   string
	}{
		{"SHOP01.svg", 200, "image/svg+xml"}, {"shop01.svg?ec=H", 200, "image/svg+xml"}, {"SHOP01.png", 200, "image/png"}, {"SHOP01.png?size=300&ec=l", 200, "image/png"},
		{"SHOP01.png?size=10", 400, ""}, {"SHOP01.png?size=1000000", 400, ""}, {"SHOP01.png?size=ten", 400, ""}, {"SHOP01.svg?ec=Z", 400, ""},
		{"SHOP01.gif", 404, ""}, {"NOSUCH.svg", 404, ""}, {"NOSUCH", 404, ""}, {".svg", 404, ""}, {strings.Repeat("A", 500), 404, ""}, {"%00", 404, ""},
	} {
		a := s.get("/q/" + tt.path)
		if a.status != tt.status || tt.kind != "" && a.header.Get("Content-Type") != tt.kind {
			t.Errorf("%.30s: %d %s", tt.path, a.status, a.header.Get("Content-Type"))
		}
		if tt.path == "SHOP01.png?size=300&ec=l" {
			if img, err := png.Decode(strings.NewReader(a.body)); err != nil || img.Bounds().Dx() != 300 {
				t.Errorf("not a picture of 300 pixels: %v", err)
			}
		}
	}
	if a := s.get("/"); a.status != 302 || a.header.Get("Location") != "/admin" {
		t.Errorf("/: %d %s", a.status, a.header.Get("Location"))
	}
}
