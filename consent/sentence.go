package consent

import (
	"embed"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The folder words holds, for each language, the keywords and the rules by which
// a free sentence is a stop. Each line is a name, a colon and what it holds:
//
//	stop, start, help, settings   whole messages, parted by commas
//	cancel              as stop, but never with a name behind: "cancel orders" may mean a purchase
//	polite              what is left out of a sentence before it is looked at
//	part NAME           words that stand for each other in sentences, parted by |
//	say                 a whole clause: words, {words or parts|…}, each with ? or * or + behind
//	tell                as say, but not with a question mark: "no more offers?" asks for some
//	spaces: no          the language is written without them
//
// Everything is folded as messages are. A rule matches whole clauses only, so
// "don't stop sending" and "I can't stop laughing" are none.
//
//go:embed words/*.txt
var wordFiles embed.FS

// keyword is what a whole message can be.
type keyword struct {
	word    Word
	cancels bool
	lang    string // empty where several languages have it
}

// language is what is known of how people speak in one language.
type language struct {
	tag    string
	spaced bool
	polite []string
	first  map[Word]string // the word that stands first, as it is written
	say    func() *regexp.Regexp
	tell   func() *regexp.Regexp
}

var keywords, languages = readWords()

func isStop(folded string) bool { return keywords[folded].word == Stop }

// readWords reads the folder. What is wrong in it stops the program: a test
// reads it too.
func readWords() (map[string]keyword, []*language) {
	words := map[string]keyword{}
	var all []*language
	files, err := wordFiles.ReadDir("words")
	if err != nil {
		panic(err)
	}
	for _, f := range files {
		body, err := wordFiles.ReadFile(path.Join("words", f.Name()))
		if err != nil {
			panic(err)
		}
		all = append(all, readLanguage(strings.TrimSuffix(f.Name(), ".txt"), string(body), words))
	}
	return words, all
}

func readLanguage(tag, body string, words map[string]keyword) *language {
	l := &language{tag: tag, spaced: true, first: map[Word]string{}}
	parts := map[string][]string{}
	var say, tell []string
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, ":")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		value = strings.TrimSpace(value)
		part, isPart := strings.CutPrefix(name, "part ")
		switch {
		case !ok || value == "":
			panic("consent: words of " + tag + ": " + line)
		case isPart:
			parts[part] = strings.Split(value, "|")
		case name == "say":
			say = append(say, value)
		case name == "tell":
			tell = append(tell, value)
		case name == "spaces":
			l.spaced = value != "no"
		case name == "polite":
			for _, w := range strings.Split(value, ",") {
				l.polite = append(l.polite, foldClause(w))
			}
		default:
			k := keyword{word: Word(name), lang: tag}
			if name == "cancel" {
				k.word, k.cancels = Stop, true
			} else {
				first, _, _ := strings.Cut(value, ",")
				l.first[k.word] = strings.TrimSpace(first)
			}
			for _, w := range strings.Split(value, ",") {
				note(words, FoldText(w), k)
				note(words, foldClause(w), k)
			}
		}
	}
	slices.SortFunc(l.polite, func(a, b string) int { return len(b) - len(a) })
	l.say = sync.OnceValue(func() *regexp.Regexp { return compile(say, parts, l.spaced) })
	l.tell = sync.OnceValue(func() *regexp.Regexp { return compile(tell, parts, l.spaced) })
	return l
}

// note adds a keyword. A word that two languages share is of neither, and one
// that stops anywhere stops everywhere.
func note(words map[string]keyword, folded string, k keyword) {
	if folded == "" {
		return
	}
	old, known := words[folded]
	switch {
	case known && old.word != k.word && old.word == Stop:
		return
	case known && old.word == k.word && old.lang != k.lang:
		k.lang, k.cancels = "", k.cancels && old.cancels
	}
	words[folded] = k
}

