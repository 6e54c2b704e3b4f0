package optin_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/job"
	"assent/manage"
	"assent/optin"
	"assent/permit"
	"assent/phone"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/template"
	"assent/tenant"
	"assent/vault"
	"assent/whatsapp"
	"assent/whatsapp/simulator"
	"assent/whatsapp/transport"
	"assent/whatsapp/wire"
)

// clock is wound by hand.
type clock struct {
	mu    sync.Mutex
	t     time.Time
	since time.Time // when it began to run by itself
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.t
	}
	return c.t.Add(time.Since(c.since))
}

// run lets the clock run by itself.
func (c *clock) run() { c.mu.Lock(); defer c.mu.Unlock(); c.since = time.Now() }

// sleep lets the time pass, by itself or at once.
func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	runs := !c.since.IsZero()
	c.mu.Unlock()
	if runs {
		time.Sleep(d)
	} else {
		c.pass(d)
	}
	return nil
}

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// house is an installation with the sample business and the simulator, in one
// process and without a server.
type house struct {
	testing.TB
	clock   *clock
	db      storetest.Database
	store   *store.Store
	manage  *manage.Service
	optin   *optin.Service
	permit  *permit.Service
	records *records.Service
	sim     *simulator.Simulator
	tenant  *tenant.Tenant

	transport optin.Transport
	bodies    [][]byte // of all webhooks
}

const (
	appSecret = "app secret of the tests"
	shopID    = "100200300"
	shop      = "+494055501234"
	anna      = "+491701234567"
	bernd     = "+491709876543"
)

func newHouse(t *testing.T) *house { return openHouse(t, true) }

// newBenchHouse is a house whose closures run once.
func newBenchHouse(b *testing.B) *house { return openHouse(b, false) }

func openHouse(t testing.TB, twice bool) *house {
	t.Helper()
	h := &house{TB: t, clock: &clock{t: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}}
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	h.db = storetest.Default(t)
	h.store = h.db.Open(t, store.Options{RunTwice: twice, Log: log})
	var err error
	h.manage, err = manage.Open(t.Context(), vault.MasterKey{1}, "https://consent.example", manage.Config{
		Store: store.As[manage.Reader, manage.Writer](h.store), Directory: &tenant.Directory{}, Log: log, Now: h.clock.now, Rand: rand.Reader,
	})
	h.must(err)
	h.sim = simulator.New(simulator.Options{Now: h.clock.now, Seed: 7, ManualRead: true, Client: &http.Client{Transport: transport.InProcess(http.HandlerFunc(h.hook))}})
	t.Cleanup(func() { h.sim.Close() })
	client, err := whatsapp.New(whatsapp.Options{BaseURL: "http://sim.test", Transport: transport.InProcess(h.sim.Graph())})
	h.must(err)
	h.transport = transport.New(nil, client)
	h.records = records.New(store.As[records.Reader, records.Writer](h.store), h.manage.Directory(), h.manage.Installation(), h.clock.now, rand.Reader)
	h.optin = optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](h.store), Directory: h.manage.Directory(), Installation: h.manage.Installation(),
		Transport: h.transport, Eraser: h.records, Log: log, Now: h.clock.now, Sleep: h.clock.sleep, Rand: rand.Reader,
	})
	h.permit = permit.New(store.As[permit.Reader, permit.Reader](h.store), h.manage.Directory(), &h.manage.Installation().Secrets, h.clock.now, true)
	_, err = h.manage.AddSample(t.Context(), business.Sender{
		PhoneNumberID: shopID, WABA: "200", Portfolio: "300", Number: shop, Simulated: true,
		Secrets: business.Secrets{Token: "token", AppSecrets: []string{appSecret}, VerifyToken: "verify"},
	})
	h.must(err)
	h.tenant, _ = h.manage.Directory().TenantBySlug("morgenrot")
	h.sim.AddSender(simulator.Sender{
		PhoneNumberID: shopID, WABA: "200", Portfolio: "300", Number: shop, Name: "Morgenrot", Token: "token", AppSecret: appSecret,
		WebhookURL: "http://assent.test/webhooks/whatsapp", Templates: templates("UTILITY"),
	})
	return h
}

func templates(category string) (list []simulator.Template) {
	piece, _ := template.Find(template.OptIn)
	for lang, text := range piece.Texts {
		list = append(list, simulator.Template{Name: piece.Name, Language: lang, Category: category, Body: text.Body, Buttons: text.Replies})
	}
	return list
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// hook is the webhook's address.
func (h *house) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.Error(err)
	}
	if _, ok := wire.VerifySignature(r.Header.Get(wire.SignatureHeader), body, appSecret); !ok {
		h.Error("the simulator's signature is wrong")
	}
	h.bodies = append(h.bodies, body)
	if err := h.optin.Accept(context.Background(), body, "", []string{h.tenant.Senders[0].ID}); err != nil {
		h.Error(err)
	}
}

