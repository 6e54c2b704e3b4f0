package gallery

import (
	"html"
	"time"

	"assent/locale"
	"assent/qr"
	"assent/views/admin"
	"assent/views/layout"
	"assent/views/public"
	"assent/views/sim"
	"assent/views/ui"
)

// now is the day on which the gallery stands still.
var now = time.Date(2026, 3, 12, 15, 30, 0, 0, time.FixedZone("CET", 3600))

func ago(d time.Duration) time.Time { return now.Add(-d) }

const (
	number   = "+49 170 1234567"
	code     = "7KX2M9QD4T"
	token    = "8f14e45fceea167a5a36dedd4bea2543"
	chatURL  = "https://wa.me/493012345678?text=…"
	checksum = "wQ3bY0mC1yX7Yk2d8eM0V5uB1q9l4z6pTt3a0ZrJ9sE="
)

func business(l locale.Localizer) layout.Business {
	b := layout.Business{Brand: "Rosa", Legal: "Rosa Bakery GmbH", Address: "Lindenstraße 12, 10969 Berlin",
		Contact: "hallo@rosa.example", PrivacyURL: "https://rosa.example/privacy", Color: "#b4481e"}
	switch l.Tag() {
	case "ar":
		b.Brand, b.Legal, b.Address = "روزا", "شركة مخبز روزا", "شارع الزيزفون 12، برلين"
	case "he":
		b.Brand, b.Legal, b.Address = "רוזה", "מאפיית רוזה", "רחוב הטיליה 12, ברלין"
	}
	return b
}

func languages(l locale.Localizer, tags []string) []layout.Language {
	var out []layout.Language
	for _, tag := range tags {
		o := locale.For(tag)
		out = append(out, layout.Language{Tag: tag, Name: o.Name(), URL: "?lang=" + tag, Current: tag == l.Tag()})
	}
	return out
}

func landing(l locale.Localizer) public.Landing {
	c := of(l)
	return public.Landing{
		Loc: l, Business: business(l), Languages: languages(l, locale.Tags()), Action: "/f/bread",
		Headline: c.headline, Text: c.text, Mode: public.ModeChat,
		Purposes: []public.Purpose{
			{Key: "offers", Title: c.offers, Words: c.offersWords},
			{Key: "orders", Title: c.orders, Words: c.ordersWords},
		},
		Entry: public.Entry{Shown: "eyJ2IjoxfQ.c2ln"},
	}
}

// dials are enough countries to see the list work.
var dials = map[string]string{"AE": "971", "AT": "43", "BR": "55", "CH": "41", "DE": "49", "EG": "20", "FR": "33",
	"GB": "44", "IN": "91", "MX": "52", "SA": "966", "TR": "90", "US": "1", "ZA": "27"}

func countries(l locale.Localizer) []public.Country {
	var out []public.Country
	for iso, dial := range dials {
		out = append(out, public.Country{Code: iso, Name: l.Country(iso), Dial: dial})
	}
	locale.SortByName(l, out, func(c public.Country) string { return c.Name })
	return out
}

func landingFull(l locale.Localizer) public.Landing {
	c, p := of(l), landing(l)
	p.Number, p.Name, p.Countries, p.DefaultCountry = public.Required, public.Optional, countries(l), "DE"
	p.Purposes = append(p.Purposes, public.Purpose{Key: "pickup", Title: c.status, Words: c.statusWords, Contract: true})
	p.SmallPrint = c.small
	p.Mode = public.ModeTemplate
	return p
}

// landingForeign is written in a language that the interface does not speak.
func landingForeign(l locale.Localizer) public.Landing {
	c, p := contents[foreignTag], landing(l)
	p.Lang, p.Headline, p.Text, p.SmallPrint = foreignTag, c.headline, c.text, c.small
	p.Purposes = []public.Purpose{
		{Key: "offers", Title: c.offers, Words: c.offersWords},
		{Key: "pickup", Title: c.status, Words: c.statusWords, Contract: true},
	}
	return p
}

