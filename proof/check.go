package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	josejson "github.com/go-jose/go-jose/v4/json"

	"assent/consent"
	"assent/evidence"
	"assent/ledger"
)

// skew is how far before its place in the log an event may have been signed.
const skew = 5 * time.Minute

// checkExport reads the last event: what the bundle says of itself.
func (v *verifier) checkExport() Check {
	var f finding
	for _, it := range v.items {
		if it.event != nil && it.event.Name == evidence.ProofExported && it.number != len(v.items) {
			f.add("event %03d is an export, and not the last", it.number)
		}
	}
	var last *item
	if n := len(v.items); n > 0 {
		last = v.items[n-1]
	}
	switch {
	case last == nil || last.event == nil || last.event.Name != evidence.ProofExported || last.number != v.report.Events:
		f.add("the last event is no proof.exported")
	case !last.event.Disclosed[evidence.ClaimExport]:
		f.add("the export event does not disclose what it states")
	default:
		claim, err := parseExport(last.event.Export)
		if err != nil {
			f.add("%s", reason(err))
			break
		}
		if _, err := ParseAudience(string(claim.Audience)); err != nil || claim.Audience == "" {
			f.add("the export event names no audience that is known here")
		}
		if shown := len(last.signed.Disclosures); claim.Audience == Court && last.event.Hidden > 0 || claim.Audience != Court && shown != 1 {
			f.add("the export event does not show what it must for this audience")
		}
		v.export, v.claim = last, claim
		v.report.Audience, v.report.AsOf, v.report.States = claim.Audience, last.event.IssuedAt, claim.States
	}
	return f.check(CheckExport, fmt.Sprintf("The export is an event itself: made for %s, as of %s.",
		v.claim.Audience, v.report.AsOf.Format(time.RFC3339)), "The bundle does not say how the person stood when it was made.")
}

// checkManifest compares every file with what the export event commits to.
func (v *verifier) checkManifest() Check {
	const bad = "Files are not those that the export event commits to."
	var f finding
	e := v.archive.files[manifestFile]
	if e == nil || v.export == nil {
		f.add("there is no manifest, or no export event to vouch for it")
		return f.check(CheckManifest, "", bad)
	}
	if e.digest != v.claim.Manifest {
		f.add("%s is not the one that the export event commits to", manifestFile)
	}
	var m manifest
	if err := josejson.Unmarshal(e.data, &m); err != nil {
		f.add("%s cannot be read", manifestFile)
	}
	in := make(map[string]bool, len(m.Files))
	for _, l := range m.Files {
		switch got := v.archive.files[l.Name]; {
		case in[l.Name] || !committed(l.Name, v.export.file):
			f.add("%s is listed and must not be", clip(l.Name))
		case got == nil:
			f.add("%s is missing", clip(l.Name))
		case got.digest != l.SHA256 || got.size != l.Size:
			f.add("%s was changed", l.Name)
		}
		in[l.Name] = true
	}
	for _, name := range v.archive.names {
		if committed(name, v.export.file) && !in[name] {
			f.add("%s was added", name)
		}
	}
	return f.check(CheckManifest, fmt.Sprintf("All %d files are those that the export event commits to; none was added or left out.",
		len(m.Files)), bad)
}

// checkShown looks for the bytes of everything that the person saw.
func (v *verifier) checkShown() Check {
	var f finding
	have := map[shownKey]bool{}
	for _, name := range v.archive.names {
		if !strings.HasPrefix(name, "shown/") {
			continue
		}
		m := shownName.FindStringSubmatch(name)
		if m == nil {
			f.add("%s is no name for what was shown", name)
			continue
		}
		digest, _ := evidence.ParseDigest(m[2]) // the pattern says so
		if v.archive.files[name].digest != digest {
			f.add("%s holds other bytes than its hash says", name)
		}
		if have[shownKey{m[1], digest}] {
			f.add("%s is there twice", name)
		}
		have[shownKey{m[1], digest}] = true
	}
	wanted := map[shownKey]bool{}
	for _, it := range v.items {
		if it.event == nil {
			continue
		}
		for key := range named(it.event) {
			wanted[key] = true
			if !have[key] {
				f.add("event %03d: the %s that was shown is missing", it.number, key.kind)
			}
		}
	}
	for key := range have {
		if key.kind != ShownAsset && !wanted[key] {
			f.add("no event names the %s %s", key.kind, key.digest)
		}
	}
	slices.Sort(f.detail)
	return f.check(CheckShown, fmt.Sprintf("What was shown is here byte for byte: %d texts, pages and messages.", len(wanted)),
		"What was shown is not here as it was.")
}

