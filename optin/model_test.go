package optin_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"assent/consent"
)

// A plain model of the rules of identity, of giving and of stopping, with which
// histories are compared.

// being is a person as the model knows them.
type being struct {
	ids        map[string]bool   // numbers and account ids that are theirs now
	former     map[string]*being // what they gave up, and in whose chain that stands
	stands     map[string]*stand // by purpose
	own        map[string]*stand // what they said while they were nobody else, as their chain tells it
	showed     map[string]bool   // by what their chain shows them
	flags      []word
	platform   consent.PlatformFlag
	platformAt time.Time
	reassigned bool
	was        []*being  // who turned out to be them
	made       int       // who was known before whom
	stoppedAt  time.Time // when whoever they are now said stop last
}

// asked is a question that somebody was asked.
type asked struct {
	who *being
	id  string
	at  time.Time
}

// word is what a chain says of WhatsApp's own stop, or that another joined it.
type word struct {
	to     consent.PlatformFlag
	at     time.Time
	joined *being
	went   bool // marketing went through, which ends a doubt
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
	whose *being // in whose chain it stands
	at    time.Time
	ids   map[string]bool
	ended map[string]bool
	only  []string // the purposes that it reaches; nil for all
}

func (h *halt) covers(purpose string) bool { return h.only == nil || slices.Contains(h.only, purpose) }

// model is what the house ought to know.
type model struct {
	owner  map[string]*being
	halts  []*halt
	latest map[string]string // number → the account that was last seen with it
	parted [][2]*being
	made   int
	told   map[heard]bool
	shown  string // the number that the newest webhook showed, where an operator said that it is not the account's
}

var purposeScopes = map[string]consent.Scope{"offers": consent.Marketing, "orders": consent.Transactional}

func (m *model) newBeing() *being {
	m.made++
	b := &being{ids: map[string]bool{}, former: map[string]*being{}, stands: map[string]*stand{}, own: map[string]*stand{}, showed: map[string]bool{}, made: m.made}
	for p := range purposeScopes {
		b.stands[p], b.own[p] = &stand{}, &stand{}
	}
	return b
}

// change changes where somebody stands, and what their own chain says of it.
func (b *being) change(purpose string, fn func(*stand)) { fn(b.stands[purpose]); fn(b.own[purpose]) }

// tree returns somebody and all who turned out to be them.
func (b *being) tree() (all []*being) {
	all = []*being{b}
	for _, w := range b.was {
		all = append(all, w.tree()...)
	}
	return all
}

// merge is the fold of two positions.
func (s *stand) merge(o *stand) {
	if o.given.After(s.given) {
		s.given, s.by = o.given, o.by
	}
	s.refused = s.refused || o.refused
	s.ended, s.held = newest(s.ended, o.ended), newest(s.held, o.held)
}

func newest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// relive makes of somebody what their chain and those of their tree say.
func (b *being) relive() {
	for p := range purposeScopes {
		b.stands[p] = &stand{}
		for _, x := range b.tree() {
			b.stands[p].merge(x.own[p])
		}
	}
	b.platform, b.platformAt = "", time.Time{}
	for _, f := range b.flags {
		b.raise(f)
	}
}

// raise follows WhatsApp's own stop.
func (b *being) raise(f word) {
	switch {
	case f.joined != nil && f.joined.platformAt.After(b.platformAt):
		b.platform, b.platformAt = f.joined.platform, f.joined.platformAt
	case f.joined != nil, f.to == consent.PlatformUnsure && b.platform != consent.PlatformStop:
	case f.went && b.platform == consent.PlatformUnsure:
		b.platform = consent.PlatformClear
	case f.went:
	case f.to == consent.PlatformUnsure:
		b.platform = f.to
	default:
		b.platform, b.platformAt = f.to, f.at
	}
}

