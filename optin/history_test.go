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

	"assent/consent"
	"assent/evidence"
	"assent/optin"
)

// The tests of this file play histories of what WhatsApp tells, and compare
// what the check answers with a plain model of the rules. Each history has
// people of its own, so that one house serves many.

// being is a person as the model knows them.
type being struct {
	ids        map[string]bool // numbers and account ids that are theirs now
	former     map[string]bool
	stands     map[string]*stand // by purpose
	platform   consent.PlatformFlag
	platformAt time.Time
	reassigned bool
	was        []*being // who turned out to be them
}

// stand is where somebody stands on a purpose: when they gave, when that ended,
// since when it waits, and whether they said no.
type stand struct {
	given, ended, held time.Time
	refused            bool
	by                 map[string]bool // what the webhook of the yes showed
}

func (s *stand) inForce() bool { return !s.given.IsZero() && after(s.given, s.ended) }

// after reports whether a yes came after a stop: a tie goes to the stop (rule 16).
func after(yes, stop time.Time) bool { return yes.After(stop.Add(consent.TieMargin)) }

// halt is a stop in the model: what it names, and for which purposes it ended.
type halt struct {
	whose *being
	at    time.Time
	ids   map[string]bool
	ended map[string]bool
}

// model is what the house ought to know.
type model struct {
	owner  map[string]*being
	halts  []*halt
	latest map[string]string // number → the account that was last seen with it
	parted [][2]*being
	shown  string // the number that the newest webhook showed, where an operator said that it is not the account's
}

var purposeScopes = map[string]consent.Scope{"offers": consent.Marketing, "orders": consent.Transactional}

func newBeing() *being {
	b := &being{ids: map[string]bool{}, former: map[string]bool{}, stands: map[string]*stand{}}
	for p := range purposeScopes {
		b.stands[p] = &stand{}
	}
	return b
}

func isNumber(id string) bool { return strings.HasPrefix(id, "+") }

// otherAccount reports whether somebody was ever known by an account id that is
// not the one.
func (b *being) otherAccount(id string) bool {
	for k := range b.ids {
		if !isNumber(k) && k != id {
			return true
		}
	}
	for k := range b.former {
		if !isNumber(k) && k != id {
			return true
		}
	}
	return false
}

func (b *being) gave() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(b.stands)), (*stand).inForce)
}

// hold lets what was given wait.
func (b *being) hold(at time.Time, scopes ...consent.Scope) {
	for p, s := range b.stands {
		if slices.Contains(scopes, purposeScopes[p]) && s.inForce() {
			s.held = at
		}
	}
}

// is reports whether somebody is the other one, or turned out to be.
func (b *being) is(other *being) bool {
	return b == other || slices.ContainsFunc(b.was, func(w *being) bool { return w.is(other) })
}

// apart reports whether an operator said that two are not the same.
func (m *model) apart(one, two *being) bool {
	return slices.ContainsFunc(m.parted, func(p [2]*being) bool {
		return one.is(p[0]) && two.is(p[1]) || one.is(p[1]) && two.is(p[0])
	})
}

// merges makes one of two of whom one webhook shows that they are.
func (m *model) merges(who, other *being) {
	for p, s := range other.stands {
		mine := who.stands[p]
		if s.given.After(mine.given) {
			mine.given, mine.by = s.given, s.by
		}
		mine.refused = mine.refused || s.refused
		for _, t := range []struct{ to, from *time.Time }{{&mine.ended, &s.ended}, {&mine.held, &s.held}} {
			if t.from.After(*t.to) {
				*t.to = *t.from
			}
		}
	}
	if other.platformAt.After(who.platformAt) {
		who.platform, who.platformAt = other.platform, other.platformAt
	}
	who.was = append(who.was, other)
	for _, h := range m.halts { // as if they had said it themselves
		if h.whose == other {
			h.whose = who
		}
	}
	for id := range other.former {
		who.former[id], m.owner[id] = true, who
	}
}

