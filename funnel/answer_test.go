package funnel_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assent/fault"
	"assent/funnel"
)

// asking is a version with one field of each kind.
func asking() *funnel.Version {
	v := version()
	v.Fields = []funnel.Field{
		{Key: "mail", Kind: funnel.AskEmail, Required: true}, {Key: "city", Kind: funnel.AskText},
		{Key: "day", Kind: funnel.AskDate}, {Key: "size", Kind: funnel.AskChoice, Options: []string{"s", "l"}},
	}
	for lang, t := range v.Texts {
		t.Fields = map[string]funnel.FieldText{
			"mail": {Label: "E-mail"}, "city": {Label: "City", Hint: "Where you live"}, "day": {Label: "Birthday"},
			"size": {Label: "Size", Options: map[string]string{"s": "Small", "l": "Large"}},
		}
		v.Texts[lang] = t
	}
	return v
}

func TestAnswers(t *testing.T) {
	v := asking()
	for _, tt := range []struct {
		name  string
		typed map[string]string
		want  map[string]string
		field string
	}{
		{"all", map[string]string{"mail": " a@b.example ", "city": "Bad\tHomburg \u202e", "day": "2026-02-28", "size": "l", "other": "x"},
			map[string]string{"mail": "a@b.example", "city": "Bad Homburg", "day": "2026-02-28", "size": "l"}, ""},
		{"only what is needed", map[string]string{"mail": "a@b.example"}, map[string]string{"mail": "a@b.example"}, ""},
		{"needed and missing", map[string]string{"city": "Ulm"}, nil, "mail"},
		{"no address", map[string]string{"mail": "a@b"}, nil, "mail"},
		{"an address with a name", map[string]string{"mail": "Anna <a@b.example>"}, nil, "mail"},
		{"no such day", map[string]string{"mail": "a@b.example", "day": "2026-02-30"}, nil, "day"},
		{"not offered", map[string]string{"mail": "a@b.example", "size": "xl"}, nil, "size"},
		{"too long", map[string]string{"mail": "a@b.example", "city": strings.Repeat("x", 201)}, nil, "city"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Answers(tt.typed)
			if fault.FieldOf(err) != tt.field || (err == nil) != (tt.field == "") {
				t.Fatalf("got %v, want a fault of %q", err, tt.field)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	form := v.Form("en", map[string]string{"size": "l", "mail": "a@b.example"})
	want := funnel.Form{Fields: []funnel.Answer{{Key: "mail", Label: "E-mail", Value: "a@b.example"}, {Key: "size", Label: "Size", Value: "Large"}}}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Error(diff)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add("a@b.example", "2026-01-01", "s")
	f.Add("\x00\u202e", "", "s\n")
	v := asking()
	f.Fuzz(func(t *testing.T, mail, text, choice string) {
		got, err := v.Answers(map[string]string{"mail": mail, "city": text, "size": choice})
		if err != nil {
			return
		}
		for key, s := range got {
			if funnel.Plain(s) != s || strings.TrimSpace(s) != s || s == "" {
				t.Errorf("%s is kept as %q", key, s)
			}
		}
		again, err := v.Answers(got)
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("what is kept is not taken again: %v %v", again, err)
		}
	})
}

func TestCheckParts(t *testing.T) {
	text := func(v *funnel.Version, lang string, change func(*funnel.Text)) {
		t := v.Texts[lang]
		change(&t)
		v.Texts[lang] = t
	}
	for _, tt := range []struct {
		name  string
		spoil func(*funnel.Version)
		field string
	}{
		{"good", func(*funnel.Version) {}, ""},
		{"a name of the form's own", func(v *funnel.Version) { v.Fields[0].Key = "phone" }, "fields"},
		{"a name that is none", func(v *funnel.Version) { v.Fields[0].Key = "E-Mail" }, "fields"},
		{"a name twice", func(v *funnel.Version) { v.Fields[1].Key = "mail" }, "fields"},
		{"an unknown kind", func(v *funnel.Version) { v.Fields[0].Kind = "file" }, "fields"},
		{"a choice of one", func(v *funnel.Version) { v.Fields[3].Options = []string{"s"} }, "fields"},
		{"an option without words", func(v *funnel.Version) { delete(v.Texts["ar"].Fields["size"].Options, "l") }, "fields"},
		{"a label missing in one language", func(v *funnel.Version) { v.Texts["de"].Fields["mail"] = funnel.FieldText{} }, "fields"},
		{"a label that turns the line", func(v *funnel.Version) { v.Texts["de"].Fields["mail"] = funnel.FieldText{Label: "x\u202ey"} }, "fields"},
		{"a label that asks for a password", func(v *funnel.Version) { v.Texts["de"].Fields["mail"] = funnel.FieldText{Label: "Ihr Passwort"} }, "fields"},
		{"a label that asks for a password in Arabic", func(v *funnel.Version) { v.Texts["ar"].Fields["city"] = funnel.FieldText{Label: "كلمة السر"} }, "fields"},
		{"very many fields", func(v *funnel.Version) {
			v.Fields = append(v.Fields, v.Fields...)
			v.Fields = append(v.Fields, v.Fields[0])
		}, "fields"},
		{"an age without a statement", func(v *funnel.Version) { v.MinAge = 18 }, "min_age"},
		{"an age that nobody asks for", func(v *funnel.Version) { v.MinAge = 5 }, "min_age"},
		{"a colour that is CSS", func(v *funnel.Version) { v.Look.Colour = "red;}" }, "colour"},
		{"a font from elsewhere", func(v *funnel.Version) { v.Look.Font = "Comic" }, "font"},
		{"corners of no kind", func(v *funnel.Version) { v.Look.Radius = "7px" }, "radius"},
		{"a picture that is no picture", func(v *funnel.Version) {
			v.Look.Logo = funnel.Picture{SHA256: "../x", Type: "image/png", Width: 1, Height: 1}
		}, "picture"},
		{"an SVG", func(v *funnel.Version) {
			v.Look.Logo = funnel.Picture{SHA256: strings.Repeat("a", 64), Type: "image/svg+xml", Width: 1, Height: 1}
		}, "picture"},
		{"a welcome without words", func(v *funnel.Version) { v.Welcome = funnel.WelcomeService }, "welcome"},
		{"a welcome that promotes without marketing", func(v *funnel.Version) {
			v.Purposes[0].Scope, v.Welcome = "transactional", funnel.WelcomePromotion
		}, "welcome"},
		{"a next address that is a script", func(v *funnel.Version) { text(v, "de", func(t *funnel.Text) { t.Next = "javascript:alert(1)" }) }, "next"},
		{"a next address with a password", func(v *funnel.Version) { text(v, "de", func(t *funnel.Text) { t.Next = "https://a:b@c.example" }) }, "next"},
		{"a headline that turns the line", func(v *funnel.Version) { text(v, "en", func(t *funnel.Text) { t.Title = "a\u202eb" }) }, "texts"},
		{"no headline", func(v *funnel.Version) { text(v, "en", func(t *funnel.Text) { t.Title = "" }) }, "texts"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := asking()
			tt.spoil(v)
			err := v.Check()
			if fault.FieldOf(err) != tt.field || (err == nil) != (tt.field == "") {
				t.Errorf("got %v, want a fault of %q", err, tt.field)
			}
		})
	}
}

func TestAgeIsPartOfTheAct(t *testing.T) {
	v := version()
	before := v.Notice("en")
	v.MinAge = 18
	for lang, t := range v.Texts {
		t.Age = "I am at least 18 years old."
		v.Texts[lang] = t
	}
	if err := v.Check(); err != nil {
		t.Fatal(err)
	}
	if n := v.Notice("en"); n.SHA256 == before.SHA256 || !strings.Contains(string(n.Body), "I am at least 18") {
		t.Error("the notice does not hold the statement")
	}
	if got := v.Prefill("en", []string{"offers"}, "7K2MQ9X4TB").Text(); !strings.Contains(got, "I am at least 18 years old. Code") {
		t.Errorf("the prefilled text lacks it: %s", got)
	}
	if got := v.EntryPrefill("en", "Q7K2MQ").Text(); strings.Contains(got, "18") {
		t.Errorf("a printed code states it for whoever scans it: %s", got)
	}
}

func TestRenderBody(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"# A\n\nb **c** *d*", "<h2>A</h2>\n<p>b <strong>c</strong> <em>d</em></p>"},
		{"- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"},
		{"[a](https://x.example)", `<p><a href="https://x.example" rel="nofollow noopener" target="_blank">a</a></p>`},
		{"[a](javascript:alert(1))", "<p>a</p>"},
		{"![a](https://x.example/p.png)", "<p></p>"},
		{"<script>alert(1)</script>", ""},
		{"a <b onclick=x>b</b>", "<p>a b</p>"},
	} {
		got, err := funnel.RenderBody(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("%q becomes %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func FuzzRenderBody(f *testing.F) {
	for _, s := range []string{"# a", "<img src=x onerror=y>", "[a](data:text/html,x)", "`<script>`", "<style>*{}</style>", "[x]: javascript:a\n[x]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := funnel.RenderBody(s)
		if err != nil {
			return
		}
		low := strings.ToLower(got)
		for _, bad := range []string{"<script", "<style", "<img", "<svg", "<iframe", "<form", "href=\"javascript", "href=\"data"} {
			if strings.Contains(low, bad) {
				t.Errorf("%q lets through %q: %s", s, bad, got)
			}
		}
	})
}