// compile makes one expression of a language's rules. Each word of a rule has
// its space before it.
func compile(clauses []string, parts map[string][]string, spaced bool) *regexp.Regexp {
	space := ""
	if spaced {
		space = " "
	}
	var alternatives []string
	for _, c := range clauses {
		var b strings.Builder
		for c = strings.TrimSpace(c); c != ""; c = strings.TrimSpace(c) {
			var token string
			if c[0] == '{' {
				end := strings.IndexByte(c, '}')
				token, c = c[1:end], c[end+1:]
			} else {
				end := strings.IndexAny(c+" ", " {")
				token, c = c[:end], c[end:]
			}
			b.WriteString("(?:" + strings.Join(expand(token, parts, space), "|") + ")")
			if c != "" && strings.IndexByte("?*+", c[0]) >= 0 {
				b.WriteByte(c[0])
				c = c[1:]
			}
		}
		alternatives = append(alternatives, b.String())
	}
	if len(alternatives) == 0 { // it matches nothing
		return regexp.MustCompile(`[^\s\S]`)
	}
	return regexp.MustCompile("^(?:" + strings.Join(alternatives, "|") + ")$")
}

func expand(token string, parts map[string][]string, space string) (list []string) {
	for _, alt := range strings.Split(token, "|") {
		words, ok := parts[alt]
		if !ok {
			words = []string{alt}
		}
		for _, w := range words {
			f := foldClause(w)
			if space == "" {
				f = strings.ReplaceAll(f, " ", "")
			}
			list = append(list, space+f)
		}
	}
	return list
}

// apostrophes stand within words: without them "don't" is one.
var apostrophes = strings.NewReplacer("'", "", "’", "", "ʼ", "", "`", "", "´", "", "\u2018", "")

func foldClause(s string) string { return FoldText(apostrophes.Replace(s)) }

// maxSentence is the longest text, in bytes, in which a free sentence is looked
// for: who writes more than that has more to say than stop.
const maxSentence = 1500

// AsksToStop reports whether a reasonable reader takes the text as a stop, though
// it is no keyword: one of its sentences is addressed to the messages and says
// that they shall end. Where that is doubtful it does not.
func AsksToStop(text string) bool {
	if len(text) > maxSentence {
		return false
	}
	if whole := foldClause(text); asksToStop(whole, asked(text)) || politeStop(whole) {
		return true
	}
	for rest := text; ; {
		end := strings.IndexAny(rest, ".!?;,\n。！？、，،؟؛।…")
		if end < 0 {
			return len(rest) < len(text) && asksToStop(foldClause(rest), false)
		}
		_, size := utf8.DecodeRuneInString(rest[end:])
		if asksToStop(foldClause(rest[:end]), asked(rest[:end+size])) {
			return true
		}
		rest = rest[end+size:]
	}
}

// asked reports whether a text ends in a question mark.
func asked(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(text, func(r rune) bool { return !strings.ContainsRune("?？؟.!。！", r) && !unicode.IsLetter(r) }))
	return r == '?' || r == '？' || r == '؟'
}

// asksToStop looks at one folded clause, with and without what is only polite. asked
// says that a question mark stands behind it.
func asksToStop(clause string, asked bool) bool {
	clause = strings.TrimSpace(clause)
	if clause == "" {
		return false
	}
	return slices.ContainsFunc(languages, func(l *language) bool {
		whole := " " + clause
		if !l.spaced {
			whole = strings.ReplaceAll(clause, " ", "")
		}
		forms := []string{whole, l.bare(strings.TrimSpace(whole))}
		return slices.ContainsFunc(forms, l.say().MatchString) || !asked && slices.ContainsFunc(forms, l.tell().MatchString)
	})
}

// politeStop reports whether a whole message is a stop word and what is polite.
func politeStop(whole string) bool {
	return slices.ContainsFunc(languages, func(l *language) bool {
		k := keywords[strings.TrimSpace(l.bare(whole))]
		return k.word == Stop && !k.cancels
	})
}

// bare takes what is only polite out of a clause. Words stand behind a space.
func (l *language) bare(clause string) string {
	if !l.spaced {
		for _, p := range l.polite {
			clause = strings.ReplaceAll(clause, strings.ReplaceAll(p, " ", ""), "")
		}
		return clause
	}
	clause = " " + clause + " "
	for _, p := range l.polite {
		for strings.Contains(clause, " "+p+" ") {
			clause = strings.Replace(clause, " "+p+" ", " ", 1)
		}
	}
	return strings.TrimSuffix(clause, " ")
}
