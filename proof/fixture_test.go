package proof_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/ledger"
	"assent/proof"
)

var start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// reader gives random bytes that repeat from run to run.
type reader struct{ n byte }

func (r *reader) Read(p []byte) (int, error) {
	for i := range p {
		r.n = r.n*167 + 13
		p[i] = r.n ^ byte(i)
	}
	return len(p), nil
}

// house is a business with a log.
type house struct {
	t        testing.TB
	rand     *reader
	key      ed25519.PrivateKey // of the business
	signer   *evidence.Signer
	keys     evidence.KeySet
	logKey   string
	log      *ledger.Signer
	verifier ledger.Verifier
	head     ledger.Head
	nodes    map[[2]int64]ledger.Hash
	now      time.Time
}

func newHouse(t testing.TB, seed byte) *house {
	t.Helper()
	h := &house{t: t, rand: &reader{seed}, nodes: map[[2]int64]ledger.Hash{}, now: start}
	key, err := evidence.GenerateKey(h.rand)
	h.must(err)
	h.key = key
	h.signer, err = evidence.NewSigner(key)
	h.must(err)
	h.keys, err = evidence.NewKeySet(h.signer.Public())
	h.must(err)
	skey, vkey, err := ledger.GenerateKey(h.rand, "log.example/assent")
	h.must(err)
	h.logKey = skey
	h.log, err = ledger.NewSigner(skey)
	h.must(err)
	h.verifier, err = ledger.ParseVerifier(vkey)
	h.must(err)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) Hashes(_ context.Context, level int, first int64, count int) ([]ledger.Hash, error) {
	out := make([]ledger.Hash, count)
	for i := range out {
		hash, ok := h.nodes[[2]int64{int64(level), first + int64(i)}]
		if !ok {
			return nil, errors.New("no such hash")
		}
		out[i] = hash
	}
	return out, nil
}

func (h *house) append(leaf []byte) int64 {
	for _, n := range h.head.Append(nil, ledger.LeafHash(leaf)) {
		h.nodes[[2]int64{int64(n.Level), n.Index}] = n.Hash
	}
	return h.head.Size - 1
}

// noise appends entries of other people.
func (h *house) noise(n int) {
	for i := range n {
		h.append(fmt.Appendf(nil, "someone else %d at %d", i, h.head.Size))
	}
}

// act signs and logs an event a minute after the one before.
func (h *house) act(e evidence.Event) proof.LoggedEvent {
	h.t.Helper()
	h.now = h.now.Add(time.Minute)
	if e.IssuedAt.IsZero() {
		e.IssuedAt = h.now
	}
	if e.ID == "" {
		id, err := evidence.NewID(h.now, h.rand)
		h.must(err)
		e.ID = id
	}
	e.Issuer = "https://assent.example/b/bakery"
	signed, err := h.signer.Sign(h.rand, e)
	h.must(err)
	return proof.LoggedEvent{Signed: signed, Index: h.append([]byte(signed.JWT))}
}

func (h *house) seal(b *proof.Bundle, export evidence.Event) proof.Seal {
	h.t.Helper()
	export.Name, export.Export = evidence.ProofExported, b.Export()
	s := proof.Seal{Export: h.act(export)}
	h.noise(3)
	checkpoint, err := h.log.Sign(h.head.Size, h.head.Root())
	h.must(err)
	s.Checkpoint = checkpoint
	tree := ledger.Tree{Size: h.head.Size, Root: h.head.Root(), Hashes: h}
	s.Prove = func(index int64) ([]ledger.Hash, error) { return tree.Inclusion(context.Background(), index) }
	return s
}

func (h *house) bundle(m proof.Material) []byte {
	h.t.Helper()
	b, err := proof.Prepare(m)
	h.must(err)
	var out bytes.Buffer
	h.must(b.Write(&out, h.seal(b, evidence.Event{Operator: "op-1"})))
	return out.Bytes()
}

func (h *house) pins() proof.Pins { return proof.Pins{LogKey: h.verifier, Keys: &h.keys} }

// person is somebody's story: each step may be changed before it is told.
type person struct {
	h        *house
	events   []proof.LoggedEvent
	shown    []proof.ShownFile
	webhooks []proof.WebhookSlice
	seq      int64
	prev     evidence.Digest
}

// next numbers an event of the person.
func (p *person) next(e evidence.Event) {
	p.seq++
	e.Seq, e.Previous = p.seq, p.prev
	p.skip(e)
	p.prev = evidence.Digest(ledger.LeafHash([]byte(p.events[len(p.events)-1].Signed.JWT)))
}

// skip logs an event that has no number of the person.
func (p *person) skip(e evidence.Event) { p.events = append(p.events, p.h.act(e)) }

