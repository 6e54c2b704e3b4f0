package phone_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"assent/phone"
)

// sameLine holds pairs of one line written differently, the canonical second.
var sameLine = []struct{ name, other, canonical string }{
	{"Brazil São Paulo", "+551187654321", "+5511987654321"},
	{"Brazil Rio", "+552164180266", "+5521964180266"},
	{"Brazil Minas Gerais", "+553196883193", "+5531996883193"},
	{"Brazil Rio Grande do Sul", "+555199998888", "+5551999998888"},
	{"Brazil, old seven", "+557176543210", "+5571976543210"},
	{"Mexico City", "+5215512345678", "+525512345678"},
	{"Mexico Guadalajara", "+5213312345678", "+523312345678"},
	{"Mexico, area code of three", "+5219981234567", "+529981234567"},
	{"Argentina Buenos Aires", "+5491123456789", "+541123456789"},
	{"Argentina Córdoba", "+5493512345678", "+543512345678"},
	{"Argentina, long area code", "+5492901423456", "+542901423456"},
	{"Ivory Coast Orange", "+22507089999", "+2250707089999"},
	{"Ivory Coast MTN", "+22505123456", "+2250505123456"},
	{"Ivory Coast Moov", "+22501234567", "+2250101234567"},
	{"Ivory Coast fixed", "+22520212345", "+2252720212345"},
	{"Benin mobile", "+22990011234", "+2290190011234"},
	{"Benin fixed", "+22920211234", "+2290120211234"},
	{"Gabon, seven digits", "+2416031234", "+24166031234"},
	{"Gabon, with the zero of home", "+24106031234", "+24166031234"},
	{"Gabon Airtel", "+24107310000", "+24177310000"},
	{"Gabon fixed", "+24101761234", "+24111761234"},
	{"Vietnam Mobifone", "+841201234567", "+84701234567"},
	{"Vietnam Viettel", "+841631234567", "+84331234567"},
	{"Vietnam Vinaphone", "+841231234567", "+84831234567"},
	{"Cameroon mobile", "+23771234567", "+237671234567"},
	{"Cameroon fixed", "+23722212345", "+237222212345"},
	{"Ecuador", "+59399123456", "+593999123456"},
	{"Mauritius", "+2307591234", "+23057591234"},
	{"Colombia Bogotá fixed", "+5713456789", "+576013456789"},
	{"Saudi Arabia Riyadh fixed", "+96612345678", "+966112345678"},
}

func TestSameLine(t *testing.T) {
	for _, tt := range sameLine {
		t.Run(tt.name, func(t *testing.T) {
			if got := phone.Line(tt.other); got != tt.canonical {
				t.Errorf("Line(%s) = %s, want %s", tt.other, got, tt.canonical)
			}
			if got := phone.Line(tt.canonical); got != tt.canonical {
				t.Errorf("Line(%s) = %s", tt.canonical, got)
			}
			a, b := phone.Spellings(tt.other), phone.Spellings(tt.canonical)
			if diff := cmp.Diff(a, b); diff != "" {
				t.Errorf("spellings disagree: %s", diff)
			}
			if a[0] != tt.canonical || !slices.Contains(a, tt.other) {
				t.Errorf("spellings %v", a)
			}
			// A canonical form that the library finds invalid would be a slip in
			// the table: the newer spelling is the one that countries give out.
			p, err := phonenumbers.Parse(tt.canonical, "")
			if err != nil || !phonenumbers.IsValidNumber(p) {
				t.Errorf("%s is not a valid number", tt.canonical)
			}
			typed, err := phone.Parse(tt.other, "")
			if err != nil || typed.E164() != tt.other {
				t.Errorf("the other spelling does not parse as itself: %s %v", typed.E164(), err)
			}
		})
	}
}

func TestDifferentLines(t *testing.T) {
	tests := []struct{ name, a, b string }{
		{"Brazil: a fixed line has no ninth digit", "+553132345678", "+5531932345678"},
		{"Brazil: an area code that is none", "+552387654321", "+5523987654321"},
		{"Mexico: a 1 only before ten digits", "+521551234567", "+52551234567"},
		{"Ivory Coast: the wrong operator", "+22507089999", "+2250507089999"},
		{"Benin: freephone length", "+2298101234", "+229018101234"},
		{"Cameroon: freephone", "+23788012345", "+237688012345"},
		{"Mauritius: a fixed line", "+2302012345", "+23052012345"},
		{"Germany: a one more", "+4917012345678", "+491701234567"},
		{"Ecuador: a fixed line", "+59322123456", "+593922123456"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if phone.Line(tt.a) == phone.Line(tt.b) {
				t.Errorf("%s and %s share %s", tt.a, tt.b, phone.Line(tt.a))
			}
		})
	}
	for _, s := range []string{"", "+", "hello", "DE.1A2B3C", "5215512345678", "+52155123456", "+52x5512345678", "+5215512345678901"} {
		if phone.Line(s) != s || !slices.Equal(phone.Spellings(s), []string{s}) {
			t.Errorf("%q became %q", s, phone.Line(s))
		}
	}
}

