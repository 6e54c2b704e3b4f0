package lint

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/consent"
	"assent/funnel"
	"assent/locale"
)

// slot is one text of a version, and where it stands.
type slot struct {
	at   Where
	text string
	must bool // may not be empty
}

// texts returns all that the version says in a language.
func (c *check) texts(lang string) []slot {
	v, t := c.v, c.v.Texts[lang]
	list := []slot{
		{Where{lang, "", "title"}, t.Title, true}, {Where{lang, "", "intro"}, t.Intro, false}, {Where{lang, "", "greeting"}, t.Greeting, true},
		{Where{lang, "", "ask"}, t.Ask, true}, {Where{lang, "", "code"}, t.Code, true}, {Where{lang, "", "thanks"}, t.Thanks, false},
		{Where{lang, "", "body"}, t.Body, false}, {Where{lang, "", "small_print"}, t.SmallPrint, false}, {Where{lang, "", "age"}, t.Age, false},
		{Where{lang, "", "welcome"}, t.Welcome, v.Welcome != funnel.WelcomeNone}, {Where{lang, "", "hero_alt"}, t.HeroAlt, false},
	}
	for _, p := range v.Purposes {
		pt, ok := t.Purposes[p.Key]
		if !ok {
			continue // said as a missing language
		}
		list = append(list, slot{Where{lang, p.Key, "title"}, pt.Title, true}, slot{Where{lang, p.Key, "words"}, pt.Words, true}, slot{Where{lang, p.Key, "say"}, pt.Say, true})
	}
	for _, f := range v.Fields {
		ft := t.Fields[f.Key]
		at := "fields." + f.Key
		list = append(list, slot{Where{lang, "", at + ".label"}, ft.Label, true}, slot{Where{lang, "", at + ".hint"}, ft.Hint, false})
		for _, o := range f.Options {
			list = append(list, slot{Where{lang, "", at + ".options." + o}, ft.Options[o], true})
		}
	}
	return list
}

// language checks everything that is said in one language.
func (c *check) language(lang string) {
	t, s := c.v.Texts[lang], speechOf(lang)
	all := c.texts(lang)
	for _, x := range all {
		c.text(x)
		if s != nil {
			c.spoils(s, x.at, x.text)
		}
	}
	for _, p := range c.v.Purposes {
		pt, ok := t.Purposes[p.Key]
		if !ok {
			c.add("language.missing", Where{lang, p.Key, ""}, nil, nil)
			continue
		}
		if strings.TrimSpace(pt.Words) != "" {
			c.purpose(s, lang, p, pt)
			c.readable(lang, Where{lang, p.Key, "words"}, pt.Words)
		}
		c.fits(lang, p, pt)
	}
	if s == nil {
		c.add("language.unchecked", Where{Lang: lang}, nil, nil)
	}
	if !formulaFor(lang) {
		c.add("text.unscored", Where{Lang: lang}, nil, nil)
	}
	if !locale.Speaks(lang) {
		c.add("language.interface", Where{Lang: lang}, nil, nil)
	}
	c.twins(lang, t)
	c.tongue(lang, s, all)
	c.borrowed(lang)
	c.chat(lang)
	c.afterwards(s, lang, t)
}

// text checks what any text must be.
func (c *check) text(x slot) {
	if strings.TrimSpace(clean(x.text)) == "" {
		if x.must {
			c.add("text.empty", x.at, nil, nil)
		}
		return
	}
	if plain := clean(x.text); plain != x.text {
		c.add("text.control", x.at, nil, to(plain))
	}
	if found := placeholder(x.text, x.at.Lang, c.v.Language); found != "" {
		c.add("text.placeholder", x.at, params{"Found", found}, c.filled(x.at.Lang, x.text))
	}
	if x.at.Slot != "body" && tag.MatchString(x.text) {
		c.add("text.html", x.at, params{"Found", tag.FindString(x.text)}, to(untagged(x.text)))
	}
}

// clean returns the text without characters that do not show or that turn its
// direction: what is read is then what is kept. Line ends and the joiners that
// scripts need stay.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u200c', r == '\u200d', r == '\u200e', r == '\u200f', r == '\u061c', r >= '\u2066' && r <= '\u2069':
			return r
		case r == unicode.ReplacementChar, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

