package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assent/fault"
	"assent/whatsapp/wire"
)

func TestSendBodies(t *testing.T) {
	tests := []struct {
		name string
		send wire.Send
		want string
	}{
		{"text", wire.NewText("مرحبا & <b>").ToNumber("+491701234567"),
			`{"messaging_product":"whatsapp","to":"+491701234567","type":"text","text":{"body":"مرحبا \u0026 \u003cb\u003e"}}`},
		{"text to a BSUID, as an answer", wire.NewText("Hi").ToUser("BR.1A2b").Answering("wamid.A").WithCallback("outbox:1"),
			`{"messaging_product":"whatsapp","recipient":"BR.1A2b","type":"text","context":{"message_id":"wamid.A"},"biz_opaque_callback_data":"outbox:1","text":{"body":"Hi"}}`},
		{"template with numbered places", wire.NewTemplate("confirm_optin", "pt_BR", []wire.Parameter{{Text: "Loja"}, {Text: "ofertas"}}, "yes:1", "no:1", "notme:1").ToNumber("+5511987654321"),
			`{"messaging_product":"whatsapp","to":"+5511987654321","type":"template","template":{"name":"confirm_optin","language":{"code":"pt_BR"},"components":[` +
				`{"type":"body","parameters":[{"type":"text","text":"Loja"},{"type":"text","text":"ofertas"}]},` +
				`{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"yes:1"}]},` +
				`{"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"no:1"}]},` +
				`{"type":"button","sub_type":"quick_reply","index":"2","parameters":[{"type":"payload","payload":"notme:1"}]}]}}`},
		{"template with named places, one button left alone", wire.NewTemplate("n", "en", []wire.Parameter{{Name: "shop", Text: "Loja"}}, "", "b").ToNumber("+5511987654321"),
			`{"messaging_product":"whatsapp","to":"+5511987654321","type":"template","template":{"name":"n","language":{"code":"en"},"components":[` +
				`{"type":"body","parameters":[{"type":"text","parameter_name":"shop","text":"Loja"}]},` +
				`{"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"b"}]}]}}`},
		{"template alone", wire.NewTemplate("n", "en_US", nil).ToNumber("+5511987654321"),
			`{"messaging_product":"whatsapp","to":"+5511987654321","type":"template","template":{"name":"n","language":{"code":"en_US"}}}`},
		{"buttons", wire.NewButtons("Offers?", wire.Choice{"yes:1", "Yes"}, wire.Choice{"no:1", "No"}).ToUser("DE.ENT.1A"),
			`{"messaging_product":"whatsapp","recipient":"DE.ENT.1A","type":"interactive","interactive":{"type":"button","body":{"text":"Offers?"},` +
				`"action":{"buttons":[{"type":"reply","reply":{"id":"yes:1","title":"Yes"}},{"type":"reply","reply":{"id":"no:1","title":"No"}}]}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.send.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
			back, err := wire.ParseSend(got)
			if diff := cmp.Diff(tt.send, back); diff != "" || err != nil {
				t.Errorf("read back: %v %s", err, diff)
			}
		})
	}
}

func TestSendLimits(t *testing.T) {
	to := func(s wire.Send) wire.Send { return s.ToNumber("+491701234567") }
	yes := wire.Choice{Payload: "y", Title: "Yes"}
	buttons := func(change func(*wire.SendInteractive)) wire.Send {
		s := to(wire.NewButtons("b", yes))
		change(s.Interactive)
		return s
	}
	both := to(wire.NewText("x"))
	both.Recipient = "DE.1"
	tests := []struct {
		name  string
		send  wire.Send
		field string // empty: allowed
	}{
		{"text at the limit", to(wire.NewText(strings.Repeat("я", 4096))), ""},
		{"text over it", to(wire.NewText(strings.Repeat("я", 4097))), "text.body"},
		{"emoji count two", to(wire.NewText(strings.Repeat("😀", 2049))), "text.body"},
		{"text empty", to(wire.NewText("")), "text.body"},
		{"text blank", to(wire.NewText(" \n ")), "text.body"},
		{"text not UTF-8", to(wire.NewText("a\xff")), "text.body"},
		{"no address", wire.NewText("x"), "recipient"},
		{"both addresses", both, "to"},
		{"no plus", wire.NewText("x").ToNumber("491701234567"), "to"},
		{"spaces in the number", wire.NewText("x").ToNumber("+49 1701234567"), "to"},
		{"a BSUID as number", wire.NewText("x").ToNumber("DE.1A"), "to"},
		{"a number as BSUID", wire.NewText("x").ToUser("+491701234567"), "recipient"},
		{"a username as BSUID", wire.NewText("x").ToUser("@anna"), "recipient"},
		{"body at 1024", to(wire.NewButtons(strings.Repeat("x", 1024), yes)), ""},
		{"body at 1025", to(wire.NewButtons(strings.Repeat("x", 1025), yes)), "interactive.body"},
		{"title at 20", to(wire.NewButtons("b", wire.Choice{"y", strings.Repeat("ü", 20)})), ""},
		{"title at 21", to(wire.NewButtons("b", wire.Choice{"y", strings.Repeat("ü", 21)})), "button title"},
		{"title of emoji", to(wire.NewButtons("b", wire.Choice{"y", strings.Repeat("👍", 11)})), "button title"},
		{"id at 256", to(wire.NewButtons("b", wire.Choice{strings.Repeat("i", 256), "t"})), ""},
		{"id at 257", to(wire.NewButtons("b", wire.Choice{strings.Repeat("i", 257), "t"})), "button id"},
		{"no button", to(wire.NewButtons("b")), "interactive.action"},
		{"four buttons", to(wire.NewButtons("b", wire.Choice{"1", "1"}, wire.Choice{"2", "2"}, wire.Choice{"3", "3"}, wire.Choice{"4", "4"})), "interactive.action"},
		{"one id twice", to(wire.NewButtons("b", wire.Choice{"1", "a"}, wire.Choice{"1", "b"})), "interactive.action"},
		{"one title twice", to(wire.NewButtons("b", wire.Choice{"1", "a"}, wire.Choice{"2", "a"})), "interactive.action"},
		{"header and footer", buttons(func(i *wire.SendInteractive) {
			i.Header, i.Footer = &wire.SendHeader{Type: "text", Text: "h"}, &wire.SendBody{Text: "f"}
		}), ""},
		{"long footer", buttons(func(i *wire.SendInteractive) { i.Footer = &wire.SendBody{Text: strings.Repeat("f", 61)} }), "interactive.footer"},
		{"long header", buttons(func(i *wire.SendInteractive) {
			i.Header = &wire.SendHeader{Type: "text", Text: strings.Repeat("h", 61)}
		}), "interactive.header"},
		{"a list", buttons(func(i *wire.SendInteractive) { i.Type = "list" }), "interactive.type"},
		{"payload at 128", to(wire.NewTemplate("n", "en", nil, strings.Repeat("p", 128))), ""},
		{"payload at 129", to(wire.NewTemplate("n", "en", nil, strings.Repeat("p", 129))), "payload"},
		{"payload not ASCII", to(wire.NewTemplate("n", "en", nil, "ü")), "payload"},
		{"parameter with a new line", to(wire.NewTemplate("n", "en", []wire.Parameter{{Text: "a\nb"}})), "template parameter"},
		{"parameter with five spaces", to(wire.NewTemplate("n", "en", []wire.Parameter{{Text: "a     b"}})), "template parameter"},
		{"parameter empty", to(wire.NewTemplate("n", "en", []wire.Parameter{{Text: ""}})), "template parameter"},
		{"template name", to(wire.NewTemplate("Confirm", "en", nil)), "template.name"},
		{"template language", to(wire.NewTemplate("n", "en-US", nil)), "template.language"},
		{"eleven quick replies", to(wire.NewTemplate("n", "en", nil, "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11")), "template.components"},
		{"long callback", to(wire.NewText("x")).WithCallback(strings.Repeat("c", 513)), "biz_opaque_callback_data"},
		{"no content", wire.Send{MessagingProduct: "whatsapp", Type: "text"}.ToNumber("+491701234567"), "type"},
		{"no product", wire.Send{Type: "text", Text: &wire.SendText{Body: "x"}}.ToNumber("+491701234567"), "messaging_product"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.send.Marshal()
			if tt.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if fault.FieldOf(err) != tt.field || fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %v on %q, want a fault on %q", err, fault.FieldOf(err), tt.field)
			}
			if err != nil && strings.Contains(err.Error(), "1701234567") {
				t.Error("the error repeats the number")
			}
		})
	}
}

func TestParseSendForeign(t *testing.T) {
	s, err := wire.ParseSend([]byte(`{"to":"491701234567","recipient":"DE.1","type":"template","category":"utility","unknown":[1],
		"template":{"name":"n","language":{"code":"en"},"components":[{"type":"button","sub_type":"quick_reply","index":1,"parameters":[{"type":"payload","payload":"x"}]}]}}`))
	if err != nil || s.Template.Components[0].Index != "1" || s.Category != "utility" || s.To == "" || s.Recipient == "" {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := wire.ParseSend([]byte(`{"to":491701234567}`)); fault.KindOf(err) != fault.Invalid || strings.Contains(err.Error(), "4917") {
		t.Errorf("got %v", err)
	}
}

func TestAnswers(t *testing.T) {
	var a wire.SendAnswer
	if err := json.Unmarshal([]byte(`{"messaging_product":"whatsapp","contacts":[{"input":"+5511987654321","wa_id":"551187654321"}],"messages":[{"id":"wamid.1","message_status":"accepted"}]}`), &a); err != nil || a.Contacts[0].WAID != "551187654321" || a.Messages[0].Status != "accepted" {
		t.Errorf("%+v %v", a, err)
	}
	for raw, details := range map[string]string{
		`{"error":{"message":"(#131009) x","type":"OAuthException","code":131009,"error_data":{"messaging_product":"whatsapp","details":"d"},"fbtrace_id":"t"}}`: "d",
		`{"error":{"code":"131009","error_data":"odd"}}`: "",
		`{"error":{"code":131009}}`:                      "",
	} {
		var e wire.ErrorAnswer
		if err := json.Unmarshal([]byte(raw), &e); err != nil || e.Error.Code != 131009 || e.Error.Data.Details != details {
			t.Errorf("%s: %+v %v", raw, e, err)
		}
	}
}

func FuzzParseSend(f *testing.F) {
	f.Add([]byte(`{"messaging_product":"whatsapp","to":"+491701234567","type":"text","text":{"body":"x"}}`))
	f.Add([]byte(`{"type":"interactive","interactive":{"action":{"buttons":[{"reply":{}}]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := wire.ParseSend(raw)
		if err != nil {
			return
		}
		body, err := s.Marshal()
		if err != nil {
			return
		}
		if again, err := wire.ParseSend(body); err != nil || again.Validate() != nil {
			t.Fatalf("a valid send does not survive: %v", err)
		}
	})
}
