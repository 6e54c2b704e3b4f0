package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"assent/evidence"
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
	case !last.event.Discloses(evidence.ClaimExport):
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
	if err := evidence.Unmarshal(e.data, &m); err != nil {
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
		disclosed := it.event.Discloses(evidence.ClaimWebhook)
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
	if err := evidence.Unmarshal(data, &w); err != nil {
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

// checkOrder looks whether times agree with the log's order, and whether the
// events that others refer to (a request that was confirmed, a yes that got its
// receipt) are here, before them.
func (v *verifier) checkOrder() Check {
	var f finding
	before := map[string]bool{}
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
		if r := it.event.Requested; r != "" && !before[r] {
			f.add("event %03d refers to an event that does not stand before it", it.number)
		}
		before[it.event.ID] = true
	}
	return f.check(CheckOrder, "Times agree with the order of the log, and every event that another refers to stands before it.",
		"Times or references contradict the order of the log.")
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
