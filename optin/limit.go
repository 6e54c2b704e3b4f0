package optin

import (
	"bytes"
	"math"
	"sync"
	"time"

	"assent/fault"
	"assent/funnel"
	"assent/limit"
	"assent/tenant"
)

// Limits are how often something may happen within a window, in all processes
// together. A form that does not prove what it showed, or was sent faster than a
// person can, is taken all the same: the tighter ones are for the messages that
// such forms ask for.
type Limits struct {
	Network  limit.Rule // forms from one network
	Funnel   limit.Rule // forms of one funnel
	Business limit.Rule // forms of all its funnels

	Number limit.Rule // forms with one number; more are taken, and send nothing
	Page   limit.Rule // forms sent from one page that was served; more are doubtful

	Templates struct{ Network, Funnel, Business limit.Rule } // messages asked for
	Doubtful  struct{ Network, Funnel limit.Rule }           // of those, by forms that are doubtful
}

const day = 24 * time.Hour

// DefaultLimits bind programs, and people hardly ever. Whoever cannot be sent a
// message can always write first.
func DefaultLimits() Limits {
	l := Limits{
		Network:  limit.Rule{Kind: "forms of a network", Every: time.Hour, Max: 600},
		Funnel:   limit.Rule{Kind: "forms of a funnel", Every: time.Hour, Max: 30_000},
		Business: limit.Rule{Kind: "forms of a business", Every: time.Hour, Max: 60_000},
		Number:   limit.Rule{Kind: "forms with a number", Every: day, Max: 5},
		Page:     limit.Rule{Kind: "forms of a page", Every: day, Max: 5},
	}
	l.Templates.Network = limit.Rule{Kind: "templates of a network", Every: day, Max: 20}
	l.Templates.Funnel = limit.Rule{Kind: "templates of a funnel", Every: day, Max: 500}
	l.Templates.Business = limit.Rule{Kind: "templates of a business", Every: day, Max: 1000}
	l.Doubtful.Network = limit.Rule{Kind: "doubtful templates of a network", Every: day, Max: 3}
	l.Doubtful.Funnel = limit.Rule{Kind: "doubtful templates of a funnel", Every: day, Max: 50}
	return l
}

// counted is something that counts, with the rule for it.
type counted struct {
	rule  limit.Rule
	use   limit.Use
	doubt string // what it tells of a form where it is over the limit; empty for a limit that refuses
}

func (s *Service) counted(rule limit.Rule, whom string, now time.Time) counted {
	return counted{rule: rule, use: rule.One(s.inst.Secrets.Limit, whom, now)}
}

// usesOf returns what is counted, for the database.
func usesOf(list []counted) []limit.Use {
	uses := make([]limit.Use, len(list))
	for i, c := range list {
		uses[i] = c.use
	}
	return uses
}

// fullest returns the use that is over its limit for the longest, after so many
// in all.
func fullest(list []counted, totals []int) (over limit.Use, ok bool) {
	for i, c := range list {
		if totals[i] > c.rule.Max && c.use.Until.After(over.Until) {
			over, ok = c.use, true
		}
	}
	return over, ok
}

// tooMany says when it can be tried again.
func tooMany(over limit.Use, now time.Time) error {
	return fault.New(fault.TooMany, "There were too many tries. Try again later, or write on WhatsApp.").After(over.Until.Sub(now))
}

// gauge gathers what is counted of funnels and businesses, and remembers what is
// full. A row that every form adds to would make the writers of PostgreSQL wait
// for each other, so a process writes these counts once a second at most, within
// the transaction of a form: the limits hold across processes to a second.
type gauge struct {
	mu      sync.Mutex
	carried time.Time
	counts  map[string]*count // by hash
}

// count is what a process knows of one count.
type count struct {
	known   int // in the database, as far as is known
	waiting int // of this process, not written yet
	until   time.Time
}

// maxCounts bounds what is remembered; beyond it, the database says it again.
const maxCounts = 100_000

