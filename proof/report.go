package proof

import (
	"fmt"
	"time"

	"assent/fault"
	"assent/ledger"
)

// Verdict is what a verification comes to.
type Verdict string

// The verdicts. Exit codes are those of the contract.
const (
	// Valid: everything holds, under keys that the verifier brought.
	Valid Verdict = "valid"
	// Consistent: everything holds under the keys in the bundle, which anybody
	// could have made. With Strict it counts as not valid.
	Consistent Verdict = "consistent"
	// Invalid: something does not hold, or something required is absent.
	Invalid Verdict = "invalid"
	// Unreadable: this is no bundle.
	Unreadable Verdict = "unreadable"
)

// Check is one thing that was looked at.
type Check struct {
	Name   string   `json:"name"` // stable, for programs
	OK     bool     `json:"ok"`
	Words  string   `json:"words"`            // one sentence
	Detail []string `json:"detail,omitempty"` // what exactly, at most maxDetail lines
}

const maxDetail = 20

// The names of the checks, in their order.
const (
	CheckSimulated  = "simulated"
	CheckFiles      = "files"
	CheckKeys       = "keys"
	CheckSignatures = "signatures"
	CheckCheckpoint = "checkpoint"
	CheckInclusion  = "inclusion"
	CheckExport     = "export"
	CheckManifest   = "manifest"
	CheckShown      = "shown"
	CheckWebhooks   = "webhooks"
	CheckSequence   = "sequence"
	CheckOrder      = "order"
	CheckStates     = "states"
	CheckNotice     = "notice"
	CheckAnchors    = "anchors"
)

// Report is what Verify found.
type Report struct {
	Verdict  Verdict   `json:"verdict"`
	Words    string    `json:"words"`
	Checks   []Check   `json:"checks"`
	Issuer   string    `json:"issuer,omitempty"`
	Audience Audience  `json:"audience,omitempty"`
	AsOf     time.Time `json:"as_of,omitzero"` // when the export event was signed
	Events   int       `json:"events"`         // in the bundle
	// Simulated counts events from simulated senders.
	Simulated int `json:"simulated"`
	// States is how the person stood, as the export event says.
	States []State `json:"states,omitempty"`
	// Anchors are the outside parties that vouch for events, and Anchored how many
	// events one of them vouched for within a day of the act: where such an event
	// gave a consent of grade B, the grade is A.
	Anchors  []AnchorReport `json:"anchors,omitempty"`
	Anchored int            `json:"anchored_in_time"`
	// The log, and the keys under which all this was checked. Compare them with
	// what the business publishes.
	Origin string       `json:"origin,omitempty"`
	Size   int64        `json:"log_size,omitempty"`
	Root   *ledger.Hash `json:"log_root,omitempty"`
	LogKey string       `json:"log_key,omitempty"`
	KeyIDs []string     `json:"key_ids,omitempty"`
	Pinned bool         `json:"pinned"` // both keys came from the verifier
}

// ExitCode returns 0 for valid, 1 for not valid, 2 for not readable.
func (r Report) ExitCode() int {
	switch r.Verdict {
	case Valid, Consistent:
		return 0
	case Invalid:
		return 1
	}
	return 2
}

// UnreadableReport is the report for a file that Verify could not read.
func UnreadableReport(err error) Report {
	words := fault.Message(err)
	if words == "" {
		words = "The file could not be read."
	}
	return Report{Verdict: Unreadable, Words: words, Checks: []Check{}}
}

// Failed returns the checks that do not hold.
func (r Report) Failed() []Check {
	var out []Check
	for _, c := range r.Checks {
		if !c.OK {
			out = append(out, c)
		}
	}
	return out
}

// conclude sets the verdict and its words.
func (r *Report) conclude(strict bool) {
	failed := r.Failed()
	switch {
	case len(failed) > 0:
		r.Verdict = Invalid
		r.Words = fmt.Sprintf("NOT VALID: %d of %d checks fail.", len(failed), len(r.Checks))
	case !r.Pinned && strict:
		r.Verdict = Invalid
		r.Words = "NOT VALID in strict checking: no keys came another way, so this is only consistent under the keys in the bundle."
	case !r.Pinned:
		r.Verdict = Consistent
		r.Words = "Consistent under the keys in the bundle, which anybody could have made. " +
			"Compare the keys above with those that the business publishes, and pass them with --log-key and --jwks."
	default:
		r.Verdict = Valid
		r.Words = "Valid under the keys that you brought."
	}
	if r.Simulated > 0 {
		r.Words = "SIMULATED. " + r.Words
	}
}

// finding collects what is wrong for one check.
type finding struct {
	detail []string
	more   int
}

func (f *finding) add(format string, args ...any) {
	if len(f.detail) == maxDetail {
		f.more++
		return
	}
	f.detail = append(f.detail, fmt.Sprintf(format, args...))
}

// check makes the check of what was found: good if nothing is wrong, else bad.
func (f *finding) check(name, good, bad string) Check {
	c := Check{Name: name, OK: len(f.detail) == 0, Words: good, Detail: f.detail}
	if !c.OK {
		c.Words = bad
	}
	if f.more > 0 {
		c.Detail = append(c.Detail[:maxDetail-1], fmt.Sprintf("and %d more", f.more+1))
	}
	return c
}
