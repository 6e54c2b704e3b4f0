package lint

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"assent/funnel"
)

// formula scores how easily a text reads, from 0 (hard) to 100 (easy).
type formula struct {
	name   string
	least  int // below it the text is hard
	vowels string
	score  func(s stats) float64
}

// stats are counts of a text.
type stats struct{ sentences, words, letters, syllables float64 }

// formulas are those that exist for the languages with word lists. None is
// known for the others.
var formulas = map[string]formula{
	"en": {"Flesch", 50, "aeiouy", func(s stats) float64 { return 206.835 - 1.015*s.words/s.sentences - 84.6*s.syllables/s.words }},
	"de": {"Amstad", 40, "aeiouyäöü", func(s stats) float64 { return 180 - s.words/s.sentences - 58.5*s.syllables/s.words }},
	"fr": {"Kandel-Moles", 50, "aeiouyàâéèêëîïôùûüœ", func(s stats) float64 { return 207 - 1.015*s.words/s.sentences - 73.6*s.syllables/s.words }},
	"es": {"Fernández Huerta", 50, "aeiouáéíóúü", func(s stats) float64 { return 206.84 - 1.02*s.words/s.sentences - 60*s.syllables/s.words }},
	"it": {"Gulpease", 45, "aeiouàèéìòù", func(s stats) float64 { return 89 + (300*s.sentences-10*s.letters)/s.words }},
	"nl": {"Flesch-Douma", 45, "aeiouyëïö", func(s stats) float64 { return 206.835 - 0.93*s.words/s.sentences - 77*s.syllables/s.words }},
	"pt": {"Flesch, Martins", 45, "aeiouáâãàéêíóôõúü", func(s stats) float64 { return 248.835 - 1.015*s.words/s.sentences - 84.6*s.syllables/s.words }},
	"tr": {"Ateşman", 50, "aeıioöuüâîû", func(s stats) float64 { return 198.825 - 40.175*s.syllables/s.words - 2.61*s.words/s.sentences }},
}

func formulaFor(lang string) bool { _, ok := formulas[base(lang)]; return ok }

// longSentence is how many words a sentence should have at most.
const longSentence = 20

// leastScored is how many words a text needs to be scored.
const leastScored = 10

// sentences parts a text where sentences end.
func sentences(text string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(strings.ReplaceAll(text, ". ", ".\n"), func(r rune) bool { return strings.ContainsRune("\n!?؟。।", r) }) {
		if strings.ContainsFunc(s, unicode.IsLetter) {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' })
}

// count returns the counts of a text, and its longest sentence.
func (f formula) count(text string) (s stats, longest string) {
	most := 0
	for _, sentence := range sentences(text) {
		list := wordsOf(sentence)
		if len(list) == 0 {
			continue
		}
		if len(list) > most {
			most, longest = len(list), sentence
		}
		s.sentences++
		for _, w := range list {
			s.words++
			s.letters += float64(len([]rune(w)))
			s.syllables += float64(f.syllablesOf(w))
		}
	}
	return s, longest
}

// syllablesOf counts runs of vowels, which is what the formulas were made with.
func (f formula) syllablesOf(word string) int {
	n, in := 0, false
	word = strings.ToLower(word)
	for _, r := range word {
		vowel := strings.ContainsRune(f.vowels, r)
		if vowel && (!in || f.name == "Ateşman") {
			n++
		}
		in = vowel
	}
	if f.name == "Flesch" && n > 1 && strings.HasSuffix(word, "e") && !strings.HasSuffix(word, "le") {
		n-- // a silent e
	}
	return max(n, 1)
}

// readable checks that people can read the text.
func (c *check) readable(lang string, at Where, text string) {
	text = c.without(text)
	f, known := formulas[base(lang)]
	s, longest := f.count(text)
	if base(lang) != "ja" {
		if n := len(wordsOf(longest)); n > longSentence {
			c.add("text.sentence_long", at, params{"Count", strconv.Itoa(n), "Max", strconv.Itoa(longSentence), "Sentence", longest}, nil)
		}
	}
	if !known || s.words < leastScored {
		return
	}
	if score := f.round(s); score < f.least {
		c.add("text.hard", at, params{"Score", strconv.Itoa(score), "Least", strconv.Itoa(f.least), "Formula", f.name, "Sentence", longest}, nil)
	}
}

func (f formula) round(s stats) int {
	return int(math.Round(min(100, max(0, f.score(s)))))
}

// Readability returns how easily the consent words read in each language for
// which there is a formula, from 0 to 100.
func Readability(v *funnel.Version) map[string]int {
	c, out := newCheck(v, Options{}), make(map[string]int)
	for _, lang := range c.languages() {
		f, ok := formulas[base(lang)]
		if !ok {
			continue
		}
		var all []string
		for _, p := range v.Purposes {
			all = append(all, c.without(v.Texts[lang].Purposes[p.Key].Words))
		}
		if s, _ := f.count(strings.Join(all, "\n")); s.words >= leastScored {
			out[lang] = f.round(s)
		}
	}
	return out
}
