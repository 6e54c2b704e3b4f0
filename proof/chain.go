package proof

import (
	"fmt"
	"slices"
	"time"

	"assent/evidence"
)

// unnumbered are events that may stand without a number of their person: those
// of a request, which belongs to nobody yet, and publications.
var unnumbered = map[evidence.Name]bool{
	evidence.ConsentRequested: true, evidence.ConfirmationSent: true, evidence.ConfirmationDelivered: true,
	evidence.ConsentDeferred: true, evidence.NoticePublished: true, evidence.FunnelPublished: true, evidence.ProofExported: true,
}

// link is a chain as far as it was followed.
type link struct {
	next int64 // the number that comes next
	head evidence.Digest
}

// checkSequence counts the person's events: none left out, none put in, each
// naming the one before.
func (v *verifier) checkSequence() Check {
	const bad = "The person's events are not complete, or do not follow each other."
	var f finding
	chains := v.follow(&f)
	if v.export == nil {
		f.add("no export event says how many there were")
		return f.check(CheckSequence, "", bad)
	}
	total := v.claim.Events
	for _, c := range v.claim.Absorbed {
		total += c.Events
	}
	compareChains(&f, chains, append([]Chain{v.claim.Chain}, v.claim.Absorbed...))
	return f.check(CheckSequence, fmt.Sprintf("The person's events are complete: all %d, each naming the one before, as of %s.",
		total, v.report.AsOf.Format(time.RFC3339)), bad)
}

// follow puts the numbered events into their chains: one for the person, one
// more for each that turned out to be the same.
func (v *verifier) follow(f *finding) []*link {
	var chains []*link
	for _, it := range v.items {
		if it.event == nil {
			f.add("event %03d cannot be counted", it.number)
			continue
		}
		if !it.event.Discloses(evidence.ClaimSeq) {
			if !unnumbered[it.event.Name] {
				f.add("event %03d (%s) shows no number", it.number, it.event.Name)
			}
			continue
		}
		seq, previous := it.event.Seq, it.event.Previous
		i := slices.IndexFunc(chains, func(c *link) bool { return c.next == seq && c.head == previous })
		begins := seq == 1 && previous.IsZero() && len(chains) <= len(v.claim.Absorbed)
		if i < 0 && (begins || len(chains) == 0) {
			chains = append(chains, &link{next: 1})
			i = len(chains) - 1
		}
		if i < 0 {
			i = nearest(chains, seq)
		}
		switch c := chains[i]; {
		case seq > c.next:
			f.add("the person's %s missing before event %03d", span(c.next, seq-1), it.number)
		case seq < c.next:
			f.add("event %03d has the number %d, which comes too late", it.number, seq)
		case previous != c.head:
			f.add("event %03d does not follow the one before it", it.number)
		}
		chains[i].next, chains[i].head = max(chains[i].next, seq+1), evidence.Digest(it.leaf)
	}
	return chains
}

// nearest returns the chain in which the number leaves the smallest gap.
func nearest(chains []*link, seq int64) int {
	best := 0
	for i, c := range chains {
		if c.next <= seq && (chains[best].next > seq || c.next > chains[best].next) {
			best = i
		}
	}
	return best
}

// compareChains compares what was followed with what the export event counts.
func compareChains(f *finding, chains []*link, claimed []Chain) {
	var open []Chain
	for _, c := range claimed {
		same := func(l *link) bool { return l.next-1 == c.Events && l.head == c.Head }
		if i := slices.IndexFunc(chains, same); i >= 0 {
			chains = slices.Delete(chains, i, i+1)
		} else if c.Events != 0 || !c.Head.IsZero() {
			open = append(open, c)
		}
	}
	for i, c := range open {
		if i >= len(chains) {
			f.add("the person's %s missing: the export event says there were %d", span(1, c.Events), c.Events)
			continue
		}
		switch last := chains[i].next - 1; {
		case last < c.Events:
			f.add("the person's %s missing: the export event says there were %d", span(last+1, c.Events), c.Events)
		case last > c.Events:
			f.add("there are more events than the %d that the export event says", c.Events)
		default:
			f.add("the last event is not the one that the export event says")
		}
	}
	for range chains[min(len(open), len(chains)):] {
		f.add("there are events that the export event does not count")
	}
}

func span(from, to int64) string {
	if from >= to {
		return fmt.Sprintf("event number %d is", from)
	}
	return fmt.Sprintf("events number %d to %d are", from, to)
}