// TestExampleNumbers goes through the library's example of a mobile and of a
// fixed line of every region.
func TestExampleNumbers(t *testing.T) {
	type owner struct{ e164, region string }
	lines := make(map[string]owner)
	regions := 0
	for region := range phonenumbers.GetSupportedRegions() {
		regions++
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE} {
			p := phonenumbers.GetExampleNumberForType(region, kind)
			if p == nil {
				continue
			}
			e164 := phonenumbers.Format(p, phonenumbers.E164)
			n := checkExample(t, p, region, e164)
			line := n.Line()
			if o, taken := lines[line]; taken && o.e164 != e164 && region != "AR" {
				// Argentina's two examples are one line with and without its 9.
				t.Errorf("%s %s and %s %s share a line", region, e164, o.region, o.e164)
			}
			lines[line] = owner{e164, region}
		}
	}
	if regions < 240 || len(lines) < 350 {
		t.Errorf("only %d regions, %d lines", regions, len(lines))
	}
}

func checkExample(t *testing.T, p *phonenumbers.PhoneNumber, region, e164 string) phone.Number {
	t.Helper()
	n, err := phone.Parse(e164, "")
	if err != nil || n.E164() != e164 {
		t.Errorf("%s: Parse(%s) = %s, %v", region, e164, n.E164(), err)
	}
	for _, format := range []phonenumbers.PhoneNumberFormat{phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL, phonenumbers.RFC3966} {
		if region == "AR" && format == phonenumbers.NATIONAL {
			continue // the library drops the area code from a mobile number
		}
		s := phonenumbers.Format(p, format)
		if m, err := phone.Parse(s, region); err != nil || m != n {
			t.Errorf("%s: Parse(%q) = %s, %v, want %s", region, s, m.E164(), err, e164)
		}
	}
	if fast, err := phone.ParseE164(e164); err != nil || fast != n {
		t.Errorf("%s: ParseE164(%s): %v", region, e164, err)
	}
	if n.Region() != phonenumbers.GetRegionCodeForNumber(p) {
		t.Errorf("%s: region %q", e164, n.Region())
	}
	if n.CallingCode() != int(p.GetCountryCode()) {
		t.Errorf("%s: calling code %d", e164, n.CallingCode())
	}
	if strings.Contains(n.String(), e164[len(e164)-4:]) {
		t.Errorf("%s: prints %s", region, n)
	}
	line := n.Line()
	if phone.Line(line) != line {
		t.Errorf("%s: Line is not stable: %s, %s", region, line, phone.Line(line))
	}
	spellings := phone.Spellings(e164)
	if !slices.Contains(spellings, e164) || spellings[0] != line {
		t.Errorf("%s: spellings of %s: %v", region, e164, spellings)
	}
	for _, s := range spellings {
		if phone.Line(s) != line || !slices.Equal(phone.Spellings(s), spellings) {
			t.Errorf("%s: spelling %s of %s disagrees", region, s, e164)
		}
	}
	return n
}

// TestLineProperties holds for any digits, assigned or not.
func TestLineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom([]string{"55", "52", "54", "225", "229", "241", "84", "237", "593", "230", "57", "966", "49", "1"}).Draw(t, "code")
		e164 := "+" + code + rapid.StringMatching(`[0-9]{5,12}`).Draw(t, "national")
		line := phone.Line(e164)
		if phone.Line(line) != line {
			t.Fatalf("Line(%s) = %s, whose line is %s", e164, line, phone.Line(line))
		}
		spellings := phone.Spellings(e164)
		if !slices.Contains(spellings, e164) {
			t.Fatalf("%s is not among %v", e164, spellings)
		}
		sorted := slices.Clone(spellings)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) != len(spellings) {
			t.Fatalf("repeated spelling in %v", spellings)
		}
		for _, s := range spellings {
			if !slices.Equal(phone.Spellings(s), spellings) || phone.Line(s) != line {
				t.Fatalf("%s: %v, %s: %v", e164, spellings, s, phone.Spellings(s))
			}
		}
	})
}

func TestLikelyWAID(t *testing.T) {
	tests := map[string]string{
		"+5511987654321": "5511987654321", "+5531987654321": "553187654321", "+553132345678": "553132345678",
		"+525512345678": "5215512345678", "+541123456789": "5491123456789", "+5491123456789": "5491123456789",
		"+491701234567": "491701234567", "+2290190011234": "2290190011234",
	}
	for e164, want := range tests {
		n, err := phone.ParseE164(e164)
		if err != nil {
			t.Fatal(err)
		}
		if n.LikelyWAID() != want {
			t.Errorf("%s: %s, want %s", e164, n.LikelyWAID(), want)
		}
		if w, err := phone.FromWAID(n.LikelyWAID()); err != nil || w.Line() != n.Line() {
			t.Errorf("%s: its wa_id leads to another line", e164)
		}
	}
}

func BenchmarkParseE164AndLine(b *testing.B) {
	for b.Loop() {
		n, err := phone.ParseE164("+5215512345678")
		if err != nil || n.Line() != "+525512345678" {
			b.Fatal(n.Line(), err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := phone.Parse("0170 1234567", "DE"); err != nil {
			b.Fatal(err)
		}
	}
}
