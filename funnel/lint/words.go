package lint

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"assent/chat"
	"assent/consent"
	"assent/funnel"
	"assent/locale"
)

// whatsApp is the channel's name as people write it, folded.
var whatsApp = fold("whatsapp", "واتساب", "واتس اب", "واتس آب", "وواتساب", "וואטסאפ", "ווטסאפ", "וואצאפ", "व्हाट्सऐप", "व्हाट्सएप", "वॉट्सऐप", "वाट्सएप", "হোয়াটসঅ্যাপ", "হোয়াটসঅ্যাপ", "ワッツアップ")

func fold(list ...string) words {
	for i, s := range list {
		list[i] = consent.FoldText(s)
	}
	return list
}

// purpose checks the consent words of one purpose.
func (c *check) purpose(s *speech, lang string, p funnel.Purpose, t funnel.PurposeText) {
	at := Where{lang, p.Key, "words"}
	if s == nil {
		c.business(nil, at, t.Words)
		return
	}
	names := []string{c.v.Controller.LegalName, c.v.Controller.BrandName}
	u := s.utter(t.Words, names...)
	lacks := func(code string, present bool, sentence string, pairs ...string) {
		if !present {
			c.add(code, at, params(pairs), s.with(t.Words, sentence, pairs2(pairs)...))
		}
	}
	has := func(lists ...words) bool { _, ok := u.says(lists...); return ok }
	asked, marketing := p.Basis == consent.ByConsent, p.Scope == consent.Marketing
	c.business(s, at, t.Words)
	lacks("words.channel_missing", holds(u.text, whatsApp), s.Fix.Recipient)
	lacks("words.agree_missing", !asked || has(s.Agree), s.Fix.Agree)
	lacks("words.stop_missing", has(s.Stop), s.Fix.Stop)
	lacks("words.free_missing", has(s.Free), s.Fix.Free)
	lacks("words.condition_missing", !marketing || has(s.Optional), s.Fix.Optional)
	lacks("words.automated_missing", !marketing || has(s.Automated), s.Fix.Automated)
	lacks("words.number_missing", c.v.NumberField == funnel.NumberNone || has(s.Number), s.Fix.Number)
	lacks("words.recipient_missing", has(s.Recipient), s.Fix.Recipient)
	if c.o.Provider != "" {
		lacks("words.provider_missing", strings.Contains(consent.FoldText(t.Words), consent.FoldText(c.o.Provider)), s.Fix.Provider, "Provider", c.o.Provider)
	}
	if url := c.v.Controller.Notice(lang); url != "" {
		lacks("words.notice_missing", address.MatchString(t.Words) || strings.Contains(t.Words, url), s.Fix.Notice, "Url", url)
	}
	lacks("words.complaint_missing", has(s.Complaint), s.Fix.Complaint)
	c.kind(u, at, p, t)
	c.bundle(u, at, p)
	if _, asks := u.says(s.Agree[:1]); asks && !asked {
		c.add("words.contract_asks", at, nil, nil)
	}
	c.frequency(s, at, p, t)
}

// pairs2 are the pairs as the phrases name them: in small letters.
func pairs2(pairs []string) []string {
	out := make([]string, len(pairs))
	for i, s := range pairs {
		if out[i] = s; i%2 == 0 {
			out[i] = strings.ToLower(s)
		}
	}
	return out
}

func holds(text string, list words) bool {
	for _, w := range list {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// business checks that the words name who writes. It needs no word list.
func (c *check) business(s *speech, at Where, text string) {
	legal, brand := c.v.Controller.LegalName, c.v.Controller.BrandName
	if legal == "" && brand == "" {
		return // said of the controller
	}
	folded := consent.FoldText(address.ReplaceAllString(text, " "))
	names := func(name string) bool {
		f := consent.FoldText(name)
		return f != "" && strings.Contains(folded, f)
	}
	if names(legal) {
		return
	}
	name := legal
	if name == "" {
		name = brand
	}
	var fix *string
	if s != nil {
		fix = s.with(text, s.Fix.From, "business", name)
	}
	if names(brand) {
		if legal != "" {
			c.add("words.legal_name_missing", at, params{"Business", name}, fix)
		}
		return
	}
	c.add("words.business_missing", at, params{"Business", name}, fix)
}

// kind checks that the words say what the messages are about.
func (c *check) kind(u utterance, at Where, p funnel.Purpose, t funnel.PurposeText) {
	about := []words{u.Promotion, u.Topics}
	if p.Scope == consent.Transactional {
		about = []words{u.Service, u.Matters}
	}
	if _, ok := u.says(about...); ok {
		return
	}
	title := consent.FoldText(t.Title)
	if title == "" || strings.Contains(consent.FoldText(t.Words), title) {
		return
	}
	c.add("words.kind_missing", at, params{"Purpose", t.Title}, u.with(t.Words, t.Title+"."))
}

// bundle checks that one box asks for one kind of messages.
func (c *check) bundle(u utterance, at Where, p funnel.Purpose) {
	if p.Scope == consent.Transactional {
		if found, ok := u.affirms(u.Promotion); ok {
			c.add("words.bundled", at, params{"Found", found}, nil)
		}
		return
	}
	if found, ok := u.affirms(u.Service); ok {
		c.add("words.mixed", at, params{"Found", found}, nil)
	}
}

// twins finds purposes that say the same.
func (c *check) twins(lang string, t funnel.Text) {
	first := make(map[string]string)
	for _, p := range c.v.Purposes {
		words := consent.FoldText(t.Purposes[p.Key].Words)
		if words == "" {
			continue
		}
		if other, ok := first[words]; ok {
			c.add("words.twins", Where{lang, p.Key, "words"}, params{"Other", t.Purposes[other].Title}, nil)
			continue
		}
		first[words] = p.Key
	}
}

// fits checks that a purpose's question goes into one message with buttons.
func (c *check) fits(lang string, p funnel.Purpose, t funnel.PurposeText) {
	if p.Basis == consent.ByConsent {
		question := locale.For(lang).T("chat.question", "Business", c.v.Controller.BrandName, "Words", t.Words)
		if n := utf8.RuneCountInString(question) + utf8.RuneCountInString(t.Title) + 2; n > chat.MaxBody || utf8.RuneCountInString(t.Words) > funnel.MaxWords {
			c.add("words.too_long", Where{lang, p.Key, "words"}, params{"Count", strconv.Itoa(n), "Max", strconv.Itoa(chat.MaxBody)}, nil)
		}
	}
	if n := utf8.RuneCountInString(t.Title); n > maxButton {
		c.add("chat.title_long", Where{lang, p.Key, "title"}, params{"Count", strconv.Itoa(n), "Max", strconv.Itoa(maxButton)}, nil)
	}
}

// maxButton is the most characters on a button in WhatsApp.
const maxButton = 20

// spoils are patterns by which a consent is none, wherever they stand.
func (c *check) spoils(s *speech, at Where, text string) {
	u := s.utter(text)
	for _, x := range []struct {
		code string
		list words
	}{{"text.preticked", s.Preticked}, {"text.implied", s.Implied}, {"text.condition", s.Condition}} {
		if found, ok := u.affirms(x.list); ok {
			c.add(x.code, at, params{"Found", found}, nil)
		}
	}
}
