package optin_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/optin"
	"assent/store"
	"assent/tenant"
)

// The tests of this file play histories of what WhatsApp tells, and compare
// what the check answers with a plain model of the rules. Each history has
// people of its own, so that one house serves many.

// actor is somebody in the world, with the number and the account that they
// have now.
type actor struct {
	number, id string
	since      time.Time // of the account id
}

// history plays one history and compares after each event.
type history struct {
	*house
	t       *rapid.T
	m       *model
	actors  []*actor
	free    []string // numbers that nobody has any more
	used    []string // every identifier
	story   []string
	last    map[string]any
	forms   []form   // that were posted, and whose text comes later
	asked   []*asked // what nobody answered yet
	yeses   []yes    // that can be deleted
	sends   []send   // of other software's marketing
	redo    func()   // what the newest webhook does when it comes again
	counter *int
}

// yes is a message that gave.
type yes struct {
	wamid string
	at    time.Time
}

// send is a marketing message that other software sent, as its statuses show the
// person.
type send struct{ wamid, number, id string }

// form is one that somebody posted, with the text that they send and that WhatsApp
// brings late.
type form struct {
	by     *actor
	id     string
	at     time.Time
	text   string
	ticked []string
}

func (x *history) fresh(kind string) (id string) {
	*x.counter++
	id = fmt.Sprintf("+49151%08d", *x.counter)
	if kind == "id" {
		id = fmt.Sprintf("DE.H%08d", *x.counter)
	}
	x.used = append(x.used, id)
	return id
}

// send posts the element of a webhook, and lets the inbox take it.
func (x *history) send(array string, element map[string]any) {
	x.last = map[string]any{array: []any{element}, "messaging_product": "whatsapp", "metadata": map[string]any{"phone_number_id": shopID}}
	x.redo = nil
	x.again(array)
}

// tells is a status of a marketing message.
func (x *history) tells(to send, at time.Time, arrived bool) {
	b := became{wamid: to.wamid, number: to.number, id: to.id, status: "sent", category: "marketing"}
	if arrived {
		b.status = rapid.SampledFrom([]string{"delivered", "read"}).Draw(x.t, "status")
	}
	x.send("statuses", b.json(at))
	x.redo = func() { x.m.tells(to.wamid, to.number, to.id, at, arrived) }
	x.redo()
}

func (x *history) again(array string) {
	field := "messages"
	if array == "user_preferences" {
		field = array
	}
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "200", "changes": []any{map[string]any{"field": field, "value": x.last}}}}})
	x.must(err)
	x.must(x.optin.Accept(context.Background(), body, "", []string{x.tenant.Senders[0].ID}))
	_, err = x.optin.HandleInbox(context.Background())
	x.must(err)
}

func (x *history) element(at time.Time, more map[string]any) map[string]any {
	*x.counter++
	e := map[string]any{"id": "wamid.h" + strconv.Itoa(*x.counter), "timestamp": strconv.FormatInt(at.Unix(), 10)}
	maps.Copy(e, more)
	maps.DeleteFunc(e, func(_ string, v any) bool { return v == "" })
	return e
}

func (x *history) text(number, id string, at time.Time, words string) {
	x.send("messages", x.element(at, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "text", "text": text(words)}))
}

// step lets one thing happen to the house and to the model.
func (x *history) step() {
	x.clock.pass(10 * time.Second)
	a := rapid.SampledFrom(x.actors).Draw(x.t, "who")
	number := a.number // as the webhook shows it
	if rapid.IntRange(0, 3).Draw(x.t, "withheld") == 0 {
		number = ""
	}
	id := a.id
	if number != "" && rapid.IntRange(0, 3).Draw(x.t, "without the account") == 0 {
		id = ""
	}
	what := rapid.SampledFrom([]string{"yes", "yes", "both", "stop", "sentence", "hello", "platform", "131050", "resume", "move", "recycle", "key", "late stop", "form", "late yes", "again", "part", "part",
		"stop offers", "edit", "reaction", "late platform", "late resume", "ask", "ask", "tap yes", "tap yes", "tap no", "delete", "deleted yes", "api", "forward", "doubt", "campaign", "sent", "sent", "arrived", "arrived"}).Draw(x.t, "what")
	x.does(a, number, id, what)
}

