package proof

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
)

// Material is what a bundle is made of: opened, and belonging to one person.
type Material struct {
	Audience Audience
	Standing Standing       // of the person, read in the same transaction as the events
	Events   []LoggedEvent  // with all disclosures that may be shown; in any order
	Shown    []ShownFile    // at least all that the events name; others are left out
	Webhooks []WebhookSlice // at least all that the events name, where they are kept
	Keys     evidence.KeySet
	LogKey   string   // verifier key
	Anchors  []Anchor // the first of each event, where there is one
	Extra    []File   // further files, such as a certificate
	// Declarant is whose records these are. Where it is set, a court gets drafts of
	// declarations to sign.
	Declarant Declarant
}

// LoggedEvent is an event with its place in the log. Beside the person's own
// events these are the requests that they confirmed, and the publications of
// the notices and funnel versions that they saw.
type LoggedEvent struct {
	Signed evidence.Signed
	Index  int64
}

// ShownFile is something that a person saw, or, with the kind "asset", that a
// page they saw loads.
type ShownFile struct {
	Kind string // evidence.ShownNotice …
	Ext  string // html, txt, json, css …
	Data []byte
}

// ShownAsset is the kind of what a page loads.
const ShownAsset = "asset"

// WebhookSlice is what brought an event.
type WebhookSlice struct {
	Event      string          // jti
	Slice      []byte          // as received
	BodySHA256 evidence.Digest // of the whole body
	Body       []byte          // only where it concerns this person alone
	Signature  string          // X-Hub-Signature-256, as received
}

// File is any file of a bundle.
type File struct {
	Name string
	Data []byte
}

// Bundle is a bundle that waits for its export event.
type Bundle struct {
	audience Audience
	export   json.RawMessage
	events   []LoggedEvent // as disclosed, in the log's order
	files    []File        // all but the export event, the proofs and the checkpoint
}

// Prepare chooses what the audience is shown, writes all that the export event
// commits to, and drafts its claim. It is an Internal error if the material
// lacks bytes that a disclosed claim names.
func Prepare(m Material) (*Bundle, error) {
	if _, err := ParseAudience(string(m.Audience)); err != nil || m.Audience == "" {
		return nil, fault.Field("audience", "The proof needs an audience.")
	}
	b := &Bundle{audience: m.Audience}
	if err := b.addEvents(m); err != nil {
		return nil, err
	}
	read, err := b.read(m.Keys)
	if err != nil {
		return nil, err
	}
	if err := b.addShown(m.Shown, read); err != nil {
		return nil, err
	}
	if err := b.addWebhooks(m.Webhooks, read); err != nil {
		return nil, err
	}
	if err := b.addKeys(m); err != nil {
		return nil, err
	}
	if err := b.addAnchors(m); err != nil {
		return nil, err
	}
	b.files = append(b.files, m.Extra...)
	if m.Audience == Court && m.Declarant.LegalName != "" && len(read) > 0 {
		b.files = append(b.files, File{declarationFile, declaration(m.Declarant, read[0].Issuer, b.files)})
	}
	b.files = append(b.files, File{readmeFile, readme(m, b.events, b.files)})
	return b, b.commit(m)
}

func (b *Bundle) addEvents(m Material) error {
	if len(m.Events) >= MaxEvents {
		return fault.New(fault.TooLarge, "The proof would hold more than %d events.", MaxEvents-1)
	}
	for _, e := range m.Events {
		b.events = append(b.events, LoggedEvent{Signed: e.Signed.Select(m.Audience.Discloses), Index: e.Index})
	}
	slices.SortFunc(b.events, func(x, y LoggedEvent) int { return int(min(max(x.Index-y.Index, -1), 1)) })
	for i, e := range b.events {
		if i > 0 && e.Index == b.events[i-1].Index {
			return fmt.Errorf("proof: two events at the place %d of the log", e.Index)
		}
		b.files = append(b.files, File{numbered("events", i+1, "sd-jwt"), []byte(e.Signed.Compact())})
	}
	return nil
}

// read verifies the events as disclosed: no bundle is made of broken events.
func (b *Bundle) read(keys evidence.KeySet) ([]*evidence.Verified, error) {
	out := make([]*evidence.Verified, len(b.events))
	for i, e := range b.events {
		v, err := evidence.Verify(e.Signed, keys)
		if err != nil {
			return nil, fmt.Errorf("proof: event at the place %d of the log: %w", e.Index, err)
		}
		out[i] = v
	}
	return out, nil
}

func (b *Bundle) addShown(shown []ShownFile, read []*evidence.Verified) error {
	wanted := map[shownKey]bool{}
	for _, v := range read {
		for key := range named(v) {
			wanted[key] = true
		}
	}
	have := map[shownKey]bool{}
	for _, s := range shown {
		key := shownKey{s.Kind, evidence.Sum(s.Data)}
		if have[key] || s.Kind != ShownAsset && !wanted[key] {
			continue
		}
		have[key] = true
		name := "shown/" + key.kind + "-" + key.digest.String() + "." + s.Ext
		if !shownName.MatchString(name) {
			return fmt.Errorf("proof: %q is no name for what was shown", name)
		}
		b.files = append(b.files, File{name, s.Data})
	}
	for key := range wanted {
		if !have[key] {
			return fmt.Errorf("proof: the bytes of the %s %s, which an event names, are missing", key.kind, key.digest)
		}
	}
	return nil
}

