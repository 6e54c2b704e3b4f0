package sim_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	views "assent/views/sim"
)

// TestProblemsAreShownOnThePhone: inside its frame, at the field, with what was
// typed, in the person's language.
func TestProblemsAreShownOnThePhone(t *testing.T) {
	r := newRig(t)
	r.app.Say(person, "Hi")
	r.app.Say(other, "Hi")
	post := func(act string, fields url.Values) *httptest.ResponseRecorder { return r.act(act, fields) }
	const chat, list = "<h1><bdi>Sonnentor", "<h1>Chats"
	for _, tt := range []struct {
		name   string
		answer *httptest.ResponseRecorder
		status int
		must   []string
	}{
		{"a bad link", r.get("/sim/open?link=https%3A%2F%2Fevil.example%2F%22&me=" + url.QueryEscape(other)), 400,
			[]string{list, `value="https://evil.example/&#34;"`, `id="link-error"`, "The phone opens wa.me links", `aria-invalid="true"`, `value="` + other + `"`}},
		{"a link that is none", r.get("/sim/open?link=%25zz"), 400, []string{list, `value="%zz"`, "The phone opens wa.me links"}},
		{"a business that is not there", r.get("/sim/chat?phone=1&lang=de"), 404, []string{"Kein Unternehmen mit dieser Nummer", `id="link-error"`}},
		{"become nobody", post(views.ActBecome, url.Values{"number": {"12 34"}, "name": {"Bea"}, "hidden": {"1"}}), 400,
			[]string{chat, `<details class="s-me" open`, `id="me-number-error"`, "That is no number", "+491701234567", `value="12 34"`, `value="Bea"`, `value="1" checked`}},
		{"a long name", post(views.ActBecome, url.Values{"number": {other}, "name": {strings.Repeat("x", 201)}}), 400, []string{chat, `id="me-name-error"`, "That name is too long"}},
		{"a new number that is none", post(views.ActChangeNumber, url.Values{"number": {"seven"}}), 400,
			[]string{chat, `<details class="s-me" open`, `id="new-number-error"`, `value="seven"`, `value="` + person + `"`}},
		{"a new number that is taken", post(views.ActChangeNumber, url.Values{"number": {other}}), 400, []string{chat, `id="new-number-error"`, "belongs to somebody else here", `value="` + other + `"`}},
		{"nothing to send", post(views.ActSend, url.Values{"text": {" "}}), 400, []string{chat, `role="alert"`, "A message needs some text"}},
		{"too much to send", post(views.ActSend, url.Values{"text": {"much" + strings.Repeat("ü", 65537)}}), 400, []string{chat, "A message needs some text", "muchüü"}},
		{"a button that is gone", post(views.ActTap, url.Values{"payload": {"x"}}), 404, []string{chat, "The phone could not do that"}},
		{"a business that has gone", post(views.ActSend, url.Values{"phone": {"1"}, "text": {"Hi"}}), 404, []string{list, "The phone could not do that"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.t = t
			r.want(tt.answer, tt.status, append(tt.must, `class="s-banner"`, `data-here="/sim`), []string{`href="/f/`, "fault"})
		})
	}
	r.t = t
	r.want(r.get("/sim/chat?phone="+sender), 200, nil, []string{"data-here", `class="s-me" open`, "aria-invalid"})
}

// TestHidingTheNumberIsForOnePerson: the box still says what held for the one
// before, when somebody else takes the phone.
func TestHidingTheNumberIsForOnePerson(t *testing.T) {
	r := newRig(t)
	hidden := func(number string) bool {
		p, err := r.app.Simulator.Person(number)
		if err != nil {
			t.Fatal(err)
		}
		return p.Withheld
	}
	const third, fourth = "+491701234569", "+491701234560"
	r.act(views.ActBecome, url.Values{"number": {person}, "name": {"Anna"}, "hidden": {"1"}})
	if !hidden(person) {
		t.Fatal("hiding the own number did nothing")
	}
	r.act(views.ActBecome, url.Values{"me": {person}, "number": {other}, "name": {"Anna"}, "hidden": {"1"}})
	if hidden(other) {
		t.Error("somebody new is hidden because the one before was")
	}
	if p, err := r.app.Simulator.Person(other); err != nil || p.Name != "Anna" {
		t.Errorf("%+v, %v", p, err)
	}
	r.act(views.ActBecome, url.Values{"me": {other}, "number": {third}, "name": {"Cem"}, "hidden": {"1"}})
	if !hidden(third) {
		t.Error("who was asked to be hidden is not")
	}
	r.act(views.ActBecome, url.Values{"me": {other}, "number": {third}, "name": {"Anna"}})
	if p, err := r.app.Simulator.Person(third); err != nil || !p.Withheld || p.Name != "Cem" {
		t.Errorf("coming back changed who it is: %+v, %v", p, err)
	}
	r.act(views.ActBecome, url.Values{"me": {third}, "number": {third}, "name": {"Cem"}})
	if hidden(third) {
		t.Error("the number cannot be shown again")
	}
	r.act(views.ActBecome, url.Values{"me": {third}, "number": {fourth}})
	if p, err := r.app.Simulator.Person(fourth); err != nil || p.Name != "Anna" || p.Withheld {
		t.Errorf("somebody new: %+v, %v", p, err)
	}
}
