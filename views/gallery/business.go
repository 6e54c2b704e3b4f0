package gallery

import (
	"assent/locale"
	"assent/views/admin"
	"assent/views/ui"
)

// ownBusiness is the page with what a business says of itself, one field of
// which was refused.
func ownBusiness(l locale.Localizer) admin.Business {
	line := func(name, value string) admin.Control {
		return admin.Control{Field: ui.Field{ID: name, Name: name, Label: l.T("admin.business." + name), Value: value}}
	}
	notice := line("notice_url", "sonnentor.example")
	notice.Hint, notice.LTR = l.T("admin.business.notice_url.hint"), true
	p := admin.Business{
		Frame: frame(l, l.T("admin.business")+": Sonnentor", 0), Action: "business", Keep: "business", Add: "business", Keeping: "keeping",
		Problems: ui.Problems{{Field: "notice_url", Text: l.T("editor.refused.give_the_whole_address_of_the_page_for_example_https_www_example_com_privacy")}},
		Kept: admin.Group{ID: "kept", Legend: l.T("admin.keeping"), Controls: []admin.Control{
			{Field: ui.Field{ID: "lock_days", Name: "lock_days", Label: l.T("admin.business.lock_days"), Hint: l.T("admin.business.days.hint", "Days", l.Number(1095)), LTR: true}},
			{Field: ui.Field{ID: "export_first", Name: "export_first", Label: l.T("admin.business.export_first")}, Kind: "check"},
		}},
	}
	notice.Error = p.Problems.For("notice_url")
	p.Said = []admin.Group{
		{ID: "who", Legend: l.T("admin.business.who"), Controls: []admin.Control{
			line("legal_name", "Sonnentor GmbH"), line("address", "Königstraße 1, 10117 Berlin"), line("human", "Mia Kern, +49 30 1234567"),
		}},
		{ID: "notice", Legend: l.T("admin.business.notice"), Controls: []admin.Control{notice}, MoreSays: l.T("admin.business.notice.each"), More: []admin.Control{
			{Field: ui.Field{ID: "notice_url_de", Name: "notice_url_de", Label: "Deutsch", LTR: true}}, {Field: ui.Field{ID: "notice_url_ar", Name: "notice_url_ar", Label: "العربية", LTR: true}},
		}},
	}
	return p
}
