package business_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
)

func TestBareStopFor(t *testing.T) {
	before := time.Date(2027, 1, 30, 23, 59, 59, 0, time.UTC)
	after := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		set  business.Width
		code int
		at   time.Time
		want business.Width
	}{
		{"default is all", "", 49, before, business.StopAll},
		{"marketing as set", business.StopMarketing, 49, after, business.StopMarketing},
		{"number not known", business.StopMarketing, 0, after, business.StopMarketing},
		{"+1 before the rule", business.StopMarketing, 1, before, business.StopMarketing},
		{"+1 from the rule on", business.StopMarketing, 1, after, business.StopAll},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := business.Business{BareStop: tt.set}
			if got := b.BareStopFor(tt.code, tt.at); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if business.StopMarketing.Scope() != consent.Marketing || business.StopAll.Scope() != "" {
		t.Error("the scope of a width is wrong")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := business.Sender{Secrets: business.Secrets{Token: "EAAG-secret", AppSecrets: []string{"app-secret"}}}
	for _, verb := range []string{"%v", "%+v", "%s"} {
		if out := fmt.Sprintf(verb, s); strings.Contains(out, "secret") && !strings.Contains(out, "[secrets]") || strings.Contains(out, "EAAG") {
			t.Errorf("%s prints %q", verb, out)
		}
	}
}

// Whoever asks for HELP is told somebody (rule 27): a business without a contact had an
// empty place there.
func TestHelpNamesSomebody(t *testing.T) {
	whole := business.Business{LegalName: "Adler GmbH", Address: "Markt 1, Bonn", Contact: "post@adler.example", Human: "Frau Adler, +49 228 1"}
	for _, want := range []string{"Frau Adler, +49 228 1", "post@adler.example", "Markt 1, Bonn", "Adler GmbH"} {
		if got := whole.Helper(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got, nobody := whole.NamesNobody(), whole.Human == "" && whole.Contact == ""; got != nobody {
			t.Errorf("%+v names nobody: %t", whole, got)
		}
		switch {
		case whole.Human != "":
			whole.Human = ""
		case whole.Contact != "":
			whole.Contact = " "
		default:
			whole.Address = ""
		}
		whole.Contact = strings.TrimSpace(whole.Contact)
	}
}

// Secrets that are from before dates were kept have none, and keep none by what comes
// and goes beside them.
func TestAppSecretsKnowSinceWhen(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	s := business.Secrets{AppSecrets: []string{"old", "older"}}
	before := s
	s.AddAppSecret("new", day(2))
	s.RemoveAppSecret(1)
	s.AddAppSecret("newest", day(3))
	if got := strings.Join(s.AppSecrets, " "); got != "old new newest" {
		t.Errorf("secrets: %s", got)
	}
	for n, want := range []time.Time{{}, day(2), day(3), {}} {
		if got := s.AppSecretSince(n); !got.Equal(want) {
			t.Errorf("secret %d: since %v, want %v", n, got, want)
		}
	}
	undated := before
	undated.RemoveAppSecret(0)
	if len(before.AppSecrets) != 2 || before.AppSecrets[0] != "old" || undated.AppSecrets[0] != "older" || !undated.AppSecretSince(0).IsZero() {
		t.Errorf("%v became %v", before.AppSecrets, undated.AppSecrets)
	}
	s = business.Secrets{AppSecrets: []string{"first"}}
	if s.Began(day(1)); !s.AppSecretSince(0).Equal(day(1)) {
		t.Errorf("since %v", s.AppSecretSince(0))
	}
}
