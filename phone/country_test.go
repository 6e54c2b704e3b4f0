package phone_test

import (
	"testing"

	"assent/phone"
)

func TestCountries(t *testing.T) {
	codes := make(map[string]int)
	last := ""
	for _, c := range phone.Countries() {
		if c.Region <= last || len(c.Region) != 2 || c.CallingCode == 0 {
			t.Errorf("%+v after %s", c, last)
		}
		last, codes[c.Region] = c.Region, c.CallingCode
	}
	if len(codes) < 240 || codes["DE"] != 49 || codes["CA"] != 1 || codes["EG"] != 20 {
		t.Errorf("%d countries", len(codes))
	}
}

func TestExample(t *testing.T) {
	for _, c := range phone.Countries() {
		example := phone.Example(c.Region)
		if example == "" {
			continue
		}
		if n, err := phone.Parse(example, c.Region); err != nil || n.CallingCode() != c.CallingCode {
			t.Errorf("%s: the example %q does not parse: %v", c.Region, example, err)
		}
	}
	if phone.Example("de") == "" || phone.Example("XX") != "" || phone.Example("") != "" {
		t.Error("examples of no country, or none of a country")
	}
}

func TestGrouped(t *testing.T) {
	for s, want := range map[string]string{"+491701234567": "+49 170 1234567", "+12042345678": "+1 204-234-5678", "+390612345678": "+39 06 1234 5678", "+5215512345678": "+52 15512345678"} {
		n, err := phone.ParseE164(s)
		if err != nil {
			t.Fatal(err)
		}
		if n.Grouped() != want {
			t.Errorf("%s: %q, want %q", s, n.Grouped(), want)
		}
	}
	if (phone.Number{}).Grouped() != "" {
		t.Error("the zero Number has digits")
	}
}

func TestGroupedAsText(t *testing.T) {
	for e164, want := range map[string]string{
		"+491701234567": "+49 170 1234567", "+12025550123": "+1 202-555-0123", "+49 170 ····· 67": "+49 170 ····· 67", "+49 40 55501234": "+49 40 55501234", "confirm_opt_in": "confirm_opt_in", "": "",
	} {
		if got := phone.Grouped(e164); got != want {
			t.Errorf("%q: got %q, want %q", e164, got, want)
		}
	}
}
