package manage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"assent/fault"
	"assent/internal/apptest"
	"assent/ledger"
	"assent/manage"
)

// party answers as it is told to.
type party struct {
	ledger.Party
	now   func() time.Time
	err   error
	asked []int64 // what was known of it, each time
	sizes []int64 // of the checkpoints
}

func (p *party) Vouch(ctx context.Context, signed []byte, known int64, prove func(context.Context, int64) ([]ledger.Hash, error)) (ledger.Anchor, error) {
	cp, err := ledger.ParseCheckpoint(signed)
	if err != nil {
		return ledger.Anchor{}, err
	}
	if _, err := prove(ctx, known); err != nil {
		return ledger.Anchor{}, err
	}
	p.asked, p.sizes = append(p.asked, known), append(p.sizes, cp.Size)
	return ledger.Anchor{Proof: []byte("word"), At: p.now()}, p.err
}

type outside struct{ *party }

func (o outside) Party() ledger.Party { return o.party.Party }

// The parties are asked once for each checkpoint, left alone for a while after
// that, and asked again at growing intervals where they fail.
func TestAnchor(t *testing.T) {
	a := apptest.New(t)
	w := outside{&party{Party: ledger.Party{Kind: ledger.Cosigned, Name: "w", Key: []byte("wk")}, now: a.Clock.Now}}
	x := outside{&party{Party: ledger.Party{Kind: ledger.Stamped, Name: "x"}, now: a.Clock.Now, err: fault.New(fault.Unavailable, "It is away.").Because(errors.New("dial"))}}
	parties := []manage.OutsideParty{w, x}
	const every = time.Minute
	anchor := func() {
		t.Helper()
		if _, err := a.Manage.SignCheckpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := a.Manage.Anchor(t.Context(), parties, every); err != nil {
			t.Fatal(err)
		}
	}
	states := func() []manage.AnchorState {
		t.Helper()
		list, err := a.Manage.AnchorStates(t.Context(), parties)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d states, %v", len(list), err)
		}
		return list
	}
	if s := states(); s[0].Size != 0 || s[0].Failed != 0 || s[0].Problem != "" {
		t.Errorf("before anything: %+v", s[0])
	}
	anchor()
	first := w.sizes[0]
	if s := states(); s[0].Size != first || !s[0].At.Equal(a.Clock.Now()) || s[1].Size != 0 || s[1].Failed != 1 || s[1].Problem != "It is away." || s[1].Alarm {
		t.Errorf("after the first: %+v", s)
	}

	a.OptIn("+4915112345678", "offers") // the log grows
	anchor()
	if len(w.asked) != 1 || len(x.asked) != 1 {
		t.Errorf("asked again at once: %d and %d times", len(w.asked), len(x.asked))
	}
	a.Clock.Advance(every + time.Second)
	anchor()
	if len(w.asked) != 2 || w.asked[1] != first || w.sizes[1] <= first {
		t.Errorf("the second time: known %v, sizes %v", w.asked, w.sizes)
	}
	if len(x.asked) != 1 {
		t.Error("who failed was asked before its turn")
	}
	a.Clock.Advance(every + time.Second)
	anchor()
	if len(w.asked) != 2 {
		t.Error("asked for a checkpoint that it has vouched for")
	}
	if len(x.asked) != 2 || states()[1].Failed != 2 {
		t.Errorf("who failed was asked %d times", len(x.asked))
	}

	x.err = fault.New(fault.Conflict, "It has seen another log.")
	a.Clock.Advance(time.Hour)
	anchor()
	if s := states()[1]; !s.Alarm || s.Problem != "It has seen another log." {
		t.Errorf("another log: %+v", s)
	}
	x.err = nil
	a.Clock.Advance(2 * time.Hour)
	anchor()
	if s := states()[1]; s.Alarm || s.Problem != "" || s.Size != w.sizes[1] {
		t.Errorf("after it came back: %+v", s)
	}
}