func landingErrors(l locale.Localizer) public.Landing {
	p := landingFull(l)
	p.Entry.Phone, p.Entry.Name = "0170 123", of(l).typedName
	p.Entry.Problems = ui.Problems{
		{Field: public.FieldPurpose, Text: l.T("error.purpose_required")},
		{Field: public.FieldPhone, Text: l.T("error.phone_short", "Country", l.Country("DE"))},
	}
	return p
}

// sent is the text that a person sends: words and code, as a version has them.
func (c content) sent() string { return c.offersWords + "\n\nCode: " + code }

func confirm(l locale.Localizer, state public.State) public.Confirm {
	c := of(l)
	symbol, err := qr.New("https://opt.example/r/"+token+"/chat", qr.M)
	if err != nil {
		panic(err) // a constant
	}
	return public.Confirm{
		Loc: l, Business: business(l), Languages: languages(l, locale.Tags()), State: state, Now: now,
		Events: "/r/" + token + "/events", ChatURL: chatURL,
		ChatText: c.sent(),
		QR:       symbol.SVG(l.T("confirm.act")), Expires: now.Add(72 * time.Hour),
		NewCode: "/r/" + token + "/code", Restart: "/f/bread",
		Outcomes: []public.Outcome{
			{Title: c.offers, Words: c.offersWords},
			{Title: c.orders, Words: c.ordersWords},
		},
		Made: ago(4 * time.Minute),
	}
}

// frame is the frame of an exhibit. It says that it is one, leads to exhibits
// only, and names nobody as signed in: whoever looks at it is somebody else.
func frame(l locale.Localizer, title string, current int) layout.Admin {
	f := layout.Admin{Loc: l, Title: title, Business: business(l).Legal, Languages: languages(l, locale.OperatorTags()), FlashKind: "wait", Flash: l.T("admin.gallery.text"),
		Nav: []layout.NavItem{{Label: l.T("admin.consents"), URL: "consents?lang=" + l.Tag()},
			{Label: l.T("admin.funnels"), URL: "funnels?lang=" + l.Tag()}, {Label: l.T("admin.log"), URL: "log?lang=" + l.Tag()}, {Label: l.T("admin.gallery"), URL: "../gallery?lang=" + l.Tag()}}}
	f.Nav[current].Current = true
	return f
}

func consents(l locale.Localizer) admin.Consents {
	c := of(l)
	p := admin.Consents{Frame: frame(l, l.T("admin.consents"), 0), Now: now, Total: 1284, InForce: 1190, Action: "consents?lang=" + l.Tag(),
		Purposes: []ui.Option{{Value: "offers", Label: c.offers}, {Value: "orders", Label: c.orders}},
		Funnels:  []ui.Option{{Value: "bread", Label: c.funnel}},
		CSV:      "/admin/consents.csv", JSONL: "/admin/consents.jsonl", Next: "?after=x",
		Proofs: "/admin/consents/proofs", Audiences: []string{"court", "regulator", "meta", "subject"}}
	people := []struct {
		number, state, grade string
		offers               bool
		before               time.Duration
	}{
		{number, "given", "B", true, 5 * time.Minute},
		{number, "refused", "", false, 5 * time.Minute},
		{"+966 50 123 4567", "renewed", "B", true, 3 * time.Hour},
		{"+55 11 91234-5678", "withdrawn", "B", true, 21 * time.Hour},
		{"+91 98765 43210", "given", "C", false, 30 * time.Hour},
		{"DE.1349820477261", "held", "B", true, 12 * 24 * time.Hour},
		{"+44 7400 123456", "refused", "", true, 40 * 24 * time.Hour},
		{"+1 415-555-0132", "withdrawn", "B", false, 380 * 24 * time.Hour},
	}
	for i, x := range people {
		r := admin.Row{URL: "person?lang=" + l.Tag(), State: x.state, Person: x.number, Purpose: c.orders, Scope: "transactional",
			Grade: x.grade, Funnel: c.funnel, Slug: "bread", When: ago(x.before), Sim: x.grade == "C", Stopped: i == 6}
		if x.offers {
			r.Purpose, r.Scope = c.offers, "marketing"
		}
		if i < 2 {
			r.Name, r.Entry = c.typedName, c.entry
		}
		p.Rows = append(p.Rows, r)
	}
	return p
}

