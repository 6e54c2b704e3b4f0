package lint

import (
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"assent/consent"
)

//go:embed speech/*.json
var files embed.FS

// speech is how one language says the things that the lint looks for. Words are
// beginnings of words; where a language joins words, they may stand anywhere.
// All are folded when they are read.
type speech struct {
	Tag      string `json:"-"`
	Anywhere bool   `json:"anywhere"`

	Agree     words `json:"agree"`     // that the person agrees
	Stop      words `json:"stop"`      // how it ends
	Free      words `json:"free"`      // that ending it costs nothing
	Optional  words `json:"optional"`  // that it is no condition
	Automated words `json:"automated"` // that machines send
	Recipient words `json:"recipient"` // that WhatsApp carries the messages
	Notice    words `json:"notice"`    // the privacy notice
	Number    words `json:"number"`    // the person's number
	Complaint words `json:"complaint"` // where to complain
	Promotion words `json:"promotion"` // marketing for certain
	Topics    words `json:"topics"`    // what else marketing may be about
	Service   words `json:"service"`   // transactional for certain
	Matters   words `json:"matters"`   // what else that may be about
	Not       words `json:"not"`       // takes back what follows
	Preticked words `json:"preticked"`
	Implied   words `json:"implied"`
	Condition words `json:"condition"`

	Month words          `json:"month"`
	Week  words          `json:"week"`
	Day   words          `json:"day"`
	Count map[string]int `json:"count"` // numbers in words

	Common words  `json:"common"` // frequent words, to tell languages apart
	Fix    phrase `json:"fix"`
}

// phrase is a sentence for each thing that may be missing.
type phrase struct {
	Agree     string `json:"agree"`
	Stop      string `json:"stop"`
	Free      string `json:"free"`
	Optional  string `json:"optional"`
	Automated string `json:"automated"`
	From      string `json:"from"` // {business}
	Recipient string `json:"recipient"`
	Provider  string `json:"provider"` // {provider}
	Notice    string `json:"notice"`   // {url}
	Number    string `json:"number"`
	Frequency string `json:"frequency"` // {n}
	Complaint string `json:"complaint"`
	Adult     string `json:"adult"` // {n}
}

// words are folded.
type words []string

// UnmarshalJSON reads a list and folds it. A space at an end of a word stays: no
// letter may follow there.
func (w *words) UnmarshalJSON(b []byte) error {
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, s := range list {
		folded := consent.FoldText(s)
		if strings.HasPrefix(s, " ") {
			folded = " " + folded
		}
		if strings.HasSuffix(s, " ") {
			folded += " "
		}
		*w = append(*w, folded)
	}
	return nil
}

var speeches = read()

func read() map[string]*speech {
	names, err := fs.Glob(files, "speech/*.json")
	if err != nil {
		panic(err)
	}
	all := make(map[string]*speech, len(names))
	for _, name := range names {
		body, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		s := &speech{Tag: strings.TrimSuffix(path.Base(name), ".json")}
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(s); err != nil {
			panic("lint: " + name + ": " + err.Error())
		}
		count := make(map[string]int, len(s.Count))
		for word, n := range s.Count {
			count[consent.FoldText(word)] = n
		}
		s.Count = count
		all[base(s.Tag)] = s
	}
	return all
}

// base returns the language of a tag: "pt" of "pt-BR".
func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(b)
}

// speechOf returns how the language of the tag speaks, or nil.
func speechOf(tag string) *speech { return speeches[base(tag)] }

// joined reports that the language writes without spaces.
func (s *speech) joined() bool { return s.Tag == "ja" }

// with adds a sentence to a text.
func (s *speech) with(text, sentence string, pairs ...string) *string {
	for i := 0; i+1 < len(pairs); i += 2 {
		sentence = strings.ReplaceAll(sentence, "{"+pairs[i]+"}", pairs[i+1])
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return &sentence
	case s.joined() && !address.MatchString(lastWord(text)):
		return to(text + sentence)
	}
	if last, _ := utf8.DecodeLastRuneInString(text); !strings.ContainsRune(".。।:!?؟…", last) && !strings.HasSuffix(text, "/") && !address.MatchString(lastWord(text)) {
		text += "."
	}
	return to(text + " " + sentence)
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

// address finds what is no sentence.
var address = regexp.MustCompile(`(?i)\bhttps?://\S+`)

// utterance is a text made ready for search.
type utterance struct {
	*speech
	text string // folded, with a space at each end
}

// gap stands where something was taken out; no folded word is like it.
const gap = " | "

// utter folds a text. Addresses and the names are taken out: a business may be
// called Stop & Shop.
func (s *speech) utter(text string, names ...string) utterance {
	u := utterance{s, " " + consent.FoldText(address.ReplaceAllString(text, " ")) + " "}
	for _, name := range names {
		if f := consent.FoldText(name); f != "" {
			if s.Anywhere {
				u.text = strings.ReplaceAll(u.text, f, gap)
			} else {
				u.text = strings.ReplaceAll(u.text, " "+f+" ", gap)
			}
		}
	}
	return u
}

// at returns where the word first stands at or after from, or -1.
func (u utterance) at(word string, from int) int {
	if !u.Anywhere {
		word = " " + word
	}
	i := strings.Index(u.text[from:], word)
	if i < 0 {
		return -1
	}
	if !u.Anywhere {
		i++
	}
	return from + i
}

// says returns the first of the words that the text holds.
func (u utterance) says(lists ...words) (string, bool) {
	for _, list := range lists {
		for _, w := range list {
			if u.at(w, 0) >= 0 {
				return w, true
			}
		}
	}
	return "", false
}

// affirms returns the first of the words that stands in the text without a no
// before it (behind it, where the language puts it there) and not beside a
// name, whose verb it may be ("Rosa offers").
func (u utterance) affirms(list words) (string, bool) {
	for _, w := range list {
		for from := 0; ; {
			i := u.at(w, from)
			if i < 0 {
				break
			}
			if !u.denied(i, i+len(w)) {
				return w, true
			}
			from = i + len(w)
		}
	}
	return "", false
}

// denied reports a no among the four words before the place, or a name right
// before it.
func (u utterance) denied(start, end int) bool {
	if u.joined() || base(u.Tag) == "hi" || base(u.Tag) == "bn" || base(u.Tag) == "tr" { // the no comes last
		return slices.ContainsFunc(u.Not, func(no string) bool { return strings.Contains(head(u.text[end:], 48), no) })
	}
	before := u.text[:start]
	if u.Anywhere { // particles are written on the word
		before = before[:strings.LastIndexByte(before, ' ')+1]
	}
	tail := strings.Fields(lastBytes(before, 96))
	tail = tail[max(0, len(tail)-4):]
	if len(tail) > 0 && tail[len(tail)-1] == strings.TrimSpace(gap) {
		return true
	}
	return slices.ContainsFunc(tail, func(w string) bool { return slices.Contains(u.Not, w) })
}

func head(s string, n int) string { return s[:min(n, len(s))] }

func lastBytes(s string, n int) string { return s[max(0, len(s)-n):] }