// part is an operator who says that an identifier is somebody else's (rule 22).
func (m *model) part(id string, at time.Time) {
	who := m.owner[id]
	mine, rest := map[string]bool{id: true}, maps.Clone(who.ids)
	delete(rest, id)
	from := func(s *stand, some, others map[string]bool) bool {
		shown := func(ids map[string]bool) bool {
			return slices.ContainsFunc(slices.Collect(maps.Keys(ids)), func(id string) bool { return s.by[id] })
		}
		return shown(some) && !shown(others)
	}
	some, other, numbers := false, false, 0
	for _, s := range who.stands {
		some = some || s.inForce() && from(s, mine, rest)
		other = other || s.inForce() && from(s, rest, mine)
	}
	for id := range rest {
		if isNumber(id) {
			numbers++
		}
	}
	if some && !other && numbers <= 1 && len(rest)-numbers <= 1 { // the record is theirs
		mine, rest = rest, mine
	}
	gone := newBeing()
	under := m.under(who)
	gone.ids, who.ids, gone.reassigned = mine, rest, true
	for id := range mine {
		m.owner[id] = gone
	}
	held, kept := false, false
	alive := map[string]bool{}
	for p, s := range who.stands {
		alive[p] = s.inForce()
		waits := !s.held.IsZero() && !s.held.Before(s.given)
		switch {
		case !s.inForce() || waits:
		case from(s, rest, mine):
			kept = true
		default:
			s.held, held = at, true
		}
	}
	who.reassigned = who.reassigned || held && !kept
	if who.platform == consent.PlatformStop {
		gone.platform, gone.platformAt = who.platform, at
	}
	for _, h := range under {
		ended := map[string]bool{}
		for p := range h.ended {
			ended[p] = h.ended[p] && alive[p]
		}
		m.halts = append(m.halts, &halt{who, h.at, maps.Clone(rest), ended}, &halt{gone, h.at, maps.Clone(mine), map[string]bool{}})
	}
	m.parted = append(m.parted, [2]*being{who, gone})
}

// sees is a webhook that shows a number, an account id, or both (rules 22 and
// 24). Who did nothing that is kept stays unknown: then it returns nil.
func (m *model) sees(number, id string, at time.Time, acts bool) *being {
	byID, byLine := m.owner[id], m.owner[number]
	took := false
	m.shown = ""
	if byLine != nil && byLine.former[number] {
		byLine, took = nil, byLine != byID
	}
	if byLine != nil && byID != nil && byLine != byID && m.apart(byLine, byID) {
		m.shown = number
		byLine, number = nil, "" // it shows what an operator said is not so
	}
	if byLine != nil && byID != nil && byLine != byID && !byLine.otherAccount(id) {
		under := m.under(byLine)
		m.merges(byID, byLine)
		m.joinsUnder(byID, false, under, slices.Collect(maps.Keys(byLine.ids))...)
		byLine = byID
	}
	if byLine != nil && byLine != byID && byLine.otherAccount(id) {
		byLine.hold(at, consent.Marketing, consent.Transactional)
		byLine.reassigned = true
		delete(byLine.ids, number)
		byLine.former[number] = true
		byLine, took = nil, true
	}
	if number != "" {
		m.latest[number] = id
	}
	who := byID
	if who == nil {
		who = byLine
	}
	if !acts {
		return who
	}
	if who == nil {
		who = newBeing()
	}
	m.joins(who, took, number, id)
	return who
}

// joins makes what was shown somebody's, with the stops that they fall under.
func (m *model) joins(who *being, took bool, ids ...string) { m.joinsUnder(who, took, nil, ids...) }

func (m *model) joinsUnder(who *being, took bool, under []*halt, ids ...string) {
	if took && !who.gave() {
		who.reassigned = true
	}
	under = append(under, m.under(who)...)
	joined := false
	for _, id := range ids {
		if id != "" && (!who.ids[id] || m.owner[id] != who) {
			if old := m.owner[id]; old != nil && old != who {
				delete(old.former, id)
			}
			under, joined = append(under, m.naming(id)...), true
			who.ids[id], m.owner[id] = true, who
			delete(who.former, id) // they came back to it
		}
	}
	for _, h := range under {
		if !joined {
			break // stops go along with what is joined
		}
		missing := map[string]bool{}
		for id := range who.ids {
			missing[id] = !slices.ContainsFunc(m.halts, func(x *halt) bool { return x.ids[id] && (x == h) })
		}
		maps.DeleteFunc(missing, func(_ string, no bool) bool { return !no })
		if len(missing) > 0 {
			m.halts = append(m.halts, &halt{who, h.at, missing, maps.Clone(h.ended)})
		}
	}
}

