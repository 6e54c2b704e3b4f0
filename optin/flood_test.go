package optin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/job"
	"assent/optin"
	"assent/store"
	"assent/whatsapp/simulator"
)

// A flood after an outage: statuses of other software, a stop in each body, and
// some elements that nobody can read. The stops count, once each; what cannot be
// read is parked, handled again when somebody says so, and parked again.
func TestFlood(t *testing.T) {
	h := newHouse(t)
	const bodies, bad = 120, 7
	stopper := func(i int) string { return fmt.Sprintf("4917299%05d", i) }
	parked := 0
	for i := range bodies {
		var statuses, messages []string
		for k := range 5 {
			statuses = append(statuses, fmt.Sprintf(`{"id":"wamid.OTHER%d-%d","status":"read","timestamp":"%d","recipient_id":"4916%08d"}`, i, k, h.clock.now().Unix(), k))
		}
		messages = append(messages, fmt.Sprintf(`{"from":%q,"id":"wamid.STOP%d","timestamp":"%d","type":"text","text":{"body":"STOP"}}`, stopper(i), i, h.clock.now().Unix()))
		copies := 1 + i%2 // Meta repeats what it is not sure of
		if i%bad == 0 {
			parked += copies
			messages = append(messages, `{"from":"4917299999999","id":"wamid.BAD","timestamp":"no time","type":"text","text":{"body":"Hello"}}`)
		}
		body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"200","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":%q,"display_phone_number":"494055501234"},"statuses":[%s],"messages":[%s]}}]}]}`,
			shopID, strings.Join(statuses, ","), strings.Join(messages, ","))
		for range copies {
			h.must(h.optin.Accept(t.Context(), []byte(body), "", []string{h.tenant.Senders[0].ID}))
		}
	}
	n, err := h.optin.HandleInbox(t.Context())
	h.must(err)
	if want := bodies + bodies/2; n != want {
		t.Errorf("%d bodies are done with, want %d", n, want)
	}
	stops := func() (n int) {
		h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM suppressions`).Scan(&n))
		return n
	}
	if n := stops(); n != bodies {
		t.Errorf("%d people stopped %d times", bodies, n)
	}
	for i := range bodies {
		h.wants("+"+stopper(i), "offers", consent.ReasonSuppressed)
	}
	list, err := h.manage.ListParked(t.Context(), h.tenant.ID, 1000)
	h.must(err)
	if len(list) != parked || parked == 0 {
		t.Fatalf("%d bodies are parked, want %d", len(list), parked)
	}
	for i, d := range list {
		if i > 0 && d.ID >= list[i-1].ID || len(d.Sealed) > 0 || !strings.Contains(d.Reason, "malformed element 1 of messages") {
			t.Errorf("parked: %+v", d)
		}
	}
	if few, err := h.manage.ListParked(t.Context(), "", 3); err != nil || len(few) != 3 || few[0].ID != list[0].ID {
		t.Errorf("%d bodies, %v", len(few), err)
	}
	body, err := h.manage.ShowParked(t.Context(), h.tenant.ID, list[len(list)-1].ID, "ticket", "eve") // the oldest too
	h.must(err)
	if !json.Valid(body) || !strings.Contains(string(body), "wamid.BAD") {
		t.Errorf("shown: %s", body)
	}
	again, err := h.manage.ReplayAllParked(t.Context(), h.tenant.ID, "eve")
	h.must(err)
	if again != parked {
		t.Errorf("%d are handled again, want %d", again, parked)
	}
	if n, err = h.optin.HandleInbox(t.Context()); err != nil || n != parked {
		t.Errorf("%d were handled again, %v", n, err)
	}
	if list, err = h.manage.ListParked(t.Context(), "", 1000); err != nil || len(list) != parked || stops() != bodies {
		t.Errorf("%d are parked, %d stops, %v", len(list), stops(), err)
	}
	h.must(h.manage.ReplayParked(t.Context(), h.tenant.ID, list[0].ID, "eve"))
	if h.manage.ReplayParked(t.Context(), h.tenant.ID, list[0].ID, "eve") == nil {
		t.Error("one that is not parked any more is handled again")
	}
}

