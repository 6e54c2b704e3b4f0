package lint

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"assent/consent"
	"assent/funnel"
	"assent/qr"
	"assent/static"
)

// schedule are English and the languages of the Eighth Schedule of India's
// constitution.
var schedule = []string{"en", "as", "bn", "brx", "doi", "gu", "hi", "kn", "kok", "ks", "mai", "ml", "mni", "mr", "ne", "or", "pa", "sa", "sat", "sd", "ta", "te", "ur"}

// adult is the age from which marketing is allowed in India (rule 8).
const adult = 18

// settings checks what is no text.
func (c *check) settings() {
	v := c.v
	if c.o.Mute {
		c.add("sender.missing", Where{Slot: "sender"}, nil, nil)
	}
	for _, country := range c.reach.unknown {
		c.add("country.unknown", Where{Slot: "countries"}, params{"Country", country}, nil)
	}
	if c.reach.covers("IN") && !slices.ContainsFunc(c.languages(), func(l string) bool { return slices.Contains(schedule, base(l)) }) {
		c.add("language.india", Where{Slot: "texts"}, nil, nil)
	}
	marketing := slices.ContainsFunc(v.Purposes, func(p funnel.Purpose) bool { return p.Scope == consent.Marketing })
	if marketing && c.reach.named["US"] {
		c.add("country.us_marketing", Where{Slot: "countries"}, nil, nil)
	}
	if marketing && v.MinAge < adult {
		c.add("age.missing", Where{Slot: "min_age"}, params{"Age", strconv.Itoa(adult)}, to(strconv.Itoa(adult)))
	}
	for _, p := range v.Purposes {
		if p.Scope == consent.Marketing && p.PerMonth == 0 {
			c.add("purpose.frequency_none", Where{Purpose: p.Key, Slot: "per_month"}, nil, nil)
		}
	}
	c.controller()
}

// controller checks what is said about the business.
func (c *check) controller() {
	b := c.v.Controller
	at := func(slot string) Where { return Where{Slot: "controller." + slot} }
	if strings.TrimSpace(b.LegalName) == "" && strings.TrimSpace(b.BrandName) == "" {
		c.add("controller.name_missing", at("legal_name"), nil, nil)
	}
	if strings.TrimSpace(b.Address) == "" {
		c.add("controller.address_missing", at("address"), nil, nil)
	}
	if strings.TrimSpace(b.Contact) == "" {
		c.add("controller.contact_missing", at("contact"), nil, nil)
	}
	if c.o.Nobody {
		c.add("controller.human_missing", at("human"), nil, nil)
	}
	c.notice(at("notice_url"), b.NoticeURL)
	for _, lang := range slices.Sorted(maps.Keys(b.NoticeURLs)) {
		c.notice(at("notice_url_"+lang), b.NoticeURLs[lang])
	}
	for _, x := range []struct{ slot, text string }{{"legal_name", b.LegalName}, {"brand_name", b.BrandName}, {"address", b.Address}, {"contact", b.Contact}} {
		c.text(slot{at: at(x.slot), text: x.text})
		if strings.HasSuffix(x.slot, "name") {
			if word := mixed(x.text); word != "" {
				c.add("name.mixed_script", at(x.slot), params{"Found", word}, nil)
			}
		}
	}
}

// notice checks one address of the privacy notice.
func (c *check) notice(at Where, address string) {
	secure, web := webAddress(address)
	switch {
	case !web:
		c.add("controller.notice_missing", at, nil, nil)
	case !secure:
		c.add("controller.notice_insecure", at, nil, to(secured(address)))
	}
}

// webAddress reports whether s is the address of a page, and whether it is
// encrypted on its way.
func webAddress(s string) (secure, ok bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil {
		return false, false
	}
	return u.Scheme == "https", u.Scheme == "https" || u.Scheme == "http"
}

func secured(s string) string { return "https" + s[len("http"):] }

// look checks what the page looks like. Sizes of type and of targets are the
// house's: a look cannot change them.
func (c *check) look() {
	for _, x := range []struct{ slot, colour string }{{"controller.colour", c.v.Controller.Colour}, {"look.colour", c.v.Look.Colour}} {
		if x.colour == "" {
			continue
		}
		colour, ok := static.ParseColor(x.colour)
		if !ok {
			c.add("look.colour", Where{Slot: x.slot}, params{"Colour", x.colour}, nil)
			continue
		}
		if brand := static.NewBrand(colour); brand.Weak {
			c.add("look.contrast", Where{Slot: x.slot}, params{"Colour", colour.String(), "Better", brand.Light.String()}, to(brand.Light.String()))
		}
	}
}

// maxEntry is the most characters of a text behind WhatsApp's own short links.
const maxEntry = 140

// maxSymbol is the largest QR code that phones read from a screen at arm's
// length: 97 modules on some 300 pixels.
const maxSymbol = 20

// sampleCode has the length of a code for the chat.
const sampleCode = "7K2MQ9X4TB"

// chat checks the texts that open the chat.
func (c *check) chat(lang string) {
	if c.v.Mode == funnel.ModeQR {
		if n := len([]rune(c.v.EntryPrefill(lang, sampleCode[:7]).Text())); n > maxEntry {
			c.add("chat.entry_long", Where{lang, "", "ask"}, params{"Count", strconv.Itoa(n), "Max", strconv.Itoa(maxEntry)}, nil)
		}
	}
	var keys []string
	for _, p := range c.v.Purposes {
		keys = append(keys, p.Key)
	}
	link := "https://wa.me/" + numberDigits(c.o.Number) + "?text=" + url.PathEscape(c.v.Prefill(lang, keys, sampleCode).Text())
	if v := qr.VersionFor(len(link), qr.M); v > maxSymbol {
		c.add("chat.code_dense", Where{lang, "", "greeting"}, params{"Bytes", strconv.Itoa(len(link)), "Max", strconv.Itoa(qr.Capacity(maxSymbol, qr.M))}, nil)
	}
}

