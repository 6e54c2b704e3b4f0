package proof

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"strconv"
	"strings"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
)

// Pins are keys that came another way than with the bundle, and how strict to
// be without them.
type Pins struct {
	LogKey ledger.Verifier  // nil: take the bundle's, and say so
	Keys   *evidence.KeySet // nil: take the bundle's, and say so
	// Witnesses and Roots are those outside parties whose word counts: the keys
	// of witnesses, and the certificates that time-stamps have to descend from.
	// Without them the bundle's are taken as hints.
	Witnesses []ledger.Witness
	Roots     []*x509.Certificate
	Strict    bool // without both keys nothing is valid
}

// item is one event of the bundle, as far as it could be read.
type item struct {
	number   int    // NNN
	file     string // of the event
	signed   evidence.Signed
	event    *evidence.Verified // nil if it does not hold
	leaf     ledger.Hash
	proof    ledger.Proof
	included bool // the proof holds
}

// verifier is one verification under way.
type verifier struct {
	archive    *archive
	pins       Pins
	keys       evidence.KeySet
	log        ledger.Verifier // nil if there is none
	checkpoint ledger.Checkpoint
	items      []*item
	export     *item // the export event; nil if there is none
	claim      Export
	report     Report
}

// Verify checks a bundle. The error is an Invalid fault where r holds no bundle
// (UnreadableReport makes a report of it), or the context's. Everything else,
// also a file that is damaged or missing, is in the report.
func Verify(ctx context.Context, r io.ReaderAt, size int64, pins Pins) (Report, error) {
	a, err := openArchive(ctx, r, size)
	if err != nil {
		return Report{}, err
	}
	v := &verifier{archive: a, pins: pins}
	checks := []func() Check{
		v.checkFiles, v.checkKeys, v.checkSignatures, v.checkCheckpoint, v.checkInclusion, v.checkExport, v.checkManifest,
		v.checkShown, v.checkWebhooks, v.checkSequence, v.checkOrder, v.checkStates, v.checkNotice, v.checkAnchors,
	}
	for _, check := range checks {
		if err := ctx.Err(); err != nil {
			return Report{}, err
		}
		v.report.Checks = append(v.report.Checks, check())
	}
	v.simulated()
	v.report.conclude(pins.Strict)
	return v.report, nil
}

// simulated puts what comes from the simulator before everything else.
func (v *verifier) simulated() {
	for _, it := range v.items {
		if it.event != nil && it.event.Simulated {
			v.report.Simulated++
		}
	}
	if n := v.report.Simulated; n > 0 {
		c := Check{Name: CheckSimulated, OK: true, Words: fmt.Sprintf(
			"SIMULATED: %d of %d events come from a simulated sender. They prove nothing about any person.", n, len(v.items))}
		v.report.Checks = append([]Check{c}, v.report.Checks...)
	}
}

// checkFiles looks whether every file is whole and every event has its proof.
func (v *verifier) checkFiles() Check {
	var f finding
	for _, name := range v.archive.damaged {
		f.add("%s is damaged", name)
	}
	for _, name := range []string{readmeFile, checkpointFile, manifestFile, keysFile, logKeyFile} {
		if v.archive.files[name] == nil {
			f.add("%s is missing", name)
		}
	}
	count := 0
	for _, name := range v.archive.names {
		switch {
		case eventName.MatchString(name):
			count++
		case isProofName(name):
			if v.archive.files[strings.TrimSuffix(name, "tlog-proof")+"sd-jwt"] == nil {
				f.add("%s has no event", name)
			}
		case strings.HasPrefix(name, "events/"):
			f.add("%s is neither an event nor a proof", name)
		}
	}
	for n := 1; n <= count; n++ {
		name := numbered("events", n, "sd-jwt")
		if v.archive.files[name] == nil {
			f.add("%s is missing", name)
			continue
		}
		if v.archive.files[numbered("events", n, "tlog-proof")] == nil {
			f.add("%s has no proof", name)
		}
		v.items = append(v.items, &item{number: n, file: name})
	}
	if count == 0 {
		f.add("there is no event")
	}
	v.report.Events = count
	return f.check(CheckFiles, fmt.Sprintf("All files are there and whole: %d events, each with its inclusion proof.", count),
		"Files are missing, damaged or out of place.")
}

