package funnel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
)

func TestSignupCheck(t *testing.T) {
	const words = "Send me offers on WhatsApp."
	v := &funnel.Version{
		Language: "en", Purposes: []funnel.Purpose{{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent}, {Key: "orders", Scope: consent.Transactional, Basis: consent.ByConsent}},
		Texts: map[string]funnel.Text{"en": {Purposes: map[string]funnel.PurposeText{"offers": {Words: words}, "orders": {Words: words}}}},
	}
	for name, tt := range map[string]struct {
		spoil func(*funnel.SignupVersion)
		field string
	}{
		"good":                      {func(*funnel.SignupVersion) {}, ""},
		"with a promo code":         {func(s *funnel.SignupVersion) { s.Promo, s.Confirmation = "SUN10", "Your code: {{promo_code}}" }, ""},
		"a language not spoken":     {func(s *funnel.SignupVersion) { s.Lang = "de" }, "lang"},
		"no such purpose":           {func(s *funnel.SignupVersion) { s.Purpose = "x" }, "purpose"},
		"transactional":             {func(s *funnel.SignupVersion) { s.Purpose = "orders" }, "purpose"},
		"other words":               {func(s *funnel.SignupVersion) { s.Message = "Send me offers." }, "message"},
		"too long":                  {func(s *funnel.SignupVersion) { s.Message += strings.Repeat("x", 300) }, "message"},
		"unseen characters":         {func(s *funnel.SignupVersion) { s.Message += "\u202e" }, "message"},
		"no confirmation":           {func(s *funnel.SignupVersion) { s.Confirmation = "" }, "confirmation"},
		"a place that is not known": {func(s *funnel.SignupVersion) { s.Confirmation = "Hello {{name}}" }, "confirmation"},
		"a code that is missing":    {func(s *funnel.SignupVersion) { s.Confirmation = "{{promo_code}}" }, "promo"},
		"a code with a space":       {func(s *funnel.SignupVersion) { s.Promo = "SUN 10" }, "promo"},
		"a site without TLS":        {func(s *funnel.SignupVersion) { s.Website = "http://a.example" }, "website"},
	} {
		s := funnel.SignupVersion{Lang: "en", Purpose: "offers", Message: words, Confirmation: "Welcome."}
		tt.spoil(&s)
		err := s.Check(v)
		if (err == nil) != (tt.field == "") || err != nil && fault.FieldOf(err) != tt.field {
			t.Errorf("%s: %v, want %q", name, err, tt.field)
		}
	}
	long := &funnel.Version{
		Language: "en", Controller: funnel.Controller{LegalName: "Sun Ltd", BrandName: "Sun"}, Purposes: v.Purposes,
		Texts: map[string]funnel.Text{"en": {Purposes: map[string]funnel.PurposeText{"offers": {Words: strings.Repeat("word ", 70), Say: "Yes, send me offers."}}}},
	}
	said := funnel.SignupVersion{Lang: "en", Purpose: "offers", Message: long.SignupMessage("en", "offers"), Confirmation: "Welcome."}
	if err := said.Check(long); err != nil || said.ShowsWords(long) || said.Stale(long) || said.Message != "Sun Ltd: Yes, send me offers. I can stop at any time, free of charge, by replying STOP." {
		t.Errorf("%q: %v", said.Message, err)
	}
	said.Message = "Yes, send me offers."
	if err := said.Check(long); fault.FieldOf(err) != "message" || !said.Stale(long) {
		t.Errorf("without a name: %v", err)
	}
	if v.SignupMessage("en", "offers") != words {
		t.Error("words that fit are shown whole")
	}
	v.MinAge = 18
	if err := (&funnel.SignupVersion{Lang: "en", Purpose: "offers", Message: words, Confirmation: "Welcome."}).Check(v); fault.FieldOf(err) != "purpose" {
		t.Errorf("with an age: %v", err)
	}
}

// What a link showed is known but near to a change of its words.
func TestSignupShownAt(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 11, 27, 12, m, 0, 0, time.UTC) }
	s := funnel.Signup{Versions: []funnel.SignupVersion{
		{Number: 3, Shown: "b", Off: true, At: at(30)}, {Number: 2, Shown: "b", At: at(20)}, {Number: 1, Shown: "a", At: at(10)},
	}}
	for _, tt := range []struct {
		at   time.Time
		want int
	}{
		{at(5), 0}, {at(10).Add(-30 * time.Second), 1}, {at(10), 1}, {at(18), 1}, {at(20).Add(-30 * time.Second), 0}, {at(20).Add(30 * time.Second), 0}, {at(79), 0}, {at(80), 3},
	} {
		if got, ok := s.ShownAt(tt.at); got.Number != tt.want || ok != (tt.want > 0) {
			t.Errorf("at %v: %d, %v, want %d", tt.at, got.Number, ok, tt.want)
		}
	}
	unsure := funnel.Signup{Versions: []funnel.SignupVersion{{Number: 2, At: at(20)}, {Number: 1, Shown: "a", At: at(10)}}}
	if _, ok := unsure.ShownAt(at(10)); !ok {
		t.Error("what it showed before a change was begun is known")
	}
	if got, ok := unsure.ShownAt(at(200)); ok {
		t.Errorf("WhatsApp never answered, and yet it shows %+v", got)
	}
	if s.Now().Number != 3 || (&funnel.Signup{}).Now().Number != 0 {
		t.Error("what it says now is the newest")
	}
}

func TestCountriesWithoutSignup(t *testing.T) {
	list := funnel.WithoutSignup()
	if len(list) != 37 || !slices.IsSorted(list) { // 30 of the EEA, and seven
		t.Errorf("%d countries: %v", len(list), list)
	}
	for country, want := range map[string]bool{"DE": false, "NO": false, "GB": false, "BR": false, "IN": true, "US": true, "CH": true, "": true} {
		if funnel.HasSignup(country) != want {
			t.Errorf("%s: %v", country, !want)
		}
	}
}
