package gallery

import (
	"strings"
	"time"

	"assent/locale"
	"assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
)

func senders(l locale.Localizer) admin.Senders {
	return admin.Senders{Frame: frame(l, l.T("admin.senders"), 0), New: "connect?lang=" + l.Tag(), Provider: "connect-provider?lang=" + l.Tag(), Health: "health?lang=" + l.Tag(), List: []admin.Sender{
		{URL: "sender?lang=" + l.Tag(), Number: "+49 40 55501234", Name: business(l).Brand, Missing: 3, Checked: true},
		{URL: "sender?lang=" + l.Tag(), Number: "+49 30 1234567", Name: business(l).Brand, Host: "https://waba-v2.360dialog.io", Checked: true},
		{URL: "sender?lang=" + l.Tag(), Number: "+49 40 55501235", Simulated: true},
		{URL: "sender?lang=" + l.Tag(), Number: "+49 40 55501236", Ended: true},
	}, US: true, USSource: "sender?lang=" + l.Tag(), USFunnels: []layout.NavItem{{Label: of(l).funnel, URL: "versions?lang=" + l.Tag()}}}
}

func noSenders(l locale.Localizer) admin.Senders {
	return admin.Senders{Frame: frame(l, l.T("admin.senders"), 0), New: "connect?lang=" + l.Tag(), Provider: "connect-provider?lang=" + l.Tag(), Health: "health?lang=" + l.Tag()}
}

func connect(l locale.Localizer) admin.Connect {
	return admin.Connect{
		Frame: frame(l, l.T("admin.senders.new"), 0), Act: "connect", Back: "senders", Other: "connect-provider?lang=" + l.Tag(),
		Values:   map[string]string{"number": "+49 40 55501234", "phone_number_id": "+4940"},
		Problems: ui.Problems{{Field: "phone_number_id", Text: l.T("admin.refused.the_phone_number_id_has_digits_only_it_is_not_the_number_itself")}},
	}
}

func connectProvider(l locale.Localizer) admin.Connect {
	return admin.Connect{
		Frame: frame(l, l.T("admin.senders.provider"), 0), Act: "connect-provider", Back: "senders", Provider: true, Other: "connect?lang=" + l.Tag(),
		Values: map[string]string{"host": "https://waba-v2.360dialog.io"},
	}
}