// checkKeys chooses the keys: the verifier's own if there are any.
func (v *verifier) checkKeys() Check {
	var f finding
	if e := v.archive.files[keysFile]; e != nil {
		keys, err := evidence.ParseKeySet(e.data)
		if err != nil {
			f.add("%s cannot be read", keysFile)
		}
		v.keys = keys
	}
	if e := v.archive.files[logKeyFile]; e != nil {
		key, err := ledger.ParseVerifier(string(e.data))
		if err != nil {
			f.add("%s cannot be read", logKeyFile)
		} else {
			v.log = key
			v.report.LogKey = strings.TrimSpace(string(e.data))
		}
	}
	v.report.KeyIDs = v.keys.IDs()
	v.report.Pinned = v.pins.LogKey != nil && v.pins.Keys != nil
	words := "The keys are those in the bundle: only hints until they are compared with what the business publishes."
	if v.pins.Keys != nil {
		for _, id := range v.keys.IDs() {
			if _, ok := v.pins.Keys.Key(id); !ok {
				f.add("the bundle's key %s is not among yours", id)
			}
		}
		v.keys = *v.pins.Keys
		words = "The business's keys are yours; the log's key is the bundle's, only a hint."
	}
	if v.pins.LogKey != nil {
		if v.log == nil || v.log.Name() != v.pins.LogKey.Name() || v.log.KeyHash() != v.pins.LogKey.KeyHash() {
			f.add("the bundle's log key is not yours")
		}
		v.log = v.pins.LogKey
		words = "The log's key is yours; the business's keys are the bundle's, only hints."
	}
	if v.report.Pinned {
		words = "The bundle's keys are the ones that you brought."
	}
	return f.check(CheckKeys, words, "The keys do not fit.")
}

// checkSignatures reads the events.
func (v *verifier) checkSignatures() Check {
	var f finding
	disclosed, hidden := 0, 0
	ids := map[string]bool{}
	for _, it := range v.items {
		signed, err := evidence.Parse(string(v.archive.files[it.file].data))
		if err != nil {
			f.add("event %03d: %s", it.number, reason(err))
			continue
		}
		it.signed, it.leaf = signed, ledger.LeafHash([]byte(signed.JWT))
		event, err := evidence.Verify(signed, v.keys)
		if err != nil {
			f.add("event %03d: %s", it.number, reason(err))
			continue
		}
		it.event = event
		disclosed += len(signed.Disclosures)
		hidden += event.Hidden
		switch {
		case v.report.Issuer == "":
			v.report.Issuer = event.Issuer
		case v.report.Issuer != event.Issuer:
			f.add("event %03d is of another business", it.number)
		}
		if ids[event.ID] {
			f.add("event %03d has the id of another", it.number)
		}
		ids[event.ID] = true
	}
	return f.check(CheckSignatures, fmt.Sprintf(
		"The business signed all %d events; each of the %d disclosures is one that it signed (%d are not shown).",
		len(v.items), disclosed, hidden), "Not every event is as the business signed it.")
}

// checkCheckpoint opens the log's signed head.
func (v *verifier) checkCheckpoint() Check {
	var f finding
	e := v.archive.files[checkpointFile]
	switch {
	case e == nil:
		f.add("there is no checkpoint")
	case v.log == nil:
		f.add("there is no key of the log")
	default:
		c, err := ledger.OpenCheckpoint(e.data, v.log)
		if err != nil {
			f.add("%s", reason(err))
			break
		}
		if c.Others > 0 {
			f.add("%d signatures are by keys that are not known here", c.Others)
		}
		v.checkpoint = c
		v.report.Origin, v.report.Size, v.report.Root = c.Origin, c.Size, &c.Root
	}
	return f.check(CheckCheckpoint, fmt.Sprintf("The log %s signed its head of %d entries.", v.report.Origin, v.report.Size),
		"The log's head does not hold.")
}

// checkInclusion follows each event's proof to the checkpoint.
func (v *verifier) checkInclusion() Check {
	var f finding
	last := int64(-1)
	for _, it := range v.items {
		e := v.archive.files[numbered("events", it.number, "tlog-proof")]
		if e == nil || it.signed.JWT == "" || v.log == nil {
			f.add("event %03d: nothing to check", it.number)
			continue
		}
		p, err := ledger.ParseProof(e.data)
		if err == nil && !bytes.Equal(p.Checkpoint, v.checkpointBytes()) {
			f.add("event %03d: its proof ends in another checkpoint", it.number)
			continue
		}
		if err == nil {
			_, err = p.Verify(it.leaf, v.log)
		}
		if err != nil {
			f.add("event %03d: %s", it.number, reason(err))
			continue
		}
		it.proof, it.included = p, true
		if p.Index <= last {
			f.add("event %03d stands before the one that it follows here", it.number)
		}
		last = max(last, p.Index)
	}
	return f.check(CheckInclusion, fmt.Sprintf("The log holds all %d events, in this order, under that head.", len(v.items)),
		"Not every event is in the log.")
}

func (v *verifier) checkpointBytes() []byte {
	if e := v.archive.files[checkpointFile]; e != nil {
		return e.data
	}
	return nil
}

// reason turns an error into words without what it wraps from other packages.
func reason(err error) string {
	if m := fault.Message(err); m != "" {
		return m
	}
	text := err.Error()
	for _, prefix := range []string{"evidence: ", "ledger: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	if r := []rune(text); len(r) > 200 {
		text = string(r[:200]) + "…"
	}
	// Quoted, so that nothing of it reaches a terminal as a command.
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
