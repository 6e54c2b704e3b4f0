package consent

import "strings"

// Word is what a text message asks for in a keyword.
type Word string

// The keywords.
const (
	NoWord Word = ""
	Stop   Word = "stop"
	Start  Word = "start"
	Help   Word = "help"
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

// HoldsStop reports whether a folded remainder of a prefilled text has a stop
// word in it: as the whole of it, or as a word or phrase inside (rule 3: what
// the person added to a yes may take it back).
func HoldsStop(rest string) bool {
	f := FoldText(rest)
	if stopWords[f] {
		return true
	}
	words := strings.Fields(f)
	for i, w := range words {
		if stopWords[w] {
			return true
		}
		if i > 0 && stopWords[words[i-1]+" "+w] {
			return true
		}
	}
	return false
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[FoldText(w)] = true
	}
	return m
}
