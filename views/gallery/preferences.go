package gallery

import (
	"time"

	"assent/locale"
	"assent/views/public"
)

// preferences is a person's page with a row in each state that one is likely to
// meet.
func preferences(l locale.Localizer) public.Preferences {
	c, b := of(l), business(l)
	agreed := func(id string, d time.Duration) public.Dated {
		return public.Dated{Text: l.T("prefs." + id), At: ago(d)}
	}
	return public.Preferences{
		Loc: l, Business: b, Languages: languages(l, locale.Tags()), Number: "+49 170 ····· 67", Platform: true, Action: "/p/" + token, Shown: checksum, Now: now,
		Rows: []public.Preference{
			{Key: "orders", Title: c.orders, State: "given", Words: c.ordersWords, Lang: l.Tag(), InForce: true, Facts: []public.Dated{agreed("agreed.message", 26*time.Hour)}, Now: c.statusWords, NowLang: l.Tag()},
			{Key: "offers", Title: c.offers, State: "withdrawn", Words: c.offersWords, Lang: l.Tag(), Facts: []public.Dated{agreed("agreed.button", 300*time.Hour), agreed("ended.platform", 2*time.Hour)}},
			{Key: "status", Title: c.status, State: "held", Words: c.statusWords, Lang: l.Tag(), InForce: true, Facts: []public.Dated{agreed("agreed.other", 28*time.Hour)}},
		},
		Start: public.Start{Number: "+493012345678", ChatURL: chatURL}, CanReceipt: true,
		Outcome: l.T("prefs.erase.locked", "Business", b.Brand, "Date", l.Date(now.AddDate(3, 0, 0))),
	}
}

// preferencesStopped is the page after a stop of everything.
func preferencesStopped(l locale.Localizer) public.Preferences {
	p := preferences(l)
	p.Platform, p.Start, p.StoppedAt = false, public.Start{}, now
	p.Outcome = l.T("prefs.erase.at_once", "Business", p.Business.Brand)
	ended := []string{"ended.page", "ended.message", "ended.button"}
	for i := range p.Rows {
		r := &p.Rows[i]
		r.State, r.InForce = "withdrawn", false
		r.Facts = append(r.Facts[:1:1], public.Dated{Text: l.T("prefs." + ended[i]), At: now})
		p.Stopped = append(p.Stopped, r.Title)
	}
	return p
}

// preferencesWish is the page for somebody to whom no message can go now, and
// whose record may not be erased.
func preferencesWish(l locale.Localizer) public.Preferences {
	p := preferences(l)
	p.Platform = false
	states := []string{"renewed", "refused", "revoked", "expired", "invalidated", "unknown"}
	row := p.Rows[0]
	p.Rows = nil
	for _, s := range states {
		row.Key, row.State, row.InForce = s, s, s == "renewed"
		row.Facts = []public.Dated{{Text: l.T("prefs.ended.other"), At: ago(50 * time.Hour)}}
		if s == "refused" {
			row.Facts[0].Text = l.T("prefs.refused")
		}
		p.Rows = append(p.Rows, row)
	}
	p.Outcome = l.T("prefs.erase.held", "Business", p.Business.Brand, "Contact", p.Business.Contact)
	p.Wish = &public.Wish{Kind: public.WishErase, ChatURL: chatURL, Text: l.T("prefs.write.erase", "Code", code)}
	return p
}

func record(l locale.Localizer) public.Record {
	return public.Record{
		Loc: l, Business: business(l), Languages: languages(l, locale.Tags()), Receipt: "/p/" + token + "/receipt.json", DPV: "/p/" + token + "/record.jsonld", Back: "/p/" + token,
		Until: now.Add(15 * time.Minute), Now: now,
	}
}