func person(l locale.Localizer) admin.Person {
	c := of(l)
	return admin.Person{
		Frame: frame(l, number, 0), Now: now, Number: number, Name: c.typedName, Country: l.Country("DE"), Back: "consents?lang=" + l.Tag(),
		Part: "person",
		Accounts: []admin.Identity{
			{Fact: admin.Fact{Label: l.T("identifier.line"), Value: "+491701234567", Copy: true}, How: l.T("admin.joined.both"), When: ago(4 * time.Hour), Event: "0195890a-7a00-7000-8000-000000000002", Hash: "0a1b2c3d4e5f"},
			{Fact: admin.Fact{Label: l.T("identifier.bsuid"), Value: "DE.1349820477261", Copy: true}, How: l.T("admin.joined.first"), When: ago(4 * time.Hour), Event: "0195890a-7a00-7000-8000-000000000002", Hash: "1a1b2c3d4e5f"},
			{Fact: admin.Fact{Label: l.T("identifier.bsuid"), Value: "DE.9349820477262", Copy: true}, How: l.T("admin.joined.changed"), When: ago(26 * time.Hour), Left: ago(5 * time.Hour)},
		},
		Audiences: []string{"court", "regulator", "meta", "subject"},
		Export:    "/admin/people/1/proof",
		Reach: admin.Reach{
			Link: "person", LinkWhy: l.T("admin.reach.link.template"), Sources: []ui.Option{{Value: "telephone", Label: l.T("admin.source.telephone")}},
			Stop: "person", StopWhy: l.T("admin.reach.stop.chat"),
		},
		Checkpoint: admin.Checkpoint{Size: 20451, Short: "c10ddb63", Root: checksum, When: ago(time.Minute)},
		Stops: []admin.Stop{
			{What: l.T("scope.marketing"), Reason: l.T("stop.stop"), When: ago(2 * time.Minute), Lifted: []admin.Lift{{Purpose: c.status, When: ago(4 * time.Hour)}}},
			{What: c.orders, Reason: l.T("stop.operator"), When: ago(9 * 24 * time.Hour)},
		},
		Consents: []admin.Consent{
			{ID: "0195890a-6c1e-7d2b-8f51-3b8f0f2c9a11", Purpose: c.offers, Scope: "marketing", State: "withdrawn", May: l.T("admin.may.no", "Reason", l.T("admin.may.suppressed")), Grade: "B", Since: ago(2 * time.Minute), Words: c.offersWords, Agreed: true, Lang: l.Tag()},
			{ID: "0195890a-6c1e-7d2b-8f51-3b8f0f2c9a13", Purpose: c.orders, Scope: "transactional", State: "refused", Since: ago(4 * time.Hour), Words: c.ordersWords, Lang: l.Tag()},
			{ID: "0195890a-6c1e-7d2b-8f51-3b8f0f2c9a12", Purpose: c.status, Scope: "transactional", Contract: true, State: "given", May: l.T("admin.may.yes"), Grade: "B", Since: ago(4 * time.Hour), ValidUntil: now.AddDate(1, 0, 0), Words: c.statusWords, Agreed: true, Lang: l.Tag()},
		},
		Events: []admin.Event{
			{ID: "0195890a-7a00-7000-8000-000000000006", Type: "proof.exported", State: "unknown", When: ago(time.Minute), How: l.T("admin.audience") + ": " + l.T("audience.court"), By: "rosa", Leaf: 20452, Sim: true},
			{ID: "0195890a-7a00-7000-8000-000000000004", Type: "consent.withdrawn", State: "withdrawn", When: ago(2 * time.Minute), How: c.wrote,
				Choices: []admin.Choice{{Purpose: c.offers, State: "withdrawn"}, {Purpose: c.orders, State: "stopped"}}, Message: l.T("confirm.stop_word"), Inbound: true, Leaf: 20450, Sim: true},
			{ID: "0195890a-7a00-7000-8000-000000000005", Type: "consent.refused", Word: l.T("event.consent.deleted"), State: "held", When: ago(3 * time.Minute), How: l.T("how.deletion"),
				Choices: []admin.Choice{{Purpose: c.offers, State: "held"}}, Leaf: 20449, Sim: true},
			{ID: "0195890a-7a00-7000-8000-000000000003", Type: "receipt.sent", State: "confirmed", When: ago(4 * time.Hour),
				Message: l.T("chat.receipt.given", "Words", c.offersWords) + "\n\n" + l.T("chat.receipt.stop"), Leaf: 19202, Sim: true},
			{ID: "0195890a-7a00-7000-8000-000000000002", Type: "consent.given", State: "given", When: ago(4*time.Hour + time.Second), How: c.tapped,
				Choices: []admin.Choice{{Purpose: c.offers, State: "given"}, {Purpose: c.orders, State: "refused"}},
				Message: c.sent(), Inbound: true, Words: c.offersWords, Lang: l.Tag(), Leaf: 19201, Sim: true,
				Facts: []admin.Fact{{Label: c.number, Value: "+491701234567", Copy: true}, {Label: c.message, Value: "wamid.HBgNNDkxNzAxMjM0NTY3FQIAEhgg", Copy: true}}},
			{ID: "0195890a-7a00-7000-8000-000000000001", Type: "consent.requested", State: "requested", When: ago(4*time.Hour + 2*time.Minute), How: c.page,
				Choices: []admin.Choice{{Purpose: c.offers, State: "requested"}}, Words: c.offersWords, Lang: l.Tag(), Shown: "kept?lang=" + l.Tag(), Leaf: 19200},
		},
	}
}