func (b *Bundle) addWebhooks(slices []WebhookSlice, read []*evidence.Verified) error {
	of := map[string]WebhookSlice{}
	for _, w := range slices {
		of[w.Event] = w
	}
	for i, v := range read {
		w, ok := of[v.ID]
		if !v.Discloses(evidence.ClaimWebhook) {
			continue
		}
		if !ok {
			return fmt.Errorf("proof: the webhook of the event %s is missing", v.ID)
		}
		data, err := marshal(webhookFile(w))
		if err != nil {
			return err
		}
		b.files = append(b.files, File{numbered("webhooks", i+1, "json"), data})
	}
	return nil
}

func (b *Bundle) addKeys(m Material) error {
	keys, err := marshal(m.Keys)
	if err != nil {
		return err
	}
	if _, err := ledger.ParseVerifier(m.LogKey); err != nil {
		return fmt.Errorf("proof: %w", err)
	}
	b.files = append(b.files, File{keysFile, keys}, File{logKeyFile, []byte(strings.TrimSpace(m.LogKey) + "\n")})
	return nil
}

// commit writes the manifest and the export claim.
func (b *Bundle) commit(m Material) error {
	slices.SortFunc(b.files, func(x, y File) int { return strings.Compare(x.Name, y.Name) })
	list := manifest{Files: []listed{}}
	for i, f := range b.files {
		if !cleanName.MatchString(f.Name) || !committed(f.Name, "") || i > 0 && f.Name == b.files[i-1].Name {
			return fmt.Errorf("proof: a bundle cannot hold a file %q", f.Name)
		}
		list.Files = append(list.Files, listed{f.Name, int64(len(f.Data)), evidence.Sum(f.Data)})
	}
	data, err := marshal(list)
	if err != nil {
		return err
	}
	b.files = append(b.files, File{manifestFile, data})
	if m.Standing.States == nil {
		m.Standing.States = []State{}
	}
	b.export, err = json.Marshal(Export{Audience: m.Audience, Manifest: evidence.Sum(data), Standing: m.Standing})
	if err != nil {
		return fmt.Errorf("proof: %w", err)
	}
	return nil
}

// Size returns how many bytes the bundle's files have, without its proofs.
func (b *Bundle) Size() (n int64) {
	for _, f := range b.files {
		n += int64(len(f.Data))
	}
	return n
}

// Export returns the claim for the proof.exported event (evidence.Event.Export).
func (b *Bundle) Export() json.RawMessage { return bytes.Clone(b.export) }

// Seal is what there is once the export event is in the log.
type Seal struct {
	Export     LoggedEvent // the proof.exported event, with its disclosures
	Checkpoint []byte      // signed, over a tree that holds it
	// Prove returns the audit path of the entry at an index under the
	// checkpoint: ledger.Tree.Inclusion.
	Prove func(index int64) ([]ledger.Hash, error)
}

// Write streams the bundle as a zip. The same bundle and seal make the same
// bytes.
func (b *Bundle) Write(w io.Writer, s Seal) error {
	shown, err := b.showExport(s.Export.Signed)
	if err != nil {
		return err
	}
	s.Export.Signed = shown
	events := append(slices.Clone(b.events), s.Export)
	files := slices.Clone(b.files)
	files = append(files, File{checkpointFile, s.Checkpoint},
		File{numbered("events", len(events), "sd-jwt"), []byte(s.Export.Signed.Compact())})
	for i, e := range events {
		path, err := s.Prove(e.Index)
		if err != nil {
			return fmt.Errorf("proof: event at the place %d of the log: %w", e.Index, err)
		}
		p := ledger.Proof{Index: e.Index, Path: path, Checkpoint: s.Checkpoint}
		files = append(files, File{numbered("events", i+1, "tlog-proof"), p.Bytes()})
	}
	slices.SortFunc(files, func(x, y File) int { return strings.Compare(x.Name, y.Name) })
	return writeZip(w, files)
}

// showExport chooses what is shown of the export event: a court sees all of it,
// everybody else what it states. That is a rule, and not a choice, because the
// manifest cannot commit to it.
func (b *Bundle) showExport(s evidence.Signed) (evidence.Signed, error) {
	states := false
	for _, d := range s.Disclosures {
		states = states || d.Name == evidence.ClaimExport && bytes.Equal(d.Value, b.export)
	}
	if !states {
		return evidence.Signed{}, errors.New("proof: the export event does not state this bundle")
	}
	if b.audience == Court {
		return s, nil
	}
	return s.Select(func(d evidence.Disclosure) bool { return d.Name == evidence.ClaimExport }), nil
}

// archiveTime is the time of every file: zip's first.
var archiveTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeZip stores files as they are: compressed bytes differ from one release
// of a compressor to the next.
func writeZip(w io.Writer, files []File) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		if err := store(z, f); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("proof: write bundle: %w", err)
	}
	return nil
}

func dosTime(t time.Time) (date, clock uint16) {
	return uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

// shownKey is something shown, by kind and hash.
type shownKey struct {
	kind   string
	digest evidence.Digest
}

// named returns what an event says was shown, as far as it is disclosed. The
// notice's hash stands in the clear.
func named(v *evidence.Verified) map[shownKey]bool {
	keys := map[shownKey]bool{}
	if !v.Notice.IsZero() {
		keys[shownKey{evidence.ShownNotice, v.Notice}] = true
	}
	for _, s := range v.Shown {
		keys[shownKey{s.Kind, s.SHA256}] = true
	}
	return keys
}
