package optin

import (
	"slices"
	"strings"
	"time"

	"assent/altcha"
	"assent/funnel"
	"assent/limit"
	"assent/tenant"
)

// Doubts about a form. They are evidence, and bear on the message that the form
// asks for; whoever writes first needs none of it.
const (
	doubtUnproven = "the page did not prove what it showed"
	doubtTrap     = "a field that people do not see was filled in"
	doubtFast     = "the form was sent faster than a person fills it in"
	doubtPage     = "the same page was sent many times"
	doubtNumber   = "the number was sent many times that day"
	doubtWork     = "the device did not do the work that was asked of it"
)

// fastest is how soon after its page was served a person can have sent a form.
const fastest = 1500 * time.Millisecond

// silenced reports whether a form is sent no message: whoever sent it writes
// first. That is told, for it says nothing about the number.
func silenced(doubts []string) bool {
	return slices.Contains(doubts, doubtTrap) || slices.Contains(doubts, doubtWork)
}

// doubtful reports whether a message that a form asks for falls under the tighter
// limits.
func doubtful(doubts []string) bool {
	for _, d := range doubts {
		if d == doubtUnproven || d == doubtFast || d == doubtPage {
			return true
		}
	}
	return false
}

// reason returns the doubts as evidence.
func reason(doubts []string) string { return strings.Join(doubts, "; ") }

// The counts that tell and refuse nothing, as kinds of rules. A proof of work
// holds once; it is counted in the window in which it ends, so that the end of a
// window does not renew it.
var workRule = limit.Rule{Kind: "proofs of work", Every: day, Max: 1}

// doubt notes in what was typed why a form may not be a person's, and returns
// what is counted quietly: how often a number is sent is told to nobody (rule
// 28). Only what can lead to a message is counted. What the counts come to is
// known when they are written: see entry.doubts.
func (s *Service) doubt(v *tenant.Version, in Submission, typed *funnel.Typed, shown funnel.Shown, proven bool, now time.Time) (quiet []counted) {
	count := func(rule limit.Rule, whom string, at time.Time, doubt string) {
		c := s.counted(rule, whom, at)
		c.doubt = doubt
		quiet = append(quiet, c)
	}
	add := func(holds bool, doubt string) {
		if holds {
			typed.Doubts = append(typed.Doubts, doubt)
		}
	}
	add(!proven, doubtUnproven)
	add(in.Trap, doubtTrap)
	add(proven && now.Sub(shown.At) < fastest, doubtFast)
	if v.Template != "" && typed.E164 != "" {
		count(s.limits.Number, typed.E164, now, doubtNumber)
		if proven {
			count(s.limits.Page, in.Shown, now, doubtPage)
		}
	}
	if v.Proof {
		proof, worked := altcha.Check(s.inst.Secrets.Limit, in.Proof, v.Funnel, now)
		add(!worked, doubtWork)
		if worked {
			count(workRule, proof.Signature, proof.Until, doubtWork)
		}
	}
	return quiet
}

// doubts returns what is doubtful about the form by what its quiet counts came
// to: a number or a page that was sent too often, work that was brought before.
func (e entry) doubts(totals []int) (list []string) {
	before := len(e.carry) + len(e.own)
	for i, c := range e.quiet {
		if totals[before+i] > c.rule.Max {
			list = append(list, c.doubt)
		}
	}
	return list
}
