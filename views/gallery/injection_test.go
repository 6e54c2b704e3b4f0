package gallery

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"assent/locale"
	"assent/views/admin"
	"assent/views/public"
	"assent/views/sim"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

const evil = "\"'><evil onload=evil()><script>evil()</script></textarea></title><!--{{.}}\u202e\u2066\x00\x1b\x7f\u200f javascript:evil()"

// models are all pages with everything in them filled in.
func models(l locale.Localizer) map[string]any {
	sent := confirm(l, public.Waiting)
	sent.Template = "/t"
	return map[string]any{
		"landing":  landingErrors(l),
		"confirm":  sent,
		"done":     confirm(l, public.Confirmed),
		"expired":  confirm(l, public.Expired),
		"message":  public.Message{Loc: l, Business: business(l), Languages: languages(l, locale.Tags()), Kind: "internal", RequestID: "x", BackURL: "/"},
		"sign-in":  signIn(l),
		"consents": consents(l),
		"person":   person(l),
		"funnels":  funnels(l),
		"admin":    admin.Message{Frame: frame(l, "x", 0), Kind: "internal", RequestID: "x"},
		"phone":    phone(l),
	}
}

func component(model any) templ.Component {
	switch m := model.(type) {
	case public.Landing:
		return public.LandingPage(m)
	case public.Confirm:
		return public.ConfirmPage(m)
	case public.Message:
		return public.MessagePage(m)
	case admin.SignIn:
		return admin.SignInPage(m)
	case admin.Consents:
		return admin.ConsentsPage(m)
	case admin.Person:
		return admin.PersonPage(m)
	case admin.Funnels:
		return admin.FunnelsPage(m)
	case admin.Message:
		return admin.MessagePage(m)
	case sim.Phone:
		return sim.Page(m)
	case sim.Controls:
		return sim.ControlPage(m)
	}
	return nil
}

// Words of a notice are shown byte for byte; whoever publishes them checks for
// control characters. Values that only travel (tokens, keys) go back as they
// came.
var verbatim = []string{"Words", "Frequency", "Shown", "EntryCode", "Key", "Value", "Payload", "ID", "Next", "Search"}

// spoil puts evil into every string that it can reach, but for the fields that
// skip names.
func spoil(v reflect.Value, skip []string) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() {
			v.SetString(evil)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem(), skip)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return // a drawing of ours
		}
		for i := range v.Len() {
			spoil(v.Index(i), skip)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[locale.Localizer]() {
			return
		}
		for i := range v.NumField() {
			if !slices.Contains(skip, v.Type().Field(i).Name) && v.Type().Field(i).IsExported() {
				spoil(v.Field(i), skip)
			}
		}
	}
}

// spoiled returns the model with evil in it. What hangs on pointers and slices
// is spoiled in place: each test makes its models anew.
func spoiled(model any, skip []string) any {
	v := reflect.New(reflect.TypeOf(model)).Elem()
	v.Set(reflect.ValueOf(model))
	spoil(v, skip)
	return v.Interface()
}

func TestHTMLInjection(t *testing.T) {
	states := []string{"State"}                 // the page's own state decides what is rendered
	for _, tag := range locale.OperatorTags() { // in which all of them can be shown
		for name := range models(locale.For(tag)) {
			for _, skip := range [][]string{nil, states} {
				t.Run(tag+"/"+name, func(t *testing.T) {
					model := spoiled(models(locale.For(tag))[name], skip)
					raw := render(t, component(model))
					if !bytes.Contains(raw, []byte("evil")) {
						t.Fatal("nothing was spoiled")
					}
					for _, n := range elements(parse(t, raw)) {
						if n.Data == "evil" || n.Data == "script" && (value(n, "src") == "" || n.FirstChild != nil) {
							t.Errorf("markup got through: <%s>", n.Data)
						}
						for _, a := range n.Attr {
							if strings.HasPrefix(a.Key, "on") {
								t.Errorf("<%s %s>", n.Data, a.Key)
							}
							if slices.Contains([]string{"href", "action", "src", "formaction"}, a.Key) &&
								strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
								t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
							}
						}
					}
				})
			}
		}
	}
}

// Addresses from outside cannot run a script.
func TestScriptAddresses(t *testing.T) {
	l := locale.For("en")
	p := landing(l)
	p.Business.PrivacyURL, p.Action = "javascript:evil()", "JavaScript:evil()"
	c := confirm(l, public.Waiting)
	c.Restart, c.NewCode = "javascript:evil()", "\tjavascript:evil()"
	s := phone(l)
	s.Action, s.Home, s.Writing = "javascript:evil()", "vbscript:evil()", "javascript:evil()"
	for _, page := range []templ.Component{public.LandingPage(p), public.ConfirmPage(c), sim.Page(s)} {
		if raw := render(t, page); bytes.Contains(bytes.ToLower(raw), []byte("script:evil")) {
			t.Error("an address that runs a script got through")
		}
	}
}

// What could turn the order of words around, or beep, does not reach a page.
func TestNoControlCharacters(t *testing.T) {
	l := locale.For("ar")
	for name, model := range models(l) {
		raw := render(t, component(spoiled(model, verbatim)))
		for n := range parse(t, raw).Descendants() {
			if n.Type != html.TextNode {
				continue
			}
			text := n.Data
			if n.Parent.Data == "option" && strings.Count(text, "\u2066") == 1 && strings.HasSuffix(text, "\u2069") {
				// No element keeps a calling code in its order inside an option, so
				// one isolate of ours does, closed at the end.
				text = strings.TrimSuffix(strings.Replace(text, "\u2066", "", 1), "\u2069")
			}
			for _, r := range text {
				if unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u200f' {
					t.Errorf("%s: %+q holds %U", name, n.Data, r)
					break
				}
			}
		}
	}
}