// queue queues messages of a number to as many people, who wrote a moment ago.
func (h *house) queue(sender *business.Sender, first, n int) (ids []string) {
	h.Helper()
	now := h.clock.now()
	for i := range n {
		who := fmt.Sprintf("+4917288%05d", first+i)
		_, err := h.sim.Act(simulator.Inbound{From: who, To: sender.PhoneNumberID, Text: "Hello"})
		h.must(err)
		id, err := evidence.NewID(now, rand.Reader)
		h.must(err)
		content, err := json.Marshal(chat.Content{To: who, Text: "An answer."})
		h.must(err)
		m := chat.Message{ID: id, Business: h.tenant.ID, Sender: sender.ID, Kind: chat.KindAnswer, Lang: "en", Key: h.tenant.KeyID(), Sealed: h.tenant.Key.Seal("message/"+id, content), State: chat.Queued, CreatedAt: now}
		h.must(h.store.ReadWrite(h.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := tx.InsertMessage(ctx, m); err != nil {
				return err
			}
			return tx.Enqueue(ctx, job.Job{ID: id, Kind: optin.JobSend, Ref: id, RunAt: now})
		}))
		ids = append(ids, id)
	}
	return ids
}

// A number with a long queue holds up no other number, and what waits is looked
// at about twice and not all the time.
func TestNumbersSendBesideEachOther(t *testing.T) {
	h := openHouse(t, false)
	const otherID = "100200301"
	_, err := h.manage.AddSender(t.Context(), business.Sender{
		Business: h.tenant.ID, PhoneNumberID: otherID, WABA: "200", Portfolio: "300", Number: "+494055501235", Simulated: true,
		Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}, VerifyToken: "verify"},
	})
	h.must(err)
	h.must(h.sim.AddSender(simulator.Sender{PhoneNumberID: otherID, WABA: "200", Portfolio: "300", Number: "+494055501235", Token: "token", AppSecret: appSecret}))
	h.tenant, _ = h.manage.Directory().TenantBySlug("morgenrot")
	senders := map[string]*business.Sender{}
	for _, s := range h.tenant.Senders {
		senders[s.PhoneNumberID] = s
	}
	const long, short = 400, 20
	h.queue(senders[shopID], 0, long)
	few := h.queue(senders[otherID], long, short)
	h.must(h.sim.Flush(t.Context()))

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	h.clock.run()
	var looks, failed atomic.Int64
	jobs := job.NewRunner(h.store.Queue(), h.clock.now, slog.New(slog.NewTextHandler(io.Discard, nil)))
	jobs.Handle(optin.JobSend, func(ctx context.Context, j job.Job) error {
		looks.Add(1)
		err := h.optin.Deliver(ctx, j)
		if snooze := job.Snooze(0); err != nil && !errors.As(err, &snooze) && ctx.Err() == nil {
			failed.Add(1)
		}
		return err
	})
	var running sync.WaitGroup
	running.Go(func() { jobs.Run(ctx) })
	sent := func(ids []string) (n int) {
		for _, id := range ids {
			if h.messageState(id) != chat.Queued {
				n++
			}
		}
		return n
	}
	patience := time.Now().Add(time.Minute)
	for sent(few) < short && time.Now().Before(patience) {
		time.Sleep(20 * time.Millisecond)
	}
	var waits int
	h.must(h.db.Raw(t).QueryRow(`SELECT count(*) FROM messages WHERE state = 'queued' AND sender = $1`, senders[shopID].ID).Scan(&waits))
	stop()
	running.Wait()
	if n := sent(few); n != short || waits == 0 {
		t.Errorf("%d of the short queue went, %d of the long one waited", n, waits)
	}
	if n := looks.Load(); n > 3*(long+short) || failed.Load() > 0 {
		t.Errorf("%d looks at %d messages, %d failed", n, long+short, failed.Load())
	}
}