func (m *model) naming(id string) (list []*halt) {
	for _, h := range m.halts {
		if h.ids[id] {
			list = append(list, h)
		}
	}
	return list
}

// under returns the stops that somebody falls under.
func (m *model) under(who *being) (list []*halt) {
	for _, h := range m.halts {
		if h.whose == who || slices.ContainsFunc(slices.Collect(maps.Keys(who.ids)), func(id string) bool { return h.ids[id] }) {
			list = append(list, h)
		}
	}
	return list
}

// yes is a prefilled text with the purposes ticked (rules 1, 18 and 19). One that
// is older than the newest stop gives nothing (rule 16).
func (m *model) yes(who *being, at time.Time, number, id string, ticked ...string) {
	by := map[string]bool{id: true}
	if number != "" && m.owner[number] == who {
		by[number] = true
	}
	agreed := false
	for p, s := range who.stands {
		if !slices.Contains(ticked, p) {
			s.refused = s.refused || !s.inForce()
			continue
		}
		if !s.ended.IsZero() && !after(at, s.ended) {
			continue
		}
		agreed = true
		if at.After(s.given) {
			s.given, s.by = at, by
		}
		for _, h := range m.under(who) {
			h.ended[p] = h.ended[p] || after(at, h.at)
		}
		if purposeScopes[p] == consent.Marketing && who.platform == consent.PlatformStop {
			who.platform = consent.PlatformUnsure
		}
	}
	who.reassigned = who.reassigned && !agreed
}

// stop ends everything (rule 15). Where the webhook showed a number that an operator
// said is another's, that number is stopped too, and nothing else of whose it is.
func (m *model) stop(who *being, at time.Time) {
	if other := m.owner[m.shown]; other != nil {
		h := &halt{other, at, map[string]bool{m.shown: true}, map[string]bool{}}
		for p, s := range other.stands {
			h.ended[p] = after(s.given, at)
		}
		m.halts = append(m.halts, h)
	}
	for _, s := range who.stands {
		if at.After(s.ended) {
			s.ended = at
		}
	}
	h := &halt{who, at, maps.Clone(who.ids), map[string]bool{}}
	for p, s := range who.stands {
		h.ended[p] = after(s.given, at)
	}
	m.halts = append(m.halts, h)
}

// platformStop is WhatsApp's own (rule 19).
func (m *model) platformStop(who *being, at time.Time) {
	who.platform, who.platformAt = consent.PlatformStop, at
	who.stands["offers"].ended = at
}

// moves is a change of number (rule 23).
func (m *model) moves(number, id, newNumber, newID string, at time.Time) {
	who := m.owner[id]
	if who == nil {
		who = m.owner[number]
		if who != nil && (who.former[number] || who.otherAccount(id)) {
			who = nil
		}
	}
	took := false
	if other := m.owner[newNumber]; other != nil && other != who {
		took = true
		if !other.former[newNumber] {
			other.hold(at, consent.Marketing, consent.Transactional)
			other.reassigned = true
			delete(other.ids, newNumber)
			other.former[newNumber] = true
		}
	}
	if newNumber != "" {
		m.latest[newNumber] = newID
	}
	if who == nil {
		return
	}
	m.joins(who, took, newNumber, newID)
	for old := range who.ids {
		if old != newNumber && old != newID {
			delete(who.ids, old)
			who.former[old] = true
		}
	}
	who.hold(at, consent.Marketing)
}

// newKey is another key behind the same account (rule 24).
func (m *model) newKey(who *being, at time.Time) {
	if who != nil {
		who.hold(at, consent.Marketing, consent.Transactional)
		who.reassigned = true
	}
}

// answer is what the check ought to say.
func (m *model) answer(id, purpose string) consent.Reason {
	for _, h := range m.naming(id) {
		if !h.ended[purpose] {
			return consent.ReasonSuppressed
		}
	}
	who := m.owner[id]
	if who == nil {
		return consent.ReasonUnknown
	}
	s := who.stands[purpose]
	switch {
	case purposeScopes[purpose] == consent.Marketing && who.platform == consent.PlatformStop:
		return consent.ReasonPlatformStop
	case who.reassigned || who.former[id]:
		return consent.ReasonReassigned
	case s.inForce() && !s.held.IsZero() && !s.held.Before(s.given):
		return consent.ReasonPending
	case s.inForce():
		return ""
	case !s.ended.IsZero() && !s.given.IsZero():
		return consent.ReasonWithdrawn
	case s.refused:
		return consent.ReasonRefused
	}
	return consent.ReasonUnknown
}

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
	forms   []form // that were posted, and whose text comes later
	counter *int
}

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
	x.again(array)
}

