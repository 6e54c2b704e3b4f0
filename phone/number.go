package phone

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// Number is a telephone number in E.164. It is a comparable value; two are
// equal if they are spelled alike (compare Line for the same line). However it
// is printed, logged or formatted, it shows masked: only E164 and WAID give
// the digits. The zero Number is no number.
type Number struct {
	digits string // without the plus; empty in the zero Number
}

// IsZero reports whether n is no number.
func (n Number) IsZero() bool { return n.digits == "" }

// E164 returns the full form with its plus, or the empty string for the zero
// Number. It is personal data: keep it out of errors and logs.
func (n Number) E164() string {
	if n.digits == "" {
		return ""
	}
	return "+" + n.digits
}

// WAID returns the digits without the plus, as click-to-chat addresses and the
// `wa_id` of webhooks write a number. It is not what WhatsApp calls this
// account: that is known only from WhatsApp.
func (n Number) WAID() string { return n.digits }

// Line returns the canonical form of the number's line; see the function Line.
func (n Number) Line() string { return Line(n.E164()) }

// CallingCode returns the country calling code, or 0 for the zero Number.
func (n Number) CallingCode() int {
	code, _ := strconv.Atoi(callingCode(n.digits))
	return code
}

// Region returns the ISO 3166-1 alpha-2 code of the number's country, "001"
// for a number of no country (satellite, international freephone), and the
// empty string if the country cannot be told, as for an unassigned number in a
// numbering plan that several countries share.
func (n Number) Region() string {
	cc := callingCode(n.digits)
	regions := plan().regions[cc]
	if len(regions) == 1 {
		return regions[0]
	}
	if len(regions) == 0 {
		return ""
	}
	region := phonenumbers.GetRegionCodeForNumber(n.proto())
	if region == "ZZ" {
		return ""
	}
	return region
}

// String returns the masked form, for example "+49 170 ····· 67". It shows
// calling code, at most three digits and the last two, and never fewer than
// four hidden ones; the dots do not tell how many.
func (n Number) String() string {
	cc := callingCode(n.digits)
	if cc == "" {
		return "no number"
	}
	rest := n.digits[len(cc):]
	head := min(3, max(0, len(rest)-6))
	tail := min(2, max(0, len(rest)-4))
	var b strings.Builder
	b.WriteString("+" + cc + " ")
	if head > 0 {
		b.WriteString(rest[:head] + " ")
	}
	b.WriteString("·····")
	if tail > 0 {
		b.WriteString(" " + rest[len(rest)-tail:])
	}
	return b.String()
}

// Format prints the masked form for every verb, so that no %#v, %+v or %x in a
// hurry shows a number.
func (n Number) Format(s fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = fmt.Fprintf(s, "%q", n.String())
		return
	}
	_, _ = s.Write([]byte(n.String()))
}

// LogValue is the masked form.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

var errMarshal = errors.New("phone: a Number is not encoded by itself; say E164() where the digits are meant")

// MarshalText always fails: writing the digits would leak them and writing the
// masked form would lose them, so the caller has to choose.
func (n Number) MarshalText() ([]byte, error) { return nil, errMarshal }

// proto returns the number as the library sees it.
func (n Number) proto() *phonenumbers.PhoneNumber {
	cc := callingCode(n.digits)
	rest := n.digits[len(cc):]
	code, _ := strconv.ParseInt(cc, 10, 32)
	national, _ := strconv.ParseUint(rest, 10, 64)
	code32 := int32(code)
	p := &phonenumbers.PhoneNumber{CountryCode: &code32, NationalNumber: &national}
	if zeros := len(rest) - len(strings.TrimLeft(rest, "0")); zeros > 0 {
		// "0" alone is a number whose zero is not a leading one.
		zeros = min(zeros, len(rest)-1)
		leading, count := zeros > 0, int32(zeros)
		p.ItalianLeadingZero, p.NumberOfLeadingZeros = &leading, &count
	}
	return p
}

// numbering is what the library knows of calling codes, in a form that can be
// asked without parsing.
type numbering struct {
	known   [1000]bool
	regions map[string][]string
}

var plan = sync.OnceValue(func() *numbering {
	p := &numbering{regions: make(map[string][]string)}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		if code <= 0 || code >= len(p.known) {
			continue
		}
		p.known[code] = true
		p.regions[strconv.Itoa(code)] = phonenumbers.GetRegionCodesForCountryCode(code)
	}
	return p
})

// callingCode returns the calling code that digits begin with, or the empty
// string. Calling codes are prefix-free (ITU-T E.164 §6.2.1), so the shortest
// is the only one.
func callingCode(digits string) string {
	if digits == "" || digits[0] == '0' {
		return ""
	}
	p, code := plan(), 0
	for i := 0; i < 3 && i < len(digits); i++ {
		code = code*10 + int(digits[i]-'0')
		if p.known[code] {
			return digits[:i+1]
		}
	}
	return ""
}
