package records_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"assent/internal/apptest"
	"assent/internal/outside"
	"assent/ledger"
	"assent/manage"
	"assent/proof"
	"assent/records"
)

// filesOf unpacks a bundle.
func filesOf(t *testing.T, bundle []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name], err = io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// outsiders vouch for a house's log: a witness and a time-stamp authority.
type outsiders struct {
	h         *house
	witness   *outside.Witness
	authority *outside.Authority
}

func newOutsiders(t *testing.T, h *house) outsiders {
	now := h.Clock.Now()
	return outsiders{h, outside.NewWitness("witness.test/w", 1), outside.NewAuthority(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), outside.TimestampingOnly)}
}

type outsideWitness struct{ outsiders }

func (w outsideWitness) Party() ledger.Party {
	return ledger.Party{Kind: ledger.Cosigned, Name: w.witness.Name, Key: []byte(w.witness.VerifierKey())}
}

func (w outsideWitness) Vouch(_ context.Context, signed []byte, _ int64, _ func(context.Context, int64) ([]ledger.Hash, error)) (ledger.Anchor, error) {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	at := w.h.Clock.Now().Truncate(time.Second)
	return ledger.Anchor{Proof: append(bytes.Clone(signed), w.witness.Cosign(text+"\n", at)...), At: at}, nil
}

type outsideAuthority struct{ outsiders }

func (a outsideAuthority) Party() ledger.Party {
	return ledger.Party{Kind: ledger.Stamped, Name: "free", Key: a.authority.Chain()}
}

func (a outsideAuthority) Vouch(_ context.Context, signed []byte, _ int64, _ func(context.Context, int64) ([]ledger.Hash, error)) (ledger.Anchor, error) {
	at := a.h.Clock.Now().Truncate(time.Second)
	return ledger.Anchor{Proof: a.authority.Stamp(a.h.T, signed, at, true), At: at}, nil
}

// anchor lets the outsiders vouch for the log as it stands.
func (h *house) anchor(o outsiders) {
	h.T.Helper()
	if _, err := h.Manage.SignCheckpoint(context.Background()); err != nil {
		h.T.Fatal(err)
	}
	if err := h.Manage.Anchor(context.Background(), []manage.OutsideParty{outsideWitness{o}, outsideAuthority{o}}, time.Second); err != nil {
		h.T.Fatal(err)
	}
}

// A proof brings what outside parties said of the first checkpoint that holds
// each event, and it verifies under their keys.
func TestProofWithAnchors(t *testing.T) {
	h := newHouse(t)
	h.sign()
	o := newOutsiders(t, h)
	h.Confirm(h.form(apptest.Numbered, "0170 1234567", apptest.Offers), ada)
	h.anchor(o)
	h.later(30 * time.Hour)
	h.Say(ada, "STOP")
	h.later(30 * time.Hour) // too late for grade A
	h.anchor(o)
	h.later(time.Hour)
	h.Say(ada, "HELP")

	r, first := prove(t, h, h.person(ada), proof.Court)
	if len(r.Failed()) > 0 {
		t.Fatalf("%+v", r.Failed())
	}
	if len(r.Anchors) != 2 || r.Anchored == 0 || r.Anchors[0].InTime >= r.Anchors[0].Events {
		t.Errorf("%d in time, %+v", r.Anchored, r.Anchors)
	}
	_, second := prove(t, h, h.person(ada), proof.Court)
	before, after := filesOf(t, first), filesOf(t, second)
	for name, data := range before {
		isExport := name == fmt.Sprintf("events/%03d.sd-jwt", r.Events)
		if name == "checkpoint" || isExport || strings.HasPrefix(name, "events/") && strings.HasSuffix(name, ".tlog-proof") {
			continue
		}
		if !bytes.Equal(data, after[name]) {
			t.Errorf("%s differs in a second export", name)
		}
	}
	if len(before) != len(after) {
		t.Errorf("%d files, then %d", len(before), len(after))
	}
	if report := auditOf(t, h, records.AuditOptions{}); !report.OK {
		t.Errorf("the audit fails: %s", failed(report))
	}
}