func (x *history) again(array string) {
	field := "messages"
	if array == "user_preferences" {
		field = array
	}
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "200", "changes": []any{map[string]any{"field": field, "value": x.last}}}}})
	x.must(err)
	x.must(x.optin.Accept(context.Background(), body, []string{x.tenant.Senders[0].ID}))
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

func (x *history) text(a *actor, number string, at time.Time, words string) {
	x.send("messages", x.element(at, map[string]any{"from": strings.TrimPrefix(number, "+"), "from_user_id": a.id, "type": "text", "text": text(words)}))
}

// step lets one thing happen to the house and to the model.
func (x *history) step() {
	x.clock.pass(10 * time.Second)
	a := rapid.SampledFrom(x.actors).Draw(x.t, "who")
	number := a.number // as the webhook shows it
	if rapid.IntRange(0, 3).Draw(x.t, "withheld") == 0 {
		number = ""
	}
	now := x.clock.now().UTC().Truncate(time.Second)
	what := rapid.SampledFrom([]string{"yes", "yes", "both", "stop", "sentence", "hello", "platform", "131050", "resume", "move", "recycle", "key", "late stop", "form", "late yes", "again", "part"}).Draw(x.t, "what")
	x.story = append(x.story, fmt.Sprintf("%s %s %q by %s", now.Format("15:04:05"), what, number, a.id))
	switch what {
	case "yes", "both":
		ticked := []string{"offers"}
		if what == "both" {
			ticked = []string{"offers", "orders"}
		}
		token := x.submit(optin.Submission{Slug: "offers", Lang: "en", Purposes: ticked, Shown: x.shown("offers", "en")})
		x.text(a, number, now, x.prefilled(token))
		x.m.yes(x.m.sees(number, a.id, now, true), now, number, a.id, ticked...)
	case "stop", "sentence":
		words := map[string]string{"stop": "Stop!", "sentence": "please don't message me any more"}[what]
		x.text(a, number, now, words)
		x.m.stop(x.m.sees(number, a.id, now, true), now)
	case "late stop": // from before whatever was said last
		at := now.Add(-17 * time.Second)
		if at.Before(a.since) { // the account was not there yet
			at = now
		}
		x.text(a, "", at, "stop")
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
		x.text(f.by, "", f.at, f.text)
		x.m.yes(x.m.sees("", f.id, f.at, true), f.at, "", f.id, f.ticked...)
	case "hello":
		x.text(a, number, now, "hello, are you open?")
		x.m.sees(number, a.id, now, false)
	case "platform", "resume":
		value := map[string]string{"platform": "stop", "resume": "resume"}[what]
		x.send("user_preferences", x.element(now, map[string]any{"user_id": a.id, "wa_id": strings.TrimPrefix(number, "+"), "value": value, "category": "marketing_messages", "timestamp": now.Unix()}))
		who := x.m.sees(number, a.id, now, true)
		if who.platform, who.platformAt = consent.PlatformClear, now; value == "stop" {
			x.m.platformStop(who, now)
		}
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
		if who := x.m.owner[id]; who != nil && who.ids[id] && len(who.ids) > 1 && len(who.was) == 0 { // of who was joined: see TestRule22PartedByAnOperator
			x.story[len(x.story)-1] += " of " + id
			x.part(id)
			x.m.part(id, now)
		}
	case "again": // the same webhook once more
		for _, array := range []string{"messages", "statuses", "user_preferences"} {
			if x.last[array] != nil {
				x.again(array)
			}
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
			if holder := x.m.latest[id]; got == "" && holder != "" && x.m.owner[id] != x.m.owner[holder] {
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
		x := &history{house: h, t: t, m: &model{owner: map[string]*being{}, latest: map[string]string{}}, counter: &counter}
		from := h.clock.now()
		for range 2 {
			x.actors = append(x.actors, &actor{x.fresh("number"), x.fresh("id"), time.Time{}})
		}
		for range rapid.IntRange(2, 8).Draw(t, "events") {
			x.step()
		}
		all = append(all, told{from, h.clock.now(), x.story})
		x.compare()
	})
	for _, finding := range h.audited() {
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
