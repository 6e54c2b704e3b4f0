package consent_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"assent/consent"
)

func TestKeyword(t *testing.T) {
	titles := map[string][]string{"offers": {"Offers", "Angebote", "العروض"}}
	tests := []struct {
		text    string
		want    consent.Word
		purpose string
	}{
		{"STOP", consent.Stop, ""},
		{" stop. ", consent.Stop, ""},
		{"Stop!!!", consent.Stop, ""},
		{"/stop", consent.Stop, ""},
		{"„Stopp“", consent.Stop, ""},
		{"ＳＴＯＰ", consent.Stop, ""},
		{"s\u200etop", consent.Stop, ""},
		{"Opt-Out", consent.Stop, ""},
		{"STOP PROMOTIONS", consent.Stop, ""},
		{"Kündigen", consent.Stop, ""},
		{"ARRÊT", consent.Stop, ""},
		{"إيقاف", consent.Stop, ""},
		{"أوقف", consent.Stop, ""},
		{"إلغاء الاشتراك", consent.Stop, ""},
		{"بس وقف", consent.NoWord, ""},
		{"stop offers", consent.Stop, "offers"},
		{"Stopp Angebote", consent.Stop, "offers"},
		{"STOP العروض", consent.Stop, "offers"},
		{"stop the bus at my street please", consent.NoWord, ""},
		{"don't stop", consent.NoWord, ""},
		{"the end is near", consent.NoWord, ""},
		{"START", consent.Start, ""},
		{"Hilfe?", consent.Help, ""},
		{"مساعدة", consent.Help, ""},
		{"", consent.NoWord, ""},
		{"🙂", consent.NoWord, ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, purpose := consent.KeywordFor(tt.text, titles)
			if got != tt.want || purpose != tt.purpose {
				t.Errorf("got %q %q, want %q %q", got, purpose, tt.want, tt.purpose)
			}
		})
	}
}

func TestStopBeside(t *testing.T) {
	prefilled := []string{"Hello Sonnentor.", "Yes, send me offers on WhatsApp.", "Code 7K2MQ9X4TB"}
	all := strings.Join(prefilled, " ")
	tests := []struct {
		name, text string
		same, stop bool
	}{
		{"as it was", all, true, false},
		{"other case and space", strings.ToUpper(strings.ReplaceAll(all, " ", "\n ")), true, false},
		{"without the full stops", strings.ReplaceAll(all, ".", ""), true, false},
		{"with a greeting", all + " Thanks!", false, false},
		{"with a stop", all + " STOP", false, true},
		{"with a stop in a sentence", "please stop this nonsense. " + all, false, true},
		{"only the code left", "Code 7K2MQ9X4TB", false, false},
		{"a sentence taken out, a stop put in", "Hello Sonnentor. unsubscribe Code 7K2MQ9X4TB", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := consent.SameText(tt.text, all); got != tt.same {
				t.Errorf("same = %v", got)
			}
			if got := consent.StopBeside(tt.text, prefilled, nil); got != tt.stop {
				t.Errorf("stop = %v", got)
			}
		})
	}
}

// The name of a business or of a purpose may hold a stop word, and is none.
func TestStopBesideNames(t *testing.T) {
	shop := []string{"Hello Stop & Shop.", "Yes, send me the Non-Stop News, which I can stop at any time.", "Code 7K2MQ9X4TB"}
	names := []string{"Stop & Shop", "Non-Stop News", "Offers"}
	all := strings.Join(shop, " ")
	for text, want := range map[string]bool{
		all:                               false,
		strings.ToUpper(all):              false,
		"Hi Stop & Shop. Code 7K2MQ9X4TB": false,
		"hello dear stop shop team! " + strings.Join(shop[1:], " "):            false,
		strings.Replace(all, "Yes, send", "Yes please, send", 1):               false,
		strings.Replace(all, "the Non-Stop News", "your non stop news now", 1): false,
		"the Non-Stop News Code 7K2MQ9X4TB":                                    false,
		"Stop. " + strings.Join(shop[1:], " "):                                 true,
		"Hi Stop & Shop, stop! Code 7K2MQ9X4TB":                                true,
		"Hello Stop & Shop. please stop at once Code 7K2MQ9X4TB":               true,
		all + " stop": true,
		strings.Replace(all, "Hello", "Hi", 1) + " Stop & Shop": true,
		"stop 7K2MQ9X4TB":                            true,
		"stop Code 7K2MQ9X4TB":                       true,
		"opt Hello Stop & Shop. out Code 7K2MQ9X4TB": false,
		"opt out Code 7K2MQ9X4TB":                    true,
	} {
		if got := consent.StopBeside(text, shop, names); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	// A name of one word that is itself a stop word is told apart by what stands beside it.
	one := []string{"Hello Basta team.", "Send me offers.", "Code 7K2MQ9X4TB"}
	for text, want := range map[string]bool{
		"Well hello Basta team! Code 7K2MQ9X4TB": false,
		"Hello Basta Send me offers. basta":      true,
		"basta Code 7K2MQ9X4TB":                  true,
	} {
		if got := consent.StopBeside(text, one, []string{"Basta"}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzKeyword(f *testing.F) {
	for _, s := range []string{"STOP", "إيقاف", "stop offers", "\x00\xff", strings.Repeat("a\u0301", 5000), "१२३"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := consent.FoldText(s)
		if !utf8.ValidString(folded) {
			t.Errorf("folding %q is not UTF-8", s)
		}
		if again := consent.FoldText(folded); again != folded {
			t.Errorf("folding is not idempotent: %q, then %q", folded, again)
		}
		if consent.Keyword(s) != consent.Keyword(" "+s+"!") && len(s) < 8000 {
			t.Errorf("space and punctuation changed the keyword of %q", s)
		}
	})
}
