package certificate

import "strings"

// words are the labels of one language. Braces stand for what is put in.
type words struct {
	Title, Page, Simulated, SimulatedMeans, Sheet             string
	Business, Legal, Brand, Address, Contact, Privacy         string
	Person, Number, Account, Name, Hidden                     string
	Agreed, Purpose, Kind, Basis, ByConsent, ByContract       string
	State, Held, Revoked, Grade, Given, Ended, Refused        string
	Until, NoEnd, Words, WordsIn                              string
	Shown, ShownAt, Ticked, Unticked, FirstEmpty, FirstTicked string
	Statement, Pressed, Links                                 string
	Confirmed, How, WordForWord, To, Message, Sent, Arrived   string
	Match, History, Time, Event, Did, Place, Log, Origin      string
	Size, Root, Checkpoint, Anchors, NoAnchors, Prints        string
	Notice, PagePrint, Form, EventPrint, Verify               string
	Verify1, Verify2, Verify3, Not, Not1, Not2, Not3, Not4    string
	GradeA, GradeB, GradeC, GradeD, GradeE                    string
	Attached                                                  string
}

func wordsOf(lang string) *words {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if w, ok := languages[base]; ok {
		return w
	}
	return languages["en"]
}

var languages = map[string]*words{
	"en": {
		Title: "Certificate of consent", Page: "page {} of {}", Simulated: "SIMULATED", SimulatedMeans: "Made with a simulator. No real person and no real number stand behind this record.", Sheet: "State as of",
		Business: "The business", Legal: "Legal name", Brand: "Brand", Address: "Address", Contact: "Contact", Privacy: "Privacy notice",
		Person: "The person", Number: "Number", Account: "WhatsApp account", Name: "Name as given", Hidden: "not shown to this reader",
		Agreed: "What was agreed", Purpose: "Purpose", Kind: "Kind", Basis: "Legal ground", ByConsent: "consent", ByContract: "contract, stated and not asked",
		State: "State", Held: "waiting for a new answer", Revoked: "Ended by the business", Grade: "Evidence", Given: "Given on", Ended: "Ended on", Refused: "Refused on",
		Until: "Valid until", NoEnd: "no end", Words: "The words, exactly as shown", WordsIn: "language: {}",
		Shown: "How it was shown", ShownAt: "Shown on", Ticked: "ticked", Unticked: "left empty", FirstEmpty: "empty at first", FirstTicked: "ticked at first",
		Statement: "statement, no box", Pressed: "pressed", Links: "Links",
		Confirmed: "How it was confirmed", How: "Act", WordForWord: "Word for word", To: "Sent to", Message: "WhatsApp message id", Sent: "Sent on", Arrived: "Received on",
		Match: "Typed and confirming number", History: "The history since", Time: "Time (UTC)", Event: "Event", Did: "What it did", Place: "Log", Log: "The log", Origin: "Log",
		Size: "Entries", Root: "Root hash", Checkpoint: "Checkpoint", Anchors: "Vouched for from outside", NoAnchors: "Nobody outside has vouched for this log yet: its times rest on the clock of its operator.",
		Prints: "Fingerprints (SHA-256)", Notice: "Words", PagePrint: "Page", Form: "Form", EventPrint: "Event {}", Verify: "How to verify",
		Verify1: "With Assent: run assent verify on the proof file. It works offline and says yes or no for each check.",
		Verify2: "In a browser: open the page /verify of any Assent and drop the proof file on it. Nothing is uploaded.",
		Verify3: "Without Assent: README.txt in the proof leads through it with public tools: SD-JWT (RFC 9901), the log's proofs (C2SP tlog-proof) and time-stamps (RFC 3161).",
		Not:     "What this does not prove",
		Not1:    "Who held the phone. It shows that the account answered, not whose hand it was.",
		Not2:    "That the consent is valid in law: a reader decides that from the words and acts above.",
		Not3:    "That this page is unchanged. The signed events and the log in the proof carry the evidence; this page explains them.",
		Not4:    "Anything about messages received from WhatsApp beyond this record: WhatsApp's signature on them convinces the receiver only.",
		GradeA:  "The account itself answered words that were shown, and a party that the business does not run vouched for the time.",
		GradeB:  "The words were shown, and the account itself answered.",
		GradeC:  "A form or a statement without an answer from the account, or a simulated one. It permits no message.",
		GradeD:  "Imported with the words and the date. It permits transactional messages at most.",
		GradeE:  "Imported as a state alone, without evidence. It permits no message.", Attached: "The record from which this certificate was made",
	},
	"de": {
		Title: "Einwilligungsnachweis", Page: "Seite {} von {}", Simulated: "SIMULIERT", SimulatedMeans: "Mit einem Simulator erstellt. Hinter diesem Nachweis stehen keine echte Person und keine echte Nummer.", Sheet: "Stand vom",
		Business: "Das Unternehmen", Legal: "Firma", Brand: "Marke", Address: "Anschrift", Contact: "Kontakt", Privacy: "Datenschutzhinweise",
		Person: "Die Person", Number: "Nummer", Account: "WhatsApp-Konto", Name: "Name wie angegeben", Hidden: "wird diesem Empfänger nicht gezeigt",
		Agreed: "Was vereinbart wurde", Purpose: "Zweck", Kind: "Art", Basis: "Rechtsgrundlage", ByConsent: "Einwilligung", ByContract: "Vertrag, mitgeteilt und nicht gefragt",
		State: "Stand", Held: "wartet auf eine neue Antwort", Revoked: "Vom Unternehmen beendet", Grade: "Beweis", Given: "Erteilt am", Ended: "Beendet am", Refused: "Abgelehnt am",
		Until: "Gültig bis", NoEnd: "ohne Ende", Words: "Der Text, genau wie gezeigt", WordsIn: "Sprache: {}",
		Shown: "Wie es gezeigt wurde", ShownAt: "Gezeigt am", Ticked: "angekreuzt", Unticked: "leer gelassen", FirstEmpty: "zuerst leer", FirstTicked: "zuerst angekreuzt",
		Statement: "Mitteilung ohne Kästchen", Pressed: "gedrückt", Links: "Verweise",
		Confirmed: "Wie es bestätigt wurde", How: "Handlung", WordForWord: "Wortlaut", To: "Gesendet an", Message: "WhatsApp-Nachrichten-ID", Sent: "Gesendet am", Arrived: "Empfangen am",
		Match: "Eingegebene und bestätigende Nummer", History: "Der Verlauf seither", Time: "Zeit (UTC)", Event: "Ereignis", Did: "Wirkung", Place: "Log", Log: "Das Log", Origin: "Log",
		Size: "Einträge", Root: "Wurzel-Hash", Checkpoint: "Checkpoint", Anchors: "Von außen bezeugt", NoAnchors: "Niemand von außen hat dieses Log bisher bezeugt: Seine Zeiten beruhen auf der Uhr des Betreibers.",
		Prints: "Fingerabdrücke (SHA-256)", Notice: "Text", PagePrint: "Seite", Form: "Formular", EventPrint: "Ereignis {}", Verify: "Wie man prüft",
		Verify1: "Mit Assent: assent verify mit der Nachweisdatei aufrufen. Es arbeitet ohne Netz und sagt zu jeder Prüfung Ja oder Nein.",
		Verify2: "Im Browser: die Seite /verify eines beliebigen Assent öffnen und die Nachweisdatei darauf ziehen. Nichts wird hochgeladen.",
		Verify3: "Ohne Assent: README.txt im Nachweis führt mit öffentlichen Werkzeugen hindurch: SD-JWT (RFC 9901), Beweise des Logs (C2SP tlog-proof) und Zeitstempel (RFC 3161).",
		Not:     "Was dies nicht beweist",
		Not1:    "Wer das Telefon hielt. Gezeigt ist, dass das Konto geantwortet hat, nicht wessen Hand es war.",
		Not2:    "Dass die Einwilligung rechtlich wirksam ist: Das entscheidet, wer den Text und die Handlungen oben liest.",
		Not3:    "Dass diese Seite unverändert ist. Den Beweis tragen die signierten Ereignisse und das Log; diese Seite erklärt sie.",
		Not4:    "Etwas über Nachrichten von WhatsApp jenseits dieses Nachweises: Deren Signatur überzeugt nur den Empfänger.",
		GradeA:  "Das Konto selbst hat auf den gezeigten Text geantwortet, und eine Stelle, die das Unternehmen nicht betreibt, hat die Zeit bezeugt.",
		GradeB:  "Der Text wurde gezeigt, und das Konto selbst hat geantwortet.",
		GradeC:  "Ein Formular oder eine Erklärung ohne Antwort des Kontos, oder eine simulierte. Erlaubt keine Nachricht.",
		GradeD:  "Importiert mit Text und Datum. Erlaubt höchstens Servicenachrichten.",
		GradeE:  "Als bloßer Stand importiert, ohne Beweis. Erlaubt keine Nachricht.", Attached: "Die Daten, aus denen dieser Nachweis gemacht ist",
	},
	"ar": {
		Title: "شهادة موافقة", Page: "صفحة {} من {}", Simulated: "محاكاة", SimulatedMeans: "أُنشئت بمحاكٍ. لا يقف وراء هذا السجل شخص حقيقي ولا رقم حقيقي.", Sheet: "الحالة بتاريخ",
		Business: "الشركة", Legal: "الاسم القانوني", Brand: "العلامة التجارية", Address: "العنوان", Contact: "جهة الاتصال", Privacy: "إشعار الخصوصية",
		Person: "الشخص", Number: "الرقم", Account: "حساب واتساب", Name: "الاسم كما ذُكر", Hidden: "لا يُعرض على هذا القارئ",
		Agreed: "ما جرت الموافقة عليه", Purpose: "الغرض", Kind: "النوع", Basis: "الأساس القانوني", ByConsent: "الموافقة", ByContract: "عقد، أُعلن ولم يُسأل عنه",
		State: "الحالة", Held: "بانتظار إجابة جديدة", Revoked: "أنهته الشركة", Grade: "الدليل", Given: "مُنح في", Ended: "انتهى في", Refused: "رُفض في",
		Until: "صالح حتى", NoEnd: "بلا نهاية", Words: "النص كما عُرض تمامًا", WordsIn: "اللغة: {}",
		Shown: "كيف عُرض", ShownAt: "عُرض في", Ticked: "مؤشَّر", Unticked: "تُرك فارغًا", FirstEmpty: "فارغ في البداية", FirstTicked: "مؤشَّر في البداية",
		Statement: "بيان بلا مربع", Pressed: "ضُغط", Links: "الروابط",
		Confirmed: "كيف جرى التأكيد", How: "الفعل", WordForWord: "حرفيًا", To: "أُرسل إلى", Message: "معرّف رسالة واتساب", Sent: "أُرسل في", Arrived: "وصل في",
		Match: "الرقم المكتوب والرقم المؤكِّد", History: "ما جرى منذ ذلك", Time: "الوقت (UTC)", Event: "الحدث", Did: "أثره", Place: "السجل", Log: "السجل العام", Origin: "السجل",
		Size: "عدد القيود", Root: "بصمة الجذر", Checkpoint: "نقطة التحقق", Anchors: "شهادة من الخارج", NoAnchors: "لم يشهد أحد من الخارج على هذا السجل بعد: تستند أوقاته إلى ساعة مشغّله.",
		Prints: "البصمات (SHA-256)", Notice: "النص", PagePrint: "الصفحة", Form: "النموذج", EventPrint: "الحدث {}", Verify: "كيف تتحقق",
		Verify1: "باستخدام Assent: شغّل الأمر assent verify على ملف الإثبات. يعمل دون اتصال ويجيب بنعم أو لا عن كل فحص.",
		Verify2: "في المتصفح: افتح الصفحة \u200e/verify في أي نسخة من Assent وضع ملف الإثبات عليها. لا يُرفع شيء.",
		Verify3: "دون Assent: يرشدك الملف README.txt في الإثبات بأدوات عامة: SD-JWT (RFC 9901) وبراهين السجل (C2SP tlog-proof) وأختام الوقت (RFC 3161).",
		Not:     "ما لا يثبته هذا",
		Not1:    "من كان يمسك الهاتف. يُظهر أن الحساب أجاب، لا يد من كانت.",
		Not2:    "أن الموافقة صحيحة قانونًا: يقرر القارئ ذلك من النص والأفعال أعلاه.",
		Not3:    "أن هذه الصفحة لم تتغير. الدليل في الأحداث الموقّعة والسجل؛ وهذه الصفحة تشرحها.",
		Not4:    "أي شيء عن رسائل واتساب خارج هذا السجل: توقيع واتساب عليها يقنع متلقيها وحده.",
		GradeA:  "أجاب الحساب نفسه عن النص المعروض، وشهد على الوقت طرف لا تديره الشركة.",
		GradeB:  "عُرض النص، وأجاب الحساب نفسه.",
		GradeC:  "نموذج أو إفادة دون إجابة من الحساب، أو محاكاة. لا يسمح بأي رسالة.",
		GradeD:  "مستورد مع النص والتاريخ. يسمح برسائل الخدمة على الأكثر.",
		GradeE:  "مستورد كحالة فقط دون دليل. لا يسمح بأي رسالة.", Attached: "السجل الذي أُعدّت منه هذه الشهادة",
	},
}
