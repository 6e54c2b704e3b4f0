package records_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/ledger"
	"assent/proof"
	"assent/records"
	"assent/store"
)

// pins are the installation's keys.
func (h *house) pins() proof.Pins {
	h.T.Helper()
	key, err := ledger.ParseVerifier(h.Manage.Installation().Log.VerifierKey())
	if err != nil {
		h.T.Fatal(err)
	}
	keys := h.Tenant().Keys
	return proof.Pins{LogKey: key, Keys: &keys, Strict: true}
}

// optInMany makes people who opted in, each of them in full.
func (h *house) optInMany(n int) {
	h.T.Helper()
	for i := range n {
		h.OptIn(fmt.Sprintf("+4917%09d", 20_000_000+i), apptest.Offers)
	}
}

func TestProofsOfMany(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.story()
	h.optInMany(300) // more than one slice
	all := records.Query{Business: h.Business}
	people := map[string]bool{}
	if err := h.records.EachPerson(t.Context(), all, func(id string) error { people[id] = true; return nil }); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	var told [][2]int
	done, err := h.records.Proofs(t.Context(), all, proof.Regulator, "mia", &b, func(done, all int) { told = append(told, [2]int{done, all}) })
	if err != nil || done.Proofs != len(people) || done.Erased != 0 {
		t.Fatalf("%+v of %d people: %v", done, len(people), err)
	}
	if len(told) < 2 || told[len(told)-1] != [2]int{len(people), len(people)} {
		t.Errorf("progress %v", told)
	}
	m, err := proof.VerifyMany(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), h.pins(), func(name string, r proof.Report) error {
		if len(r.Failed()) > 0 || r.Audience != proof.Regulator {
			t.Errorf("%s: %s %+v", name, r.Words, r.Failed())
		}
		return nil
	})
	if err != nil || m.Verdict != proof.Valid || m.Valid != len(people) {
		t.Errorf("%+v %v", m, err)
	}
	t.Logf("%d people, %d bytes each", len(people), b.Len()/len(people))
	if report := auditOf(t, h, records.AuditOptions{}); !report.OK {
		t.Errorf("the audit fails: %s", failed(report))
	}
	events := 0
	for id := range people {
		p, err := h.records.Person(t.Context(), h.Business, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Events {
			if e.Name == evidence.ProofExported {
				events++
			}
		}
	}
	if events != len(people) {
		t.Errorf("%d export events for %d people", events, len(people))
	}
}