// settle lets everything happen that is under way: webhooks, the inbox, the
// log's checkpoint, and the jobs that are due.
func (h *house) settle() {
	h.Helper()
	ctx := h.Context()
	for range 50 {
		h.must(h.sim.Flush(ctx))
		n, err := h.optin.HandleInbox(ctx)
		h.must(err)
		_, err = h.manage.SignCheckpoint(ctx)
		h.must(err)
		now := h.clock.now()
		jobs, err := h.store.Queue().Claim(ctx, now, now.Add(time.Minute), 100)
		h.must(err)
		for _, j := range jobs {
			now := now
			deliver := h.optin.Deliver
			switch j.Kind {
			case optin.JobErase:
				deliver = h.optin.EraseWhoAsked
			case optin.JobYounger:
				deliver = h.optin.EraseYounger
			case optin.JobErrand:
				deliver = h.optin.RunErrand
			}
			switch err := deliver(ctx, j).(type) {
			case nil:
				h.must(h.store.Queue().Finish(ctx, j.ID))
			case job.Snooze:
				if wait := time.Duration(err); wait > time.Second { // it rests
					now = now.Add(wait)
				}
				h.must(h.store.Queue().Retry(ctx, j.ID, now, ""))
			default:
				h.Fatalf("job %s: %v", j.Kind, err)
			}
		}
		if n == 0 && len(jobs) == 0 {
			return
		}
	}
	h.Fatal("it never settles")
}

// act lets a person do something and waits for all that follows.
func (h *house) act(in simulator.Inbound) string {
	h.Helper()
	h.clock.pass(10 * time.Second)
	wamid, err := h.sim.Act(in)
	h.must(err)
	h.settle()
	return wamid
}

// chat returns what Assent sent to a person, oldest first.
func (h *house) chat(who string) []simulator.Message {
	h.Helper()
	msgs, err := h.sim.Messages(who, shopID)
	h.must(err)
	var ours []simulator.Message
	for _, m := range msgs {
		if !m.Inbound {
			ours = append(ours, m)
		}
	}
	return ours
}

// last returns the newest message that Assent sent to a person.
func (h *house) last(who string) simulator.Message {
	h.Helper()
	msgs := h.chat(who)
	if len(msgs) == 0 {
		h.Fatalf("nothing was sent to %s", who)
	}
	return msgs[len(msgs)-1]
}

// tap taps the button with the title on the newest message that has it.
func (h *house) tap(who, title string) {
	h.Helper()
	msgs := h.chat(who)
	for i := len(msgs) - 1; i >= 0; i-- {
		for _, b := range msgs[i].Buttons {
			if b.Title == title {
				h.act(simulator.Inbound{From: who, Button: b.Payload, Context: msgs[i].ID})
				return
			}
		}
	}
	h.Fatalf("no button %q in %d messages", title, len(msgs))
}

// shown returns the hidden field of a page as it was served.
func (h *house) shown(slug, lang string) string {
	h.Helper()
	_, v, ok := h.manage.Directory().Funnel(slug)
	if !ok {
		h.Fatalf("no funnel %s", slug)
	}
	page := funnel.NewDocument("page", "text/html; charset=utf-8", []byte("<!doctype html><title>"+slug+" "+lang+"</title>"))
	h.must(h.manage.KeepPage(h.Context(), page))
	return funnel.Shown{Version: v.ID, Lang: lang, Notice: v.Notices[lang].SHA256, Page: page.SHA256, At: h.clock.now()}.Seal(h.manage.Installation().Secrets.Shown)
}

// submit posts a form and returns the request's token.
func (h *house) submit(in optin.Submission) string {
	h.Helper()
	out, err := h.optin.Submit(h.Context(), in)
	h.must(err)
	return out.Token
}

// offers posts the form without a number, with Offers ticked.
func (h *house) offers() string {
	h.Helper()
	return h.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: h.shown("offers", "en")})
}

func (h *house) pending(token string) optin.Pending {
	h.Helper()
	p, err := h.optin.Pending(h.Context(), token)
	h.must(err)
	return p
}

// check asks whether a message may go, and returns the reason why not.
func (h *house) check(who, purpose string) consent.Reason {
	h.Helper()
	return h.answer(who, purpose).Reason
}

