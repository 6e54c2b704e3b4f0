package records

import (
	"fmt"
	"slices"
	"sync"
)

// The names of an audit's checks, in their order.
const (
	CheckLog          = "log"
	CheckTree         = "tree"
	CheckCheckpoints  = "checkpoints"
	CheckAnchors      = "anchors"
	CheckCompared     = "compared"
	CheckKeys         = "keys"
	CheckSignatures   = "signatures"
	CheckDisclosures  = "disclosures"
	CheckRows         = "rows"
	CheckWebhooks     = "webhooks"
	CheckTimes        = "times"
	CheckChains       = "chains"
	CheckConsents     = "consents"
	CheckSuppressions = "suppressions"
	CheckIdentifiers  = "identifiers"
	CheckErasures     = "erasures"
	CheckShown        = "shown"
	CheckVersions     = "versions"
)

// checkWords are what each check says where it holds and where it does not.
var checkWords = []struct{ name, good, bad string }{
	{CheckLog, "Every leaf of the log is there, in its place, and is the hash of one event.", "The log's leaves and the events do not fit each other."},
	{CheckTree, "The tree's nodes and the log's head follow from the leaves.", "The tree does not follow from the leaves."},
	{CheckCheckpoints, "Every checkpoint is signed by the log and is the head that the tree had at that size.", "A checkpoint does not hold."},
	{CheckAnchors, "Every word of an outside party is for a checkpoint that is kept, and bears the party's signature.", "What an outside party said does not hold."},
	{CheckCompared, "", "The log does not continue the checkpoint that was kept elsewhere."},
	{CheckKeys, "Every signing key's public half is what its name and its private half say.", "A signing key does not hold."},
	{CheckSignatures, "Every event is as its business signed it.", "An event is not as its business signed it."},
	{CheckDisclosures, "Every disclosure opens, and is one that was signed; none is missing.", "Disclosures are missing, or do not open."},
	{CheckRows, "What stands beside each event in its row is what the event says.", "A row says something else than its event."},
	{CheckWebhooks, "Every webhook slice is the one that its event names.", "A webhook slice is not the one that its event names."},
	{CheckTimes, "Every event stands at its time in the log.", "An event stands at another time than it says."},
	{CheckChains, "Every person's events are complete, each naming the one before.", "A person's events are not complete, or their row does not follow from them."},
	{CheckConsents, "Every consent is what its person's events make it.", "A consent is not what its person's events make it."},
	{CheckSuppressions, "Every stop, and every end of one, is as its event committed to it.", "A stop is not as its event committed to it."},
	{CheckIdentifiers, "Everything that people are known by was shown by their events.", "Something that a person is known by does not follow from their events."},
	{CheckErasures, "Every data key that is gone was destroyed by an event that says so, and what is left of what it sealed is as that event says.", "A data key is gone that no event destroyed, or what is left is not as the event says."},
	{CheckShown, "Every text that was shown equals its hash, and none that an event names is missing.", "A shown text is missing or was changed."},
	{CheckVersions, "Every funnel version is the one that was published.", "A funnel version is not the one that was published."},
}

// maxFindings bounds what is told of one check.
const maxFindings = 20

// findings collects what is wrong, from several goroutines.
type findings struct {
	mu   sync.Mutex
	list map[string][]string
	more map[string]int
}

// add records something that is wrong. The words hold ids, never what names a
// person.
func (f *findings) add(check, format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.list == nil {
		f.list, f.more = map[string][]string{}, map[string]int{}
	}
	text := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(f.list[check], text):
	case len(f.list[check]) < maxFindings:
		f.list[check] = append(f.list[check], text)
	default:
		f.more[check]++
	}
}

// checks returns the lines of the report.
func (f *findings) checks(compared string) (out []Check) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, w := range checkWords {
		found := f.list[w.name]
		c := Check{Name: w.name, OK: len(found) == 0, Words: w.good, Detail: found}
		if w.name == CheckCompared {
			c.Words = compared
		}
		if !c.OK {
			slices.Sort(c.Detail)
			c.Words = w.bad
		}
		if n := f.more[w.name]; n > 0 {
			c.Detail = append(c.Detail, fmt.Sprintf("and %d more", n))
		}
		out = append(out, c)
	}
	return out
}

// Check is one thing that an audit looked at.
type Check struct {
	Name   string   `json:"name"` // stable, for programs
	OK     bool     `json:"ok"`
	Words  string   `json:"words"`
	Detail []string `json:"detail,omitempty"`
}