func kept(l locale.Localizer) admin.Shown {
	c := of(l)
	return admin.Shown{Frame: frame(l, l.T("admin.kept"), 0), Now: now, SHA256: "c10ddb6349b5c97c97624d9df0cd1595c39abfd9ad2f8cb70ade2c5b57bc32a4",
		When: ago(4 * time.Hour), Funnel: c.funnel, Version: 2, Lang: l.Name(), Back: "person?lang=" + l.Tag()}
}

func funnels(l locale.Localizer) admin.Funnels {
	c := of(l)
	symbol, err := qr.New("https://opt.example/q/7KX2", qr.M)
	if err != nil {
		panic(err) // a constant
	}
	return admin.Funnels{Frame: frame(l, l.T("admin.funnels"), 1), Funnels: []admin.Funnel{
		{Name: c.funnel, Slug: "bread", Status: "published", Mode: "chat", URL: "https://opt.example/f/bread", Purposes: []string{c.offers, c.orders},
			Languages: []string{"English", "Deutsch", "العربية"}, Given: 1284, Entries: []admin.EntryPoint{
				{Kind: "qr", Label: c.entry, Code: "7KX2", URL: "https://opt.example/q/7KX2", QR: symbol.SVG(c.entry), SVG: "/q/7KX2.svg", PNG: "/q/7KX2.png", PDF: "/q/7KX2.pdf"}}},
		{Name: c.status, Slug: "pickup", Status: "archived", Mode: "qr", URL: "https://opt.example/f/pickup", Purposes: []string{c.status}, Languages: []string{"Deutsch"}, Given: 2},
	}}
}

