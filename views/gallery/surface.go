package gallery

import (
	"time"

	"assent/locale"
	"assent/views/admin"
	"assent/views/sim"
	"assent/views/ui"
)

// signups is a funnel's sign-up links: one that works and shows old words, and one
// that was made elsewhere.
func signups(l locale.Localizer) admin.Signups {
	c := of(l)
	screen := admin.PhonePreview{From: business(l).Brand, Body: c.offersWords, Tag: l.Tag()}
	area := func(id string) admin.Control {
		return admin.Control{Kind: "area", Rows: "4", Field: ui.Field{Lang: l.Tag(), ID: id, Name: "message", Label: l.T("admin.signups.message"), Hint: l.T("admin.signups.message.hint"), Value: c.offersWords}}
	}
	return admin.Signups{
		Frame: frame(l, l.T("admin.signups"), 0), Now: now, Name: c.offers, Back: "funnels?lang=" + l.Tag(), Act: "signups", Ask: "signups?lang=" + l.Tag(), Saved: true,
		Countries: []string{l.Country("BR"), l.Country("DE"), l.Country("JP")}, Without: l.Country("DE"), Accept: "https://www.facebook.com/legal/ads-manager-marketing-messages-terms",
		List: []admin.Signup{{
			Anchor: "s-a", Label: c.entry, Purpose: c.offers, Language: l.Name(), Stale: true, Meta: "differs", Link: "https://wa.me/4940555012345/signup/880000000001", Short: "https://consent.example.com/q/7KX2M9Q",
			QR: funnels(l).Funnels[0].Entries[0].QR, Screen: screen, Reply: screen, Act: "signups", Controls: []admin.Control{area("s-a-message")},
			History: []admin.SignupRow{{When: now.Add(-time.Hour), By: "rosa", Text: c.offersWords, Lang: l.Tag(), Number: 2}, {When: now.Add(-48 * time.Hour), By: "rosa", Off: true, Text: c.offersWords, Lang: l.Tag(), Number: 1}},
		}},
		Foreign:  []admin.SignupForeign{{ID: "880000000009", Text: c.offersWords, Off: true}},
		Controls: []admin.Control{area("message"), {Kind: "check", Field: ui.Field{ID: "accepted", Name: "accepted", Label: l.T("admin.signups.accepted")}}},
	}
}

// chatMenu is what a chat offers, as it stands and as it may be set.
func chatMenu(l locale.Localizer) admin.Menu {
	return admin.Menu{
		Frame: frame(l, l.T("admin.menu"), 0), Number: "+49 40 55501234", Back: "sender?lang=" + l.Tag(), Act: "menu",
		Commands: []admin.MenuItem{{Text: "stop", Hint: l.T("chat.menu.stop"), Does: "stop"}, {Text: "help", Hint: l.T("chat.menu.help"), Does: "help"}, {Text: "settings", Hint: l.T("chat.menu.settings"), Does: "settings"}},
		Prompts:  []admin.MenuItem{{Text: of(l).offers, Does: "none"}},
		Controls: []admin.Control{{Kind: "area", Rows: "8", Field: ui.Field{ID: "commands", Name: "commands", Label: l.T("admin.menu.commands"), Hint: l.T("admin.menu.commands.hint"), Value: "stop: " + l.T("chat.menu.stop")}}},
	}
}

// noChatMenu is a chat that offers nothing yet, with what is proposed.
func noChatMenu(l locale.Localizer) admin.Menu {
	m := chatMenu(l)
	m.Commands, m.Prompts, m.Proposed = nil, nil, true
	return m
}

// phoneSignup is the screen of a sign-up link on the simulated phone.
func phoneSignup(l locale.Localizer) sim.Signup {
	return sim.Signup{
		Phone: phone(l), Name: business(l).Brand, Number: "494055501234", ID: "880000000001", Message: of(l).offersWords, Website: "https://www.example.com",
		Privacy: "https://www.example.com/privacy", Act: "phone-signup",
	}
}
