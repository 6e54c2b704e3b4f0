package records_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/records"
	"assent/subject"
	"assent/table"
	"assent/tenant"

	crand "crypto/rand"
)

// fill puts people with one consent each into the database, faster than they
// could opt in.
func (h *house) fill(n int) {
	h.T.Helper()
	t := h.Tenant()
	master := h.Manage.Installation().Master
	at := h.Clock.Now()
	must := func(err error) {
		h.T.Helper()
		if err != nil {
			h.T.Fatal(err)
		}
	}
	for n > 0 {
		batch := min(n, 500)
		n -= batch
		type one struct {
			sub subject.Subject
			ids subject.Identifier
			c   consent.Consent
		}
		people := make([]one, batch)
		for i := range people {
			id, err := evidence.NewID(at, crand.Reader)
			must(err)
			key, wrapped, err := master.NewDataKey(crand.Reader, subject.KeyID(id))
			must(err)
			e164 := fmt.Sprintf("+4917%09d", 10_000_000+n+i)
			up := t.LookUps(tenant.Account{Number: number(h.T, e164)}, "")[0]
			cid, err := evidence.NewID(at, crand.Reader)
			must(err)
			people[i] = one{
				subject.Subject{ID: id, Business: t.ID, Wrapped: wrapped, Seq: 1, Head: strings.Repeat("0", 64), CreatedAt: at},
				subject.Identifier{Business: t.ID, Hash: up.Hash, Kind: up.Kind, Subject: id, Sealed: key.Seal(subject.SealContext(id, up.Kind), []byte(e164)), SeenAt: at},
				consent.Consent{ID: cid, Business: t.ID, Subject: id, Purpose: "offers", Scope: consent.Marketing, ChangedAt: at,
					Position: consent.Position{FirstAt: at, GivenAt: at, GivenEvent: "0", Grade: consent.GradeB, Basis: consent.ByConsent}},
			}
		}
		must(h.Store.ReadWrite(context.Background(), func(ctx context.Context, w reader) error {
			for _, p := range people {
				if err := w.InsertSubject(ctx, p.sub); err != nil {
					return err
				}
				if err := w.JoinIdentifier(ctx, p.ids, ""); err != nil {
					return err
				}
				if err := w.PutConsent(ctx, p.c); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// heap counts lines and looks at the memory while they go by.
type heap struct {
	lines      int
	seen       map[string]bool
	early, end uint64
	rest       string
}

func (w *heap) Write(p []byte) (int, error) {
	text := w.rest + string(p)
	for {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			w.rest = text
			return len(p), nil
		}
		text = rest
		w.lines++
		id, _, _ := strings.Cut(line, ",")
		w.seen[strings.Clone(id)] = true
		if w.lines == 3000 || w.lines == 19000 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			w.early, w.end = w.end, m.HeapAlloc
		}
	}
}

func TestExportOfManyIsFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("20,000 rows")
	}
	h := newHouse(t)
	const n = 20_000
	h.fill(n)
	w := &heap{seen: make(map[string]bool, n+1)}
	started := time.Now()
	if err := h.records.Export(t.Context(), records.Query{Business: h.Business}, table.CSV, "mia", w); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows in %s; heap %d KiB after 3,000 and %d KiB after 19,000", w.lines-1, time.Since(started), w.early>>10, w.end>>10)
	if w.lines != n+1 || len(w.seen) != n+1 {
		t.Errorf("%d lines, %d different", w.lines, len(w.seen))
	}
	// The test itself keeps 16,000 ids meanwhile, about 40 bytes each.
	if grown := int64(w.end) - int64(w.early); grown > 4<<20 {
		t.Errorf("the heap grew by %d KiB", grown>>10)
	}
	n2, err := h.records.Count(t.Context(), records.Query{Business: h.Business})
	if err != nil || n2 != n {
		t.Errorf("Count: %d, %v", n2, err)
	}
}
