package phone_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"assent/fault"
	"assent/phone"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, input, region, want string
	}{
		{"e164", "+491701234567", "", "+491701234567"},
		{"national", "0170 1234567", "DE", "+491701234567"},
		{"national, region in small letters", "0170 1234567", "de", "+491701234567"},
		{"brackets and slash", "(0170)/123-45.67", "DE", "+491701234567"},
		{"bracketed zero", "+49 (0) 170 1234567", "", "+491701234567"},
		{"double zero", "0049 170 1234567", "DE", "+491701234567"},
		{"double zero without a region", "0049 170 1234567", "", "+491701234567"},
		{"double zero where 011 is dialled", "0049 170 1234567", "US", "+491701234567"},
		{"011", "011 49 170 1234567", "US", "+491701234567"},
		{"abroad beats the region", "+44 7400 123456", "DE", "+447400123456"},
		{"plus in brackets", "(+44) 7400 123456", "DE", "+447400123456"},
		{"two pluses", "++44 7400 123456", "DE", "+447400123456"},
		{"tel address", "tel:+44-7400-123456", "", "+447400123456"},
		{"Arabic-Indic", "+٤٩ ١٧٠ ١٢٣٤٥٦٧", "", "+491701234567"},
		{"Arabic-Indic national", "٠٥٠ ١٢٣ ٤٥٦٧", "AE", "+971501234567"},
		{"Persian", "۰۹۱۲۳۴۵۶۷۸۹", "IR", "+989123456789"},
		{"Devanagari", "०८१२३४ ५६७८९", "IN", "+918123456789"},
		{"full width", "＋４９　１７０　１２３４５６７", "", "+491701234567"},
		{"right-to-left marks", "\u202a+49\u00a0170\u200f1234567\u202c", "", "+491701234567"},
		{"dashes of print", "+49–170—1234−567", "", "+491701234567"},
		{"Italian zero stays", "06 1234 5678", "IT", "+390612345678"},
		{"Mexico as WhatsApp writes it", "+52 1 55 1234 5678", "", "+5215512345678"},
		{"Brazil without the ninth digit", "+55 31 8765-4321", "", "+553187654321"},
		{"Brazil without the ninth digit, national", "(31) 8765-4321", "BR", "+553187654321"},
		{"Argentina with 15", "011 15-2345-6789", "AR", "+5491123456789"},
		{"Argentina without 9", "+54 11 2345 6789", "", "+541123456789"},
		{"Ivory Coast before 2021", "+225 07 08 99 99", "", "+22507089999"},
		{"Canada", "(204) 234-5678", "CA", "+12042345678"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := phone.Parse(tt.input, tt.region)
			if err != nil {
				t.Fatal(err)
			}
			if n.E164() != tt.want {
				t.Errorf("got %s, want %s", n.E164(), tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, input, region string
		reason              phone.Reason
		wantRegion, message string
	}{
		{"nothing", "", "DE", phone.Empty, "DE", "Enter a phone number."},
		{"blank", " \u200f - ", "DE", phone.Empty, "DE", "Enter a phone number."},
		{"letters", "call me", "DE", phone.NotANumber, "DE", ""},
		{"vanity", "1-800-FLOWERS", "US", phone.NotANumber, "US", ""},
		{"markup", "<script>+491701234567", "DE", phone.NotANumber, "DE", ""},
		{"plus inside", "49+1701234567", "DE", phone.NotANumber, "DE", ""},
		{"a plus alone", "+", "DE", phone.NotANumber, "DE", ""},
		{"not UTF-8", "\xff491701234567", "DE", phone.NotANumber, "DE", ""},
		{"U+0000", "+49170\x001234567", "DE", phone.NotANumber, "DE", ""},
		{"mail address", "anna@example.com", "DE", phone.NotANumber, "DE", ""},
		{"extension", "+49 30 123456 ext. 12", "", phone.Extension, "", ""},
		{"extension by a sign", "030 123456#12", "DE", phone.Extension, "DE", ""},
		{"no country", "0170 1234567", "", phone.NoCountry, "", ""},
		{"region that is none", "0170 1234567", "XX", phone.NoCountry, "", ""},
		{"no such calling code", "+999 1234567", "", phone.UnknownCountryCode, "", ""},
		{"too short", "+49 170 12", "", phone.TooShort, "DE", "That number has too few digits for Germany. Check the end of it."},
		{"one digit", "1", "DE", phone.TooShort, "DE", ""},
		{"too long", "+49 170 1234567890123", "", phone.TooLong, "DE", ""},
		{"two numbers", "0170 1234567 / 0171 7654321", "DE", phone.TooLong, "DE", ""},
		{"a digit too many", "0170 123456789", "DE", phone.TooLong, "DE", ""},
		{"hundred digits", strings.Repeat("1", 100), "DE", phone.TooLong, "DE", ""},
		{"huge", strings.Repeat("1", 1<<20), "DE", phone.InputTooLong, "", ""},
		{"unassigned", "+1 123 456 7890", "", phone.Unassigned, "US", "There are no numbers like that in the United States. Check the country and the first digits."},
		{"no area code", "234 5678", "US", phone.NoAreaCode, "US", ""},
		{"emergency", "112", "DE", phone.NoAreaCode, "DE", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := phone.Parse(tt.input, tt.region)
			if err == nil {
				t.Fatalf("accepted as %s", n.E164())
			}
			reason, region, ok := phone.ReasonOf(fmt.Errorf("submit: %w", err))
			if !ok || reason != tt.reason || region != tt.wantRegion {
				t.Errorf("reason %q of %q, want %q of %q", reason, region, tt.reason, tt.wantRegion)
			}
			if fault.KindOf(err) != fault.Invalid || fault.FieldOf(err) != "phone" || !n.IsZero() {
				t.Errorf("kind %v, field %q, number %v", fault.KindOf(err), fault.FieldOf(err), n)
			}
			if msg := fault.Message(err); msg == "" || strings.Contains(msg, "%") || tt.message != "" && msg != tt.message {
				t.Errorf("message %q, want %q", msg, tt.message)
			}
			if digits := strings.TrimSpace(tt.input); len(digits) > 3 && strings.Contains(err.Error(), digits) {
				t.Errorf("the error repeats what was typed")
			}
		})
	}
	if _, _, ok := phone.ReasonOf(errors.New("other")); ok {
		t.Error("a foreign error has a reason")
	}
}

func TestDigitsOfEveryScript(t *testing.T) {
	rows := 0
	for _, r := range unicode.Nd.R16 {
		for zero := rune(r.Lo); zero < rune(r.Hi); zero += 10 {
			checkScript(t, zero)
			rows++
		}
	}
	for _, r := range unicode.Nd.R32 {
		for zero := rune(r.Lo); zero < rune(r.Hi); zero += 10 {
			checkScript(t, zero)
			rows++
		}
	}
	if rows < 60 {
		t.Errorf("only %d scripts seen", rows)
	}
}

func checkScript(t *testing.T, zero rune) {
	t.Helper()
	input := strings.Map(func(r rune) rune {
		if r == '+' {
			return r
		}
		return zero + r - '0'
	}, "+491709876543")
	if n, err := phone.Parse(input, ""); err != nil || n.E164() != "+491709876543" {
		t.Errorf("digits from %U: %v, %v", zero, n.E164(), err)
	}
}

func TestParseE164AndWAID(t *testing.T) {
	for _, s := range []string{"+491701234567", "+521551234567", "+870773111632", "+2904201", "+999999999999999"} {
		n, err := phone.ParseE164(s)
		if known := !strings.HasPrefix(s, "+999"); known != (err == nil) {
			t.Errorf("%s: %v", s, err)
		} else if known && n.E164() != s {
			t.Errorf("%s came back as %s", s, n.E164())
		}
		if w, werr := phone.FromWAID(strings.TrimPrefix(s, "+")); w != n || (werr == nil) != (err == nil) {
			t.Errorf("FromWAID(%s) = %v, %v", s, w, werr)
		}
	}
	for _, s := range []string{"", "+", "491701234567", "+49 1701234567", "+49170123456789012", "+12345", "+0123456789", "+4917012345６7", "DE.123456789", "++4917012345"} {
		if n, err := phone.ParseE164(s); err == nil {
			t.Errorf("%q accepted as %s", s, n.E164())
		} else if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: kind %v", s, fault.KindOf(err))
		}
	}
	if _, err := phone.FromWAID("+491701234567"); err == nil {
		t.Error("a wa_id with a plus was accepted")
	}
}

