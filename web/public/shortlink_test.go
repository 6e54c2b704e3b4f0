package public_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
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
	// the logo of the published version stands in the middle where it is asked for
	logo := image.NewRGBA(image.Rect(0, 0, 40, 40))
	draw.Draw(logo, logo.Bounds(), image.NewUniform(color.RGBA{200, 30, 30, 255}), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := png.Encode(&b, logo); err != nil {
		t.Fatal(err)
	}
	plain := s.get("/q/SHOP01.svg?logo=yes").body
	if strings.Contains(plain, "<image") {
		t.Error("a logo where there is none")
	}
	entry, _ := s.Manage.Directory().Entry("SHOP01")
	f, now, _ := s.Manage.Directory().FunnelByID(entry.Funnel)
	doc := funnel.NewDocument(funnel.KindAsset, "image/png", b.Bytes())
	if err := s.Manage.KeepPage(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
	next := *now.Version
	next.ID, next.Number, next.Slug = "", 0, f.Slug
	next.Look.Logo = funnel.Picture{SHA256: doc.SHA256, Type: "image/png", Width: 40, Height: 40}
	if err := s.Manage.PublishFunnel(t.Context(), &next); err != nil {
		t.Fatal(err)
	}
	if with := s.get("/q/SHOP01.svg?logo=yes"); with.status != 200 || !strings.Contains(with.body, `<image x="`) {
		t.Errorf("%d: no logo", with.status)
	}
	if without := s.get("/q/SHOP01.svg").body; strings.Contains(without, "<image") {
		t.Error("a logo that nobody asked for")
	}
	a := s.get("/q/SHOP01.png?logo=yes&size=600")
	if img, err := png.Decode(strings.NewReader(a.body)); err != nil {
		t.Error(err)
	} else if r, g, _, _ := img.At(300, 300).RGBA(); r < 3*g {
		t.Errorf("the middle is no logo: %v", img.At(300, 300))
	}
	if a := s.get("/q/SHOP01.pdf?logo=yes"); a.status != 200 || a.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("%d", a.status)
	}
	if a := s.get("/"); a.status != 302 || a.header.Get("Location") != "/admin" {
		t.Errorf("/: %d %s", a.status, a.header.Get("Location"))
	}
}