// join lets somebody act by their number, by their account, and by both, so that
// two records become one.
func (x *history) join() {
	a := x.actors[0]
	acts := []string{"yes", "both", "stop"}
	for _, by := range [][2]string{{a.number, ""}, {"", a.id}, {a.number, a.id}} {
		x.clock.pass(10 * time.Second)
		x.does(a, by[0], by[1], rapid.SampledFrom(acts).Draw(x.t, "what"))
		acts = append(acts, "hello", "resume")
	}
}

// does lets somebody do something, as a webhook shows them.
func (x *history) does(a *actor, number, id, what string) {
	now := x.clock.now().UTC().Truncate(time.Second)
	x.story = append(x.story, fmt.Sprintf("%s %s %q %q by %s", now.Format("15:04:05"), what, number, id, a.id))
	switch what {
	case "yes", "both":
		ticked := []string{"offers"}
		if what == "both" {
			ticked = []string{"offers", "orders"}
		}
		token := x.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: ticked, Shown: x.shown("offers", "en")})
		x.text(number, id, now, x.prefilled(token))
		x.yeses = append(x.yeses, yes{x.wamid(), now})
		x.m.yes(x.m.sees(number, id, now, true), now, number, id, ticked...)
	case "deleted yes": // the deletion overtakes it
		token := x.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: x.shown("offers", "en")})
		said := x.element(now, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "text", "text": text(x.prefilled(token))})
		x.send("messages", x.element(now, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "revoke", "revoke": map[string]any{"original_message_id": said["id"]}}))
		x.m.sees(number, id, now, false)
		x.send("messages", said)
		who := x.m.sees(number, id, now, true)
		x.m.yes(who, now, number, id, "offers")
		who.deletes(now, now)
	case "delete":
		if len(x.yeses) == 0 {
			return
		}
		y := x.yeses[len(x.yeses)-1]
		x.send("messages", x.element(now, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "revoke", "revoke": map[string]any{"original_message_id": y.wamid}}))
		if who := x.m.sees(number, id, now, false); who.deletes(y.at, now) {
			x.m.sees(number, id, now, true)
		}
	case "forward": // of a text that gives: it is answered with the words
		token := x.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: x.shown("offers", "en")})
		x.send("messages", x.element(now, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "text", "text": text(x.prefilled(token)), "context": map[string]any{"forwarded": true}}))
		if x.m.sees(number, id, now, false) == nil {
			x.m.sees(number, id, now, true) // who is asked is known
		}
	case "ask":
		x.text(number, id, now, x.entry())
		who := x.m.sees(number, id, now, false)
		if who == nil {
			who = x.m.sees(number, id, now, true)
		}
		x.asked = append(x.asked, &asked{who, x.question(), now})
	case "tap yes", "tap no":
		if len(x.asked) == 0 {
			return
		}
		q := x.asked[len(x.asked)-1]
		x.asked = x.asked[:len(x.asked)-1]
		x.taps(number, id, now, q, what == "tap yes")
	case "reaction":
		x.send("messages", x.element(now, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "reaction", "reaction": map[string]any{"message_id": "wamid.x", "emoji": "👍"}}))
		x.m.sees(number, id, now, false)
	case "api": // the shop's own systems, which know one of the two
		account := tenant.Account{BSUID: id}
		if number != "" {
			account, id = x.account(number), ""
		}
		_, err := x.optin.Withdraw(context.Background(), optin.Withdrawal{Business: x.tenant.ID, Account: account, At: now})
		x.must(err)
		x.m.stop(x.m.sees(number, id, now, true), now)
	case "stop offers":
		x.text(number, id, now, "stop offers")
		x.m.stop(x.m.sees(number, id, now, true), now, "offers")
	case "edit":
		x.send("messages", x.element(now, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "edit", "edit": map[string]any{"original_message_id": "wamid.x", "message": map[string]any{"type": "text", "text": text("STOP")}}}))
		x.m.stop(x.m.sees(number, id, now, true), now)
	case "stop", "sentence":
		words := map[string]string{"stop": "Stop!", "sentence": "please don't message me any more"}[what]
		x.text(number, id, now, words)
		x.m.stop(x.m.sees(number, id, now, true), now)
	case "late stop": // from before whatever was said last
		at := now.Add(-17 * time.Second)
		if at.Before(a.since) { // the account was not there yet
			at = now
		}
		x.text("", a.id, at, "stop")
		x.m.stop(x.m.sees("", a.id, at, true), at)
	case "form":
		ticked := [][]string{{"offers"}, {"offers", "orders"}}[rapid.IntRange(0, 1).Draw(x.t, "ticked")]
		token := x.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: ticked, Shown: x.shown("offers", "en")})
		x.forms = append(x.forms, form{a, a.id, now.Add(time.Second), x.prefilled(token), ticked})
	case "late yes": // what was sent when the form was posted
		i := slices.IndexFunc(x.forms, func(f form) bool { return f.by.id == f.id })
		if i < 0 {
			return
		}
		f := x.forms[i]
		x.forms = slices.Delete(x.forms, i, i+1)
		x.story[len(x.story)-1] += " of " + f.at.Format("15:04:05")
		x.text("", f.id, f.at, f.text)
		x.m.yes(x.m.sees("", f.id, f.at, true), f.at, "", f.id, f.ticked...)
	case "hello":
		x.text(number, id, now, "hello, are you open?")
		x.m.sees(number, id, now, false)
	case "platform", "resume", "late platform", "late resume":
		value, at := map[bool]string{true: "stop", false: "resume"}[strings.HasSuffix(what, "platform")], now
		if early := now.Add(-17 * time.Second); strings.HasPrefix(what, "late") && !early.Before(a.since) {
			at, number = early, "" // the number was perhaps another's then
		}
		x.send("user_preferences", x.element(now, map[string]any{"user_id": a.id, "wa_id": strings.TrimPrefix(number, "+"), "value": value, "category": "marketing_messages", "timestamp": at.Unix()}))
		if value == "stop" {
			x.m.platformStop(x.m.sees(number, a.id, at, true), at)
		} else if x.m.platformResume(x.m.sees(number, a.id, at, false), at) {
			x.m.sees(number, a.id, at, true).says(word{to: consent.PlatformClear, at: at})
		}
	case "doubt": // a stop in WhatsApp, and a yes after it
		x.does(a, number, id, "platform")
		x.clock.pass(10 * time.Second)
		x.does(a, number, id, "yes")
	case "campaign":
		x.does(a, number, id, "sent")
		x.clock.pass(10 * time.Second)
		x.does(a, number, id, "arrived")
	case "sent":
		*x.counter++
		x.sends = append(x.sends, send{"wamid.m" + strconv.Itoa(*x.counter), number, id})
		x.tells(x.sends[len(x.sends)-1], now, false)
	case "arrived": // of what was sent, or before WhatsApp tells that it was
		if len(x.sends) == 0 || rapid.IntRange(0, 3).Draw(x.t, "first") == 0 {
			*x.counter++
			x.sends = append(x.sends, send{"wamid.m" + strconv.Itoa(*x.counter), number, id})
			x.tells(x.sends[len(x.sends)-1], now, true)
			x.clock.pass(10 * time.Second)
			x.tells(x.sends[len(x.sends)-1], now, false)
			return
		}
		x.tells(x.sends[len(x.sends)-1], now, true)
	case "131050":
		x.send("statuses", x.element(now, map[string]any{"recipient_user_id": a.id, "recipient_id": strings.TrimPrefix(number, "+"), "status": "failed", "errors": []any{map[string]any{"code": 131050}}}))
		x.m.platformStop(x.m.sees(number, a.id, now, true), now)
	case "move", "recycle":
		next := ""
		if len(x.free) > 0 && rapid.Bool().Draw(x.t, "used number") {
			next = x.free[0]
			x.free = x.free[1:]
		} else {
			next = x.fresh("number")
		}
		if what == "recycle" { // nobody tells us; who comes is new
			x.actors = append(x.actors, &actor{next, x.fresh("id"), now})
			return
		}
		was := *a
		x.free = append(x.free, a.number)
		a.number, a.id, a.since = next, x.fresh("id"), now
		sys := map[string]any{"type": "user_changed_user_id", "body": "changed", "user_id": a.id, "previous_user_id": was.id}
		from, shown := "", ""
		if number != "" {
			from, shown = was.number, a.number
			sys["type"], sys["wa_id"] = "user_changed_number", strings.TrimPrefix(shown, "+")
		}
		x.send("messages", x.element(now, map[string]any{"from": strings.TrimPrefix(from, "+"), "type": "system", "system": sys}))
		x.m.moves(from, was.id, shown, a.id, now)
	case "key":
		x.send("messages", x.element(now, map[string]any{"from_user_id": a.id, "type": "system", "system": map[string]any{"type": "customer_identity_changed", "body": "changed"}, "identity": map[string]any{"hash": "x"}}))
		x.m.newKey(x.m.owner[a.id], now)
	case "part":
		id := a.id
		if rapid.Bool().Draw(x.t, "the number") {
			id = a.number
		}
		if who := x.m.owner[id]; who != nil && who.ids[id] && len(who.ids) > 1 {
			x.story[len(x.story)-1] += " of " + id
			x.part(id)
			x.m.part(id, now)
		}
	case "again": // the same webhook once more
		for _, array := range []string{"messages", "statuses", "user_preferences"} {
			if x.last[array] != nil {
				x.again(array)
				if x.redo != nil {
					x.redo()
				}
			}
		}
	}
}

