package optin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/manage"
	"assent/whatsapp/simulator"
)

// raw posts a body of one change as it is.
func (h *house) raw(field, value string) {
	h.Helper()
	h.body(fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"200","changes":[{"field":"%s","value":%s}]}]}`, field, value))
}

func (h *house) body(body string) {
	h.Helper()
	h.must(h.optin.Accept(h.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
	h.settle()
}

// value is a change's value for the shop, with the members.
func (h *house) value(members string) string {
	return `{"messaging_product":"whatsapp","metadata":{"phone_number_id":"` + shopID + `","display_phone_number":"494055501234"},` + members + `}`
}

func (h *house) seconds() string { return fmt.Sprint(h.clock.now().Unix()) }

// parkedFor compares why bodies are parked; an empty reason is for none.
func (h *house) parkedFor(want string) {
	h.Helper()
	if got := strings.Join(h.parkedReasons(), "|"); got != want {
		h.Errorf("parked for %q, want %q", got, want)
	}
}

// alarmed compares the kinds of the alarms that are open, without that about parked
// bodies.
func (h *house) alarmed(want ...business.AlarmKind) {
	h.Helper()
	var kinds []business.AlarmKind
	for _, a := range h.alarms() {
		if a.Kind != business.AlarmParked {
			kinds = append(kinds, a.Kind)
		}
	}
	if fmt.Sprint(kinds) != fmt.Sprint(want) {
		h.Errorf("alarms %v, want %v", kinds, want)
	}
}

// An unreadable time or code once kept all that stood behind it from being read, so a
// stop was lost for a part that says nothing of it.
func TestRule15StopBesideAnUnreadablePart(t *testing.T) {
	for _, part := range []string{
		`"identity":{"created_timestamp":"x"}`, `"identity":7`, `"context":{"id":7,"from":[]}`, `"context":"x"`, `"referral":[]`, `"referral":{"welcome_message":"x"}`,
		`"errors":{"code":1}`, `"errors":[{"code":"x"}]`, `"errors":["x"]`, `"errors":7`, `"from_user_id":{}`, `"group_id":null`, `"surprise":{"a":[{}]}`,
	} {
		t.Run(part, func(t *testing.T) {
			h := newHouse(t)
			h.raw("messages", h.value(`"messages":[{`+part+`,"from":491701234567,"id":"wamid.1","timestamp":`+h.seconds()+`,"text":{"body":"STOP"},"type":"text"}]`))
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.parkedFor("")
		})
	}
}

// A stop counts whenever it was said, and its body waits for somebody to look.
func TestRule15StopWithAnUnreadableTime(t *testing.T) {
	const says = "malformed element 0 of messages: the message has no usable timestamp"
	for _, at := range []string{`"never"`, `""`, `{}`, `[1]`, `true`, `1795428000.5`, `"1795428000000"`, `-1`} {
		t.Run(at, func(t *testing.T) {
			h := newHouse(t)
			h.raw("messages", h.value(`"messages":[{"from":"491701234567","id":"wamid.1","timestamp":`+at+`,"text":{"body":"STOP"},"type":"text"}]`))
			h.wants(anna, "offers", consent.ReasonSuppressed)
			h.parkedFor(says)
		})
	}
	for name, tt := range map[string]struct {
		field, members string
		want           consent.Reason
	}{
		"a button":     {"messages", `"messages":[{"from":"491701234567","id":"w","timestamp":"x","button":{"text":"Stop promotions"},"type":"button"}]`, consent.ReasonSuppressed},
		"a list":       {"messages", `"messages":[{"from":"491701234567","id":"w","timestamp":"x","interactive":{"type":"list_reply","list_reply":{"title":"Stop"}},"type":"interactive"}]`, consent.ReasonSuppressed},
		"an edit":      {"messages", `"messages":[{"from":"491701234567","id":"w","timestamp":"x","edit":{"original_message_id":"v","message":{"type":"text","text":{"body":"stop"}}},"type":"edit"}]`, consent.ReasonSuppressed},
		"a preference": {"user_preferences", `"user_preferences":[{"wa_id":"491701234567","timestamp":"x","value":"stop"}]`, consent.ReasonPlatformStop},
		"a status":     {"messages", `"statuses":[{"id":"w","status":"failed","timestamp":"x","recipient_id":"491701234567","errors":[{"code":131050}]}]`, consent.ReasonPlatformStop},
		"no stop":      {"messages", `"messages":[{"from":"491701234567","id":"w","timestamp":"x","text":{"body":"hello"},"type":"text"}]`, consent.ReasonUnknown},
		"nobody's":     {"messages", `"messages":[{"from":"\u0001","id":"w","timestamp":"x","text":{"body":"stop"},"type":"text"}]`, consent.ReasonUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.raw(tt.field, h.value(tt.members))
			h.wants(anna, "offers", tt.want)
			if len(h.parkedReasons()) != 1 {
				t.Errorf("parked for %q", h.parkedReasons())
			}
		})
	}
}

// 131050 counts wherever it stands among the errors, and whatever stands beside it.
func TestRule19PlatformStopBesideAnUnreadablePart(t *testing.T) {
	for _, members := range []string{
		`"conversation":{"id":"x","expiration_timestamp":""},"errors":[{"code":131050}]`, `"conversation":"","errors":[{"code":"131050"}]`,
		`"pricing":[],"errors":[{"code":131050}]`, `"errors":{"code":131050}`, `"errors":[{"code":131049},{"code":131050}]`, `"errors":["x",{"title":5,"code":131050,"error_data":"x"}]`,
	} {
		t.Run(members, func(t *testing.T) {
			h := newHouse(t)
			h.raw("messages", h.value(`"statuses":[{`+members+`,"id":"wamid.1","status":"failed","timestamp":"`+h.seconds()+`","recipient_id":491701234567}]`))
			h.wants(anna, "offers", consent.ReasonPlatformStop)
		})
	}
}

// A failure without a code was taken for code 0, which says that the token has ended:
// one status stopped all sending.
func TestFailureWithoutACodeStopsNothing(t *testing.T) {
	for _, errs := range []string{``, `,"errors":[]`, `,"errors":[{"title":"x"}]`, `,"errors":[{"code":null}]`, `,"errors":["x"]`, `,"errors":[{"code":"abc"}]`, `,"errors":"x"`} {
		t.Run(errs, func(t *testing.T) {
			h := newHouse(t)
			h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
			h.raw("messages", h.value(`"statuses":[{"id":"`+h.last(anna).ID+`","status":"failed","timestamp":"`+h.seconds()+`","recipient_id":"491701234567"`+errs+`}]`))
			h.alarmed(business.AlarmRefused)
			if a := h.alarms()[0]; a.Holds != business.HoldsNothing || a.Code != -1 {
				t.Errorf("it holds %q for code %d", a.Holds, a.Code)
			}
		})
	}
}

// What has failed did not arrive, whatever comes late.
func TestLateStatusLiftsNoFailure(t *testing.T) {
	h := newHouse(t)
	const number = "+491700130472" // whatever is sent to it fails
	h.act(simulator.Inbound{From: number, Text: h.prefilled(h.offers())})
	h.raw("messages", h.value(`"statuses":[{"id":"`+h.last(number).ID+`","status":"delivered","timestamp":"`+h.seconds()+`","recipient_id":"491700130472"}]`))
	if names := h.events(number); slices.Contains(names, "receipt.delivered") || !slices.Contains(names, "receipt.sent") {
		t.Errorf("events %q", names)
	}
}

// Whatever is not understood is kept until somebody has looked, and its neighbours are
// handled.
func TestNothingIsDroppedUnread(t *testing.T) {
	withoutNumber := `{"messaging_product":"whatsapp","messages":[{"from":"491701234567","id":"wamid.1","timestamp":"1764000000","text":{"body":"STOP"},"type":"text"}]}`
	for name, tt := range map[string]struct{ field, value, want string }{
		"a message without its number":   {"messages", withoutNumber, "an update that names no number"},
		"a status without its number":    {"messages", `{"metadata":{},"statuses":[{"id":"w","status":"failed","timestamp":"1764000000","errors":[{"code":131050}]}]}`, "an update that names no number"},
		"an array alone":                 {"messages", h0.value(`"polls":[{"id":"1"}]`), "a shape that is not known here"},
		"an array beside known ones":     {"messages", h0.value(`"polls":[{"id":"1"}],"statuses":[]`), ""},
		"nothing":                        {"messages", h0.value(`"x":1`), "a shape that is not known here"},
		"a preference of a new kind":     {"user_preferences", h0.value(`"user_preferences":[{"wa_id":"491701234567","timestamp":1764000000,"value":"pause"}]`), "a preference that is not known here"},
		"a resume of something else":     {"user_preferences", h0.value(`"user_preferences":[{"wa_id":"491701234567","timestamp":1764000000,"value":"resume","category":"utility_messages"}]`), "a preference about something that is not known here"},
		"a change without the new":       {"messages", h0.value(`"messages":[{"from":"491701234567","id":"w","timestamp":"1764000000","type":"system","system":{"type":"user_changed_number","body":"x"}}]`), "a change of account that does not say from which to which"},
		"a change without the old":       {"messages", h0.value(`"messages":[{"id":"w","timestamp":"1764000000","type":"system","system":{"type":"user_changed_user_id","user_id":"DE.2"}}]`), "a change of account that does not say from which to which"},
		"a change without a time":        {"user_id_update", h0.value(`"user_id_update":[{"wa_id":"491701234567","user_id":{"previous":"DE.1","current":"DE.2"}}]`), "malformed element 0 of user_id_update: the change has no usable timestamp"},
		"a system message of new kind":   {"messages", h0.value(`"messages":[{"from":"491701234567","id":"w","timestamp":"1764000000","type":"system","system":{"type":"user_vanished"}}]`), "a system message that is not known here"},
		"an error without a code":        {"messages", h0.value(`"errors":[{"title":"x"}]`), "malformed element 0 of errors: the error has no usable code"},
		"a field's name as no text":      {`sur\u0000prise`, `{}`, "a field that is not known here: sur\ufffdprise"},
		"a field's name cut in a letter": {strings.Repeat("é", 2000), `{}`, "a field that is not known here: " + strings.Repeat("é", (2000-32)/2)},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.body(`{"object":"whatsapp_business_account","entry":[{"id":"200","changes":[{"field":"` + tt.field + `","value":` + tt.value + `},{"field":"messages","value":` +
				h.value(`"messages":[{"from":"491709876543","id":"wamid.2","timestamp":"`+h.seconds()+`","text":{"body":"STOP"},"type":"text"}]`) + `}]}]}`)
			h.parkedFor(tt.want)
			h.wants(bernd, "offers", consent.ReasonSuppressed)
		})
	}
}

// h0 is no house: it only makes values.
var h0 *house

// WhatsApp's own stop is one in any case and about anything; what lifts it is not.
func TestRule19PreferencesOfOtherKinds(t *testing.T) {
	h := newHouse(t)
	preference := func(value, category string) {
		h.clock.pass(time.Minute)
		h.raw("user_preferences", h.value(`"user_preferences":[{"wa_id":"491701234567","timestamp":`+h.seconds()+`,"value":"`+value+`","category":"`+category+`"}]`))
	}
	preference("STOP", "utility_messages")
	h.wants(anna, "offers", consent.ReasonPlatformStop)
	preference("resume", "utility_messages")
	h.wants(anna, "offers", consent.ReasonPlatformStop)
	preference("resume", "marketing_messages")
	if h.check(anna, "offers") == consent.ReasonPlatformStop {
		t.Error("a resume did not lift the platform's flag")
	}
}

// What the platform tells of a number without a message counts as much as an answer to
// a send: once, and not a year later.
func TestErrorsOfANumber(t *testing.T) {
	for code, want := range map[string]business.AlarmKind{
		"190": business.AlarmToken, `"131031"`: business.AlarmRestricted, "131048": business.AlarmReported, "131000": business.AlarmRefused, "999999": business.AlarmRefused, "130429": "",
	} {
		t.Run(code, func(t *testing.T) {
			h := newHouse(t)
			for range 2 {
				h.raw("messages", h.value(`"errors":[{"code":`+code+`,"title":"x","error_data":{"details":"of +491701234567"}}]`))
			}
			h.parkedFor("")
			if want == "" {
				h.alarmed()
				if h.pauses() != "sender" {
					t.Errorf("%q rests", h.pauses())
				}
				return
			}
			h.alarmed(want)
			if a := h.alarms()[0]; a.Count != 1 || strings.Contains(a.Detail, "1701234567") {
				t.Errorf("counted %d times, %q", a.Count, a.Detail)
			}
		})
	}
	h := newHouse(t)
	old := fmt.Sprint(h.clock.now().Add(-366 * 24 * time.Hour).Unix())
	h.body(`{"object":"whatsapp_business_account","entry":[{"id":"200","time":` + old + `,"changes":[{"field":"messages","value":` + h.value(`"errors":[{"code":190}]`) + `}]}]}`)
	h.alarmed()
	h.raw("messages", `{"messaging_product":"whatsapp","errors":[{"code":190}]}`)
	h.alarmed(business.AlarmToken)
}

// A caption is said too. It stops, and gives nothing.
func TestRule15StopUnderAPicture(t *testing.T) {
	for kind, tt := range map[string]struct {
		caption string
		want    consent.Reason
	}{"image": {"STOP", consent.ReasonSuppressed}, "video": {"please stop messaging me", consent.ReasonSuppressed}, "document": {"stop", consent.ReasonSuppressed}, "sticker": {"stop", consent.ReasonUnknown}} {
		t.Run(kind, func(t *testing.T) {
			h := newHouse(t)
			h.raw("messages", h.value(`"messages":[{"from":"491701234567","id":"wamid.1","timestamp":"`+h.seconds()+`","type":"`+kind+`","`+kind+`":{"id":"7","caption":"`+tt.caption+`"}}]`))
			h.wants(anna, "offers", tt.want)
		})
	}
	h := newHouse(t)
	h.raw("messages", h.value(`"messages":[{"from":"491709876543","id":"wamid.2","timestamp":"`+h.seconds()+`","type":"edit","edit":{"original_message_id":"v","message":{"type":"image","image":{"caption":"stop"}}}}]`))
	h.wants(bernd, "offers", consent.ReasonSuppressed)
	h.raw("messages", h.value(`"messages":[{"from":"491701234567","id":"wamid.1","timestamp":"`+h.seconds()+`","type":"image","image":{"id":"7","caption":"`+h.prefilled(h.offers())+`"}}]`))
	h.wants(anna, "offers", consent.ReasonUnknown)
}

// A template that Meta charges as marketing has changed its category without a word.
func TestTemplateChargedAsMarketing(t *testing.T) {
	for category, want := range map[string]bool{"marketing": true, "MARKETING_LITE": true, "utility": false, "service": false, "": false} {
		t.Run(category, func(t *testing.T) {
			h := newHouse(t)
			h.must(h.manage.Templates(h.transport.(manage.Graph)).Poll(t.Context(), h.tenant, h.tenant.Senders[0]))
			j, err := h.asks(anna)
			h.must(err)
			h.must(h.store.Queue().Finish(t.Context(), j.ID))
			h.settle()
			for range 2 {
				h.raw("messages", h.value(`"statuses":[{"id":"`+h.last(anna).ID+`","status":"read","timestamp":"`+h.seconds()+`","recipient_id":"491701234567","pricing":{"billable":true,"category":"`+category+`"}}]`))
			}
			if !want {
				h.alarmed()
				return
			}
			h.alarmed(business.AlarmCategory)
			if x := h.template("en"); x.Usable() || x.Category != "MARKETING" {
				t.Errorf("people are still asked by it: %+v", x)
			}
		})
	}
}
