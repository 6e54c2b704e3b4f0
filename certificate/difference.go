package certificate

import (
	"slices"
	"unicode"

	"assent/paper/typeset"
)

// Later is how the words of a purpose read by now, where that is not as they were
// agreed to (rule 12).
type Later struct {
	Number  int // of the version
	Since   string
	Meaning bool   // its publisher says that they mean something else
	Words   string // verbatim
}

// piece is a stretch of two texts: kept, or in one of them only.
type piece struct {
	text      string
	gone, new bool
}

// maxPieces bounds what is compared word by word: consent words have 800
// characters at most.
const maxPieces = 1000

// compare returns what was kept, taken out and put in between two texts, word by
// word: the longest common sequence of words stays.
func compare(old, now string) (list []piece) {
	a, b := pieces(old), pieces(now)
	if len(a) > maxPieces || len(b) > maxPieces {
		return slices.DeleteFunc([]piece{{text: old, gone: true}, {text: now, new: true}}, func(p piece) bool { return p.text == "" })
	}
	longest := make([][]int, len(a)+1) // of the rests from there on
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	add := func(p piece) {
		if n := len(list); n > 0 && list[n-1].gone == p.gone && list[n-1].new == p.new {
			list[n-1].text += p.text
			return
		}
		list = append(list, p)
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add(piece{text: a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && longest[i+1][j] >= longest[i][j+1]:
			add(piece{text: a[i], gone: true})
			i++
		default:
			add(piece{text: b[j], new: true})
			j++
		}
	}
	return list
}

// pieces cuts a text into words, each with what stands before it; in scripts
// without spaces into characters.
func pieces(text string) (list []string) {
	begin, word, apart := 0, false, false
	for i, r := range text {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
		alone := unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
		if word && (!letter || alone || apart) {
			list, begin = append(list, text[begin:i]), i
		}
		word, apart = letter, alone
	}
	if begin < len(text) {
		list = append(list, text[begin:])
	}
	return list
}

// later shows how the words read by now, with what changed marked.
func (d *deed) later(c Consent) {
	if c.Later == nil {
		return
	}
	means := d.l.T("certificate.later.typo")
	if c.Later.Meaning {
		means = d.l.T("certificate.later.meaning")
	}
	d.need(60)
	d.paragraph(d.l.T("certificate.later", "Number", c.Later.Number, "Date", c.Later.Since), label)
	var spans []typeset.Span
	for _, p := range compare(c.Words, c.Later.Words) {
		s := typeset.Span{Text: p.text, Style: body, Lang: c.Language}
		switch {
		case p.gone:
			s.Text, s.Style.Gray = bracketed(p.text), 0.35
		case p.new:
			s.Style.Bold = true
		}
		spans = append(spans, s)
	}
	d.quoted(spans, c.Language)
	d.paragraph(means+" "+d.l.T("certificate.later.key"), small)
}

// bracketed puts what was taken out into brackets, and the space before it before
// them.
func bracketed(text string) string {
	i := 0
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return text[:i] + "[" + text[i:] + "]"
}