// wamid is the id of the message that was sent last.
func (x *history) wamid() string { return "wamid.h" + strconv.Itoa(*x.counter) }

// question is the id of the question that was asked last.
func (x *history) question() (id string) {
	raw := x.db.Raw(x)
	x.must(raw.QueryRow(`SELECT id FROM questions WHERE kind = 'buttons' ORDER BY asked_at DESC, id DESC LIMIT 1`).Scan(&id))
	x.must(raw.Close())
	return id
}

// taps is a tap on a question about offers.
func (x *history) taps(number, id string, now time.Time, q *asked, agrees bool) {
	answer, title := chat.No, "No"
	if agrees {
		answer, title = chat.Yes, "Yes"
	}
	payload := chat.Payload{Answer: answer, Question: q.id, Purpose: "offers"}.Seal(x.manage.Installation().Secrets.Payload)
	x.send("messages", x.element(now, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": id, "type": "interactive", "interactive": reply(payload, title)}))
	if !x.m.answers(x.m.sees(number, id, now, false), q, agrees) {
		return
	}
	who := x.m.sees(number, id, now, true)
	if agrees {
		x.m.agrees(who, now, number, id, "offers")
	} else {
		who.declines("offers", now)
	}
}

// identities wants those to be one person whom the model has for one, and nobody
// else, with the flags that it has.
func (x *history) identities() {
	house := map[string]*being{}
	known := map[*being]string{}
	for _, id := range x.used {
		i, ok := x.identifierOf(id)
		want := x.m.owner[id]
		if ok != (want != nil) {
			x.t.Fatalf("%s is known: %v\n%s", id, ok, strings.Join(x.story, "\n"))
		}
		if !ok {
			continue
		}
		if b, taken := house[i.Subject]; taken && b != want || known[want] != "" && known[want] != i.Subject {
			x.t.Fatalf("%s is joined otherwise than in the model\n%s", id, strings.Join(x.story, "\n"))
		}
		house[i.Subject], known[want] = want, i.Subject
		if i.LeftAt.IsZero() != want.ids[id] {
			x.t.Fatalf("%s was given up: %v\n%s", id, !i.LeftAt.IsZero(), strings.Join(x.story, "\n"))
		}
	}
	for subjectID, want := range house {
		var flag consent.PlatformFlag
		var reassigned bool
		x.must(x.store.ReadOnly(context.Background(), func(ctx context.Context, tx *store.Tx) error {
			sub, err := tx.Subject(ctx, subjectID)
			flag, reassigned = sub.Platform, sub.Reassigned
			return err
		}))
		if flag != want.platform || reassigned != want.reassigned {
			x.t.Fatalf("flag %q and reassigned %v, want %q and %v\n%s", flag, reassigned, want.platform, want.reassigned, strings.Join(x.story, "\n"))
		}
	}
}

// compare wants the check to say what the model says, and that nothing is
// allowed on another's word.
func (x *history) compare() {
	for _, id := range x.used {
		for p := range purposeScopes {
			got := x.check(id, p)
			if want := x.m.answer(id, p); got != want {
				x.t.Fatalf("%s for %s: %q, want %q\n%s", id, p, got, want, strings.Join(x.story, "\n"))
			}
			holder := x.m.latest[id]
			if hers := x.m.owner[id]; got == "" && holder != "" && hers != x.m.owner[holder] && hers.otherAccount(holder) { // else it is the number's own
				x.t.Fatalf("%s is allowed %s on another's word\n%s", id, p, strings.Join(x.story, "\n"))
			}
		}
	}
}

// told is a history that was played, and when by the clock of the house.
type told struct {
	from, to time.Time
	story    []string
}

// playHistories plays histories from one seed in a house of their own, which is
// audited at the end.
func playHistories(t *testing.T, seed uint64) {
	if err := flag.Set("rapid.seed", strconv.FormatUint(seed, 10)); err != nil {
		t.Fatal(err)
	}
	h, counter := newHouse(t), 0
	var all []told
	rapid.Check(t, func(t *rapid.T) {
		x := &history{house: h, t: t, m: &model{owner: map[string]*being{}, latest: map[string]string{}, told: map[heard]bool{}}, counter: &counter}
		from := h.clock.now()
		for range 2 {
			x.actors = append(x.actors, &actor{x.fresh("number"), x.fresh("id"), time.Time{}})
		}
		if rapid.IntRange(0, 2).Draw(t, "joined") == 0 {
			x.join()
		}
		for range rapid.IntRange(2, 8).Draw(t, "events") {
			x.step()
		}
		all = append(all, told{from, h.clock.now(), x.story})
		x.compare()
		x.identities()
	})
	for _, finding := range h.audits() {
		for _, id := range anID.FindAllString(finding, -1) {
			at, _ := evidence.TimeOf(id)
			for _, x := range all {
				if at.After(x.from) && !at.After(x.to) {
					t.Logf("%s is of this history:\n%s", id, strings.Join(x.story, "\n"))
				}
			}
		}
	}
}

var anID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// A stop that is seen under any identifier blocks all of that person's, nobody
// gets another's consent, and every answer is the rules'. Whoever changes
// something sees the same histories as everybody; ASSENT_HISTORIES says how many
// hundreds of others are played, and -rapid.seed from where.
func TestHistories(t *testing.T) {
	rounds, seed := 2, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("ASSENT_HISTORIES")); err == nil {
		rounds, seed = n, uint64(time.Now().UnixNano())
	}
	given := flag.Lookup("rapid.seed")
	if n, err := strconv.ParseUint(given.Value.String(), 10, 64); err == nil && n != 0 {
		seed = n
	}
	for i := range rounds {
		seed := seed + uint64(i)*1_000_003 // rapid's own step from one history to the next is small
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { playHistories(t, seed) })
	}
}