// tag is an element of HTML.
var tag = regexp.MustCompile(`</?[a-zA-Z][^<>]{0,200}>`)

// untagged takes elements out until there are none, for taking one out may make
// another of what stood round it.
func untagged(s string) string {
	for range 8 {
		if !tag.MatchString(s) {
			return s
		}
		s = tag.ReplaceAllString(s, "")
	}
	return strings.NewReplacer("<", "", ">", "").Replace(s)
}

// What is left of a pattern that nobody filled in. Square brackets before a
// round one are a link of Markdown.
var (
	unfilled = regexp.MustCompile(`(?i)\{\{[^{}]{0,60}\}?\}?|\}\}|\[(?:business|company|brand|name|url|link|date|number|your [a-z ]{1,30}|firma|unternehmen|entreprise|empresa|azienda|bedrijf|الشركة|اسم الشركة)\]|\{(?:business|company|brand|name|url|link|n|number|provider)\}|\blorem ipsum\b|\bdolor sit amet\b|(?-i:\bTBD\b)|%[sv]\b|\bxxx+\b`)
	ours     = regexp.MustCompile(`(?i)\{\{\s*\.?(?:business|company|brand|name)\s*\}\}|[\[{](?:business|company|brand|name|your business|your company|firma|unternehmen|entreprise|empresa|azienda|bedrijf|الشركة|اسم الشركة)[\]}]`)
)

// toDo marks what somebody meant to write later. Where "todo" is a word of the
// language (all, everything), only what stands like a mark is one.
var (
	toDo     = regexp.MustCompile(`\bTODO\b`)
	toDoMark = regexp.MustCompile(`\bTODO:|^\s*TODO\W*$|[\[({<#@/]\s*TODO\b`)
	sayTodo  = []string{"es", "pt", "gl"}
)

// placeholder returns what was left to fill in, where the languages are those of
// the text and of the version.
func placeholder(s string, languages ...string) string {
	if found := unfilled.FindString(s); found != "" {
		return found
	}
	for _, lang := range languages {
		if slices.Contains(sayTodo, base(lang)) {
			return toDoMark.FindString(s)
		}
	}
	return toDo.FindString(s)
}

// filled puts the business where the pattern meant it, or returns nil where
// something else is left.
func (c *check) filled(lang, s string) *string {
	name := c.v.Controller.LegalName
	if name == "" || placeholder(name, lang, c.v.Language) != "" {
		return nil
	}
	f := strings.Join(ours.Split(s, -1), name)
	if placeholder(f, lang, c.v.Language) != "" {
		return nil
	}
	return &f
}

// scripts in which languages are written; Latin where none is said.
var scripts = map[string][]string{
	"ar": {"Arabic"}, "fa": {"Arabic"}, "ur": {"Arabic"}, "he": {"Hebrew"}, "hi": {"Devanagari"}, "mr": {"Devanagari"}, "ne": {"Devanagari"}, "bn": {"Bengali"},
	"ja": {"Han", "Hiragana", "Katakana"}, "zh": {"Han"}, "ko": {"Hangul", "Han"}, "ru": {"Cyrillic"}, "uk": {"Cyrillic"}, "bg": {"Cyrillic"}, "el": {"Greek"},
	"th": {"Thai"}, "ta": {"Tamil"}, "te": {"Telugu"}, "gu": {"Gujarati"}, "pa": {"Gurmukhi", "Arabic"}, "kn": {"Kannada"}, "ml": {"Malayalam"}, "ka": {"Georgian"}, "hy": {"Armenian"},
	"sr": {"Cyrillic", "Latin"}, "am": {"Ethiopic"}, "km": {"Khmer"}, "my": {"Myanmar"}, "lo": {"Lao"}, "si": {"Sinhala"}, "or": {"Oriya"}, "mk": {"Cyrillic"},
}

// leastLetters is how many letters a text must have before its script tells.
const leastLetters = 24