// landingRich is the page with all that a version can hold.
func landingRich(l locale.Localizer) public.Landing {
	c, p := of(l), landing(l)
	p.Business.Radius, p.Business.Font, p.Business.Color = "round", "system", "#0b6b3a"
	p.Body = public.Published("<p>" + html.EscapeString(c.small) + "</p><ul><li>" + html.EscapeString(c.offers) + "</li><li>" + html.EscapeString(c.orders) + "</li></ul>")
	p.Age = l.T("error.age", "Age", 18)
	p.Fields = []public.Field{
		{Key: "mail", Kind: "email", Label: c.typedName, Need: public.Required}, {Key: "day", Kind: "date", Label: c.offers, Need: public.Optional},
		{Key: "size", Kind: "choice", Label: c.orders, Need: public.Optional, Options: []ui.Option{{Value: "o1", Label: c.offers}, {Value: "o2", Label: c.orders}}},
	}
	return p
}

func versions(l locale.Localizer) admin.Versions {
	c, f := of(l), funnels(l).Funnels[0]
	return admin.Versions{
		Numbers: "numbers?lang=" + l.Tag(),
		Frame:   frame(l, c.funnel, 1), Now: now, Name: c.funnel, Status: "published", Act: "funnels", Entry: "funnels", Back: "funnels?lang=" + l.Tag(), Entries: f.Entries,
		URL: f.URL, Embed: "embed?lang=" + l.Tag(), Published: true, Behind: []admin.Behind{{Purpose: c.offers, People: 12}, {Purpose: c.orders, People: 1}},
		Versions: []admin.VersionRow{
			{Number: 2, When: ago(time.Hour), Change: "meaning", Current: true, Differences: []admin.Difference{{What: l.T("differs.words"), Lang: l.Tag(), Old: c.ordersWords, New: c.offersWords}}},
			{Number: 1, When: ago(26 * time.Hour), Republish: "funnels"},
		},
	}
}

func erase(l locale.Localizer) admin.Erase {
	return admin.Erase{
		Frame: frame(l, l.T("admin.erase"), 0), Now: now, Number: number, Act: "/admin/people/1", Back: "person?lang=" + l.Tag(),
		Unsure: l.T("editor.defective.not_sure"), Export: "/admin/people/1/proof", Audience: "court",
	}
}

func review(l locale.Localizer) admin.Review {
	c, f := of(l), funnels(l).Funnels[0]
	return admin.Review{
		Frame: frame(l, c.funnel, 1), Name: c.funnel, Action: "funnels", Back: "editor?lang=" + l.Tag(), Revision: "7",
		URL: f.URL, Mode: f.Mode, Number: 3, Change: "meaning", Purposes: f.Purposes, Languages: f.Languages,
		Warnings: []admin.Note{noted(l, "warning", "words.free_missing")}, Hints: []admin.Note{noted(l, "hint", "look.alt_missing")},
	}
}

// noted is something that the check of a draft found.
func noted(l locale.Localizer, severity, code string) admin.Note {
	c := of(l)
	return admin.Note{
		Severity: severity, Text: l.T("lint."+code) + " " + l.T("lint."+code+".fix"), Sources: "EU ePrivacy Directive art. 13; ZA POPIA s 69 (free)",
		Who: []string{"EU", "ZA"}, Field: "t-intro", Fix: c.offersWords, Lang: l.Tag(),
		Places: []admin.Place{{Label: c.offers + " · " + l.T("editor.purpose.words"), URL: "editor?lang=" + l.Tag() + "#t-intro"}, {Label: l.T("admin.business") + " · " + l.T("admin.business.contact"), URL: "business?lang=" + l.Tag() + "#contact"}},
	}
}

// abroad is something that only some countries' law wants.
func abroad(l locale.Localizer) admin.Note {
	n := noted(l, "warning", "words.free_missing")
	n.Abroad = true
	return n
}

