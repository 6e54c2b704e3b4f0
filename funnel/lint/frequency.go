package lint

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"assent/consent"
	"assent/funnel"
)

// promise is how often a text says that messages come.
type promise struct {
	n      int
	period period
}

type period string

const (
	perMonth period = "month"
	perWeek  period = "week"
	perDay   period = "day"
)

// fits reports whether the promise is the one that the purpose keeps.
func (p promise) fits(perMonthKept int) bool {
	switch p.period {
	case perWeek:
		return perMonthKept >= 4*p.n && perMonthKept <= 5*p.n
	case perDay:
		return perMonthKept >= 28*p.n && perMonthKept <= 31*p.n
	}
	return p.n == perMonthKept
}

// frequency checks that what is said of the frequency is what will be kept
// (rule 14): in the words, and in what the person sends.
func (c *check) frequency(s *speech, at Where, p funnel.Purpose, t funnel.PurposeText) {
	kept := strconv.Itoa(p.PerMonth)
	said := s.promises(t.Words)
	if p.PerMonth > 0 && len(said) == 0 {
		c.add("words.frequency_missing", at, params{"Number", kept}, s.with(t.Words, s.Fix.Frequency, "n", kept))
	}
	for _, x := range []struct{ slot, text string }{{"words", t.Words}, {"say", t.Say}} {
		i := slices.IndexFunc(s.promises(x.text), func(q promise) bool { return !q.fits(p.PerMonth) })
		if i < 0 {
			continue
		}
		q, where := s.promises(x.text)[i], Where{at.Lang, at.Purpose, x.slot}
		if p.PerMonth == 0 {
			c.add("words.frequency_unkept", where, params{"Said", strconv.Itoa(q.n)}, nil)
		} else {
			c.add("words.frequency_differs", where, params{"Said", strconv.Itoa(q.n), "Number", kept}, corrected(x.text, q, p.PerMonth))
		}
	}
}

// corrected puts the number that is kept where another stands, if that is
// written in digits and only once.
func corrected(text string, q promise, kept int) *string {
	old := strconv.Itoa(q.n)
	if q.period != perMonth || strings.Count(text, old) != 1 {
		return nil
	}
	i := strings.Index(text, old)
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	if digit(i-1) || digit(i+len(old)) {
		return nil
	}
	return to(text[:i] + strconv.Itoa(kept) + text[i+len(old):])
}

// reachOfNumber is how many words a number may stand from its period.
const reachOfNumber = 6

// token is a word of a text, with what it says.
type token struct {
	n      int // 0: no number
	digits bool
	period period
}

// promises finds numbers beside periods of time.
func (s *speech) promises(text string) []promise {
	tokens := s.tokens(text)
	var found []promise
	for i, t := range tokens {
		if t.period == "" {
			continue
		}
		if n := nearest(tokens, i); n > 0 {
			found = append(found, promise{n, t.period})
		}
	}
	return found
}

// nearest returns the number that belongs to the period at i. Digits go before
// words, and "one", which is often an article, comes last.
func nearest(tokens []token, i int) int {
	best, rank := 0, 1000
	for j := max(0, i-reachOfNumber); j < min(len(tokens), i+reachOfNumber+1); j++ {
		t := tokens[j]
		if t.n == 0 || between(tokens, i, j) {
			continue
		}
		r := 2 * max(i-j, j-i)
		if j > i {
			r++
		}
		switch {
		case !t.digits && t.n == 1:
			r += 200
		case !t.digits:
			r += 100
		}
		if r < rank {
			best, rank = t.n, r
		}
	}
	return best
}

// between reports another period between the two places.
func between(tokens []token, i, j int) bool {
	for k := min(i, j) + 1; k < max(i, j); k++ {
		if tokens[k].period != "" {
			return true
		}
	}
	return false
}

// tokens reads a text as numbers and periods.
func (s *speech) tokens(text string) []token {
	if s.joined() {
		return s.joinedTokens(consent.FoldText(address.ReplaceAllString(text, " ")))
	}
	fields := strings.Fields(consent.FoldText(address.ReplaceAllString(text, " ")))
	out := make([]token, len(fields))
	for i, f := range fields {
		out[i].n, out[i].digits = s.number(fields, i)
		two := f + " "
		if i+1 < len(fields) {
			two += fields[i+1] + " "
		}
		out[i].period = s.period(func(w string) bool { return s.starts(two, w) })
	}
	return out
}

// starts reports a word at the head of a text, or behind the particles that
// Arabic and Hebrew write on it.
func (s *speech) starts(text, word string) bool {
	if strings.HasPrefix(text, word) {
		return true
	}
	i := strings.Index(text, word)
	return s.Anywhere && i > 0 && i <= 4
}

// number reads the number at a word.
func (s *speech) number(fields []string, i int) (n int, digits bool) {
	f := fields[i]
	end := strings.IndexFunc(f, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(f)
	}
	if end > 0 && end <= 3 {
		n, _ = strconv.Atoi(f[:end])
		return n, true
	}
	if n, ok := s.Count[f]; ok {
		return n, false
	}
	if s.Anywhere {
		two := f
		if i+1 < len(fields) {
			two += " " + fields[i+1]
		}
		return s.counted(two), false
	}
	return 0, false
}

// counted returns the number in words that a text begins with, or 0: the
// longest word of several.
func (s *speech) counted(text string) int {
	best, n := 0, 0
	for word, value := range s.Count {
		if len(word) > best && strings.HasPrefix(text, word) {
			best, n = len(word), value
		}
	}
	return n
}

// period returns the period of which a word is there.
func (s *speech) period(there func(word string) bool) period {
	switch {
	case slices.ContainsFunc(s.Month, there):
		return perMonth
	case slices.ContainsFunc(s.Week, there):
		return perWeek
	case slices.ContainsFunc(s.Day, there):
		return perDay
	}
	return ""
}

// counters follow a number of messages in Japanese; without one it is a date.
const counters = "回通件"

// joinedTokens reads a text without spaces: a token for each character, and one
// for each number.
func (s *speech) joinedTokens(text string) []token {
	var out []token
	rest := []rune(text)
	for len(rest) > 0 {
		end := slices.IndexFunc(rest, func(r rune) bool { return !unicode.IsDigit(r) })
		if end < 0 {
			end = len(rest)
		}
		t, step := token{}, max(1, end)
		if end > 0 && end <= 3 && end < len(rest) && strings.ContainsRune(counters, rest[end]) {
			t.n, _ = strconv.Atoi(string(rest[:end]))
			t.digits = true
		}
		near := string(rest[:min(len(rest), 4)])
		if t.n == 0 {
			t.n = s.counted(near)
		}
		t.period = s.period(func(w string) bool { return strings.HasPrefix(near, w) })
		out, rest = append(out, t), rest[step:]
	}
	return out
}