// checkWebhooks compares what was received with its hashes.
func (v *verifier) checkWebhooks() Check {
	var f finding
	count := 0
	for _, name := range v.archive.names {
		if strings.HasPrefix(name, "webhooks/") && !webhookName.MatchString(name) {
			f.add("%s is no name for what was received", name)
		}
	}
	for _, it := range v.items {
		e := v.archive.files[numbered("webhooks", it.number, "json")]
		if it.event == nil {
			continue
		}
		disclosed := it.event.Disclosed[evidence.ClaimWebhook]
		switch {
		case e == nil && disclosed:
			f.add("event %03d: what was received is missing", it.number)
		case e != nil && !disclosed:
			f.add("event %03d: something received is here that it does not name", it.number)
		case e != nil:
			count++
			v.checkWebhook(&f, it, e.data)
		}
	}
	if n := v.countNames(webhookName.MatchString); n > count && len(f.detail) == 0 {
		f.add("%d files of what was received belong to no event", n-count)
	}
	return f.check(CheckWebhooks, fmt.Sprintf("What was received is here as it came: %d slices of webhooks.", count),
		"What was received is not here as it came.")
}

func (v *verifier) checkWebhook(f *finding, it *item, data []byte) {
	var w webhookFile
	if err := josejson.Unmarshal(data, &w); err != nil {
		f.add("event %03d: what was received cannot be read", it.number)
		return
	}
	switch want := it.event.Webhook; {
	case w.Event != it.event.ID:
		f.add("event %03d: what was received belongs to another event", it.number)
	case evidence.Sum(w.Slice) != want.Slice:
		f.add("event %03d: the slice that was received is not the one it names", it.number)
	case w.BodySHA256 != want.Body:
		f.add("event %03d: the body's hash is not the one it names", it.number)
	case w.Body != nil && evidence.Sum(w.Body) != want.Body:
		f.add("event %03d: the body is not the one it names", it.number)
	}
}

func (v *verifier) countNames(match func(string) bool) int {
	n := 0
	for _, name := range v.archive.names {
		if match(name) {
			n++
		}
	}
	return n
}

// unnumbered are events that may stand without a number of their person: those
// of a request, which belongs to nobody yet, and publications.
var unnumbered = map[evidence.Name]bool{
	evidence.ConsentRequested: true, evidence.ConfirmationSent: true, evidence.ConfirmationDelivered: true,
	evidence.ConsentDeferred: true, evidence.NoticePublished: true, evidence.FunnelPublished: true, evidence.ProofExported: true,
}

// checkSequence counts the person's events: none left out, none put in, each
// naming the one before.
func (v *verifier) checkSequence() Check {
	const bad = "The person's events are not complete, or do not follow each other."
	var f finding
	next := int64(1)
	var head evidence.Digest
	for _, it := range v.items {
		if it.event == nil {
			f.add("event %03d cannot be counted", it.number)
			continue
		}
		seq := it.event.Seq
		if !it.event.Disclosed[evidence.ClaimSeq] {
			if !unnumbered[it.event.Name] {
				f.add("event %03d (%s) shows no number", it.number, it.event.Name)
			}
			continue
		}
		switch {
		case seq > next:
			f.add("the person's %s missing before event %03d", span(next, seq-1), it.number)
		case seq < next:
			f.add("event %03d has the number %d, which comes too late", it.number, seq)
		case it.event.Previous != head:
			f.add("event %03d does not follow the one before it", it.number)
		}
		next, head = max(next, seq+1), evidence.Digest(it.leaf)
	}
	if v.export == nil {
		f.add("no export event says how many there were")
		return f.check(CheckSequence, "", bad)
	}
	if last := next - 1; last != v.claim.Events {
		if last < v.claim.Events {
			f.add("the person's %s missing: the export event says there were %d", span(next, v.claim.Events), v.claim.Events)
		} else {
			f.add("there are more events than the %d that the export event says", v.claim.Events)
		}
	} else if head != v.claim.Head {
		f.add("the last event is not the one that the export event says")
	}
	return f.check(CheckSequence, fmt.Sprintf("The person's events are complete: 1 to %d, each naming the one before, as of %s.",
		v.claim.Events, v.report.AsOf.Format(time.RFC3339)), bad)
}

func span(from, to int64) string {
	if from == to {
		return fmt.Sprintf("event number %d is", from)
	}
	return fmt.Sprintf("events number %d to %d are", from, to)
}

// checkOrder looks whether times agree with the log's order, and whether every
// request that was confirmed is here, before its confirmation.
func (v *verifier) checkOrder() Check {
	var f finding
	requests := map[string]bool{}
	var newest time.Time
	for _, it := range v.items {
		if it.event == nil {
			continue
		}
		if it.event.IssuedAt.Before(newest.Add(-skew)) {
			f.add("event %03d says that it was signed before events that stand before it in the log", it.number)
		}
		if it.event.IssuedAt.After(newest) {
			newest = it.event.IssuedAt
		}
		if it.event.Name == evidence.ConsentRequested {
			requests[it.event.ID] = true
		}
		if r := it.event.Requested; r != "" && !requests[r] {
			f.add("event %03d confirms a request that does not stand before it", it.number)
		}
	}
	return f.check(CheckOrder, "Times agree with the order of the log, and requests stand before their confirmations.",
		"Times or requests contradict the order of the log.")
}

