package gallery

import (
	"time"

	"assent/locale"
	"assent/views/admin"
)

// alarms are one alarm that stops everything, one about a template, and an old one.
func alarms(l locale.Localizer) admin.Alarms {
	p := admin.Alarms{Frame: frame(l, l.T("admin.alarms"), 0), Now: now, Parked: "inbox?lang=" + l.Tag(), Health: "health?lang=" + l.Tag()}
	p.List = []admin.Alarm{
		{Kind: "token", Name: "+49 40 55501234", Holds: "all", Code: 190, Meaning: admin.Word{Says: l.T("admin.meta.code.the_access_token_is_not_valid_or_has_expired")}, Detail: asCame("Session has expired"), Count: 12, Since: now.Add(-2 * time.Hour), Seen: now.Add(-time.Minute), Resolve: "alarms"},
		{Kind: "template", Name: "confirm_opt_in · de", Holds: "templates", Detail: word(l, "template", "PAUSED"), Count: 1, Since: now.Add(-26 * time.Hour), Seen: now.Add(-26 * time.Hour), Resolve: "alarms"},
		{Kind: "parked", Name: "Sonnentor", Waits: 100, More: true, Count: 1, Since: now.Add(-27 * time.Hour)},
		{Kind: "limit", Name: l.T("admin.meta.limit", "N", l.Number(250)), Count: 3, Since: now.Add(-72 * time.Hour), Seen: now.Add(-70 * time.Hour), Ended: now.Add(-48 * time.Hour)},
	}
	return p
}

func noAlarms(l locale.Localizer) admin.Alarms {
	return admin.Alarms{Frame: frame(l, l.T("admin.alarms"), 0), Now: now, Parked: "inbox?lang=" + l.Tag(), Health: "health?lang=" + l.Tag()}
}

func parked(l locale.Localizer) admin.ParkedList {
	p := admin.ParkedList{Frame: frame(l, l.T("admin.parked"), 0), Now: now, Shown: "b", Body: `{"object":"whatsapp_business_account","entry":[]}`, All: "inbox", More: true}
	p.Frame.Flash, p.Frame.FlashKind = l.T("admin.parked.still", "Why", l.T("admin.parked.why.signer")), "stop"
	p.Frame.Alarms = "alarms?lang=" + l.Tag()
	p.List = []admin.Parked{
		{ID: "a", When: now.Add(-time.Hour), Reason: l.T("admin.parked.why.unreadable"), Place: "element 0 of messages: the message has no type", Act: "inbox/a"},
		{ID: "b", When: now.Add(-25 * time.Hour), Reason: l.T("admin.parked.why.signer"), Act: "inbox/b"},
	}
	p.Groups = []admin.ParkedGroup{
		{Reason: "brand_new", Why: l.T("admin.parked.why.field", "Field", locale.Isolate("brand_new")), N: 2403, Most: 1000, Newest: "a", Act: "inbox/discard"},
		{Reason: "signer", Why: l.T("admin.parked.why.signer"), N: 12, Most: 1000, Newest: "b", Act: "inbox/discard", Open: true},
	}
	p.Unsure = l.T("editor.defective.not_sure")
	return p
}

// templates are two accounts: one whose templates stand as they can, and one that
// has none yet.
func templates(l locale.Localizer) admin.Templates {
	c := of(l)
	p := admin.Templates{Frame: frame(l, l.T("admin.templates"), 0), Now: now, Act: "templates"}
	words := map[string]string{
		"en": "You asked " + business(l).Brand + " for one message to confirm this: " + c.offers + ". Is that right?",
		"de": "Sie haben " + business(l).Brand + " um eine Nachricht gebeten, um dies zu bestätigen: " + c.offers + ". Ist das richtig?",
		"ar": "طلبت من " + business(l).Brand + " رسالة واحدة لتأكيد ما يلي: " + c.offers + ". هل هذا صحيح؟",
	}
	phone := admin.PhonePreview{From: business(l).Brand, Body: words[l.Tag()], Tag: l.Tag(), Replies: []string{l.T("chat.button.yes"), l.T("chat.button.no"), l.T("chat.button.not_me")}}
	linked := admin.PhonePreview{From: business(l).Brand, Body: words["en"], Tag: "en", Link: "See my choices"}
	at := func(have, usable int) []admin.PieceAt {
		return []admin.PieceAt{{Sender: "a", Number: "+49 40 55501234", Have: have, Usable: usable}, {Sender: "b", Number: "+1 212 5550123"}}
	}
	p.Pieces = []admin.Piece{
		{Key: "opt_in", Langs: 15, Phone: phone, At: at(3, 1)},
		{Key: "opt_out", Langs: 15, Phone: admin.PhonePreview{From: business(l).Brand, Body: words["en"], Tag: "en"}, At: at(0, 0)},
		{Key: "preferences", Langs: 15, Phone: linked, At: at(15, 15)},
	}
	p.Accounts = []admin.TemplateAccount{
		{Sender: "a", WABA: "102290129340398", Numbers: []string{"+49 40 55501234", "+49 30 1234567"}, Groups: []admin.TemplateGroup{{Name: "confirm_opt_in", Langs: []admin.Template{
			{Lang: l.Name(), Code: l.Tag(), Tag: l.Tag(), Category: word(l, "category", "UTILITY"), Status: word(l, "template", "APPROVED"), Good: true, Quality: word(l, "quality", "GREEN"), Rated: "ok", Phone: phone, Checked: now.Add(-time.Minute)},
			{Lang: "Español", Code: "es", Tag: "es", Category: word(l, "category", "UTILITY"), Announced: word(l, "category", "MARKETING"), Status: word(l, "template", "PENDING"), Waiting: true, Moved: true, Checked: now.Add(-time.Minute)},
			{Lang: "Português", Code: "pt_BR", Tag: "pt-BR", Category: word(l, "category", "MARKETING"), Status: word(l, "template", "PAUSED"), Moved: true, Quality: word(l, "quality", "RED"), Rated: "stop", Reason: word(l, "reason", "SECOND_PAUSE"), Checked: now.Add(-time.Minute)},
		}}}},
		{Sender: "b", WABA: "102290129340399", Numbers: []string{"+1 212 5550123"}},
	}
	return p
}