// answer asks whether a message may go.
func (h *house) answer(who, purpose string) permit.Answer {
	h.Helper()
	item := permit.Item{Purpose: purpose}
	if strings.HasPrefix(who, "+") {
		item.To = who
	} else {
		item.Recipient = who
	}
	answers, err := h.permit.Check(h.Context(), h.tenant.ID, []permit.Item{item})
	h.must(err)
	if a := answers[0]; a.Allowed != (a.Reason == "") {
		h.Errorf("allowed %v with reason %q", a.Allowed, a.Reason)
	}
	return answers[0]
}

// wants compares the check with what is expected; an empty reason is a yes.
func (h *house) wants(who, purpose string, want consent.Reason) {
	h.Helper()
	if got := h.check(who, purpose); got != want {
		h.Errorf("check of %s: %q, want %q", purpose, got, want)
	}
}

// state returns where a person stands on a purpose.
func (h *house) state(who, purpose string) consent.State {
	h.Helper()
	item := permit.Item{Purpose: purpose, To: who}
	if !strings.HasPrefix(who, "+") {
		item = permit.Item{Purpose: purpose, Recipient: who}
	}
	answers, err := h.permit.Check(h.Context(), h.tenant.ID, []permit.Item{item})
	h.must(err)
	return answers[0].State
}

// stands compares where a person stands with what is expected.
func (h *house) stands(who, purpose string, want consent.State) {
	h.Helper()
	if got := h.state(who, purpose); got != want {
		h.Errorf("%s stands at %s, want %s", purpose, got, want)
	}
}

// requestState returns where a request stands.
func (h *house) requestState(token string, want funnel.RequestState) {
	h.Helper()
	if got := h.pending(token).State; got != want {
		h.Errorf("the request is %s, want %s", got, want)
	}
}

// events returns the names of a person's events, in their order.
func (h *house) events(who string) (names []string) {
	h.Helper()
	n, err := phone.ParseE164(who)
	h.must(err)
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, tx *store.Tx) error {
		i, ok, err := tx.IdentifierByHash(ctx, h.tenant.ID, h.tenant.LineHash(n))
		if err != nil || !ok {
			return err
		}
		list, err := tx.EventsOf(ctx, i.Subject)
		for _, e := range list {
			names = append(names, e.Name)
		}
		return err
	}))
	return names
}

// opened returns a person's events with everything that they disclose.
func (h *house) opened(who string) (list []*evidence.Verified) {
	h.Helper()
	n, err := phone.ParseE164(who)
	h.must(err)
	h.must(h.store.ReadOnly(h.Context(), func(ctx context.Context, tx *store.Tx) error {
		i, _, err := tx.IdentifierByHash(ctx, h.tenant.ID, h.tenant.LineHash(n))
		if err != nil {
			return err
		}
		sub, err := tx.Subject(ctx, i.Subject)
		if err != nil {
			return err
		}
		key, err := h.manage.Installation().Master.OpenDataKey(sub.KeyID(), sub.Wrapped)
		if err != nil {
			return err
		}
		events, err := tx.EventsOf(ctx, sub.ID)
		if err != nil {
			return err
		}
		for _, e := range events {
			disclosed, err := key.Open(tenant.DisclosureContext(e.ID), e.Sealed)
			if err != nil {
				return err
			}
			signed, err := evidence.WithDisclosed(string(e.JWT), disclosed)
			if err != nil {
				return err
			}
			v, err := evidence.Verify(signed, h.tenant.Keys)
			if err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	}))
	return list
}

// webhook posts a body of our own making, as a real number would send it.
func (h *house) webhook(value map[string]any) {
	h.Helper()
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"phone_number_id": shopID, "display_phone_number": strings.TrimPrefix(shop, "+")}
	field := "messages"
	if _, ok := value["user_preferences"]; ok {
		field = "user_preferences"
	}
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "200", "changes": []any{map[string]any{"field": field, "value": value}}}}})
	h.must(err)
	h.must(h.optin.Accept(h.Context(), body, "", []string{h.tenant.Senders[0].ID}))
	h.settle()
}

// prefilled returns the prefilled text of a request.
func (h *house) prefilled(token string) string { h.Helper(); return h.pending(token).Text }

// evidenceVerified is an opened event.
type evidenceVerified = evidence.Verified

// userID returns the BSUID under which the shop knows a person.
func (h *house) userID(who string) string {
	h.Helper()
	for _, p := range h.sim.People() {
		if p.Number == who {
			return p.UserIDs["300"]
		}
	}
	h.Fatalf("nobody has the number")
	return ""
}

func (h *house) account(who string) tenant.Account {
	h.Helper()
	n, err := phone.ParseE164(who)
	h.must(err)
	return tenant.Account{Number: n}
}