// checkStates folds all choices and compares with what the export event says.
func (v *verifier) checkStates() Check {
	const bad = "The states do not follow from the events."
	var f finding
	acts, purposes := v.acts(&f)
	if v.export == nil {
		f.add("no export event says how the person stood")
		return f.check(CheckStates, "", bad)
	}
	stated := map[string]bool{}
	for _, s := range v.claim.States {
		p, ok := purposes[s.Purpose]
		if !ok {
			p = consent.Purpose{Key: s.Purpose, Scope: s.Scope}
		}
		if p.Scope != s.Scope || stated[s.Purpose] {
			f.add("the export event says two things about %s", clip(s.Purpose))
			continue
		}
		stated[s.Purpose] = true
		if got := consent.Fold(p, acts).State(); got != s.State {
			f.add("%s: the events make it %s, the export event says %s", clip(s.Purpose), got, clip(string(s.State)))
		}
	}
	for key := range purposes {
		if !stated[key] {
			f.add("the export event says nothing about %s", clip(key))
		}
	}
	slices.Sort(f.detail)
	words := make([]string, 0, len(v.claim.States))
	for _, s := range v.claim.States {
		words = append(words, s.Purpose+" "+string(s.State))
	}
	if len(words) == 0 {
		words = []string{"none"}
	}
	return f.check(CheckStates, "The states follow from the events: "+strings.Join(words, ", ")+".", bad)
}

// acts collects what the numbered events did, and the purposes that they name.
func (v *verifier) acts(f *finding) ([]consent.Act, map[string]consent.Purpose) {
	var acts []consent.Act
	purposes := map[string]consent.Purpose{}
	for _, it := range v.items {
		if it.event == nil || !it.event.Disclosed[evidence.ClaimSeq] {
			continue
		}
		if n := it.event.HiddenChoices; n > 0 {
			f.add("event %03d hides %d of its choices", it.number, n)
		}
		for _, a := range ActsOf(&it.event.Event) {
			acts = append(acts, a)
			if a.Purpose == "" {
				continue
			}
			if p, ok := purposes[a.Purpose]; ok && p.Scope != a.Scope {
				f.add("event %03d gives %s another scope", it.number, clip(a.Purpose))
			}
			purposes[a.Purpose] = consent.Purpose{Key: a.Purpose, Scope: a.Scope}
		}
	}
	return acts, purposes
}

// ActsOf returns what an event did to purposes, for the fold: the act's own time
// if it is disclosed, else when the event was signed.
func ActsOf(e *evidence.Event) []consent.Act {
	at := e.Time
	if at.IsZero() {
		at = e.IssuedAt
	}
	acts := make([]consent.Act, 0, len(e.Choices))
	for _, c := range e.Choices {
		acts = append(acts, consent.Act{Event: e.ID, Purpose: c.Purpose, Scope: consent.Scope(c.Scope),
			Outcome: consent.Outcome(c.Outcome), Basis: consent.Basis(c.Basis), Grade: consent.Grade(c.Grade),
			At: at, Until: c.ValidUntil.Time})
	}
	return acts
}

// StandingOf folds a person's numbered events into their standing, in the
// order of seq. The events are as verified with all choices.
func StandingOf(events []*evidence.Verified) Standing {
	var s Standing
	var acts []consent.Act
	var order []consent.Purpose
	seen := map[string]bool{}
	for _, e := range events {
		if e.Seq == 0 {
			continue
		}
		if e.Seq > s.Events {
			s.Events, s.Head = e.Seq, evidence.Digest(ledger.LeafHash([]byte(e.Signed.JWT)))
		}
		for _, a := range ActsOf(&e.Event) {
			acts = append(acts, a)
			if a.Purpose != "" && !seen[a.Purpose] {
				seen[a.Purpose] = true
				order = append(order, consent.Purpose{Key: a.Purpose, Scope: a.Scope})
			}
		}
	}
	s.States = make([]State, 0, len(order))
	for _, p := range order {
		s.States = append(s.States, State{Purpose: p.Key, Scope: p.Scope, State: consent.Fold(p, acts).State()})
	}
	return s
}

// checkNotice looks whether words and funnel were published before anybody said
// yes to them.
func (v *verifier) checkNotice() Check {
	var f finding
	notices, funnels := map[evidence.Digest]bool{}, map[string]bool{}
	yes := 0
	for _, it := range v.items {
		if it.event == nil {
			continue
		}
		switch e := &it.event.Event; e.Name {
		case evidence.NoticePublished:
			notices[e.Notice] = true
		case evidence.FunnelPublished:
			funnels[e.Funnel+" "+e.FunnelVersion] = true
		case evidence.ConsentRequested, evidence.ConsentGiven, evidence.ConsentRenewed:
			if e.Name != evidence.ConsentRequested {
				yes++
			}
			if !e.Notice.IsZero() && !notices[e.Notice] {
				f.add("event %03d: its words were not published before it", it.number)
			}
			if e.FunnelVersion != "" && !funnels[e.Funnel+" "+e.FunnelVersion] {
				f.add("event %03d: its funnel was not published before it", it.number)
			}
		}
	}
	return f.check(CheckNotice, fmt.Sprintf("Words and funnels were published before each of the %d times somebody said yes.", yes),
		"Words or funnels were not published before somebody said yes to them.")
}
