package sim_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/qr"
	views "assent/views/sim"
	"assent/whatsapp/simulator"
)

// control posts a form of the controls.
func (r *rig) control(act string, fields ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	form := url.Values{"act": {act}, "me": {person}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	req := httptest.NewRequest("POST", "/sim/controls", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	return w
}

// done follows a form of the controls, which must have done what it says.
func (r *rig) done(act string, fields ...string) {
	r.t.Helper()
	w := r.control(act, fields...)
	if w.Code != http.StatusSeeOther {
		r.t.Fatalf("%s %v: %d %s", act, fields, w.Code, w.Body)
	}
	to, _, _ := strings.Cut(w.Header().Get("Location"), "#")
	page := r.get(to)
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `role="status"`) {
		r.t.Errorf("%s says nothing: %d", act, page.Code)
	}
}

func TestDeliveryByHand(t *testing.T) {
	r := newRig(t)
	r.done(views.ControlDelivery, "batch", "50", "linger", "30", "delay", "20", "jitter", "7", "duplicate", "10", "forged", "5", "attempts", "3", "backoff", "200", "shuffle", "1", "outage", "1")
	want := simulator.Webhooks{Batch: 50, Linger: 30 * time.Millisecond, Delay: 20 * time.Millisecond, Jitter: 7 * time.Millisecond, Duplicate: .1, Forged: .05, Shuffle: true, Outage: true, Attempts: 3, Backoff: 200 * time.Millisecond}
	if got := r.app.Simulator.Webhooks(); got != want {
		t.Errorf("%+v", got)
	}
	page := r.get("/sim/controls").Body.String()
	for _, shown := range []string{`value="50"`, `value="20"`, `value="10"`, `value="5"`, `value="200"`, "outage"} {
		if !strings.Contains(page, shown) {
			t.Errorf("the page does not show %s", shown)
		}
	}
	r.done(views.ControlDelivery, "batch", "1", "linger", "0", "delay", "0", "jitter", "0", "duplicate", "0", "forged", "0", "attempts", "4", "backoff", "100")
	if got := r.app.Simulator.Webhooks(); got.Outage || got.Shuffle || got.Batch != 1 {
		t.Errorf("%+v", got)
	}
}

func TestControlsAreChecked(t *testing.T) {
	r := newRig(t)
	before := r.app.Simulator.Webhooks()
	for _, fields := range [][]string{
		{views.ControlDelivery, "batch", "0", "delay", "0", "duplicate", "0", "forged", "0", "linger", "0", "jitter", "0", "attempts", "4", "backoff", "0"},
		{views.ControlDelivery, "batch", "1", "delay", "0", "duplicate", "101", "forged", "0", "linger", "0", "jitter", "0", "attempts", "4", "backoff", "0"},
		{views.ControlDelivery, "batch", "many"},
		{views.ControlReplay, "last", "0"},
		{views.ControlFlood, "events", "100001", "hours", "1", "people", "1"},
		{views.ControlTemplate, "template", "nothing", "change", "status/PAUSED"},
		{views.ControlTemplate, "template", "+" + sender + "/none/de", "change", "status/PAUSED"},
		{views.ControlTemplate, "template", "+" + sender + "/none/de", "change", "dance"},
		{views.ControlOwn, "field", "messages", "value", "[]"},
		{views.ControlOwn, "field", "", "value", "{}"},
		{views.ControlNews, "news", "order", "who", "nobody"},
		{views.ControlNews, "news", "nothing of the kind"},
		{views.ControlNumber, "who", person, "what", "odd", "times", "1"},
		{views.ControlNumber, "who", person, "what", "99", "times", "1"},
		{views.ControlNumber, "who", "nobody", "what", "", "times", "1"},
		{"dance"},
	} {
		w := r.control(fields[0], fields[1:]...)
		if w.Code != http.StatusBadRequest && w.Code != http.StatusNotFound {
			t.Errorf("%v: %d", fields, w.Code)
		}
		if fields[0] != "dance" && !strings.Contains(w.Body.String(), `role="alert"`) {
			t.Errorf("%v: nothing is said", fields)
		}
	}
	if got := r.app.Simulator.Webhooks(); got != before {
		t.Errorf("%+v", got)
	}
}

func TestTroubleByHand(t *testing.T) {
	r := newRig(t)
	r.done(views.ControlNumber, "who", "+49 170 1234567", "what", "131026", "later", "1", "times", "3")
	if got, err := r.app.Simulator.Script(person); err != nil || len(got) != 1 || got[0] != (simulator.Step{Code: 131026, Later: true, Times: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	r.done(views.ControlNumber, "who", person, "what", "", "times", "1")
	if got, err := r.app.Simulator.Script(person); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	r.done(views.ControlFlood, "business", "", "events", "30", "hours", "72", "people", "30", "text", "STOP")
	r.done(views.ControlReplay, "last", "5")
	for _, e := range simulator.Examples() {
		r.done(views.ControlNews, "business", "", "news", e.Name)
	}
	if n := len(r.app.Simulator.People()); n < 30 {
		t.Errorf("%d people wrote", n)
	}
}

// scan posts a picture.
func (r *rig) scan(name string, picture []byte) *httptest.ResponseRecorder {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("me", person); err != nil {
		r.t.Fatal(err)
	}
	f, err := form.CreateFormFile(name, "code.png")
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.Write(picture); err != nil {
		r.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		r.t.Fatal(err)
	}
	req := httptest.NewRequest("POST", "/sim/scan", &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	return w
}

// A picture of a code leads where the code leads.
func TestScan(t *testing.T) {
	r := newRig(t)
	link := "https://wa.me/" + sender + "?text=Hello"
	var picture bytes.Buffer
	code, err := qr.New(link, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	if err := code.PNG(&picture, 400); err != nil {
		t.Fatal(err)
	}
	w := r.scan("picture", picture.Bytes())
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || to.Path != "/sim/open" || to.Query().Get("link") != link || to.Query().Get("me") != person {
		t.Errorf("it leads to %s, %v", to, err)
	}
	for name, w := range map[string]*httptest.ResponseRecorder{
		"no picture": r.scan("picture", []byte("<svg/>")), "nothing": r.scan("picture", nil), "another field": r.scan("other", picture.Bytes()), "half a picture": r.scan("picture", picture.Bytes()[:len(picture.Bytes())/2]),
	} {
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "picture-error") {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

// The acts in the menus reach the business.
func TestMoreActs(t *testing.T) {
	r := newRig(t)
	r.act(views.ActSend, url.Values{"text": {"Hello"}})
	r.app.Simulator.Pause()
	for _, act := range []string{views.ActShareNumber, views.ActNewPhone} {
		if w := r.acts(act, nil); w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d %s", act, w.Code, w.Body)
		}
	}
	all, err := r.app.Simulator.Messages(person, "")
	if err != nil {
		t.Fatal(err)
	}
	if w := r.acts(views.ActReact, url.Values{"message": {all[0].ID}, "emoji": {"👍"}}); w.Code != http.StatusSeeOther {
		t.Errorf("a reaction: %d %s", w.Code, w.Body)
	}
	r.app.Simulator.Resume()
	if all, err = r.app.Simulator.Messages(person, ""); err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, m := range all {
		if m.Inbound {
			types = append(types, m.Type)
		}
	}
	if got := strings.Join(types, " "); got != "text contacts system reaction" {
		t.Errorf("the person sent %s", got)
	}
}

// Somebody whose number nobody knows can hold the phone, and say stop.
func TestHolderWithoutANumber(t *testing.T) {
	r := newRig(t)
	const id = "DE.13498204772615550001"
	w := r.act(views.ActBecome, url.Values{"number": {id}, "name": {"Kim"}, "username": {"kim.k"}})
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		t.Fatalf("%d %v", w.Code, err)
	}
	me := to.Query().Get("me")
	p, err := r.app.Simulator.Person(me)
	if err != nil || p.Number != "" || p.Name != "Kim" || p.Username != "kim.k" {
		t.Fatalf("%+v, %v", p, err)
	}
	r.act(views.ActSend, url.Values{"me": {me}, "text": {"STOP"}})
	r.want(r.get("/sim/chat?phone="+sender+"&me="+url.QueryEscape(me)), 200, []string{"STOP", "Sonnentor"}, nil)
	if got := len(r.app.Received(id)); got != 1 {
		t.Errorf("the stop was acknowledged %d times", got)
	}
}
