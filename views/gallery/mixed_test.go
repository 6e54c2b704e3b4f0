package gallery

import (
	"bytes"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode"

	"assent/locale"
	"assent/views/public"

	"golang.org/x/net/html"
)

// names of products, and what is written the same in every language.
var names = []string{"WhatsApp", "Assent", "STOP", "UTC"}

// saidAttributes are those that are read to people.
var saidAttributes = []string{"title", "aria-label", "alt", "placeholder", "data-done", "data-label", "data-say", "label", "content"}

// own returns the words that a business has on a page in the language, the
// longest first.
func own(l locale.Localizer) []string {
	b := business(l)
	words := append([]string{b.Brand, b.Legal, b.Address, b.Contact, code, requestID("internal")}, names...)
	for _, c := range []content{of(l), contents[foreignTag]} {
		words = append(words, c.headline, c.text, c.offers, c.offersWords, c.orders, c.ordersWords, c.status, c.statusWords, c.small, c.typedName, c.sent())
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	for _, tag := range locale.Tags() {
		words = append(words, locale.For(tag).Name())
	}
	sort.Slice(words, func(i, j int) bool { return len(words[i]) > len(words[j]) })
	return words
}

var (
	// The innermost brackets: parameters stand in brackets inside others.
	marked = regexp.MustCompile(locale.MarkOpen + "[^" + locale.MarkOpen + locale.MarkClose + "]*" + locale.MarkClose)
	letter = regexp.MustCompile(`\pL`)
)

// foreign returns what of a text is neither a message nor the business's own.
func foreign(text string, own []string) string {
	for marked.MatchString(text) {
		text = marked.ReplaceAllString(text, "")
	}
	for _, w := range own {
		text = strings.ReplaceAll(text, w, "")
	}
	if !letter.MatchString(text) {
		return ""
	}
	return strings.TrimFunc(text, unicode.IsSpace)
}

// strangers returns all words on a page that are neither messages nor the
// business's own.
func strangers(t *testing.T, page []byte, own []string) (list []string) {
	t.Helper()
	doc, err := html.ParseWithOptions(bytes.NewReader(page), html.ParseOptionEnableScripting(false)) // noscript is read too
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode && !slices.Contains([]string{"script", "style", "code"}, n.Parent.Data) && !isID(n.Parent):
			if s := foreign(n.Data, own); s != "" {
				list = append(list, s)
			}
		case n.Type == html.ElementNode && n.Data != "meta":
			for _, key := range saidAttributes {
				if locale.For("en").Has(value(n, key)) {
					continue // a message's id, for the page's script
				}
				if s := foreign(value(n, key), own); s != "" {
					list = append(list, key+": "+s)
				}
			}
		}
	}
	return list
}

// isID reports whether the element is the name of a message in the list of texts.
func isID(n *html.Node) bool { return n.Data == "bdi" && n.Parent != nil && n.Parent.Data == "code" }

// Every word that a person reads on a page comes from the files of messages, or
// is the business's.
func TestNoPageMixesLanguages(t *testing.T) {
	for _, e := range forPeople() {
		for _, tag := range locale.Tags() {
			t.Run(e.Name+"/"+tag, func(t *testing.T) {
				l := locale.For(tag).Marked()
				for _, s := range strangers(t, render(t, e.Render(l)), own(l)) {
					t.Errorf("in no file of messages: %q", s)
				}
			})
		}
	}
}

func TestVerifyPageMixesNoLanguages(t *testing.T) {
	for _, tag := range locale.Tags() {
		l := locale.For(tag).Marked()
		p := public.Verify{Loc: l}
		for _, other := range locale.Tags() {
			p.Languages = append(p.Languages, locale.For(other))
		}
		for _, s := range strangers(t, render(t, public.VerifyPage(p)), own(l)) {
			t.Errorf("%s: in no file of messages: %q", tag, s)
		}
	}
}

// The test above finds what it looks for.
func TestStrangersAreFound(t *testing.T) {
	l := locale.For("fr").Marked()
	page := `<p title="Titre">` + l.T("form.country") + ` Hello ` + l.T("time.today", "Clock", l.T("form.name")) + `</p><p>Rosa</p><img alt="x">`
	got := strings.Join(strangers(t, []byte(page), own(l)), "|")
	if want := "title: Titre|Hello|alt: x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Words in a language that the page is not in say so, and the interface's words
// among them are in the page's.
func TestForeignWordsSayTheirLanguage(t *testing.T) {
	c := contents[foreignTag]
	for _, name := range []string{"landing-foreign", "confirm-foreign"} {
		e, _ := Find(name)
		for _, tag := range locale.Tags() {
			l := locale.For(tag)
			found := 0
			for n := range parse(t, render(t, e.Render(l))).Descendants() {
				text := strings.TrimSpace(n.Data)
				if n.Type != html.TextNode || text == "" || n.Parent.Data == "title" {
					continue
				}
				lang := ""
				for p := n.Parent; p != nil && lang == ""; p = p.Parent {
					lang = value(p, "lang")
				}
				switch {
				case slices.Contains([]string{c.headline, c.text, c.offers, c.offersWords, c.status, c.statusWords, c.small}, text):
					if found++; lang != foreignTag {
						t.Errorf("%s: %q is said to be in %q", tag, text, lang)
					}
				case lang == foreignTag:
					t.Errorf("%s: %q is said to be in %q", tag, text, lang)
				}
			}
			if found == 0 {
				t.Errorf("%s in %s holds no such words", name, tag)
			}
		}
	}
}
