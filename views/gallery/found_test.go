package gallery

import (
	"strings"
	"testing"

	"assent/locale"
	"assent/views/public"
)

func TestCallingCodesKeepTheirOrder(t *testing.T) {
	for _, tag := range locale.Tags() {
		l := locale.For(tag)
		page := string(render(t, public.LandingPage(landingFull(l))))
		if want := `>` + l.Country("SA") + ` ` + "\u2066+966\u2069" + `</option>`; !strings.Contains(page, want) {
			t.Errorf("%s lacks %q", tag, want)
		}
	}
}

func TestLanguageSwitchKeepsTheEntryPoint(t *testing.T) {
	p := landing(locale.For("en"))
	plain := string(render(t, public.LandingPage(p)))
	p.Entry.EntryCode = "7KX2"
	page := string(render(t, public.LandingPage(p)))
	for _, tag := range locale.Tags() {
		if !strings.Contains(page, `href="?lang=`+tag+`&amp;e=7KX2"`) || !strings.Contains(plain, `href="?lang=`+tag+`"`) {
			t.Errorf("%s: the code is lost, or stands where there is none", tag)
		}
	}
	if p.Languages[0].URL != "?lang=en" {
		t.Error("the page changes its model, which others share")
	}
}