// says is raise, and notes it in the chain.
func (b *being) says(f word) {
	b.flags = append(b.flags, f)
	b.raise(f)
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
			b.change(p, func(s *stand) { s.held = at })
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
func (m *model) merges(who, other *being, shown ...string) {
	for p, s := range other.stands {
		who.stands[p].merge(s)
	}
	who.says(word{joined: other})
	for _, id := range shown {
		who.showed[id] = true
	}
	who.was = append(who.was, other)
	for id, by := range other.former {
		who.former[id], m.owner[id] = by, who
	}
}

// sees is a webhook that shows a number, an account id, or both (rules 22 and
// 24). Who did nothing that is kept stays unknown: then it returns nil.
func (m *model) sees(number, id string, at time.Time, acts bool) *being {
	byID, byLine := m.owner[id], m.owner[number]
	took := false
	m.shown = ""
	if byLine != nil && byLine.former[number] != nil {
		byLine, took = nil, byLine != byID
	}
	if byLine != nil && byID != nil && byLine != byID && m.apart(byLine, byID) {
		m.shown = number
		byLine, number = nil, "" // it shows what an operator said is not so
	}
	if byLine != nil && byID != nil && byLine != byID && !byLine.otherAccount(id) {
		under := m.under(byLine)
		m.merges(byID, byLine, number, id)
		m.joinsUnder(byID, false, under, slices.Collect(maps.Keys(byLine.ids))...)
		byLine = byID
	}
	if byLine != nil && byLine != byID && id != "" && byLine.otherAccount(id) {
		byLine.hold(at, consent.Marketing, consent.Transactional)
		byLine.reassigned = true
		delete(byLine.ids, number)
		byLine.former[number] = byLine
		byLine, took = nil, true
	}
	if number != "" { // without an account it is the number's own word
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
		who = m.newBeing()
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
		if id != "" {
			who.showed[id] = true
		}
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
			m.halts = append(m.halts, &halt{who, h.at, missing, maps.Clone(h.ended), h.only})
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
	for p, s := range who.stands {
		if !slices.Contains(ticked, p) && !s.inForce() {
			who.change(p, func(s *stand) { s.refused = true })
		}
	}
	m.agrees(who, at, number, id, ticked...)
}

// agrees is a yes to some purposes, and says nothing of others.
func (m *model) agrees(who *being, at time.Time, number, id string, said ...string) {
	by := map[string]bool{id: true}
	if number != "" && m.owner[number] == who {
		by[number] = true
	}
	agreed := false
	for p, s := range who.stands {
		if !slices.Contains(said, p) {
			continue
		}
		if !s.ended.IsZero() && !after(at, s.ended) {
			continue
		}
		agreed = true
		who.change(p, func(s *stand) { s.merge(&stand{given: at, by: by}) })
		for _, h := range m.under(who) {
			h.ended[p] = h.ended[p] || after(at, h.at)
		}
		if purposeScopes[p] == consent.Marketing && who.platform == consent.PlatformStop {
			who.says(word{to: consent.PlatformUnsure})
		}
	}
	who.reassigned = who.reassigned && !agreed
}

// stop ends everything (rule 15). Where the webhook showed a number that an operator
// said is another's, that number is stopped too, and nothing else of whose it is.
func (m *model) stop(who *being, at time.Time, purposes ...string) {
	halts := func(whose *being, ids map[string]bool) *halt {
		h := &halt{whose, at, ids, map[string]bool{}, purposes}
		for p, s := range whose.stands {
			h.ended[p] = after(s.given, at)
		}
		m.halts = append(m.halts, h)
		return h
	}
	if other := m.owner[m.shown]; other != nil {
		halts(other, map[string]bool{m.shown: true})
	}
	h := halts(who, maps.Clone(who.ids))
	for p := range who.stands {
		if h.covers(p) {
			who.change(p, func(s *stand) { s.ended = newest(s.ended, at) })
		}
	}
	for _, x := range who.tree() {
		x.stoppedAt = newest(x.stoppedAt, at)
	}
}

// answers is a tap on Yes or No of a question about one purpose, which another act
// may have closed (rules 5 and 16). It reports whether it is an act.
func (m *model) answers(who *being, q *asked, yes bool) bool {
	return who != nil && who.is(q.who) && (!yes || q.who.stoppedAt.IsZero() || after(q.at, q.who.stoppedAt))
}

// declines is a No to one purpose: it withdraws what is in force.
func (who *being) declines(purpose string, at time.Time) {
	in := who.stands[purpose].inForce()
	who.change(purpose, func(s *stand) {
		if in {
			s.ended = newest(s.ended, at)
		} else {
			s.refused = true
		}
	})
}

// deletes is a yes that was deleted: marketing waits (rule 3). It reports whether it is
// an act.
func (who *being) deletes(given, at time.Time) bool {
	if who == nil {
		return false
	}
	s := who.stands["offers"]
	if !s.inForce() || !s.given.Equal(given) || !s.held.Before(s.given) && !s.held.IsZero() {
		return false
	}
	who.change("offers", func(s *stand) { s.held = newest(s.held, at) })
	return true
}

// platformStop is WhatsApp's own (rule 19).
func (m *model) platformStop(who *being, at time.Time) {
	if !who.platformAt.After(at) {
		who.says(word{to: consent.PlatformStop, at: at})
		if after(who.stands["offers"].given, at) { // it came late
			who.says(word{to: consent.PlatformUnsure})
		}
	}
	who.change("offers", func(s *stand) { s.ended = newest(s.ended, at) })
}

// platformResume lifts WhatsApp's own stop. It reports whether it is news.
func (m *model) platformResume(who *being, at time.Time) bool {
	if who != nil && (who.platformAt.After(at) || who.platform != consent.PlatformClear && who.platformAt.Equal(at)) {
		return false
	}
	return true
}

// heard is what WhatsApp told of a marketing message, and since which stop.
type heard struct {
	wamid   string
	arrived bool
	since   time.Time
}

// tells is a status of a marketing message: that it was sent, or that it arrived. Both
// end the doubt of a yes that came before it (rule 19).
func (m *model) tells(wamid, number, id string, at time.Time, arrived bool) {
	who := m.plainly(number, id)
	if who == nil || who.platform != consent.PlatformUnsure {
		return
	}
	yes := who.stands["offers"].given
	if !arrived && (!after(yes, who.platformAt) || !after(at, yes)) {
		return
	}
	if m.told[heard{wamid, !arrived, who.platformAt}] {
		who.says(word{went: true})
		return
	}
	m.told[heard{wamid, arrived, who.platformAt}] = true
}

// plainly returns who is shown, where a number and an account id lead to nobody else.
func (m *model) plainly(number, id string) *being {
	byID, byLine := m.owner[id], m.owner[number]
	if byLine != nil && byLine.former[number] != nil {
		byLine = nil
	}
	switch {
	case byLine == nil || byLine == byID || byID != nil && m.apart(byLine, byID):
		return byID
	case byID != nil || id != "" && byLine.otherAccount(id):
		return nil
	}
	return byLine
}

// moves is a change of number (rule 23).
func (m *model) moves(number, id, newNumber, newID string, at time.Time) {
	who := m.owner[id]
	if who == nil {
		who = m.owner[number]
		if who != nil && (who.former[number] != nil || who.otherAccount(id)) {
			who = nil
		}
	}
	took := false
	if other := m.owner[newNumber]; other != nil && other != who {
		took = true
		if other.former[newNumber] == nil {
			other.hold(at, consent.Marketing, consent.Transactional)
			other.reassigned = true
			delete(other.ids, newNumber)
			other.former[newNumber] = other
		}
	}
	if newNumber != "" {
		m.latest[newNumber] = newID
	}
	if who == nil { // of whom nothing is kept but the stops that they fall under
		if under := append(m.naming(number), m.naming(id)...); len(under) > 0 {
			m.joinsUnder(m.newBeing(), took, under, newNumber, newID)
		}
		return
	}
	m.joins(who, took, newNumber, newID)
	for old := range who.ids {
		if old != newNumber && old != newID {
			delete(who.ids, old)
			who.former[old] = who
		}
	}
	who.hold(at, consent.Marketing)
}

// newKey is another key behind the same account (rule 24).
func (m *model) newKey(who *being, at time.Time) {
	if who == nil {
		return
	}
	who.hold(at, consent.Marketing, consent.Transactional)
	who.reassigned = true
}

// answer is what the check ought to say.
func (m *model) answer(id, purpose string) consent.Reason {
	for _, h := range m.naming(id) {
		if !h.ended[purpose] && h.covers(purpose) {
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
	case who.reassigned || who.former[id] != nil:
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
