package gallery

import "assent/locale"

// text is a sentence said outside the pages (in the chat) or in cases that no
// exhibit shows, with parameters as they could be: to be read by whoever
// translates.
type text struct {
	id    string
	pairs []any
}

func texts(l locale.Localizer) []text {
	c, b := of(l), business(l)
	who, words, purpose := []any{"Business", b.Brand}, []any{"Words", c.offersWords}, []any{"Purpose", c.offers}
	both := func(a, b []any) []any { return append(append([]any{}, a...), b...) }
	link := []any{"Link", "https://consent.example/p/" + token}
	country := []any{"Country", l.Country("DE")}
	return []text{
		{"chat.why.entry", who}, {"chat.why.expired", nil}, {"chat.why.used", nil}, {"chat.why.changed", nil},
		{"chat.why.other_number", nil}, {"chat.why.unseen", nil}, {"chat.why.stopped", nil}, {"chat.why.deleted", nil},
		{"chat.question", both(who, words)}, {"chat.question_contract", both(who, words)},
		{"chat.receipt.given", words}, {"chat.receipt.renewed", words}, {"chat.receipt.contract", words},
		{"chat.receipt.refused", purpose}, {"chat.receipt.stop", nil}, {"chat.receipt.already", nil},
		{"chat.receipt.record", []any{"Record", "0195890a", "Checkpoint", "wQ3bY0mC"}},
		{"chat.stopped.all", who}, {"chat.stopped.marketing", who}, {"chat.stopped.purpose", both(who, purpose)},
		{"chat.stopped.not_me", who}, {"chat.platform_stop", who},
		{"chat.help", both(who, []any{"Contact", b.Contact})}, {"chat.code_unknown", nil},
		{"chat.country", both(who, country)}, {"chat.ended", who},
		{"chat.settings.link", link}, {"chat.settings.none", who}, {"chat.settings.record", who}, {"chat.button.record", nil}, {"chat.button.erase", nil},
		{"chat.settings.erase", both(who, []any{"Outcome", l.T("prefs.erase.at_once", "Business", b.Brand)})},
		{"chat.settings.no", nil}, {"chat.settings.late", nil}, {"chat.settings.granted", both(link, []any{"Minutes", 15})},
		{"chat.erased.done", who}, {"chat.erased.locked", both(who, []any{"Date", l.Date(now)})}, {"chat.erased.held", both(who, []any{"Contact", b.Contact})},
		{"prefs.write.record", []any{"Code", code}},
		{"error.phone_required", nil}, {"error.phone_short", country}, {"error.phone_long", country},
		{"error.phone_not_a_number", []any{"Example", locale.Isolate("+49 170 1234567")}},
		{"error.phone_invalid", country}, {"error.phone_no_country", nil}, {"error.country_unknown", nil},
		{"error.country_closed", both(who, country)}, {"error.purpose_required", nil}, {"error.purpose_unknown", nil},
		{"error.name_long", []any{"Max", 120}}, {"error.text_invalid", nil}, {"error.page_changed", nil},
	}
}

var phoneTexts = []text{
	{"sim.error.business", nil}, {"sim.error.failed", nil}, {"sim.error.link", nil}, {"sim.error.name", nil},
	{"sim.error.taken", nil}, {"sim.error.text", nil}, {"sim.error.picture", nil}, {"sim.error.no_code", nil},
}
