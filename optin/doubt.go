package optin

import (
	"context"
	"slices"
	"strings"
	"time"

	"assent/altcha"
	"assent/fault"
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

// errSpent says that a proof of work was sent with another form meanwhile.
var errSpent = fault.New(fault.Stale, "That was sent before.")

// doubt notes in what was typed why a form may not be a person's, and returns
// what is counted quietly: how often a number is sent is told to nobody (rule
// 28). Only what can lead to a message is counted.
func (s *Service) doubt(ctx context.Context, v *tenant.Version, in Submission, typed *funnel.Typed, shown funnel.Shown, proven bool, now time.Time) (quiet []counted, err error) {
	add := func(holds bool, doubt string) {
		if holds {
			typed.Doubts = append(typed.Doubts, doubt)
		}
	}
	add(!proven, doubtUnproven)
	add(in.Trap, doubtTrap)
	add(proven && now.Sub(shown.At) < fastest, doubtFast)
	if v.Template != "" && typed.E164 != "" {
		quiet = append(quiet, s.counted(s.limits.Number, typed.E164, now))
		if proven {
			quiet = append(quiet, s.counted(s.limits.Page, in.Shown, now))
		}
	}
	worked := false
	if v.Proof {
		var proof altcha.Proof
		if proof, worked = altcha.Check(s.inst.Secrets.Limit, in.Proof, v.Funnel, now); worked {
			quiet = append(quiet, s.counted(workRule, proof.Signature, proof.Until))
		}
	}
	if len(quiet) > 0 {
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			totals, err := r.Uses(ctx, usesOf(quiet))
			for i := range totals {
				full := totals[i] >= quiet[i].rule.Max
				add(full && quiet[i].rule == s.limits.Number, doubtNumber)
				add(full && quiet[i].rule == s.limits.Page, doubtPage)
				worked = worked && !(full && quiet[i].rule == workRule)
			}
			return err
		})
	}
	add(v.Proof && !worked, doubtWork)
	if !worked {
		quiet = slices.DeleteFunc(quiet, func(c counted) bool { return c.rule == workRule })
	}
	return quiet, err
}

// spent reports whether another form brought the same proof of work meanwhile.
func (e entry) spent(totals []int) bool {
	before := len(e.carry) + len(e.own)
	for i, c := range e.quiet {
		if c.rule == workRule && totals[before+i] > workRule.Max {
			return true
		}
	}
	return false
}