func editor(l locale.Localizer) admin.Editor {
	c := of(l)
	return admin.Editor{
		Frame: frame(l, c.funnel, 1), Now: now, Name: c.funnel, Action: "funnels", Revision: "7", Saved: ago(time.Minute), By: "rosa", Preview: "landing?view=", Back: "funnels?lang=" + l.Tag(),
		Problems: ui.Problems{{Field: "texts", Text: l.T("error.field_empty")}}, Change: true, Changed: "typo", Tongues: tongues(l), Chosen: l.Tag(), Uploads: "funnels",
		Found: []admin.Note{noted(l, "warning", "words.kind_missing"), noted(l, "hint", "look.alt_missing"), abroad(l)},
		Sections: []admin.Section{
			{ID: "purposes", Title: l.T("editor.part.purposes"), Text: l.T("editor.part.purposes.text"), Adds: []admin.Add{{Value: "add-purpose", Label: l.T("editor.purpose.add")}},
				Groups: []admin.Group{{ID: "p-0-group", Legend: c.offers, Remove: "remove-purpose:0", Words: []admin.Words{{Name: l.T("editor.purpose.words"), Lang: l.Tag(), In: "0", Text: c.offersWords}}, Controls: []admin.Control{
					{Field: ui.Field{ID: "p-0-key", Name: "p.0.key", Label: l.T("editor.purpose.key"), Value: "offers", LTR: true, Hint: l.T("editor.purpose.key.hint")}},
					{Kind: "check", Checked: true, Field: ui.Field{ID: "p-0-free", Name: "p.0.free", Label: l.T("editor.free")}},
				}}}},
			{ID: "texts", Title: l.T("editor.part.texts"), Text: l.T("editor.part.texts.text"), Groups: []admin.Group{{ID: "t-texts", Legend: l.Name(), In: "0", Controls: []admin.Control{
				{Kind: "area", Rows: "3", Field: ui.Field{ID: "t-intro", Lang: l.Tag(), Name: "t.intro", Label: l.T("editor.text.intro"), Value: c.text, Described: "t-intro-notes"}, Notes: []admin.Note{noted(l, "warning", "words.free_missing"), noted(l, "hint", "look.alt_missing")}},
			}}}},
			{ID: "look", Title: l.T("editor.part.look"), Text: l.T("editor.part.look.text"), Open: true, Opened: true, Pictures: []admin.Upload{
				{Slot: "logo", Label: l.T("editor.picture.logo"), Problem: l.T("editor.picture.kind")}, {Slot: "hero", Label: l.T("editor.picture.hero")},
			}, Groups: []admin.Group{{Controls: []admin.Control{
				{Field: ui.Field{ID: "colour", Name: "colour", Label: l.T("editor.colour"), Type: "color", Value: "#9a3412", LTR: true}},
			}}}},
		},
	}
}

// tongues are the languages of a draft: that of the page, and one with something
// to mend.
func tongues(l locale.Localizer) []admin.Tongue {
	other := locale.For("fr")
	return []admin.Tongue{
		{Tag: l.Tag(), Name: l.Name(), Chosen: true, Kind: "warning", Found: 2}, {Tag: other.Tag(), Name: other.Name(), Kind: "error", Found: 12}, {Tag: "eo", Name: "Esperanto"},
	}
}

func starters(l locale.Localizer) (list []admin.Starter) {
	for _, name := range []string{"newsletter", "orders", "clinic", "event", "restaurant", "agency"} {
		s := admin.Starter{Name: name, Preview: "landing?lang=" + l.Tag(), Purposes: []string{of(l).offers, of(l).orders}, Mode: "chat"}
		if name == "event" {
			s.Mode = "qr"
		}
		list = append(list, s)
	}
	return list
}

