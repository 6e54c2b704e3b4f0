package admin_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"assent/funnel"
	"assent/internal/apptest"
	"assent/poster"
)

// A code leads elsewhere after it was printed, and its page says where it led.
func TestCodeLeadsElsewhere(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/codes/" + apptest.PrintedCode
	form := url.Values{"label": {"the back door"}, "funnel": {apptest.Chat}, "chat": {""}}
	if a := o.do("POST", at, form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if a := o.do("GET", at, nil); a.status != http.StatusOK || !strings.Contains(a.text(), "the back door") || !strings.Contains(a.text(), "shop window") {
		t.Errorf("%d %s", a.status, a.text())
	}
	form.Set("text", "STOP")
	if a := o.do("POST", at, form); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a text that stops: %d", a.status)
	}
	form.Set("text", "")
	form.Set("off", "yes")
	if a := o.do("POST", at, form); a.status != http.StatusSeeOther {
		t.Errorf("%d", a.status)
	}
	if a := o.do("GET", "/q/"+apptest.PrintedCode, nil); a.status != http.StatusGone {
		t.Errorf("a code that is off: %d", a.status)
	}
	for _, path := range []string{"/admin/codes/NOSUCH", "/admin/codes/NOSUCH/poster"} {
		if a := o.do("GET", path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestPosterPages(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/codes/" + apptest.PrintedCode + "/poster"
	for _, size := range poster.Templates() {
		for _, lang := range []string{"en", "de", "ar"} {
			if a := o.do("GET", at+"?size="+size+"&say="+lang, nil); a.status != http.StatusOK || !strings.Contains(a.body, "poster.svg?") {
				t.Errorf("%s %s: %d %s", size, lang, a.status, a.text())
			}
		}
	}
	for _, tt := range []struct {
		query  string
		status int
	}{{"ink=%23ffee00", 422}, {"ink=red", 422}, {"ink=%23ffffff&ground=%23000000", 422}, {"quiet=1", 422}, {"quiet=x", 422}, {"size=b5", 422}} {
		if a := o.do("GET", at+"?"+tt.query, nil); a.status != tt.status {
			t.Errorf("%s: %d", tt.query, a.status)
		}
	}
	for file, kind := range map[string]string{"poster.pdf": "application/pdf", "poster.svg": "image/svg+xml", "poster.png": "image/png"} {
		if a := o.do("GET", at+"/"+file+"?size=a6", nil); a.status != http.StatusOK || a.header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", file, a.status, a.header.Get("Content-Type"))
		}
	}
	if a := o.do("GET", at+"/poster.gif", nil); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
}

// A poster is found from the list, from the funnel and from its code, and begins in
// the funnel's colour, darker where it could not be read, black where no camera
// would tell it from its ground.
func TestPosterIsFoundAndBearsTheColour(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	at := "/admin/codes/" + apptest.PrintedCode + "/poster"
	for _, page := range []string{"/admin/funnels", "/admin/funnels/" + apptest.Printed, "/admin/codes/" + apptest.PrintedCode} {
		if a := o.get(page); !strings.Contains(a.body, `href="`+at+`"`) || !strings.Contains(a.text(), "Make a poster") {
			t.Errorf("%s does not lead to the poster", page)
		}
	}
	if a := o.get("/admin/funnels/" + apptest.Chat); !strings.Contains(a.body, `href="#ways">Make a poster</a>`) || !strings.Contains(a.text(), "Add a link or QR code") {
		t.Errorf("a funnel without a code: %s", a.text())
	}
	for colour, want := range map[string]string{"": "#0b6b3a", "#9a3412": "#9a3412", "#ffee00": "", "#777777": "#000000"} {
		v := o.Version(apptest.Printed)
		v.Mode, v.Look.Colour = funnel.ModeQR, colour
		if err := o.Manage.PublishFunnel(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		a := o.get(at)
		ink := regexp.MustCompile(`name="ink"[^>]*value="(#[0-9a-f]{6})"`).FindStringSubmatch(a.body)
		if a.status != http.StatusOK || ink == nil || want != "" && ink[1] != want || ink[1] == colour && want == "" {
			t.Errorf("%s: %d %v, want %s", colour, a.status, ink, want)
			continue
		}
		for _, size := range poster.Templates() {
			if a := o.get(at + "?size=" + size); a.status != http.StatusOK {
				t.Errorf("%s %s does not scan: %d", colour, size, a.status)
			}
		}
	}
}