// The filter chooses; nobody is nobody.
func TestProofsOfAFilter(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.optInMany(2)
	h.OptIn(ada, apptest.Offers)
	for search, want := range map[string]int{"": 3, ada: 1, dora: 0} {
		var b bytes.Buffer
		done, err := h.records.Proofs(t.Context(), records.Query{Business: h.Business, Search: search}, "", "mia", &b, nil)
		if err != nil || done.Proofs != want {
			t.Errorf("%q: %+v %v", search, done, err)
		}
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || len(z.File) != want+1 {
			t.Errorf("%q: %v", search, err)
		}
	}
	if _, err := h.records.Proofs(t.Context(), records.Query{Business: h.Business}, "everybody", "mia", io.Discard, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("for everybody: %v", err)
	}
	if _, err := h.records.Proofs(t.Context(), records.Query{Business: "nobody"}, "", "mia", io.Discard, nil); err == nil {
		t.Error("of no business")
	}
	if _, err := h.records.Proofs(t.Context(), records.Query{Business: h.Business}, "", "mia", broken{}, nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("to a reader who left: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// Who is erased before the export is not chosen; who is erased meanwhile is left
// out and counted.
func TestProofsWithoutTheErased(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.optInMany(2)
	erase := func(number string) {
		if _, err := h.records.Erase(t.Context(), records.Erasure{Business: h.Business, Subject: h.person(number), Reason: "asked", Method: "command", Actor: "mia"}); err != nil {
			t.Fatal(err)
		}
	}
	h.OptIn(bela, apptest.Offers)
	erase(bela)
	h.OptIn(ada, apptest.Offers)
	reads := 0
	watched := &actor{Store: store.As[records.Reader, records.Writer](h.Store), write: func(int) {}}
	watched.read = func() {
		if watched.writes > 0 { // the event of the whole; then the list is read, then the first person
			if reads++; reads == 2 {
				erase(ada)
			}
		}
	}
	s := records.New(watched, h.Directory(), h.Manage.Installation(), h.Clock.Now, rand.Reader)
	var b bytes.Buffer
	done, err := s.Proofs(t.Context(), records.Query{Business: h.Business}, "", "mia", &b, nil)
	if err != nil || done != (records.Bundled{Proofs: 2, Erased: 1}) {
		t.Fatalf("%+v %v", done, err)
	}
	m, err := proof.VerifyMany(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), h.pins(), func(string, proof.Report) error { return nil })
	if err != nil || m.Verdict != proof.Valid || m.Valid != 2 {
		t.Errorf("%+v %v", m, err)
	}
}

// Who acts while their bundle is drafted is drafted anew.
func TestProofsOfPeopleWhoAct(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.optInMany(3)
	h.OptIn(ada, apptest.Offers)
	acted := false
	acting := &actor{Store: store.As[records.Reader, records.Writer](h.Store), read: func() {}, write: func(n int) {
		if n == 2 { // the first is the event of the whole export
			h.Say(ada, "STOP")
			acted = true
		}
	}}
	s := records.New(acting, h.Directory(), h.Manage.Installation(), h.Clock.Now, rand.Reader)
	var b bytes.Buffer
	done, err := s.Proofs(t.Context(), records.Query{Business: h.Business}, "", "mia", &b, nil)
	if err != nil || done.Proofs != 4 || !acted {
		t.Fatalf("%+v %v", done, err)
	}
	stopped := 0
	m, err := proof.VerifyMany(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), h.pins(), func(_ string, r proof.Report) error {
		for _, st := range r.States {
			if st.State == "withdrawn" {
				stopped++
				break // for everything, so more than one purpose
			}
		}
		return nil
	})
	if err != nil || m.Verdict != proof.Valid || stopped != 1 {
		t.Errorf("%+v %v, %d stopped", m, err, stopped)
	}
}

// actor is a store in whose house something happens before a transaction.
type actor struct {
	records.Store
	read   func()
	write  func(n int)
	writes int
}

func (a *actor) ReadOnly(ctx context.Context, fn func(context.Context, records.Reader) error) error {
	a.read()
	return a.Store.ReadOnly(ctx, fn)
}

func (a *actor) ReadWrite(ctx context.Context, fn func(context.Context, records.Writer) error) error {
	a.writes++
	a.write(a.writes)
	return a.Store.ReadWrite(ctx, fn)
}

// weight looks at the memory while an archive goes by.
type weight struct {
	written int64
	next    int64
	most    uint64
}

func (w *weight) Write(p []byte) (int, error) {
	if w.written += int64(len(p)); w.written >= w.next {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.most, w.next = max(w.most, m.HeapInuse+m.StackInuse), w.written+1<<20
	}
	return len(p), nil
}

// maxProofsMemory is what an export of any number of proofs may take.
const maxProofsMemory = 150 << 20

func TestProofsOfManyAreFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("many people")
	}
	h := newHouse(t)
	h.sign()
	h.optInMany(600)
	runtime.GC()
	w := &weight{}
	began := time.Now()
	done, err := h.records.Proofs(t.Context(), records.Query{Business: h.Business}, "", "mia", w, nil)
	if err != nil || done.Proofs != 600 {
		t.Fatalf("%+v %v", done, err)
	}
	t.Logf("%d MB in %v, at most %d MB of memory", w.written>>20, time.Since(began), w.most>>20)
	if w.most > maxProofsMemory {
		t.Errorf("%d MB of memory", w.most>>20)
	}
}

// BenchmarkProofsOfMany proves 10,000 people. Making them takes minutes.
func BenchmarkProofsOfMany(b *testing.B) {
	h := newHouse(b)
	h.sign()
	const people = 10_000
	h.optInMany(people)
	w := &weight{}
	var before runtime.MemStats // the simulator's chats are most of it
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		runtime.GC()
		if _, err := h.records.Proofs(context.Background(), records.Query{Business: h.Business}, "", "mia", w, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(people)*float64(b.N)/b.Elapsed().Seconds(), "people/s")
	b.ReportMetric(float64((w.most-before.HeapInuse-before.StackInuse)>>20), "MB-memory")
	b.ReportMetric(float64(w.written)/people/float64(b.N), "B/person")
}