func (p *person) saw(kind, ext, data string) evidence.Shown {
	p.shown = append(p.shown, proof.ShownFile{Kind: kind, Ext: ext, Data: []byte(data)})
	return evidence.Shown{Kind: kind, SHA256: evidence.Sum([]byte(data))}
}

func (p *person) received(id, slice, body string) evidence.Webhook {
	w := proof.WebhookSlice{Event: id, Slice: []byte(slice), BodySHA256: evidence.Sum([]byte(body)), Signature: "sha256=00ff"}
	if body == slice {
		w.Body = []byte(body)
	}
	p.webhooks = append(p.webhooks, w)
	return evidence.Webhook{Slice: evidence.Sum([]byte(slice)), Body: evidence.Sum([]byte(body))}
}

const (
	number = "+491701234567"
	wamid  = "wamid.HBgNNDkxNzAxMjM0NTY3"
)

func (h *house) id() string {
	h.t.Helper()
	id, err := evidence.NewID(h.now, h.rand)
	h.must(err)
	return id
}

// story is an opt-in by page and chat, and a stop.
func story(h *house) *person {
	p := &person{h: h}
	notice := p.saw(evidence.ShownNotice, "txt", "I want offers from the bakery.")
	page := p.saw(evidence.ShownPage, "html", "<h1>Offers</h1>")
	p.shown = append(p.shown, proof.ShownFile{Kind: proof.ShownAsset, Ext: "css", Data: []byte("h1{}")})
	h.noise(5)
	p.skip(evidence.Event{Name: evidence.NoticePublished, Notice: notice.SHA256})
	p.skip(evidence.Event{Name: evidence.FunnelPublished, Funnel: "f1", FunnelVersion: "1", Notice: notice.SHA256})
	h.noise(300)
	request := h.id()
	p.skip(evidence.Event{ID: request, Name: evidence.ConsentRequested, Notice: notice.SHA256, Funnel: "f1", FunnelVersion: "1",
		Shown: []evidence.Shown{page}, IP: "203.0.113.7", UserAgent: "Mozilla",
		Choices: []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "requested"}, {Purpose: "orders", Scope: "transactional", Outcome: "requested"}}})
	yes := h.id()
	p.next(evidence.Event{ID: yes, Name: evidence.ConsentGiven, Notice: notice.SHA256, Requested: request, Funnel: "f1", FunnelVersion: "1",
		Subject: "s1", E164: number, WAID: number[1:], PersonName: "Zoë", MessageID: wamid, Match: "same", Time: h.now.Add(time.Minute),
		Act:     evidence.Act{Kind: "message", Text: "Yes, I want offers 7K3…"},
		Shown:   []evidence.Shown{p.saw(evidence.ShownMessage, "json", `{"text":"thanks"}`)},
		Webhook: p.received(yes, `{"from":"491701234567"}`, `{"from":"491701234567"}`),
		Choices: []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "given", Grade: "B"}, {Purpose: "orders", Scope: "transactional", Outcome: "refused"}}})
	h.noise(2)
	p.next(evidence.Event{Name: evidence.ReceiptSent, Subject: "s1", E164: number, Operator: "op-7"})
	stop := h.id()
	p.next(evidence.Event{ID: stop, Name: evidence.ConsentWithdrawn, Subject: "s1", E164: number, MessageID: wamid, Time: h.now.Add(time.Minute),
		Act: evidence.Act{Kind: "message", Text: "STOP"}, Effects: []string{"suppression.added"},
		Suppressions: []evidence.Digest{evidence.Commit([16]byte{1}, "marketing")},
		Webhook:      p.received(stop, `{"text":"STOP"}`, `{"entry":["others too"]}`),
		Choices:      []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "withdrawn"}}})
	return p
}

func (p *person) material(a proof.Audience) proof.Material {
	return proof.Material{Audience: a, Events: p.events, Shown: p.shown, Webhooks: p.webhooks, Keys: p.h.keys, LogKey: p.h.log.VerifierKey(),
		Standing: proof.Standing{Chain: proof.Chain{Events: p.seq, Head: p.prev}, States: []proof.State{
			{Purpose: "offers", Scope: consent.Marketing, State: consent.Withdrawn},
			{Purpose: "orders", Scope: consent.Transactional, State: consent.Refused}}}}
}

func verify(t testing.TB, b []byte, pins proof.Pins) proof.Report {
	t.Helper()
	agree(t, b, hinted(b), "a bundle")
	r, err := proof.Verify(context.Background(), bytes.NewReader(b), int64(len(b)), pins)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// failed names the checks that fail.
func failed(r proof.Report) string {
	var names []string
	for _, c := range r.Failed() {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func dump(r proof.Report) string {
	b, _ := json.MarshalIndent(r, "", " ")
	return string(b)
}