func ledger(l locale.Localizer) admin.Log {
	return admin.Log{Frame: frame(l, l.T("admin.log"), 2), Now: now, Origin: "opt.example/log", Key: "opt.example/log+1a2b3c4d+AaBbCcDdEeFf", Size: 128_412, Short: "9f86d081",
		Root: "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", SignedAt: ago(20 * time.Second), Checkpoint: "/admin/log/checkpoint", Outsiders: []admin.Outsider{
			{Kind: "witness", Name: "witness.example/north", Size: 128_400, At: ago(3 * time.Minute)},
			{Kind: "timestamp", Name: "free-tsa", Size: 128_212, At: ago(40 * time.Minute), Failed: 3, Problem: "The time-stamp authority did not answer with a good time-stamp. It is asked again by itself."},
			{Kind: "witness", Name: "witness.example/south", Size: 129_000, At: ago(2 * time.Hour), Failed: 1, Problem: "The witness has seen 129000 entries of the log, and there are 128412.", Alarm: true},
		}}
}

func phone(l locale.Localizer) sim.Phone {
	c, b := of(l), business(l)
	return sim.Phone{
		Loc: l, Now: now, Me: sim.Me{Number: number, Name: c.typedName, Username: "kim.k", Account: "DE.1349820477261"},
		Scan: "/sim/scan", Controls: "/sim/controls", Writing: "/sim/chat", Outage: true,
		Ads:    []sim.Business{{Number: "+493012345678", Name: b.Brand}},
		People: []sim.Other{{Name: c.headline, Number: "+491701234568", URL: "/sim?me=%2B491701234568"}, {Name: c.typedName, URL: "/sim?me=p3"}},
		Others: []sim.Item{{URL: "/sim/chat?phone=493087654321", Name: c.headline, Last: "+49 30 87654321"}},
		Action: "/sim/act", Open: "/sim/open", Here: "/sim/chat?phone=493012345678", Home: "/sim", Events: "/sim/events?me=491701234567",
		Chats: []sim.Item{{URL: "/sim/chat?phone=493012345678", Name: b.Brand, Last: l.T("chat.receipt.stop"), When: ago(time.Minute), Unread: 2, Current: true}},
		Chat: &sim.Chat{Name: b.Brand, Number: "+49 30 12345678", Stopped: true, Messages: []sim.Message{
			{ID: "wamid.1", Text: c.sent(), Mine: true, When: ago(4 * time.Minute), Edited: true},
			{ID: "wamid.2", Text: l.T("chat.receipt.given", "Words", c.offersWords) + "\n\n" + l.T("chat.receipt.stop"), When: ago(4 * time.Minute),
				Buttons: []sim.Button{{Title: l.T("chat.button.not_me"), Payload: "n1"}}},
			{ID: "wamid.3", Text: c.yes, Mine: true, When: ago(3 * time.Minute), Deleted: true, Quote: &sim.Quote{ID: "wamid.2", Text: l.T("chat.receipt.stop")}},
			{ID: "wamid.6", Text: c.yes, Mine: true, When: ago(3 * time.Minute), Media: "image", Forward: true, Ad: &sim.Ad{Kind: sim.AdPost, ID: "1", Title: c.headline}},
			{ID: "wamid.7", Text: c.headline, When: ago(2 * time.Minute), Asks: true},
			{ID: "wamid.5", Text: c.yes, Mine: true, When: ago(2 * time.Minute), Reaction: "❤️", Quote: &sim.Quote{ID: "wamid.2", Text: l.T("chat.receipt.given", "Words", c.offersWords)}},
			{ID: "wamid.4", Text: l.T("chat.question", "Business", b.Brand, "Words", c.ordersWords), When: ago(time.Minute), Template: true, Reaction: "👍",
				Buttons: []sim.Button{{Title: l.T("chat.button.yes"), Payload: "y"}, {Title: l.T("chat.button.no"), Payload: "n"}}},
		}, Draft: l.T("confirm.stop_word"), BlockedBy: true, Reply: &sim.Quote{ID: "wamid.3", Mine: true},
			Commands: []sim.Command{{Name: "stop", Hint: l.T("chat.receipt.stop")}, {Name: "help", Hint: c.headline}}},
	}
}

