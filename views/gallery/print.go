package gallery

import (
	"time"

	"assent/locale"
	"assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
)

func printedCode(l locale.Localizer) admin.Code {
	c, e := of(l), funnels(l).Funnels[0].Entries[0]
	wrong := ui.Problems{{Field: "text", Text: l.T("admin.code.wrong.text")}}
	return admin.Code{
		Frame: frame(l, c.entry, 1), Now: now, Name: c.entry, Address: e.URL, QR: e.QR, Back: "funnels", Action: "code", Poster: "poster", Saved: true,
		Short: admin.ShortLink{Act: "code", Link: "https://wa.me/message/7KX2ABCDEFGHJ1", Text: c.offers, Stale: true, QR: e.QR}, Problems: wrong,
		Files: []layout.NavItem{{Label: "SVG", URL: "code.svg"}, {Label: "PDF", URL: "code.pdf"}},
		Controls: []admin.Control{
			{Field: ui.Field{ID: "label", Name: "label", Label: l.T("editor.entry.label"), Hint: l.T("editor.entry.hint"), Value: c.entry}},
			{Kind: "select", Field: ui.Field{ID: "funnel", Name: "funnel", Label: l.T("admin.funnel")}, Options: []ui.Option{{Value: "bread", Label: c.funnel, Selected: true}}},
			{Field: ui.Field{ID: "text", Name: "text", Label: l.T("admin.code.text"), Hint: l.T("admin.code.text.hint"), Value: "STOP", Error: wrong[0].Text}},
			{Kind: "check", Field: ui.Field{ID: "off", Name: "off", Label: l.T("admin.code.off")}},
		},
		History: []admin.CodeRow{
			{When: ago(time.Hour), By: "mia@rosa.example", Label: c.entry, Funnel: c.funnel, Chat: true, Text: c.yes},
			{When: ago(26 * time.Hour), By: "mia@rosa.example", Label: c.entry, Funnel: c.funnel, Off: true},
			{Label: c.entry, Funnel: c.funnel},
		},
	}
}

func poster(l locale.Localizer) admin.Poster {
	c := of(l)
	return admin.Poster{
		Frame: frame(l, l.T("admin.poster"), 1), Name: c.entry, Back: "code", Action: "poster", Problems: ui.Problems{{Field: "ink", Text: l.T("admin.poster.wrong.ink")}},
		Controls: []admin.Control{
			{Kind: "select", Field: ui.Field{ID: "size", Name: "size", Label: l.T("admin.poster.size")}, Options: []ui.Option{{Value: "a4", Label: l.T("admin.poster.a4")}, {Value: "card", Label: l.T("admin.poster.card")}}},
			{Kind: "area", Rows: "2", Field: ui.Field{ID: "headline", Lang: l.Tag(), Name: "headline", Label: l.T("admin.poster.headline"), Value: c.headline}},
			{Field: ui.Field{ID: "ink", Name: "ink", Label: l.T("admin.poster.ink"), Value: "#ffee00", Error: l.T("admin.poster.wrong.ink")}},
			{Kind: "check", Field: ui.Field{ID: "logo", Name: "logo", Label: l.T("admin.poster.logo")}},
		},
		Sides: []string{"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 210 297'/%3E"},
		Files: []layout.NavItem{{Label: "PDF", URL: "poster.pdf"}},
	}
}