// numberDigits returns the digits of the sender's number, or as many as it may
// have.
func numberDigits(number string) string {
	if number == "" {
		return "000000000000000"
	}
	return strings.TrimPrefix(number, "+")
}

// afterwards checks what is said and shown once the person has confirmed, and
// the statements beside the boxes.
func (c *check) afterwards(s *speech, lang string, t funnel.Text) {
	if c.v.Welcome == funnel.WelcomeService && s != nil {
		if found, ok := s.utter(t.Welcome, c.v.Controller.LegalName, c.v.Controller.BrandName).affirms(s.Promotion); ok {
			c.add("welcome.promotes", Where{lang, "", "welcome"}, params{"Found", found}, nil)
		}
	}
	if t.Next != "" {
		secure, web := webAddress(t.Next)
		switch {
		case !web:
			c.add("next.insecure", Where{lang, "", "next"}, nil, nil)
		case !secure:
			c.add("next.insecure", Where{lang, "", "next"}, nil, to(secured(t.Next)))
		}
	}
	if c.v.Look.Hero.SHA256 != "" && strings.TrimSpace(t.HeroAlt) == "" {
		c.add("look.alt_missing", Where{lang, "", "hero_alt"}, nil, nil)
	}
	if c.v.MinAge > 0 {
		c.age(s, lang, t)
	}
}

// age checks that the statement of age says the age that is asked for.
func (c *check) age(s *speech, lang string, t funnel.Text) {
	at, age := Where{lang, "", "age"}, strconv.Itoa(c.v.MinAge)
	var fix *string
	if s != nil {
		fix = s.with("", s.Fix.Adult, "n", age)
	}
	said := consent.FoldText(t.Age)
	switch {
	case said == "":
		c.add("age.text_missing", at, params{"Age", age}, fix)
	case !saysNumber(said, age):
		c.add("age.text_differs", at, params{"Age", age}, fix)
	}
}

// saysNumber reports whether the number stands in a folded text by itself.
func saysNumber(folded, n string) bool {
	return slices.Contains(strings.FieldsFunc(folded, func(r rune) bool { return r < '0' || r > '9' }), n)
}

// set puts a text or setting there, and reports whether there is such a place.
func set(v *funnel.Version, at Where, text string) bool {
	if at.Lang == "" {
		return setSetting(v, at.Slot, text)
	}
	t, ok := v.Texts[at.Lang]
	if !ok {
		return false
	}
	field := textAt(&t, at.Slot)
	if at.Purpose != "" {
		p := t.Purposes[at.Purpose]
		if field = purposeAt(&p, at.Slot); field != nil {
			*field = text
			if at.Slot == "words" {
				p.Slots = nil // no longer what they were built from
			}
			t.Purposes[at.Purpose] = p
		}
	} else if field != nil {
		*field = text
	}
	if field == nil {
		return setField(t, at.Slot, text)
	}
	v.Texts[at.Lang] = t
	return true
}

func textAt(t *funnel.Text, slot string) *string {
	return map[string]*string{
		"title": &t.Title, "intro": &t.Intro, "greeting": &t.Greeting, "ask": &t.Ask, "code": &t.Code, "thanks": &t.Thanks, "body": &t.Body,
		"small_print": &t.SmallPrint, "age": &t.Age, "welcome": &t.Welcome, "hero_alt": &t.HeroAlt, "next": &t.Next,
	}[slot]
}

func purposeAt(p *funnel.PurposeText, slot string) *string {
	return map[string]*string{"title": &p.Title, "words": &p.Words, "say": &p.Say}[slot]
}

// setField sets a text of a form field: "fields.KEY.label".
func setField(t funnel.Text, slot, text string) bool {
	parts := strings.Split(slot, ".")
	if len(parts) < 3 || parts[0] != "fields" {
		return false
	}
	f, ok := t.Fields[parts[1]]
	if !ok {
		return false
	}
	switch parts[2] {
	case "label":
		f.Label = text
	case "hint":
		f.Hint = text
	default:
		if f.Options == nil || len(parts) < 4 {
			return false
		}
		f.Options[parts[3]] = text
	}
	t.Fields[parts[1]] = f
	return true
}

func setSetting(v *funnel.Version, slot, text string) bool {
	if slot == "min_age" {
		n, err := strconv.Atoi(text)
		v.MinAge = n
		return err == nil
	}
	if lang, ok := strings.CutPrefix(slot, "controller.notice_url_"); ok {
		if _, ok = v.Controller.NoticeURLs[lang]; ok {
			v.Controller.NoticeURLs = maps.Clone(v.Controller.NoticeURLs)
			v.Controller.NoticeURLs[lang] = text
		}
		return ok
	}
	field := map[string]*string{
		"controller.legal_name": &v.Controller.LegalName, "controller.brand_name": &v.Controller.BrandName, "controller.address": &v.Controller.Address,
		"controller.contact": &v.Controller.Contact, "controller.notice_url": &v.Controller.NoticeURL, "controller.colour": &v.Controller.Colour,
		"look.colour": &v.Look.Colour,
	}[slot]
	if field == nil {
		return false
	}
	*field = text
	return true
}
