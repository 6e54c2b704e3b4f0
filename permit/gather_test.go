package permit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assent/consent"
)

// echoStore answers each hash with a standing whose consent names business and hash.
type echoStore struct {
	statements atomic.Int64
	fail       error
}

func (s *echoStore) ReadOnce(ctx context.Context, fn func(context.Context, Reader) error) error {
	return fn(ctx, s)
}

func (s *echoStore) Facts(_ context.Context, q Query) (list []Standing, stops []Stop, pending [][]byte, err error) {
	s.statements.Add(1)
	time.Sleep(time.Millisecond) // as a database would take, so that others come to wait
	for _, h := range q.Hashes {
		list = append(list, Standing{Hash: [32]byte(h), ConsentID: q.Business + string(h[:8]), Purpose: q.Purpose})
	}
	return list, nil, nil, s.fail
}

func hashOf(n int) []byte { return fmt.Appendf(nil, "%032d", n) }

// Calls that are read together get each what they asked for, and fewer
// statements are run than calls made.
func TestGathererKeepsCallsApart(t *testing.T) {
	store := &echoStore{}
	g := &gatherer{store: store, now: time.Now}
	var wg sync.WaitGroup
	const calls = 400
	for i := range calls {
		wg.Go(func() {
			business := fmt.Sprintf("b%d", i%3)
			l := &lookUp{Query: Query{Business: business, Purpose: "offers", Hashes: [][]byte{hashOf(i)}}}
			if i%50 == 0 { // a call that is large enough to be read alone
				for j := range bigCall {
					l.Hashes = append(l.Hashes, hashOf(1000+j))
				}
			}
			known, err := g.read(t.Context(), l)
			if err != nil {
				t.Error(err)
				return
			}
			got := known.standings[[32]byte(hashOf(i))]
			if len(got) != 1 || got[0].ConsentID != business+string(hashOf(i)[:8]) {
				t.Errorf("call %d of %s: %v", i, business, got)
			}
		})
	}
	wg.Wait()
	if n := store.statements.Load(); n >= calls {
		t.Errorf("%d statements for %d calls: nothing was gathered", n, calls)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) { // the last reader ends by itself
		g.mu.Lock()
		left := g.readers + len(g.waiting)
		g.mu.Unlock()
		if left == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d readers and calls are left", left)
		}
	}
}

func TestGathererTellsAllOfAFailure(t *testing.T) {
	store := &echoStore{fail: errors.New("the disk is gone")}
	g := &gatherer{store: store, now: time.Now}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if _, err := g.read(t.Context(), &lookUp{Query: Query{Business: "b", Hashes: [][]byte{hashOf(i)}}}); !errors.Is(err, store.fail) {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// Asked by scope, purposes that differ have to be named.
func TestAnswerByScope(t *testing.T) {
	s := &Service{}
	offers, news := consent.Purpose{Key: "offers", Scope: consent.Marketing}, consent.Purpose{Key: "news", Scope: consent.Marketing}
	given := func(key string) Standing {
		return Standing{Purpose: key, ConsentID: key, Position: consent.Position{Grade: consent.GradeB, FirstAt: time.Unix(1, 0), GivenAt: time.Unix(1, 0), GivenEvent: "e"}}
	}
	h := [32]byte(hashOf(1))
	for _, tt := range []struct {
		name   string
		stands []Standing
		want   consent.Reason
	}{
		{"both", []Standing{given("offers"), given("news")}, ""},
		{"one", []Standing{given("news")}, consent.ReasonPurposeRequired},
		{"none", nil, consent.ReasonUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := &asked{purposes: []consent.Purpose{offers, news}, lookUps: [][32]byte{h}}
			a := s.answer(q, &facts{standings: map[[32]byte][]Standing{h: tt.stands}}, time.Unix(9, 0))
			if a.Reason != tt.want || a.Allowed != (tt.want == "") {
				t.Errorf("got %+v, want the reason %q", a, tt.want)
			}
		})
	}
}
