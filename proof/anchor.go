package proof

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assent/consent"
	"assent/ledger"
)

// witnessFile lists the verifier keys of the witnesses, one a line.
const witnessFile = "keys/witnesses.vkey"

// The names of what outside parties said.
var (
	anchorName  = regexp.MustCompile(`^anchors/([0-9]{3,5})\.tlog-proof$`)
	stampedName = regexp.MustCompile(`^timestamps/([0-9]{1,18})\.checkpoint$`)
	tokenName   = regexp.MustCompile(`^timestamps/([0-9]{1,18})-([a-z0-9-]{1,32})\.tsr$`)
	chainName   = regexp.MustCompile(`^timestamps/([a-z0-9-]{1,32})\.pem$`)
)

// Anchor is a checkpoint that outside parties vouch for, with the events of a
// bundle for which it is the first such.
type Anchor struct {
	Checkpoint []byte // signed by the log, with the witnesses' cosignatures
	Witnesses  []string
	Tokens     []AnchorToken
	Paths      map[int64][]ledger.Hash // audit paths of entries under the checkpoint, by index
}

// AnchorToken is an RFC 3161 response over the checkpoint as the log alone
// signed it.
type AnchorToken struct {
	Name     string // of the authority
	Response []byte
	Chain    []byte // certificates in PEM; may be empty
}

// addAnchors writes what outside parties said.
func (b *Bundle) addAnchors(m Material) error {
	if len(m.Anchors) == 0 {
		return nil
	}
	log, err := ledger.ParseVerifier(m.LogKey)
	if err != nil {
		return fmt.Errorf("proof: %w", err)
	}
	var keys []string
	files := map[string][]byte{}
	for _, a := range m.Anchors {
		plain, err := ledger.WithoutCosignatures(a.Checkpoint, log)
		if err != nil {
			return fmt.Errorf("proof: anchor: %w", err)
		}
		cp, err := ledger.ParseCheckpoint(plain)
		if err != nil {
			return fmt.Errorf("proof: anchor: %w", err)
		}
		keys = append(keys, a.Witnesses...)
		for _, t := range a.Tokens {
			files[fmt.Sprintf("timestamps/%d.checkpoint", cp.Size)] = plain
			files[fmt.Sprintf("timestamps/%d-%s.tsr", cp.Size, t.Name)] = t.Response
			if len(t.Chain) > 0 {
				files["timestamps/"+t.Name+".pem"] = t.Chain
			}
		}
		for i, e := range b.events {
			if path, ok := a.Paths[e.Index]; ok {
				files[numbered("anchors", i+1, "tlog-proof")] = ledger.Proof{Index: e.Index, Path: path, Checkpoint: a.Checkpoint}.Bytes()
			}
		}
	}
	if slices.Sort(keys); len(keys) > 0 {
		files[witnessFile] = []byte(strings.Join(slices.Compact(keys), "\n") + "\n")
	}
	for name, data := range files {
		b.files = append(b.files, File{name, data})
	}
	return nil
}

// AnchorReport is what one outside party vouches for in a bundle.
type AnchorReport struct {
	Kind   ledger.AnchorKind `json:"kind"`
	Name   string            `json:"name"`
	Events int               `json:"events"` // how many
	InTime int               `json:"in_time"`
	First  time.Time         `json:"first"`
	Last   time.Time         `json:"last"`
	Pinned bool              `json:"pinned"` // its key came from the verifier
}

// anchoring is the check of the anchors under way.
type anchoring struct {
	*verifier
	finding
	witnesses []ledger.Witness
	events    map[int64][]*item // by the size of the checkpoint that anchors them
	anchored  map[*item]bool
	inTime    map[*item]bool
	parties   map[string]*AnchorReport
}

// checkAnchors looks at what outside parties say of the time and the one log. A
// bundle may have none of it.
func (v *verifier) checkAnchors() Check {
	a := &anchoring{verifier: v, events: map[int64][]*item{}, anchored: map[*item]bool{}, inTime: map[*item]bool{}, parties: map[string]*AnchorReport{}}
	a.readWitnesses()
	a.readNames()
	for _, it := range v.items {
		a.readAnchor(it)
	}
	a.readTokens()
	for _, name := range slices.Sorted(maps.Keys(a.parties)) {
		v.report.Anchors = append(v.report.Anchors, *a.parties[name])
	}
	v.report.Anchored = len(a.inTime)
	return a.check(CheckAnchors, a.words(), "What outside parties are said to vouch for does not hold.")
}

func (a *anchoring) words() string {
	if len(a.parties) == 0 {
		return "No outside party vouches for the time of these events: whoever runs the log could have made it later."
	}
	var by []string
	hint := ""
	for _, p := range a.report.Anchors {
		what := "witness"
		if p.Kind == ledger.Stamped {
			what = "time-stamp authority"
		}
		by = append(by, fmt.Sprintf("%s %s", what, p.Name))
		if !p.Pinned {
			hint = " Their keys came with the bundle, so they are only hints."
		}
	}
	return fmt.Sprintf("Outside parties vouch for %d of %d events, for %d of them within a day of the act (%s).%s",
		len(a.anchored), len(a.items)-1, len(a.inTime), strings.Join(by, ", "), hint)
}

