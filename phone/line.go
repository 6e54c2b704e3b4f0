package phone

import (
	"slices"
	"strings"
	"sync"
)

// A change says that, in one numbering plan, a national number of oldLen
// digits beginning with oldHead leads to the same line as the one with newHead
// in its place. Only changes that are exact stand in the table: where the old
// spelling could also be somebody else's line, there is none.
type change struct {
	code    string // calling code
	oldLen  int    // digits of the old national number
	oldHead string
	newHead string
}

// changes is the table of same-line spellings. "Old" is the spelling that is
// not canonical, which for Mexico and Argentina is the one that WhatsApp
// prefers. What the renumberings were is taken from the regulators'
// announcements as collected in libphonenumber's migrator
// (migrator/src/data/recipes.csv: Brazil, Gabon, Mexico, Saudi Arabia,
// Vietnam) and, for the others, from the announcement that is named.
var changes = slices.Concat(
	brazil(), mexico(), argentina(), ivoryCoast(), vietnam(),

	// Benin, ARCEP, 30 November 2024: 01 before every number of 8 digits.
	heads("229", 8, "01", "2 4 5 6 8 9"),

	// Gabon, 29 June 2019: 7 digits, often written with the 0 that was dialled
	// at home, became 8 with the operator's figure.
	[]change{
		{"241", 8, "01", "11"}, {"241", 7, "1", "11"},
		{"241", 8, "02", "62"}, {"241", 8, "05", "65"}, {"241", 8, "06", "66"},
		{"241", 7, "2", "62"}, {"241", 7, "5", "65"}, {"241", 7, "6", "66"},
		{"241", 8, "04", "74"}, {"241", 8, "07", "77"},
		{"241", 7, "4", "74"}, {"241", 7, "7", "77"},
	},

	// Cameroon, ART, 21 November 2014: 2 before fixed lines, 6 before mobiles.
	heads("237", 8, "2", "22 33"),
	heads("237", 8, "6", "5 6 7 9"),

	// Ecuador, 30 September 2012: 9 before mobile numbers of 8 digits.
	heads("593", 8, "9", "8 9"),

	// Mauritius, ICTA, 1 September 2013: 5 before mobile numbers of 7 digits.
	// Only those in 7 and 9: the others cannot be told from fixed lines.
	heads("230", 7, "5", "7 9"),

	// Colombia, CRC, 1 September 2021: 60 before fixed lines of 8 digits.
	heads("57", 8, "60", "1 2 4 5 6 7 8"),

	// Saudi Arabia, 2013: 1 before fixed lines of 8 digits.
	heads("966", 8, "1", "1 2 3 4 6 7"),
)

// heads makes one change for each of the old heads (parted by spaces), each of
// which gets the digits of put before it.
func heads(code string, oldLen int, put, oldHeads string) []change {
	var all []change
	for h := range strings.FieldsSeq(oldHeads) {
		all = append(all, change{code, oldLen, h, put + h})
	}
	return all
}

// brazilAreas are the area codes in use (Anatel).
const brazilAreas = "11 12 13 14 15 16 17 18 19 21 22 24 27 28 " +
	"31 32 33 34 35 37 38 41 42 43 44 45 46 47 48 49 51 53 54 55 " +
	"61 62 63 64 65 66 67 68 69 71 73 74 75 77 79 " +
	"81 82 83 84 85 86 87 88 89 91 92 93 94 95 96 97 98 99"

// brazil: 9 before the eight digits of a mobile number, area by area from 2012
// to 2016 (Anatel resolution 553/2010). WhatsApp shows accounts in the areas
// from 31 up without it. Eight digits that begin with 2 to 5 are a fixed line,
// so 9 before them is a line of its own and has no short spelling.
func brazil() []change {
	var all []change
	for area := range strings.FieldsSeq(brazilAreas) {
		for _, first := range []string{"6", "7", "8", "9"} {
			all = append(all, change{"55", 10, area + first, area + "9" + first})
		}
	}
	return all
}

// mexico: WhatsApp writes the 1 that callers from abroad dialled before a
// mobile number until August 2019 (IFT). A national number never begins with 1.
func mexico() []change {
	var all []change
	for _, d := range []string{"2", "3", "4", "5", "6", "7", "8", "9"} {
		all = append(all, change{"52", 11, "1" + d, d})
	}
	return all
}

// argentina: 9 before a mobile number when called from abroad; people and
// WhatsApp's own test tools leave it out. Fixed and mobile lines of an area
// share one supply of numbers (ENACOM), so without it there is still one line.
func argentina() []change {
	return []change{
		{"54", 11, "91", "1"}, {"54", 11, "92", "2"}, {"54", 11, "93", "3"},
	}
}

