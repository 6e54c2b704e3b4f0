package consent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assent/consent"
)

// sentences reads the sentences of a language that are a stop, and those that
// are none.
func sentences(t *testing.T, file string) (stops, others []string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "+ "):
			stops = append(stops, line[2:])
		case strings.HasPrefix(line, "- "):
			others = append(others, line[2:])
		case line != "":
			t.Errorf("%s: %q is neither", file, line)
		}
	}
	return stops, others
}

func stopped(text string) bool {
	return consent.Keyword(text) == consent.Stop || consent.AsksToStop(text)
}

// The fifteen languages have 40 sentences each way at least.
func TestAsksToStop(t *testing.T) {
	files, err := filepath.Glob("testdata/sentences/*.txt")
	if err != nil || len(files) != 15 {
		t.Fatalf("%d languages: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			stops, others := sentences(t, file)
			if len(stops) < 40 || len(others) < 40 {
				t.Errorf("%d and %d sentences", len(stops), len(others))
			}
			for _, s := range stops {
				for _, form := range []string{s, strings.ToUpper(s), " " + strings.TrimRight(s, ".!") + " !!", "„" + s + "“"} {
					if !stopped(form) {
						t.Errorf("not taken as a stop: %s", form)
					}
				}
			}
			for _, s := range others {
				if stopped(s) {
					t.Errorf("taken as a stop: %s", s)
				}
			}
		})
	}
}

func TestKeywordsOfEveryLanguage(t *testing.T) {
	tests := map[string][]string{ // language: stop, start, help
		"en": {"STOP", "start", "help"}, "de": {"abmelden", "fortsetzen", "Hilfe"}, "fr": {"Arrêt", "reprendre", "aide"}, "es": {"baja", "alta", "ayuda"},
		"pt-BR": {"sair", "retomar", "ajuda"}, "it": {"disiscrivimi", "riprendi", "aiuto"}, "nl": {"afmelden", "hervatten", "hulp"}, "pl": {"rezygnuję", "wznów", "pomoc"},
		"tr": {"durdur", "başlat", "yardım"}, "ar": {"إيقاف", "ابدأ", "مساعدة"}, "he": {"הסר", "המשך", "עזרה"}, "hi": {"बंद करो", "शुरू", "मदद"},
		"bn": {"বন্ধ করুন", "শুরু", "সাহায্য"}, "id": {"berhenti", "mulai", "bantuan"}, "ja": {"配信停止", "再開", "ヘルプ"},
	}
	for lang, words := range tests {
		for i, want := range []consent.Word{consent.Stop, consent.Start, consent.Help} {
			for _, form := range []string{words[i], strings.ToUpper(words[i]), "  " + words[i] + "!!! ", "/" + words[i], "\u200f" + words[i] + " 🙏"} {
				if got := consent.Keyword(form); got != want {
					t.Errorf("%s: %q is %q, want %q", lang, form, got, want)
				}
			}
		}
	}
	for _, text := range []string{"stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe", "Opt-Out", "/stop", "STOP PROMOTIONS", "stop_promotions", "ｓｔｏｐ",
		"Stoooop", "STOPPP", "stop stop stop", "S T O P", "stpo", "unsuscribe", "arret", "ARRÊTEZ", "kuendigen", "İPTAL", "ıptal", "cık", "أوقفْ", "ايقـــاف"} {
		if !stopped(text) {
			t.Errorf("%q is a stop", text)
		}
	}
	for text, want := range map[string]string{"abmelden": "de", "إيقاف": "ar", "arrêtez": "fr", "stop": "", "やめて": "ja", "hello": ""} {
		if got := consent.LanguageOf(text); got != want {
			t.Errorf("%q is of %q, want %q", text, got, want)
		}
	}
}

// A word for a purchase with the name of a purpose behind it is none.
func TestCancelNamesNoPurpose(t *testing.T) {
	titles := map[string][]string{"orders": {"My order"}}
	if w, _ := consent.KeywordFor("cancel my order", titles); w != consent.NoWord {
		t.Errorf("%q", w)
	}
	if w, p := consent.KeywordFor("stop my order", titles); w != consent.Stop || p != "orders" {
		t.Errorf("%q %q", w, p)
	}
}

func FuzzAsksToStop(f *testing.F) {
	for _, s := range []string{"please don't message me any more", "stop, please", "もう送らないで", "لا ترسلوا رسائل", "\x00\xff", strings.Repeat("don't send ", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if consent.AsksToStop(s) != consent.AsksToStop(" "+s+" ") && len(s) < 1000 {
			t.Errorf("space changed %q", s)
		}
	})
}

// "No more offers?" asks for some, and was taken as a stop.
func TestQuestionForMoreIsNoStop(t *testing.T) {
	for _, s := range []string{"No more offers", "Keine Angebote mehr", "Plus de promos", "No más ofertas", "Sem mais promoções", "Niente offerte", "Geen aanbiedingen meer", "Koniec ofert", "خلاص العروض", "די מבצעים"} {
		for _, said := range []string{s, s + ".", s + "!", "Hello, " + s} {
			if !stopped(said) {
				t.Errorf("not taken as a stop: %s", said)
			}
		}
		for _, question := range []string{s + "?", s + " ?", s + "؟", s + "？", "Hello, " + s + "?", s + "?)", s + "? 🙂"} {
			if stopped(question) {
				t.Errorf("taken as a stop: %s", question)
			}
		}
	}
	if !stopped("Could you stop sending me messages?") {
		t.Error("a wish with a question mark is one")
	}
}
