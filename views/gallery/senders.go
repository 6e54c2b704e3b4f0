package gallery

import (
	"time"

	"assent/locale"
	"assent/views/admin"
	"assent/views/ui"
)

func senders(l locale.Localizer) admin.Senders {
	return admin.Senders{Frame: frame(l, l.T("admin.senders"), 0), New: "connect?lang=" + l.Tag(), Provider: "connect-provider?lang=" + l.Tag(), List: []admin.Sender{
		{URL: "sender?lang=" + l.Tag(), Number: "+49 40 55501234", Name: business(l).Brand, Missing: 3, Checked: true},
		{URL: "sender?lang=" + l.Tag(), Number: "+49 30 1234567", Name: business(l).Brand, Host: "https://waba-v2.360dialog.io", Checked: true},
		{URL: "sender?lang=" + l.Tag(), Number: "+49 40 55501235", Simulated: true},
		{URL: "sender?lang=" + l.Tag(), Number: "+49 40 55501236", Ended: true},
	}}
}

func noSenders(l locale.Localizer) admin.Senders {
	return admin.Senders{Frame: frame(l, l.T("admin.senders"), 0), New: "connect?lang=" + l.Tag(), Provider: "connect-provider?lang=" + l.Tag()}
}

func connect(l locale.Localizer) admin.Connect {
	return admin.Connect{
		Frame: frame(l, l.T("admin.senders.new"), 0), Act: "connect", Back: "senders", Other: "connect-provider?lang=" + l.Tag(),
		Values:   map[string]string{"number": "+49 40 55501234", "phone_number_id": "+4940"},
		Problems: ui.Problems{{Field: "phone_number_id", Text: "The phone number id has digits only. It is not the number itself."}},
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
		VerifyToken: "q3vHk2Zr8sW1mB7tYx5LdA", Checked: now.Add(-time.Minute), Secrets: 2, Act: "sender",
		IDs: []admin.Fact{{Label: l.T("admin.connect.phone_number_id"), Value: "106540352242922"}, {Label: l.T("admin.connect.waba"), Value: "102290129340398"}, {Label: l.T("admin.connect.app"), Value: "777000111222333"}},
	}
	for _, s := range []admin.Step{
		{Key: "token", State: "done"}, {Key: "rights", State: "missing", Detail: "whatsapp_business_messaging"}, {Key: "app", State: "done"},
		{Key: "number", State: "missing", Detail: "DISCONNECTED"}, {Key: "webhook", State: "unknown", Detail: "WhatsApp cannot be reached."},
		{Key: "fields", State: "missing", Detail: "user_preferences, account_update"}, {Key: "account", State: "missing", Detail: "111222333444555", Act: "sender"},
		{Key: "event", State: "missing"}, {Key: "template", State: "missing", Act: "sender"},
	} {
		s.Help = l.T("admin.step." + s.Key + ".do")
		p.Steps = append(p.Steps, s)
	}
	return p
}

func enterStop(l locale.Localizer) admin.EnterStop {
	return admin.EnterStop{
		Frame: frame(l, l.T("admin.enter_stop"), 0), Act: "enter-stop", Back: "consents", Lift: "enter-stop", To: "0170",
		What:     []ui.Option{{Value: "all", Label: l.T("admin.enter_stop.all")}, {Value: "marketing", Label: l.T("scope.marketing")}, {Value: "purpose offers", Label: of(l).offers}},
		Sources:  []ui.Option{{Value: "telephone", Label: l.T("admin.source.telephone")}},
		Reasons:  []ui.Option{{Value: "operator", Label: l.T("admin.because.operator")}},
		Problems: ui.Problems{{Field: "to", Text: "Give the number with + and its country code, or a WhatsApp user id."}},
	}
}