// ivoryCoast: ARTCI, 31 January 2021, 8 digits became 10. Mobile numbers got
// their operator's figure, which the second digit tells; fixed lines theirs,
// which the third tells.
func ivoryCoast() []change {
	mobile := [10]string{"01", "01", "01", "01", "05", "05", "05", "07", "07", "07"}
	var all []change
	for _, first := range []string{"0", "4", "5", "6", "7", "8", "9"} {
		for second, operator := range mobile {
			h := first + string(rune('0'+second))
			if h != "00" {
				all = append(all, change{"225", 8, h, operator + h})
			}
		}
	}
	for _, first := range []string{"2", "3"} {
		for second := '0'; second <= '9'; second++ {
			for third := '0'; third <= '9'; third++ {
				operator := "27"
				switch third {
				case '0':
					operator = "25"
				case '8':
					operator = "21"
				}
				h := first + string(second) + string(third)
				all = append(all, change{"225", 8, h, operator + h})
			}
		}
	}
	return all
}

// vietnam: MIC, 15 September 2018, mobile numbers of ten digits after the
// country code lost one. (The fixed lines' change of 2017 was of area codes
// and is not exact both ways.)
func vietnam() []change {
	pairs := "120 70 121 79 122 77 126 76 128 78 123 83 124 84 125 85 127 81 129 82 " +
		"162 32 163 33 164 34 165 35 166 36 167 37 168 38 169 39 186 56 188 58 199 59"
	f := strings.Fields(pairs)
	var all []change
	for i := 0; i < len(f); i += 2 {
		all = append(all, change{"84", 10, f[i], f[i+1]})
	}
	return all
}

// planChanges is the table of one numbering plan, by length and head.
type planChanges struct {
	forward  map[int]map[string]change   // old length, old head
	backward map[int]map[string][]change // new length, new head
}

var changesByCode = sync.OnceValue(func() map[string]planChanges {
	byCode := make(map[string]planChanges)
	for _, c := range changes {
		p, ok := byCode[c.code]
		if !ok {
			p = planChanges{map[int]map[string]change{}, map[int]map[string][]change{}}
			byCode[c.code] = p
		}
		if p.forward[c.oldLen] == nil {
			p.forward[c.oldLen] = make(map[string]change)
		}
		p.forward[c.oldLen][c.oldHead] = c
		newLen := c.oldLen - len(c.oldHead) + len(c.newHead)
		if p.backward[newLen] == nil {
			p.backward[newLen] = make(map[string][]change)
		}
		p.backward[newLen][c.newHead] = append(p.backward[newLen][c.newHead], c)
	}
	return byCode
})

// maxHead is the length of the longest head in the table.
const maxHead = 5

// Line returns the canonical form of the line that e164 leads to: equal for
// every spelling of one line, different for different lines. It looks like
// E.164 but is for matching only; it may be a spelling that nobody can dial
// from where they are. What is not of the form `+digits` comes back unchanged.
func Line(e164 string) string {
	cc, national, p, ok := split(e164)
	if !ok {
		return e164
	}
	for n := 1; n <= maxHead && n <= len(national); n++ {
		if c, ok := p.forward[len(national)][national[:n]]; ok {
			return "+" + cc + c.newHead + national[n:]
		}
	}
	return e164
}

// Spellings returns every spelling of the line that e164 leads to, e164
// included, the canonical one first, in an order that does not depend on which
// was given. Most lines have one.
func Spellings(e164 string) []string {
	line := Line(e164)
	cc, national, p, ok := split(line)
	if !ok {
		return []string{line}
	}
	all := []string{line}
	for n := 1; n <= maxHead && n <= len(national); n++ {
		for _, c := range p.backward[len(national)][national[:n]] {
			all = append(all, "+"+cc+c.oldHead+national[n:])
		}
	}
	slices.Sort(all[1:])
	return all
}

// split parts a number whose plan has same-line spellings. ok is false for
// every other string.
func split(e164 string) (cc, national string, p planChanges, ok bool) {
	if len(e164) <= minDigits || len(e164) > maxDigits+1 || e164[0] != '+' {
		return "", "", p, false
	}
	digits := e164[1:]
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return "", "", p, false
		}
	}
	cc = callingCode(digits)
	p, ok = changesByCode()[cc]
	return cc, digits[len(cc):], p, ok
}

// LikelyWAID returns the digits under which WhatsApp most likely knows an
// account opened with this number: Brazil's mobiles in the areas from 31 up
// without the ninth digit, Mexico's with 1, Argentina's with 9. It is a guess,
// for playing WhatsApp's side; it is not for addressing, nor needed for
// matching.
func (n Number) LikelyWAID() string {
	var want func(spelling string) bool
	switch callingCode(n.digits) {
	case "55":
		if n.digits[2] < '3' {
			return n.digits
		}
		want = func(s string) bool { return len(s) == len("+553112345678") }
	case "52":
		want = func(s string) bool { return len(s) == len("+5215512345678") }
	case "54":
		want = func(s string) bool { return len(s) == len("+5491123456789") }
	default:
		return n.digits
	}
	for _, s := range Spellings(n.E164()) {
		if want(s) {
			return s[1:]
		}
	}
	return n.digits
}
