package consent

import "strings"

// Word is what a text message asks for in a keyword.
type Word string

// The keywords.
const (
	NoWord   Word = ""
	Stop     Word = "stop"
	Start    Word = "start"
	Help     Word = "help"
	Settings Word = "settings" // where the person sees what they agreed to
)

// stopWords end messages when one of them is the whole message. The seven of
// the US rule (47 CFR 64.1200(a)(10)) stand first; the others are what people
// write in the languages that Assent speaks or is likely to meet. All are in
// the form that FoldText gives.
var stopWords = set(
	"stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe",
	"optout", "stop all", "stopall", "stop everything", "stop messages", "stop it", "please stop", "stop please",
	"unsubscribe me", "remove me", "no more", "no more messages", "stop promotions",
	// German
	"stopp", "stoppen", "abmelden", "abbestellen", "austragen", "kundigen", "aufhoren", "bitte stoppen", "stopp bitte",
	"ende", "keine nachrichten mehr", "keine werbung", "keine werbung mehr", "alles stoppen", "nicht mehr schreiben",
	// Arabic
	"ايقاف", "اوقف", "توقف", "الغاء", "الغاء الاشتراك", "قف", "ستوب", "وقف", "اوقفوا الرسائل", "ايقاف الكل", "لا ترسل", "الغ الاشتراك",
	// French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish
	"arret", "arreter", "desabonner", "desinscrire", "stop pub",
	"alto", "baja", "darme de baja", "cancelar", "parar", "detener", "no mas",
	"sair", "pare", "remover", "descadastrar", "cancelar inscricao",
	"basta", "annulla", "disiscrivimi", "cancellami", "ferma",
	"stoppen maar", "afmelden", "uitschrijven",
	"rezygnuje", "wypisz", "koniec", "anuluj",
	"dur", "durdur", "iptal", "ret", "cik",
	// Hebrew, Hindi, Bengali, Indonesian, Japanese
	"הסר", "הסרה", "עצור", "די",
	"रक", "बद", "बद कर", "रोक", "रोको", "स्टॉप", "सटॉप",
	"বনধ", "থামন",
	"berhenti", "batal", "henti",
	"停止", "配信停止", "解除", "やめて",
)

var startWords = set(
	"start", "unstop", "resume", "subscribe", "starten", "fortsetzen", "anmelden",
	"ابدا", "اشتراك", "استئناف", "بدء",
)

var helpWords = set(
	"help", "info", "hilfe", "مساعده", "ساعدني", "معلومات", "aide", "ayuda", "ajuda", "aiuto",
)

var settingsWords = set(
	"settings", "my settings", "preferences", "my preferences", "my data", "my consent", "privacy",
	"einstellungen", "meine einstellungen", "meine daten", "meine einwilligungen", "datenschutz",
	"الاعدادات", "اعدادات", "اعداداتي", "بياناتي", "خصوصيه", "الخصوصيه",
)

// Keyword returns the keyword that the whole text amounts to. A command such
// as /stop counts; a word inside a longer sentence does not.
func Keyword(text string) Word {
	w, _ := KeywordFor(text, nil)
	return w
}

// KeywordFor is Keyword for a business with named purposes: "STOP offers"
// narrows the stop to the purpose whose key or title follows. titles maps a
// purpose's key to the names by which people know it.
func KeywordFor(text string, titles map[string][]string) (Word, string) {
	f := FoldText(text)
	switch {
	case f == "":
		return NoWord, ""
	case stopWords[f]:
		return Stop, ""
	case startWords[f]:
		return Start, ""
	case helpWords[f]:
		return Help, ""
	case settingsWords[f]:
		return Settings, ""
	}
	first, rest, ok := strings.Cut(f, " ")
	if !ok || !stopWords[first] {
		return NoWord, ""
	}
	for key, names := range titles {
		for _, name := range append([]string{key}, names...) {
			if rest == FoldText(name) {
				return Stop, key
			}
		}
	}
	return NoWord, ""
}

// StopBeside reports whether there is a stop word in what a person added to a
// prefilled text, or left of it (rule 3: it may take a yes back). The sentences
// are taken away first, as they were sent. Of a sentence that was changed, the
// names in it of several words, and stop words between the words that stand
// round them there, are not the person's: a brand may be called Stop & Shop. A
// stop word that may be either is a stop.
func StopBeside(text string, sentences, names []string) bool {
	rest := " " + FoldText(text) + " "
	takeAway := func(folded string) bool {
		before := rest
		rest = strings.Replace(rest, " "+folded+" ", gap, 1)
		return rest != before
	}
	var changed []string
	for _, s := range sentences {
		if f := FoldText(s); f != "" && !takeAway(f) {
			changed = append(changed, f)
		}
	}
	for _, sentence := range changed {
		for _, name := range names {
			f := FoldText(name)
			if strings.Contains(f, " ") && strings.Contains(" "+sentence+" ", " "+f+" ") {
				takeAway(f)
			}
		}
	}
	words := strings.Fields(rest)
	for _, sentence := range changed {
		takeKept(words, strings.Fields(sentence))
	}
	for i, w := range words {
		if stopWords[w] || i > 0 && stopWords[words[i-1]+" "+w] {
			return true
		}
	}
	return false
}

// gap stands where something was taken away, so that what is left does not
// become a phrase; no folded word is like it.
const gap = " | "

// takeKept takes stop words of a changed sentence away, where they stand between
// the same words as in the sentence.
func takeKept(words, sentence []string) {
	for i, w := range sentence {
		if !stopWords[w] || len(sentence) == 1 {
			continue
		}
		for j := range words {
			before := i == 0 || j > 0 && words[j-1] == sentence[i-1]
			after := i == len(sentence)-1 || j+1 < len(words) && words[j+1] == sentence[i+1]
			if words[j] == w && before && after {
				words[j] = strings.TrimSpace(gap)
				break
			}
		}
	}
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[FoldText(w)] = true
	}
	return m
}