// enter counts one form, unless something is full. What it returns to be written
// is to be given back by left.
func (g *gauge) enter(shared, own []counted, now time.Time) (carry []limit.Use, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.counts == nil || len(g.counts) > maxCounts {
		g.sweep(now)
	}
	for _, c := range append(own, shared...) {
		if k := g.counts[string(c.use.Hash)]; k != nil && k.known+k.waiting >= c.rule.Max {
			return nil, tooMany(c.use, now)
		}
	}
	for _, c := range shared {
		k := g.counts[string(c.use.Hash)]
		if k == nil {
			k = &count{until: c.use.Until}
			g.counts[string(c.use.Hash)] = k
		}
		k.waiting++
	}
	if len(shared) == 0 || now.Sub(g.carried) < time.Second && !now.Before(g.carried) {
		return nil, nil
	}
	g.carried = now
	return g.lift(), nil
}

// sweep forgets windows that have ended, and all that nothing waits for where
// there are too many.
func (g *gauge) sweep(now time.Time) {
	kept := map[string]*count{}
	for hash, k := range g.counts {
		if k.waiting > 0 && k.until.After(now) {
			kept[hash] = k
		}
	}
	g.counts = kept
}

// lift takes all that waits to be written.
func (g *gauge) lift() (carry []limit.Use) {
	for hash, k := range g.counts {
		if k.waiting == 0 {
			continue
		}
		carry = append(carry, limit.Use{Hash: []byte(hash), N: k.waiting, Until: k.until})
		k.known, k.waiting = k.known+k.waiting, 0
	}
	return carry
}

// left takes note of what was written of a form, with the totals, or that it was
// not.
func (g *gauge) left(e entry, totals []int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, u := range append(e.carry[:len(e.carry):len(e.carry)], usesOf(e.own)...) {
		k := g.counts[string(u.Hash)]
		switch {
		case err == nil && k == nil:
			g.counts[string(u.Hash)] = &count{known: totals[i], until: u.Until}
		case err == nil:
			k.known = max(k.known, totals[i])
		case k != nil && i < len(e.carry):
			k.known, k.waiting = k.known-u.N, k.waiting+u.N
		}
	}
}

// entry is a form on its way into the database, with what is counted of it.
type entry struct {
	own    []counted // limits that refuse it
	shared []counted // those that many forms add to, which are written now and then
	quiet  []counted // counts that tell and refuse nothing
	carry  []limit.Use
}

// enter begins to count a form. Forms from this machine bind nothing.
func (s *Service) enter(t *tenant.Tenant, v *tenant.Version, in Submission, quiet []counted, now time.Time) (e entry, err error) {
	e.quiet = quiet
	if in.Network == "" {
		return e, nil
	}
	e.own = []counted{s.counted(s.limits.Network, in.Network, now)}
	e.shared = []counted{s.counted(s.limits.Funnel, v.Funnel, now), s.counted(s.limits.Business, t.ID, now)}
	e.carry, err = s.gauge.enter(e.shared, e.own, now)
	return e, err
}

// uses returns what is to be written of the form.
func (e entry) uses() []limit.Use {
	return append(e.carry[:len(e.carry):len(e.carry)], usesOf(append(e.own[:len(e.own):len(e.own)], e.quiet...))...)
}

// over returns what is over its limit by what the counts came to.
func (e entry) over(totals []int) (limit.Use, bool) {
	list := make([]counted, 0, len(e.carry)+len(e.own))
	for _, u := range e.carry {
		list = append(list, e.ruled(u))
	}
	return fullest(append(list, e.own...), totals)
}

// ruled returns what is carried with the rule that binds this form, or with one
// that binds nothing where it is of other forms.
func (e entry) ruled(u limit.Use) counted {
	for _, c := range e.shared {
		if bytes.Equal(c.use.Hash, u.Hash) {
			return counted{rule: c.rule, use: u}
		}
	}
	return counted{rule: limit.Rule{Max: math.MaxInt}, use: u}
}

// asking returns what is counted of a message that is asked for.
func (s *Service) asking(r *funnel.Request, v *tenant.Version, network string, doubts []string, now time.Time) []counted {
	if network == "" {
		return nil
	}
	l := s.limits
	list := []counted{
		s.counted(l.Templates.Network, network, now), s.counted(l.Templates.Funnel, v.Funnel, now), s.counted(l.Templates.Business, r.Business, now),
	}
	if doubtful(doubts) {
		list = append(list, s.counted(l.Doubtful.Network, network, now), s.counted(l.Doubtful.Funnel, v.Funnel, now))
	}
	return list
}