func TestRegion(t *testing.T) {
	tests := map[string]struct {
		region string
		code   int
	}{
		"+491701234567": {"DE", 49}, "+12042345678": {"CA", 1}, "+12015550123": {"US", 1}, "+77710009998": {"KZ", 7},
		"+79123456789": {"RU", 7}, "+447400123456": {"GB", 44}, "+447797712345": {"JE", 44}, "+390612345678": {"IT", 39},
		"+870773111632": {"001", 870}, "+11234567890": {"", 1}, "+393123456789": {"IT", 39}, "+5215512345678": {"MX", 52},
	}
	for s, want := range tests {
		n, err := phone.ParseE164(s)
		if err != nil {
			t.Fatal(err)
		}
		if n.Region() != want.region || n.CallingCode() != want.code {
			t.Errorf("%s: %q %d, want %q %d", s, n.Region(), n.CallingCode(), want.region, want.code)
		}
	}
	var zero phone.Number
	if zero.Region() != "" || zero.CallingCode() != 0 || zero.E164() != "" || zero.Line() != "" || zero.LikelyWAID() != "" {
		t.Error("the zero Number has a country")
	}
}

func TestNumberHidesItself(t *testing.T) {
	tests := map[string]string{
		"+491701234567": "+49 170 ····· 67", "+12042345678": "+1 204 ····· 78", "+2904201": "+290 ·····",
		"+23952501": "+239 ····· 1", "+6801234567": "+680 1 ····· 67",
	}
	for s, want := range tests {
		n, err := phone.ParseE164(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if n.String() != want {
			t.Errorf("%s prints %q, want %q", s, n.String(), want)
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "n", n, "nested", struct{ N phone.Number }{n}, "all", []phone.Number{n})
		_, jsonErr := json.Marshal(n)
		if jsonErr == nil {
			t.Error("a Number was encoded")
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&log, verb+verb+verb, n, &n, struct{ N phone.Number }{n})
		}
		if hidden := s[len(s)-6 : len(s)-1]; strings.Contains(log.String(), hidden) || strings.Contains(log.String(), fmt.Sprintf("%x", s)) {
			t.Errorf("%s leaked: %s", s, log.String())
		}
	}
	var zero phone.Number
	if zero.String() != "no number" {
		t.Errorf("zero prints %q", zero.String())
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"+491701234567", "٠١٧٠ ١٢٣٤٥٦٧", "tel:+44;phone-context=+1", "\u202e+49", "00", "+", "011 15-2345-6789", "(", "x12", "0170/12;ext=5", "\x00", "𝟘𝟙𝟚", "+225 07089999"} {
		f.Add(s, "DE")
		f.Add(s, "")
	}
	f.Add("(31) 8765-4321", "BR")
	f.Add("911234567", "AR")
	f.Fuzz(func(t *testing.T, input, region string) {
		n, err := phone.Parse(input, region)
		if err != nil {
			if _, _, ok := phone.ReasonOf(err); !ok || fault.KindOf(err) != fault.Invalid {
				t.Fatalf("error without a reason: %v", err)
			}
			return
		}
		if again, err := phone.ParseE164(n.E164()); err != nil || again != n {
			t.Fatalf("%q gives %q, which is not E.164", input, n.E164())
		}
		if again, err := phone.Parse(n.E164(), ""); err != nil || again != n {
			t.Fatalf("%q gives %q, which parses as %q, %v", input, n.E164(), again.E164(), err)
		}
		if phone.Line(n.Line()) != n.Line() {
			t.Fatalf("line of %q is not stable", n.E164())
		}
	})
}