// phoneEmpty is a chat in which nothing was written yet.
func phoneEmpty(l locale.Localizer) sim.Phone {
	p := phone(l)
	p.Ads = append(p.Ads, sim.Business{Number: "+493087654321", Name: of(l).headline})
	p.Chats, p.Outage, p.Chat = nil, false, &sim.Chat{Name: business(l).Brand, Number: "+49 30 12345678", Prompts: []string{of(l).headline, l.T("confirm.stop_word")}, Ad: &sim.Ad{Kind: sim.AdFeed, ID: "1", Title: of(l).headline}}
	return p
}

// phoneBlocked is a chat with a business that the person blocked.
func phoneBlocked(l locale.Localizer) sim.Phone {
	p := phone(l)
	p.Chat.Blocked, p.Chat.Reply = true, nil
	return p
}

// controls is the page of what Meta and the network do.
func controls(l locale.Localizer) sim.Controls {
	brand := business(l).Brand
	return sim.Controls{
		Loc: l, Me: number, Home: "/sim", Action: "/sim/controls", Batch: 20, Linger: 500, Delay: 150, Jitter: 50, Attempts: 4, Backoff: 100, Duplicate: 5, Shuffle: true, Who: number,
		Looks:      []string{"parents"},
		Codes:      []sim.Code{{Code: 131026, Meaning: l.T("admin.meta.code.whatsapp_cannot_deliver_to_this_number"), Class: "person"}, {Code: 1, Last: 2, Meaning: l.T("admin.meta.code.whatsapp_has_trouble_the_message_may_have_gone_out"), Class: "retry"}},
		Quirks:     []string{"silent", "only_read"},
		Businesses: []sim.Business{{Number: "+493012345678", Name: brand}, {Number: "+493087654321", Name: of(l).headline}},
		Standing:   []sim.Standing{{Who: number, Name: of(l).typedName, What: "131026", Times: 3, More: 1}, {Who: "DE.1349820477261", Name: "Kim", What: "silent", Times: -1}},
		Templates:  []sim.Template{{Value: "+493012345678/confirm/" + l.Tag(), Name: "confirm_opt_in", Lang: l.Tag(), Status: l.T("admin.meta.template.approved"), Category: l.T("admin.meta.category.utility"), OfBusiness: brand}},
		Changes:    []sim.Change{{Value: "status/PAUSED", Label: l.T("admin.meta.template.paused"), Group: "status"}, {Value: "announce/MARKETING", Label: l.T("sim.review.announce", "Category", l.T("admin.meta.category.marketing")), Group: "category"}},
		Reasons:    []ui.Option{{Label: l.T("sim.review.no_reason")}},
		News:       []sim.News{{Name: "PIN_CHANGED", Label: l.T("admin.meta.security.pin_changed") + " · PIN_CHANGED", Group: "number"}, {Name: "zero_byte", Label: l.T("sim.news.zero_byte"), Group: "odd"}},
	}
}

// embed is the page of a form on other sites.
func embed(l locale.Localizer) admin.Embed {
	return admin.Embed{
		Frame: frame(l, l.T("admin.embed.title"), 1), Name: of(l).headline, Back: "/admin/funnels/bread", Guide: "/admin/guides/embed", Action: "/admin/funnels/bread/embed", Slug: "bread",
		Sites: "https://bread.example\nhttp://shop.example", Problem: l.T("admin.embed.wrong", "Line", l.Number(2), "Site", locale.Isolate("http://shop.example")) + " " + l.T("editor.refused.only_sites_under_https_can_be_allowed"), Open: true, Local: true,
		Snippets: []admin.Snippet{
			{Kind: "script", Code: `<script src="https://assent.example/embed/v1/assent.js" data-funnel="bread"></script>`}, {Kind: "element", Code: `<assent-form funnel="bread"></assent-form>`},
			{Kind: "frame", Code: `<iframe src="https://assent.example/embed/bread" title="Bread"></iframe>`}, {Kind: "form", Code: `<form action="https://assent.example/f/bread" method="post"></form>`},
		},
	}
}