func sender(l locale.Localizer) admin.SenderPage {
	p := admin.SenderPage{
		Frame: frame(l, "+49 40 55501234", 0), Now: now, Back: "senders", Number: "+49 40 55501234", Address: "https://consent.example.com/webhooks/whatsapp",
		VerifyToken: "q3vHk2Zr8sW1mB7tYx5LdA", Checked: now.Add(-time.Minute), Act: "sender", Menu: "chat-menu?lang=" + l.Tag(),
		Secrets: []admin.AppSecret{
			{Signed: now.Add(-time.Minute), Remove: "remove-secret?lang=" + l.Tag()}, {Since: now.Add(-time.Hour), Quiet: now.Add(-time.Hour), Remove: "remove-secret?lang=" + l.Tag()},
		},
		Signer: 1,
		IDs:    []admin.Fact{{Label: l.T("admin.connect.phone_number_id"), Value: "106540352242922"}, {Label: l.T("admin.connect.waba"), Value: "102290129340398"}, {Label: l.T("admin.connect.app"), Value: "777000111222333"}},
	}
	for _, s := range []admin.Step{
		{Key: "token", State: "done"}, {Key: "rights", State: "missing", Detail: asCame("whatsapp_business_messaging")}, {Key: "app", State: "done"},
		{Key: "number", State: "missing", Detail: word(l, "status", "DISCONNECTED")}, {Key: "webhook", State: "unknown", Detail: admin.Word{Says: l.T("admin.refused.whatsapp_cannot_be_reached")}},
		{Key: "fields", State: "missing", Detail: asCame("user_preferences, account_update")}, {Key: "account", State: "missing", Detail: asCame("111222333444555"), Act: "sender"},
		{Key: "event", State: "missing"}, {Key: "template", State: "missing", Act: "sender"},
	} {
		s.Help, s.Needed, s.Found = l.T("admin.step."+s.Key+".do"), true, l.T("admin.step.found")
		switch s.Key {
		case "rights", "fields", "account":
			s.Found = l.T("admin.step." + s.Key + ".found")
		case "number":
			s.Help = l.T("admin.step.number.unregistered")
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

// senderWrong is a number whose app secret is wrong, and whose template is under review.
func senderWrong(l locale.Localizer) admin.SenderPage {
	p := sender(l)
	p.Frame.Refresh = 15
	p.VerifyToken, p.Verified = "", now.Add(-time.Hour)
	for i, s := range p.Steps {
		switch s.Key {
		case "app":
			p.Steps[i] = admin.Step{Key: s.Key, State: "missing", Needed: true, Help: l.T("admin.step.app.secret"), Link: "#app_secret", To: l.T("admin.step.app.to_secret")}
		case "webhook", "fields":
			p.Steps[i] = admin.Step{Key: s.Key, State: "unknown", Needed: true, Help: l.T("admin.step.webhook.app")}
		case "template":
			p.Steps[i] = admin.Step{Key: s.Key, State: "waiting", Needed: true, Help: l.T("admin.step.template.waiting")}
		default:
			p.Steps[i] = admin.Step{Key: s.Key, State: "done"}
		}
	}
	return p
}

// senderReady is a number of which nothing is missing: its only funnel asks in the chat.
func senderReady(l locale.Localizer) admin.SenderPage {
	p := sender(l)
	p.VerifyToken, p.Verified = "", now.Add(-time.Hour)
	p.Secrets = []admin.AppSecret{{Since: now.Add(-24 * time.Hour)}}
	for i, s := range p.Steps {
		p.Steps[i] = admin.Step{Key: s.Key, State: "done"}
	}
	p.Steps[len(p.Steps)-1] = admin.Step{Key: "template", State: "optional", Help: l.T("admin.step.template.optional"), Act: "sender"}
	p.Next = []layout.NavItem{{Label: l.T("admin.sender.next.funnel"), URL: "funnels?lang=" + l.Tag()}}
	return p
}

func senderIDs(l locale.Localizer) admin.Connect {
	c := connect(l)
	c.Frame, c.Act, c.Back, c.Other, c.Number = frame(l, l.T("admin.sender.ids.edit"), 0), "sender-ids", "sender?lang="+l.Tag(), "", "+49 40 55501234"
	return c
}

func removeSecret(l locale.Localizer) admin.RemoveSecret {
	return admin.RemoveSecret{
		Frame: frame(l, l.T("admin.sender.secret.remove", "N", l.Number(2)), 0), Now: now, Number: "+49 40 55501234", Act: "remove-secret", Back: "sender?lang=" + l.Tag(),
		N: 2, Of: 2, Secret: admin.AppSecret{Since: now.Add(-time.Hour), Signed: now.Add(-time.Minute)}, Signer: 2, Unsure: l.T("editor.defective.not_sure"),
	}
}

func removeSender(l locale.Localizer) admin.RemoveSender {
	return admin.RemoveSender{Frame: frame(l, l.T("admin.sender.remove"), 0), Number: "+49 40 55501234", Act: "sender-remove", Back: "sender?lang=" + l.Tag(), Next: "+49 30 1234567",
		Connect: "connect?lang=" + l.Tag(), Funnels: []layout.NavItem{{Label: of(l).funnel, URL: "funnels?lang=" + l.Tag()}}}
}

func removeLastSender(l locale.Localizer) admin.RemoveSender {
	p := removeSender(l)
	p.Next, p.Refused = "", true
	return p
}

func enterStop(l locale.Localizer) admin.EnterStop {
	return admin.EnterStop{
		Frame: frame(l, l.T("admin.enter_stop"), 0), Act: "enter-stop", Back: "consents", Lift: "enter-stop", To: "0170",
		What:     []ui.Option{{Value: "all", Label: l.T("admin.enter_stop.all")}, {Value: "marketing", Label: l.T("scope.marketing")}, {Value: "purpose offers", Label: of(l).offers}},
		Sources:  []ui.Option{{Value: "telephone", Label: l.T("admin.source.telephone")}},
		Reasons:  []ui.Option{{Value: "operator", Label: l.T("admin.because.operator")}},
		Problems: ui.Problems{{Field: "to", Text: l.T("admin.refused.give_the_number_with_and_its_country_code_or_a_whatsapp_user_id")}},
	}
}

func health(l locale.Localizer) admin.Health {
	fact := func(id, meta string) admin.Fact {
		return admin.Fact{Label: l.T("admin.health." + id), Value: word(l, id, meta).Says, Meta: meta}
	}
	return admin.Health{
		Frame: frame(l, l.T("admin.health"), 0), Now: now, Alarms: "alarms?lang=" + l.Tag(), Failed: 10, EnoughSends: 50, Stopped: 20, EnoughYeses: 50,
		Senders: []admin.SenderHealth{
			{
				Number: "+49 40 55501234", URL: "sender?lang=" + l.Tag(), Rung: 2,
				Held:      []admin.Alarm{{Kind: "failing", Holds: "templates", Detail: admin.Word{Says: "31 / 212"}, Since: now.Add(-2 * time.Hour), Resolve: "health"}},
				Facts:     []admin.Fact{fact("quality", "YELLOW"), {Label: l.T("admin.health.limit"), Value: l.T("admin.meta.limit", "N", l.Number(2000)), Meta: "TIER_2K"}, fact("status", "CONNECTED"), fact("violation", "SPAM")},
				Limits:    []admin.Limit{{What: word(l, "restriction", "RESTRICTED_BIZ_INITIATED_MESSAGING"), Until: now.Add(70 * time.Hour)}},
				Templates: []admin.TemplateCount{{State: word(l, "template", "APPROVED"), N: 14}, {State: word(l, "template", "PAUSED"), N: 1}},
				Spans:     []admin.Span{{Days: 1, Sent: 260, Arrived: 222, Read: 180, Failed: 33, Templates: 212, TemplatesFailed: 31}, {Days: 7, Sent: 1840, Arrived: 1770, Read: 1502, Failed: 51, Templates: 1210, TemplatesFailed: 44}, {Days: 30, Sent: 8210, Arrived: 8002, Read: 7120, Failed: 120, Templates: 5100, TemplatesFailed: 92}},
				Codes:     []admin.Failure{{Code: 131026, Meaning: admin.Word{Says: l.T("admin.meta.code.whatsapp_cannot_deliver_to_this_number")}, N: 88}, {Code: 131049, Meaning: admin.Word{Says: l.T("admin.meta.code.whatsapp_held_the_message_back_this_person_gets_enough_marketing")}, N: 32}},
				History: []admin.Happened{
					{When: now.Add(-2 * time.Hour), Alarm: "failing", Words: admin.Word{Says: "31 / 212"}}, {When: now.Add(-26 * time.Hour), Words: admin.Word{Says: "account_alerts: OBA_APPROVED", Meta: "account_alerts: OBA_APPROVED"}},
					{When: now.Add(-240 * time.Hour), Ended: now.Add(-230 * time.Hour), Alarm: "limit"},
				},
			},
			{Number: "+49 30 1234567", URL: "sender?lang=" + l.Tag(), Facts: []admin.Fact{fact("quality", "GREEN")}, Quiet: true, Spans: []admin.Span{{Days: 1}, {Days: 7}, {Days: 30}}},
		},
		Funnels: []admin.FunnelHealth{{Name: "bread", URL: "funnels?lang=" + l.Tag(), Confirmed: 320, Stopped: 21}, {Name: "tasting", URL: "funnels?lang=" + l.Tag(), Confirmed: 88, Stopped: 1}},
	}
}

// word is one of Meta's words in the operator's.
func word(l locale.Localizer, family, meta string) admin.Word {
	return admin.Word{Says: l.T("admin.meta." + family + "." + strings.ToLower(meta)), Meta: meta}
}

// asCame is something of Meta's for which there are no words.
func asCame(meta string) admin.Word { return admin.Word{Says: meta, Meta: meta} }
