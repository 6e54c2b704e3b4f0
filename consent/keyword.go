package consent

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Word is what a text message asks for in a keyword.
type Word string

// The keywords.
const (
	NoWord   Word = ""
	Stop     Word = "stop"
	Start    Word = "start"
	Help     Word = "help"
	Settings Word = "settings" // where the person sees what they agreed to
)

// Keyword returns the keyword that the whole text amounts to, in any of the
// languages of the folder words. A command such
// as /stop counts; a word inside a longer sentence does not.
func Keyword(text string) Word {
	w, _ := KeywordFor(text, nil)
	return w
}

// KeywordFor is Keyword for a business with named purposes: "STOP offers"
// narrows the stop to the purpose whose key or title follows. titles maps a
// purpose's key to the names by which people know it.
func KeywordFor(text string, titles map[string][]string) (Word, string) {
	f := FoldText(text)
	for _, form := range []string{f, squeeze(f)} {
		if k, ok := keywords[form]; ok {
			return k.word, ""
		}
	}
	first, rest, ok := strings.Cut(f, " ")
	if k := keywords[first]; !ok || k.word != Stop || k.cancels {
		return NoWord, ""
	}
	for _, key := range slices.Sorted(maps.Keys(titles)) { // of two that are named alike always the same one
		for _, name := range append([]string{key}, titles[key]...) {
			if rest == FoldText(name) {
				return Stop, key
			}
		}
	}
	return NoWord, ""
}

// LanguageOf returns the language of the keyword that the whole text is, or
// nothing where several languages have it.
func LanguageOf(text string) string {
	f := FoldText(text)
	if k, ok := keywords[f]; ok {
		return k.lang
	}
	return keywords[squeeze(f)].lang
}

// WordIn returns how a keyword is best written in a language, given by its BCP 47
// tag, or nothing where the language has none.
func WordIn(lang string, w Word) string {
	for _, l := range languages {
		if l.tag == lang {
			return l.first[w]
		}
	}
	return ""
}

// squeeze takes back what haste and anger do to a word: "stoooop", "stop stop",
// "s t o p".
func squeeze(folded string) string {
	if letters := strings.Fields(folded); len(letters) > 2 && !slices.ContainsFunc(letters, func(w string) bool { return utf8.RuneCountInString(w) > 1 }) {
		return strings.Join(letters, "")
	}
	var b strings.Builder
	var last, before rune
	for _, r := range folded {
		if r == last && r == before {
			continue
		}
		before, last = last, r
		b.WriteRune(r)
	}
	words := slices.Compact(strings.Fields(b.String()))
	whole := strings.Join(words, " ")
	if _, ok := keywords[whole]; ok {
		return whole
	}
	b.Reset()
	last = 0
	for _, r := range whole { // "stoop" was "stooooop", and has two left
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	if once := b.String(); len(folded) > len(once)+1 {
		return once
	}
	return whole
}

// StopBeside reports whether there is a stop word in what a person added to a
// prefilled text, or left of it (rule 3: it may take a yes back). The sentences
// are taken away first, as they were sent. Of a sentence that was changed, the
// names in it of several words, and stop words between the words that stand
// round them there, are not the person's: a brand may be called Stop & Shop. A
// stop word that may be either is a stop.
func StopBeside(text string, sentences, names []string) bool {
	rest := " " + FoldText(text) + " "
	takeAway := func(folded string) bool {
		before := rest
		rest = strings.Replace(rest, " "+folded+" ", gap, 1)
		return rest != before
	}
	var changed []string
	for _, s := range sentences {
		if f := FoldText(s); f != "" && !takeAway(f) {
			changed = append(changed, f)
		}
	}
	for _, sentence := range changed {
		for _, name := range names {
			f := FoldText(name)
			if strings.Contains(f, " ") && strings.Contains(" "+sentence+" ", " "+f+" ") {
				takeAway(f)
			}
		}
	}
	words := strings.Fields(rest)
	for _, sentence := range changed {
		takeKept(words, strings.Fields(sentence))
	}
	for i, w := range words {
		if isStop(w) || i > 0 && isStop(words[i-1]+" "+w) {
			return true
		}
	}
	return slices.ContainsFunc(strings.Split(strings.Join(words, " "), strings.TrimSpace(gap)), func(c string) bool { return asksToStop(c, false) })
}

// gap stands where something was taken away, so that what is left does not
// become a phrase; no folded word is like it.
const gap = " | "

// takeKept takes stop words of a changed sentence away, where they stand between
// the same words as in the sentence.
func takeKept(words, sentence []string) {
	for i, w := range sentence {
		if !isStop(w) || len(sentence) == 1 {
			continue
		}
		for j := range words {
			before := i == 0 || j > 0 && words[j-1] == sentence[i-1]
			after := i == len(sentence)-1 || j+1 < len(words) && words[j+1] == sentence[i+1]
			if words[j] == w && before && after {
				words[j] = strings.TrimSpace(gap)
				break
			}
		}
	}
}