// readWitnesses takes the verifier's own keys, or else the bundle's.
func (a *anchoring) readWitnesses() {
	if a.witnesses = a.pins.Witnesses; len(a.witnesses) > 0 {
		return
	}
	e := a.archive.files[witnessFile]
	if e == nil {
		return
	}
	lines := strings.SplitAfter(string(e.data), "\n")
	for _, line := range lines[:len(lines)-1] {
		w, err := ledger.ParseWitness(line)
		if err != nil {
			a.add("%s cannot be read", witnessFile)
			return
		}
		a.witnesses = append(a.witnesses, w)
	}
	if lines[len(lines)-1] != "" {
		a.add("%s cannot be read", witnessFile)
	}
}

// readNames looks for files that belong to nothing.
func (a *anchoring) readNames() {
	for _, name := range a.archive.names {
		switch {
		case strings.HasPrefix(name, "anchors/") && !anchorName.MatchString(name),
			strings.HasPrefix(name, "timestamps/") && !stampedName.MatchString(name) && !tokenName.MatchString(name) && !chainName.MatchString(name):
			a.add("%s is no name for what outside parties said", name)
		}
	}
	if n, have := a.countNames(anchorName.MatchString), 0; n > 0 {
		for _, it := range a.items {
			if a.archive.files[numbered("anchors", it.number, "tlog-proof")] != nil {
				have++
			}
		}
		if n > have {
			a.add("%d anchors belong to no event", n-have)
		}
	}
}

// readAnchor checks the proof under the checkpoint that outsiders vouch for.
func (a *anchoring) readAnchor(it *item) {
	e := a.archive.files[numbered("anchors", it.number, "tlog-proof")]
	if e == nil || a.log == nil {
		return
	}
	p, err := ledger.ParseProof(e.data)
	if err != nil {
		a.add("event %03d: its anchor: %s", it.number, reason(err))
		return
	}
	cp, err := p.Verify(it.leaf, a.log)
	if err != nil {
		a.add("event %03d: its anchor: %s", it.number, reason(err))
		return
	}
	_, cosigned, err := ledger.OpenCosigned(p.Checkpoint, a.log, a.witnesses...)
	if err != nil {
		a.add("event %03d: its anchor: %s", it.number, reason(err))
		return
	}
	if others := cp.Others - len(cosigned); others > 0 && len(a.pins.Witnesses) == 0 {
		a.add("event %03d: its anchor bears %d signatures by keys that are not known here", it.number, others)
	}
	if c := a.checkpoint; c.Size > 0 && (cp.Size > c.Size || cp.Size == c.Size && cp.Root != c.Root) {
		a.add("event %03d: its anchor is no earlier head of the bundle's log", it.number)
	}
	if it.included && p.Index != it.proof.Index {
		a.add("event %03d: its anchor names another place in the log", it.number)
	}
	a.events[cp.Size] = append(a.events[cp.Size], it)
	for _, c := range cosigned {
		a.vouched(ledger.Cosigned, c.Witness, it, c.At, len(a.pins.Witnesses) > 0)
	}
	if len(cosigned) == 0 && a.archive.files[fmt.Sprintf("timestamps/%d.checkpoint", cp.Size)] == nil {
		a.add("event %03d: nobody vouches for its anchor", it.number)
	}
	if stamped := a.archive.files[fmt.Sprintf("timestamps/%d.checkpoint", cp.Size)]; stamped != nil {
		if plain, err := ledger.WithoutCosignatures(p.Checkpoint, a.log); err != nil || !bytes.Equal(plain, stamped.data) {
			a.add("event %03d: its anchor is another checkpoint than was time-stamped", it.number)
		}
	}
}

// vouched notes that a party vouches for an event.
func (a *anchoring) vouched(kind ledger.AnchorKind, name string, it *item, at time.Time, pinned bool) {
	if it.event == nil {
		return
	}
	key := string(kind) + " " + name
	r := a.parties[key]
	if r == nil {
		r = &AnchorReport{Kind: kind, Name: name, First: at, Last: at, Pinned: pinned}
		a.parties[key] = r
	}
	r.Events++
	if at.Before(r.First) {
		r.First = at
	}
	if at.After(r.Last) {
		r.Last = at
	}
	a.anchored[it] = true
	done := it.event.Time
	if done.IsZero() {
		done = it.event.IssuedAt
	}
	if at.Sub(done) <= consent.MaxAnchorDelay {
		r.InTime++
		a.inTime[it] = true
	}
	// A clock behind the signature's says that one of the two is wrong.
	if it.event.IssuedAt.Sub(at) > skew {
		a.add("event %03d was signed after %s is said to have vouched for it", it.number, name)
	}
}

// readTokens checks the time-stamps.
func (a *anchoring) readTokens() {
	tokens := map[int64]bool{}
	for _, name := range a.archive.names {
		m := tokenName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		size, err := strconv.ParseInt(m[1], 10, 64)
		stamped := a.archive.files[fmt.Sprintf("timestamps/%d.checkpoint", size)]
		if err != nil || stamped == nil || len(a.events[size]) == 0 {
			a.add("%s is over no checkpoint that anchors an event", name)
			continue
		}
		tokens[size] = true
		token, err := ledger.ParseToken(a.archive.files[name].data)
		if err == nil {
			err = token.Verify(stamped.data, a.pins.Roots)
		}
		if err != nil {
			a.add("%s: %s", name, reason(err))
			continue
		}
		for _, it := range a.events[size] {
			a.vouched(ledger.Stamped, m[2], it, token.Time, len(a.pins.Roots) > 0)
		}
	}
	for _, name := range a.archive.names {
		if m := stampedName.FindStringSubmatch(name); m != nil {
			if size, err := strconv.ParseInt(m[1], 10, 64); err != nil || !tokens[size] {
				a.add("%s has no time-stamp", name)
			}
		}
	}
}
