package optin_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/job"
	"assent/optin"
	"assent/store"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
	"assent/whatsapp/wire"
)

// refusing puts a Graph API before the house's that refuses each send with the
// code, where one is set.
func (h *house) refusing(code *wire.Code) {
	h.Helper()
	graph := h.sim.Graph()
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || *code == none {
			graph.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"message":"(#%d)","code":%d,"error_data":{"details":"about +49 170 1234567, error 12345"}}}`, *code, *code)
	})
	client, err := whatsapp.New(whatsapp.Options{BaseURL: "http://sim.test", Transport: transport.InProcess(front)})
	h.must(err)
	h.optin = optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](h.store), Directory: h.manage.Directory(), Installation: h.manage.Installation(),
		Transport: transport.New(nil, client), Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
	})
}

const none wire.Code = -99

// asks has a template queued for the number and delivers its job once.
func (h *house) asks(number string) (job.Job, error) {
	h.Helper()
	token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: number, Shown: h.shown("tasting", "en")})
	h.must(h.optin.AskTemplate(h.Context(), token, ""))
	now := h.clock.now()
	jobs, err := h.store.Queue().Claim(h.Context(), now, now.Add(time.Hour), 10)
	h.must(err)
	if len(jobs) != 1 {
		h.Fatalf("%d jobs", len(jobs))
	}
	return jobs[0], h.optin.Deliver(h.Context(), jobs[0])
}

func (h *house) messageState(id string) chat.MessageState {
	h.Helper()
	var m chat.Message
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		m, _, err = tx.Message(ctx, id)
		return err
	}))
	return m.State
}

func (h *house) alarms() (list []business.Alarm) {
	h.Helper()
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		list, err = tx.OpenAlarms(ctx, h.tenant.ID)
		return err
	}))
	return list
}

func (h *house) pauses() (about string) {
	h.Helper()
	rows, err := h.db.Raw(h).Query(`SELECT about FROM send_pauses`)
	h.must(err)
	defer rows.Close()
	for rows.Next() {
		var s string
		h.must(rows.Scan(&s))
		kind, _, _ := strings.Cut(s, "/")
		about += kind + " "
	}
	h.must(rows.Err())
	return strings.TrimSpace(about)
}

// clear takes pauses and alarms away.
func (h *house) clear() {
	h.Helper()
	for _, table := range []string{"alarms", "send_pauses", "send_turns", "jobs"} {
		_, err := h.db.Raw(h).Exec(`DELETE FROM ` + table)
		h.must(err)
	}
}

// Every code of the table, and some that are not in it, as an answer to a send:
// what becomes of the message, what rests, and which alarm is open.
func TestEveryErrorCode(t *testing.T) {
	h := newHouse(t)
	code := none
	h.refusing(&code)
	type want struct {
		state  chat.MessageState
		rests  string
		alarm  business.AlarmKind
		holds  business.Holds
		marked string // what the alarm is about
	}
	wants := map[wire.Action]want{
		wire.ActFinal:         {state: chat.Failed},
		wire.ActAlarm:         {state: chat.Failed, alarm: business.AlarmRefused, marked: "code"},
		wire.ActRetry:         {state: chat.Queued},
		wire.ActReconcile:     {state: chat.Unclear},
		wire.ActPausePair:     {state: chat.Queued, rests: "pair"},
		wire.ActStopTemplate:  {state: chat.Failed, alarm: business.AlarmTemplate, holds: business.HoldsTemplates, marked: "template"},
		wire.ActStopCampaigns: {state: chat.Failed, alarm: business.AlarmReported, holds: business.HoldsTemplates},
		wire.ActStopSending:   {state: chat.Queued, holds: business.HoldsAll},
		wire.ActPauseSender:   {state: chat.Queued},
		wire.ActPlatformStop:  {state: chat.Failed},
	}
	about := map[wire.Width]string{wire.WidthSender: "sender", wire.WidthWABA: "waba", wire.WidthApp: "token"}
	stops := map[wire.Width]business.AlarmKind{wire.WidthSender: business.AlarmAccount, wire.WidthWABA: business.AlarmRestricted, wire.WidthApp: business.AlarmToken}
	for i, c := range append(wire.Codes(), 5, 199, 131099, 999999) {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			h.TB = t
			defer h.clear()
			code = c
			b := c.Behaviour()
			w, ok := wants[b.Do]
			if !ok {
				t.Fatalf("nothing is known of %q", b.Do)
			}
			switch b.Do {
			case wire.ActPauseSender:
				w.rests = about[b.Width]
			case wire.ActStopSending:
				w.marked, w.alarm = about[b.Width], stops[b.Width]
			case wire.ActStopCampaigns:
				w.marked = about[b.Width]
			}
			if b.Effect == wire.EffectCapReached || b.Effect == wire.EffectUnreachable {
				w.rests = "templates"
			}
			j, err := h.asks(fmt.Sprintf("+4917212%05d", i))
			var snooze job.Snooze
			if waits := errors.As(err, &snooze); waits != (w.state == chat.Queued) || err != nil && !waits {
				t.Errorf("the job ends with %v", err)
			}
			if waits := time.Duration(snooze); w.state == chat.Queued && waits < b.After {
				t.Errorf("it comes again after %s, want %s", waits, b.After)
			}
			if got := h.messageState(j.Ref); got != w.state {
				t.Errorf("the message is %s, want %s", got, w.state)
			}
			if got := h.pauses(); got != w.rests {
				t.Errorf("%q rests, want %q", got, w.rests)
			}
			open := h.alarms()
			if w.alarm == "" {
				if len(open) != 0 {
					t.Fatalf("alarms %+v", open)
				}
				return
			}
			if len(open) != 1 || open[0].Kind != w.alarm || open[0].Holds != w.holds || !strings.HasPrefix(open[0].About, w.marked+"/") || open[0].Code != int(max(c, wire.CodeTokenInvalid*b2i(c == 0))) {
				t.Fatalf("alarms %+v, want %s about %s", open, w.alarm, w.marked)
			}
			if open[0].Detail != "about +…, error 12345" {
				t.Errorf("the alarm says %q", open[0].Detail)
			}
			if w.holds != "" { // nothing more goes, though the platform would take it
				code = none
				second, err := h.asks(fmt.Sprintf("+4917213%05d", i))
				if !errors.As(err, &snooze) || h.messageState(second.Ref) != chat.Queued {
					t.Errorf("the next template is %s, %v", h.messageState(second.Ref), err)
				}
			}
		})
	}
}

func b2i(b bool) wire.Code {
	if b {
		return 1
	}
	return 0
}

// kin adds a business with a number of the token and account.
func (h *house) kin(slug, id, token, waba string) (businessID string) {
	h.Helper()
	b, err := h.manage.AddBusiness(h.Context(), business.Business{Slug: slug, LegalName: slug, Purposes: h.tenant.Purposes})
	h.must(err)
	_, err = h.manage.AddSender(h.Context(), business.Sender{
		Business: b, PhoneNumberID: id, WABA: waba, Portfolio: "3" + id, Number: "+49405550" + id, Simulated: true, Secrets: business.Secrets{Token: token, AppSecrets: []string{appSecret}},
	})
	h.must(err)
	return b
}

// What stops a token or an account stops all who send by it: each business that is held
// has the alarm, with its own number, and it ends for all when it ends. It opened only
// where a message had met it.
func TestStopsAreSeenByEveryBusinessThatIsHeld(t *testing.T) {
	h := newHouse(t)
	sister := h.kin("sister", "1201", "token", "201") // the same token
	cousin := h.kin("cousin", "1202", "third", "200") // the same account
	stranger := h.kin("stranger", "1203", "fourth", "203")
	code := none
	h.refusing(&code)
	open := func(businessID string) (list []business.Alarm) {
		list, err := h.manage.OpenAlarms(t.Context(), businessID)
		h.must(err)
		return list
	}
	all := []string{h.tenant.ID, sister, cousin, stranger}
	names := []string{shop, "+494055501201", "+494055501202", "+494055501203"}
	for i, tt := range []struct {
		code  wire.Code
		kind  business.AlarmKind
		holds business.Holds
		at    []string
	}{
		{wire.CodeTokenInvalid, business.AlarmToken, business.HoldsAll, []string{h.tenant.ID, sister}},
		{368, business.AlarmRestricted, business.HoldsAll, []string{h.tenant.ID, cousin}},
		{131064, business.AlarmReported, business.HoldsTemplates, []string{h.tenant.ID, cousin}},
		{131048, business.AlarmReported, business.HoldsTemplates, []string{h.tenant.ID}},
		{132015, business.AlarmTemplate, business.HoldsTemplates, []string{h.tenant.ID, cousin}},
		{131063, business.AlarmRefused, business.HoldsNothing, []string{h.tenant.ID}},
	} {
		t.Run(fmt.Sprint(tt.code), func(t *testing.T) {
			defer h.clear()
			code = tt.code
			h.asks(fmt.Sprintf("+4917215%05d", i))
			about := ""
			for j, b := range all {
				list := open(b)
				if !slices.Contains(tt.at, b) {
					if len(list) != 0 {
						t.Errorf("%s: %+v", names[j], list)
					}
					continue
				}
				tenant, _ := h.manage.Directory().Tenant(b)
				name := names[j]
				if tt.kind == business.AlarmTemplate {
					name = "confirm_opt_in"
				}
				if len(list) != 1 || list[0].Kind != tt.kind || list[0].Holds != tt.holds || list[0].Code != int(tt.code) || list[0].Sender != tenant.Senders[0].ID || list[0].Name != name || list[0].Count != 1 {
					t.Fatalf("%s: %+v", names[j], list)
				}
				if about == "" {
					about = list[0].About
				}
				if list[0].About != about {
					t.Errorf("%s: about %q, not %q", names[j], list[0].About, about)
				}
			}
			// An operator of any of them ends it for all, and the log of each says so.
			last := tt.at[len(tt.at)-1]
			before := h.operatorActs()
			id := open(last)[0].ID
			for range 2 { // twice is once
				h.must(h.manage.ResolveAlarm(t.Context(), last, id, "eve"))
			}
			for _, b := range all {
				if list := open(b); len(list) != 0 {
					t.Errorf("not ended: %+v", list)
				}
			}
			if acts := h.operatorActs() - before; acts != len(tt.at) {
				t.Errorf("%d events, want %d", acts, len(tt.at))
			}
		})
	}
	// Another token ends it for who has it, the same one given again for all.
	code = wire.CodeTokenInvalid
	h.asks("+491721600001")
	number := func(b string) string {
		tenant, _ := h.manage.Directory().Tenant(b)
		return tenant.Senders[0].ID
	}
	h.must(h.manage.ReplaceToken(t.Context(), sister, number(sister), "fresh", "eve"))
	if len(open(sister)) != 0 || len(open(h.tenant.ID)) != 1 {
		t.Errorf("a token of one: %+v, %+v", open(sister), open(h.tenant.ID))
	}
	h.must(h.manage.ReplaceToken(t.Context(), sister, number(sister), "token", "eve"))
	h.clear()
	h.asks("+491721600002")
	h.must(h.manage.ReplaceToken(t.Context(), sister, number(sister), "token", "eve"))
	if len(open(sister)) != 0 || len(open(h.tenant.ID)) != 0 {
		t.Errorf("the same token: %+v, %+v", open(sister), open(h.tenant.ID))
	}
	// A business with two numbers of it sees the alarm until neither is held.
	first := number(sister)
	second, err := h.manage.AddSender(t.Context(), business.Sender{
		Business: sister, PhoneNumberID: "1204", WABA: "204", Portfolio: "31204", Number: "+494055501204", Simulated: true, Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}},
	})
	h.must(err)
	h.clear()
	h.asks("+491721600003")
	h.must(h.manage.RemoveSender(t.Context(), sister, first, "eve"))
	if len(open(sister)) != 1 {
		t.Errorf("one of two numbers removed: %+v", open(sister))
	}
	h.must(h.manage.ReplaceToken(t.Context(), sister, second, "fresh", "eve"))
	if len(open(sister)) != 0 || len(open(h.tenant.ID)) != 1 {
		t.Errorf("the other has another token: %+v, %+v", open(sister), open(h.tenant.ID))
	}
}

// A stop that was met before a business had a number of that token or account was not seen
// there, while everything that it sent waited. It is, however the number comes to be held.
func TestStopFromBeforeIsSeenByWhoConnectsLater(t *testing.T) {
	h := newHouse(t)
	code := none
	h.refusing(&code)
	numbers := h.manage.Templates(nil).Connections(nil)
	open := func(businessID string) (list []business.Alarm) {
		list, err := h.manage.OpenAlarms(t.Context(), businessID)
		h.must(err)
		return list
	}
	number := func(businessID string) business.Sender {
		tenant, _ := h.manage.Directory().Tenant(businessID)
		return *tenant.Senders[0]
	}
	connected := func(slug, id, token, waba string) (businessID string) {
		businessID, err := h.manage.AddBusiness(t.Context(), business.Business{Slug: slug, LegalName: slug})
		h.must(err)
		_, err = numbers.Connect(t.Context(), business.Sender{
			Business: businessID, PhoneNumberID: id, WABA: waba, App: "77", Number: "+49405550" + id, Secrets: business.Secrets{Token: token, AppSecrets: []string{"secret"}},
		}, "eve")
		h.must(err)
		return businessID
	}
	given := h.kin("given", "1300", "own", "301")
	corrected := connected("corrected", "1301", "another", "302")
	paused := h.kin("paused", "1302", "token", "200")
	h.must(h.manage.EndSender(t.Context(), paused, number(paused).ID, true, "eve"))
	for i, tt := range []struct {
		code  wire.Code
		name  string // of what it is about, where that is no number
		waba  bool
		token bool
	}{
		{code: wire.CodeTokenInvalid, token: true},
		{code: 368, waba: true},
		{code: 132015, waba: true, name: "confirm_opt_in"},
		{code: 131063}, // it holds nothing
	} {
		t.Run(fmt.Sprint(tt.code), func(t *testing.T) {
			defer h.clear()
			code = tt.code
			h.asks(fmt.Sprintf("+4917216%05d", i))
			id := fmt.Sprint(1310 + 4*i)
			token := connected("token-"+id, id, "token", "9"+id)
			waba := connected("waba-"+id, fmt.Sprint(1311+4*i), "fifth", "200")
			h.must(h.manage.EndSender(t.Context(), paused, number(paused).ID, false, "eve"))
			h.must(h.manage.ReplaceToken(t.Context(), given, number(given).ID, "token", "eve"))
			ids := number(corrected)
			ids.WABA = "200"
			h.must(numbers.SetIDs(t.Context(), ids, "eve"))
			if tt.token { // it stays open where it was met
				if list := open(h.tenant.ID); len(list) != 1 || list[0].Count != 1 {
					t.Errorf("where it was met: %+v", list)
				}
			}
			for _, at := range []struct {
				business string
				sees     bool
			}{{token, tt.token}, {given, tt.token}, {waba, tt.waba}, {corrected, tt.waba}, {paused, tt.token || tt.waba}} {
				n := number(at.business)
				list := open(at.business)
				if !at.sees {
					if len(list) != 0 {
						t.Errorf("%s: %+v", n.Number, list)
					}
					continue
				}
				name := tt.name
				if name == "" {
					name = n.Number
				}
				if len(list) != 1 || list[0].Code != int(tt.code) || list[0].Sender != n.ID || list[0].Name != name || list[0].Count != 1 || list[0].Holds == business.HoldsNothing {
					t.Errorf("%s: %+v", n.Number, list)
				}
			}
			// What is done once more opens nothing more.
			h.must(h.manage.EndSender(t.Context(), paused, number(paused).ID, true, "eve"))
			h.must(h.manage.EndSender(t.Context(), paused, number(paused).ID, false, "eve"))
			if list := open(paused); (len(list) == 1) != (tt.token || tt.waba) || len(list) == 1 && list[0].Count != 1 {
				t.Errorf("once more: %+v", list)
			}
			h.must(h.manage.EndSender(t.Context(), paused, number(paused).ID, true, "eve"))
			h.must(h.manage.ReplaceToken(t.Context(), given, number(given).ID, "own", "eve"))
			ids.WABA = "302"
			h.must(numbers.SetIDs(t.Context(), ids, "eve"))
		})
	}
}

// operatorActs counts the events of what operators did.
func (h *house) operatorActs() (n int) {
	h.Helper()
	h.must(h.db.Raw(h).QueryRow(`SELECT count(*) FROM events WHERE name = 'operator.acted'`).Scan(&n))
	return n
}

// A token that is refused stops everything, raises one alarm, burns no message,
// and all goes on once there is another token.
func TestTokenStopsEverythingUntilReplaced(t *testing.T) {
	h := newHouse(t)
	code := wire.CodeTokenInvalid
	h.refusing(&code)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.act(simulator.Inbound{From: bernd, Text: h.prefilled(h.offers())})
	for range 5 {
		h.clock.pass(time.Minute)
		h.settle()
	}
	if open := h.alarms(); len(open) != 1 || open[0].Count > 2 || open[0].Kind != business.AlarmToken {
		t.Fatalf("alarms: %+v", open)
	}
	if len(h.chat(anna))+len(h.chat(bernd)) != 0 {
		t.Fatal("something went out")
	}
	code = none
	h.clock.pass(time.Minute)
	h.settle()
	if len(h.chat(anna)) != 0 {
		t.Fatal("it went on by itself")
	}
	h.must(h.manage.ReplaceToken(t.Context(), h.tenant.ID, h.tenant.Senders[0].ID, "token", "test"))
	if open := h.alarms(); len(open) != 0 {
		t.Errorf("alarms: %+v", open)
	}
	h.clock.pass(time.Minute)
	h.settle()
	if len(h.chat(anna)) != 1 || len(h.chat(bernd)) != 1 {
		t.Errorf("%d and %d receipts", len(h.chat(anna)), len(h.chat(bernd)))
	}
}

// Failures that come by status, after the platform took the message on.
func TestFailuresByStatus(t *testing.T) {
	for code, w := range map[int]struct {
		rests string
		alarm business.AlarmKind
	}{131026: {rests: "templates"}, 131047: {}, 131049: {rests: "templates"}, 130472: {}, 131048: {alarm: business.AlarmReported}, 132015: {alarm: business.AlarmTemplate}} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			h := newHouse(t)
			number := fmt.Sprintf("+491700%d", code)
			h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: h.shown("offers", "en")})
			j, err := h.asks(number)
			h.must(err)
			h.must(h.store.Queue().Finish(t.Context(), j.ID))
			h.settle()
			if got := h.messageState(j.Ref); got != chat.Failed {
				t.Errorf("the message is %s", got)
			}
			if got := h.pauses(); got != w.rests {
				t.Errorf("%q rests, want %q", got, w.rests)
			}
			open := h.alarms()
			if w.alarm == "" && len(open) != 0 || w.alarm != "" && (len(open) != 1 || open[0].Kind != w.alarm) {
				t.Errorf("alarms %+v", open)
			}
		})
	}
}

// The platform holds the window for closed: what else waits for the person is
// dropped, and never sent again, until they write.
func TestWindowClosedByStatus(t *testing.T) {
	h := newHouse(t)
	const number = "+491700131047"
	h.act(simulator.Inbound{From: number, Text: h.prefilled(h.offers())})
	h.wants(number, "offers", "")
	var open int
	h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM subjects WHERE window_at > 0`).Scan(&open))
	if open != 0 {
		t.Error("the window is still held for open")
	}
}

// 131050 in the answer to a send counts as in a status.
func TestPlatformStopInTheAnswer(t *testing.T) {
	h := newHouse(t)
	h.act(simulator.Inbound{From: anna, Text: h.prefilled(h.offers())})
	h.wants(anna, "offers", "")
	code := wire.CodePlatformStop
	h.refusing(&code)
	_, err := h.asks(anna)
	h.must(err)
	h.wants(anna, "offers", consent.ReasonPlatformStop)
}
