package sim_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"assent/internal/apptest"
	views "assent/views/sim"
)

// meta lets the business ask Meta's API for something about its number.
func (r *rig) meta(what, body string) {
	r.t.Helper()
	req := httptest.NewRequest("POST", "/sim/graph/v25.0/"+apptest.PhoneNumberID+"/"+what, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer token-of-tests")
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	if w.Code != http.StatusOK {
		r.t.Fatalf("%s: %d %s", what, w.Code, w.Body)
	}
}

// An empty chat shows the number's ice breakers, and every chat its commands; a tap on
// either is an ordinary text. A text that a link brought along takes the place of the
// ice breakers.
func TestIceBreakersAndCommands(t *testing.T) {
	r := newRig(t)
	chat := "/sim/chat?phone=" + sender
	r.want(r.get(chat), 200, nil, []string{"s-prompts", `id="commands"`})
	r.meta("conversational_automation", `{"commands":[{"command_name":"help","command_description":"Whom to <reach>"}],"prompts":["Code `+apptest.PrintedCode+`","<b>Hi</b>"]}`)
	offered := `name="text" value="Code ` + apptest.PrintedCode + `"`
	r.want(r.get(chat), 200, []string{offered, `value="/help"`, "Whom to &lt;reach&gt;"}, []string{"<b>"})
	r.want(r.get(chat+"&text=Hello"), 200, []string{`value="/help"`}, []string{offered})
	r.want(r.get("/sim"), 200, []string{"Write to a business", "Sonnentor"}, nil)

	if w := r.act(views.ActSend, url.Values{"text": {"Code " + apptest.PrintedCode}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got := r.app.Received(person); len(got) != 1 || len(got[0].Buttons) == 0 {
		t.Errorf("the ice breaker was answered by %+v", got)
	}
	r.want(r.get(chat), 200, []string{`value="/help"`}, []string{offered})
	r.want(r.get("/sim"), 200, nil, []string{"Write to a business"})
	r.act(views.ActSend, url.Values{"text": {"/help"}})
	if got := r.app.Received(person); len(got) != 2 {
		t.Errorf("the command was answered %d times", len(got)-1)
	}
}

// A reaction is seen on its message and can be taken off; the business is told of both.
func TestReactions(t *testing.T) {
	r := newRig(t)
	r.act(views.ActSend, url.Values{"text": {"HELP"}})
	on := r.app.Received(person)[0].ID
	chat := "/sim/chat?phone=" + sender
	for _, wrong := range []string{"", "x", "👍👍", "<b>"} {
		if w := r.act(views.ActReact, url.Values{"message": {on}, "emoji": {wrong}}); w.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", wrong, w.Code)
		}
	}
	shown := func(when string, offers, takesOff int) {
		t.Helper()
		page := r.get(chat).Body.String()
		chips, menus := strings.Count(page, `class="s-reaction"`), strings.Count(page, "Take back ❤️")
		if offer := strings.Count(page, "React with ❤️"); offer != offers || chips != takesOff || menus != 2*takesOff {
			t.Errorf("%s ❤️ is offered %d times, shown %d times, and can be taken off at %d places", when, offer, chips, menus)
		}
	}
	shown("at first", 2, 0) // on HELP and its answer
	r.act(views.ActReact, url.Values{"message": {on}, "emoji": {"❤️"}})
	shown("once given", 1, 1)
	r.act(views.ActReact, url.Values{"message": {on}, "emoji": {views.NoReaction}})
	shown("once taken off", 2, 0)
	all, err := r.app.Simulator.Messages(person, "")
	if err != nil {
		t.Fatal(err)
	}
	var reactions []string
	for _, m := range all {
		if m.Type == "reaction" {
			reactions = append(reactions, m.Text)
		}
	}
	if strings.Join(reactions, "|") != "❤️|" {
		t.Errorf("the business was told of %q", reactions)
	}
}

// A reply is begun on the message, keeps what was typed, and quotes it; the tap on a
// button quotes too, and what was deleted is quoted as such.
func TestRepliesQuote(t *testing.T) {
	r := newRig(t)
	r.act(views.ActSend, url.Values{"text": {"Code " + apptest.PrintedCode}})
	question := r.app.Received(person)[0]
	chat := "/sim/chat?phone=" + sender
	r.want(r.get(chat), 200, []string{`name="reply" value="` + question.ID + `"`}, []string{"s-quote", `name="context"`})
	begun := chat + "&text=Half&reply=" + url.QueryEscape(question.ID)
	r.want(r.get(begun), 200, []string{"s-replying", `name="context" value="` + question.ID + `"`, ">Half</textarea>"}, nil)
	for _, nobody := range []string{"", "wamid.none", "<script>"} {
		r.want(r.get(chat+"&reply="+url.QueryEscape(nobody)), 200, nil, []string{"s-replying", "<script>"})
	}

	r.act(views.ActSend, url.Values{"text": {"About that"}, "context": {question.ID}})
	r.act(views.ActTap, url.Values{"message": {question.ID}, "payload": {question.Buttons[0].Payload}})
	if got := strings.Count(r.get(chat).Body.String(), `class="s-quote"`); got != 2 {
		t.Errorf("%d quotes, want that of the reply and that of the tap", got)
	}
	all, err := r.app.Simulator.Messages(person, "")
	if err != nil {
		t.Fatal(err)
	}
	if all[2].Text != "About that" || all[2].ReplyTo != question.ID {
		t.Errorf("the reply is %+v", all[2])
	}
	own := all[0]
	r.act(views.ActSend, url.Values{"text": {"About mine"}, "context": {own.ID}})
	r.act(views.ActDelete, url.Values{"message": {own.ID}})
	if got := strings.Count(r.get(chat).Body.String(), "This message was deleted"); got != 2 {
		t.Errorf("a deleted message is named %d times, want at its place and in the quote", got)
	}
}

// What makes the phone silent is said on it.
func TestOutageAndBlockAreSaid(t *testing.T) {
	r := newRig(t)
	const outage = "An outage is on"
	chat := "/sim/chat?phone=" + sender
	r.want(r.get(chat), 200, nil, []string{outage, "has blocked you"})
	set := r.app.Simulator.Webhooks()
	set.Outage = true
	r.app.Simulator.SetWebhooks(set)
	for _, path := range []string{"/sim", chat} {
		r.want(r.get(path), 200, []string{outage, "Go to where it ends"}, nil)
	}
	set.Outage = false
	r.app.Simulator.SetWebhooks(set)

	r.act(views.ActSend, url.Values{"text": {"Hello"}})
	r.meta("block_users", `{"messaging_product":"whatsapp","block_users":[{"user":"`+person+`"}]}`)
	if w := r.act(views.ActSend, url.Values{"text": {"Hello again"}}); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "has blocked you") {
		t.Errorf("%d, and the phone does not say why", w.Code)
	}
	if p, err := r.app.Simulator.Person(person); err != nil || len(p.BlockedBy) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// Somebody whose number nobody knows is named by account, not by a name of ours, and
// can take a number from the list of chats.
func TestAccountTakesANumber(t *testing.T) {
	r := newRig(t)
	const id = "DE.13498204772615550001"
	r.act(views.ActBecome, url.Values{"number": {id}, "name": {"Kim"}})
	p, err := r.app.Simulator.Person(id)
	if err != nil {
		t.Fatal(err)
	}
	own := "/sim?me=" + p.ID
	r.want(r.get(own), 200, []string{`value="` + id + `"`}, []string{`value="` + p.ID + `" dir="ltr"`})
	w := r.act(views.ActChangeNumber, url.Values{"me": {p.ID}, "phone": {""}, "next": {own}, "number": {"+49 170 5550009"}})
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if now, err := r.app.Simulator.Person("+491705550009"); err != nil || now.ID != p.ID {
		t.Errorf("%+v, %v", now, err)
	}
	r.want(r.get("/sim?me="+url.QueryEscape(other)), 200, []string{"Hand the phone to", "me=%2B491705550009", "Kim"}, nil)
}

// A business that the person blocked cannot be written to until it is unblocked.
func TestBlockedChatHasNoField(t *testing.T) {
	r := newRig(t)
	r.act(views.ActSend, url.Values{"text": {"Hello"}})
	r.act(views.ActBlock, nil)
	chat := "/sim/chat?phone=" + sender
	r.want(r.get(chat), 200, []string{"You cannot write to a business that you blocked.", `value="unblock"`}, []string{`id="text"`, `name="reply"`})
	r.act(views.ActUnblock, nil)
	r.want(r.get(chat), 200, []string{`id="text"`, `name="reply"`}, []string{`value="unblock"`})
}

// A form of the controls that cannot be followed keeps what was typed, and comes into sight.
func TestControlsKeepWhatWasTyped(t *testing.T) {
	r := newRig(t)
	req := httptest.NewRequest("POST", "/sim/controls", strings.NewReader(url.Values{"act": {views.ControlFlood}, "events": {"many"}, "hours": {"24"}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	r.want(w, 400, []string{`value="many"`, `value="24"`, `data-focus`}, nil)
}

// Who follows a link of this installation, as the code on a page is, still holds the
// phone when it leads to the chat: what lies between names nobody.
func TestWhoScansStaysWhoTheyAre(t *testing.T) {
	r := newRig(t)
	w := r.get("/sim/open?" + url.Values{"link": {apptest.BaseURL + "/r/abc/chat"}, "me": {other}}.Encode())
	cookies := w.Result().Cookies()
	if w.Code != http.StatusFound || len(cookies) != 1 {
		t.Fatalf("%d, cookies %v", w.Code, cookies)
	}
	req := httptest.NewRequest("GET", "/sim/chat?phone="+sender+"&text=Hello", nil)
	req.AddCookie(cookies[0])
	chat := httptest.NewRecorder()
	r.server.ServeHTTP(chat, req)
	r.want(chat, 200, []string{`name="me" value="` + other + `"`}, []string{`name="me" value="` + person + `"`})
	if w := r.get("/sim/open?" + url.Values{"link": {"https://elsewhere.example/"}, "me": {other}}.Encode()); len(w.Result().Cookies()) != 0 {
		t.Error("a link that is not followed changes who holds the phone")
	}
}