// tongue checks that texts are in the language that their tag says.
func (c *check) tongue(lang string, s *speech, all []slot) {
	want := scripts[base(lang)]
	if want == nil {
		want = []string{"Latin"}
	}
	var whole strings.Builder
	for _, x := range all {
		rest := c.without(x.text)
		letters, fit := 0, 0
		for _, r := range rest {
			if unicode.IsLetter(r) {
				letters++
				for _, script := range want {
					if unicode.Is(unicode.Scripts[script], r) {
						fit++
						break
					}
				}
			}
		}
		if letters >= leastLetters && fit*10 < letters*4 {
			c.add("language.script", x.at, nil, nil)
		}
		if other := c.sameElsewhere(lang, x); other != "" {
			c.add("language.same", x.at, params{"Other", other}, nil)
		}
		if x.at.Purpose != "" || x.at.Slot == "intro" {
			whole.WriteString(rest + " ")
		}
	}
	if s != nil && want[0] == "Latin" {
		if guess := guess(whole.String(), s); guess != "" {
			c.add("language.guess", Where{Lang: lang}, params{"Guess", guess}, nil)
		}
	}
}

// without returns the text without addresses and the business's names, which
// are alike in every language.
func (c *check) without(text string) string {
	text = address.ReplaceAllString(text, " ")
	for _, name := range []string{c.v.Controller.LegalName, c.v.Controller.BrandName, "WhatsApp", "STOP"} {
		if name != "" {
			text = strings.ReplaceAll(text, name, " ")
		}
	}
	return text
}

// sameElsewhere returns the version's own language where the text reads there
// as it does here: it was not translated.
func (c *check) sameElsewhere(lang string, x slot) string {
	own := c.v.Language
	t := c.v.Texts[own].Purposes[x.at.Purpose]
	if lang == own || base(lang) == base(own) || x.at.Slot != "words" {
		return ""
	}
	if f := consent.FoldText(c.without(x.text)); len(f) >= leastLetters && f == consent.FoldText(c.without(t.Words)) {
		return own
	}
	return ""
}

// leastCopied is how many letters a text must have before its double in another
// language was forgotten there. One word often is the same in several.
const leastCopied = 8

// borrowed finds texts that nobody has written for this place: those of a funnel
// to begin with, and those that are still in the version's own language.
func (c *check) borrowed(lang string) {
	own := c.v.Language
	first := make(map[Where]string)
	if lang != own && base(lang) != base(own) {
		for _, x := range c.written(own) {
			x.at.Lang = lang
			first[x.at] = consent.FoldText(c.without(x.text))
		}
	}
	for _, x := range c.written(lang) {
		if c.o.Samples[x.text] {
			c.add("text.sample", x.at, nil, nil)
		}
		f := consent.FoldText(c.without(x.text))
		if f == first[x.at] && strings.Contains(f, " ") && utf8.RuneCountInString(f) >= leastCopied {
			c.add("language.copied", x.at, params{"Other", own}, nil)
		}
	}
}

// written are the texts that somebody writes in a language: of words that are
// built, what is filled in, and not what is made of it.
func (c *check) written(lang string) []slot {
	list := slices.DeleteFunc(c.texts(lang), func(x slot) bool { return x.at.Slot == "words" || x.at.Slot == "say" })
	for _, p := range c.v.Purposes {
		if s := c.v.Texts[lang].Purposes[p.Key].Slots; s != nil {
			list = append(list, slot{at: Where{lang, p.Key, "kind"}, text: s.Kind})
		}
	}
	return list
}

// leastWords is how many words a text must have before a guess.
const leastWords = 20

// guess returns the language whose frequent words the text has, where it is
// plainly another one than it should be.
func guess(text string, s *speech) string {
	fields := strings.Fields(consent.FoldText(text))
	if len(fields) < leastWords {
		return ""
	}
	count := func(s *speech) int {
		n := 0
		for _, f := range fields {
			for _, w := range s.Common {
				if f == w {
					n++
					break
				}
			}
		}
		return n
	}
	ours, best, found := count(s), 0, ""
	for _, other := range tags() {
		o := speeches[other]
		if scripts[other] != nil || o == s {
			continue
		}
		if n := count(o); n > best {
			best, found = n, o.Tag
		}
	}
	if best >= 5 && best > 2*ours {
		return found
	}
	return ""
}
