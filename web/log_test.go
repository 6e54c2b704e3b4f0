package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"

	"assent/evidence"
	"assent/ledger"
	"assent/store"
	"assent/web"
)

// here is a request that was made on this machine.
func (s *site) here(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:4711", "localhost:8080"
	w := httptest.NewRecorder()
	s.web.ServeHTTP(w, r)
	return w
}

// Unless told otherwise, the log is seen from this machine alone.
func TestLogIsPrivateByDefault(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.PublicLog = false })
	if _, err := s.app.Manage.SignCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.app.Clock.Advance(time.Hour)
	for _, path := range []string{"/log/checkpoint", "/log/tile/0/000.p/1"} {
		if w := s.do("GET", path, ""); w.Code != 404 || !strings.Contains(w.Body.String(), "not public") {
			t.Errorf("%s for a stranger: %d %s", path, w.Code, w.Body)
		}
		if w := s.here(path); w.Code != 200 {
			t.Errorf("%s from here: %d", path, w.Code)
		}
	}
	if w := s.do("GET", "/log/vkey", ""); w.Code != 200 {
		t.Errorf("the key, which everybody may compare: %d", w.Code)
	}
}

// Strangers see one checkpoint a minute: oftener would tell when people sign up.
func TestPublicCheckpointOncePerMinute(t *testing.T) {
	s := newSite(t, nil)
	size := func(w *httptest.ResponseRecorder) int64 {
		t.Helper()
		cp, err := ledger.ParseCheckpoint(w.Body.Bytes())
		if err != nil {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return cp.Size
	}
	sign := func() int64 {
		t.Helper()
		if _, err := s.app.Manage.SignCheckpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		return size(s.here("/log/checkpoint"))
	}
	first := sign()
	s.app.Clock.Advance(time.Minute)
	if got := size(s.do("GET", "/log/checkpoint", "")); got != first {
		t.Errorf("strangers see %d entries, want %d", got, first)
	}
	s.app.OptIn("+4915112345678", "offers")
	second := sign()
	s.app.Clock.Advance(time.Second)
	s.app.OptIn("+4915112345679", "offers")
	third := sign()
	if got := size(s.do("GET", "/log/checkpoint", "")); got != first {
		t.Errorf("within the minute strangers see %d entries, want %d", got, first)
	}
	if w := s.do("GET", fmt.Sprintf("/log/tile/0/000.p/%d", second), ""); w.Code != 404 {
		t.Errorf("a tile beyond the public checkpoint: %d", w.Code)
	}
	s.app.Clock.Advance(time.Minute)
	if got := size(s.do("GET", "/log/checkpoint", "")); got != third || third <= second {
		t.Errorf("after the minute strangers see %d entries, want %d", got, third)
	}
}

// A monitor that was not written here walks over 100,000 leaves: it fetches the
// hash tiles and finds the root that the log has signed.
func TestMonitorWalk(t *testing.T) {
	s := newSite(t, nil)
	const leaves = 100_000
	fill(t, s.app.Store, s.app.Business, leaves)
	if _, err := s.app.Manage.SignCheckpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.app.Clock.Advance(time.Minute)
	requests := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		s.web.ServeHTTP(w, r)
	}))
	defer srv.Close()

	get := func(path string) []byte {
		t.Helper()
		res, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("%s: %d %v", path, res.StatusCode, err)
		}
		return b
	}
	key, err := ledger.ParseVerifier(string(get("/log/vkey")))
	if err != nil {
		t.Fatal(err)
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.SingleVerifierPolicy(key), torchwood.OriginPolicy(key.Name()))
	cp, _, err := torchwood.VerifyCheckpoint(get("/log/checkpoint"), policy)
	if err != nil || cp.N < leaves {
		t.Fatalf("a checkpoint over %d entries, %v", cp.N, err)
	}

	t.Run("all leaves, by transparency-dev/merkle", func(t *testing.T) {
		tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
		for n := int64(0); n*256 < cp.N; n++ {
			width := min(256, cp.N-n*256)
			tile := get("/log/" + torchwood.TilePath(tlog.Tile{H: 8, L: 0, N: n, W: int(width)}))
			if int64(len(tile)) != width*32 {
				t.Fatalf("tile %d has %d bytes", n, len(tile))
			}
			for ; len(tile) > 0; tile = tile[32:] {
				if err := tree.Append(tile[:32], nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		root, err := tree.GetRootHash(nil)
		if err != nil || string(root) != string(cp.Hash[:]) {
			t.Errorf("the leaves make the root %x, %v; signed is %x", root, err, cp.Hash)
		}
	})
	t.Run("proofs of single leaves, by torchwood", func(t *testing.T) {
		fetcher, err := torchwood.NewTileFetcher(srv.URL + "/log/")
		if err != nil {
			t.Fatal(err)
		}
		requests = 0
		reader := torchwood.TileHashReaderWithContext(t.Context(), cp.Tree, fetcher)
		for _, n := range []int64{0, 255, 256, 65_535, 65_536, cp.N - 1} {
			hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
			if err != nil {
				t.Fatalf("leaf %d: %v", n, err)
			}
			path, err := tlog.ProveRecord(cp.N, n, reader)
			if err != nil {
				t.Fatalf("leaf %d: %v", n, err)
			}
			if err := tlog.CheckRecord(path, cp.N, cp.Hash, n, hashes[0]); err != nil {
				t.Errorf("leaf %d: %v", n, err)
			}
		}
		if requests > 100 {
			t.Errorf("%d requests for six proofs", requests)
		}
	})
}

// BenchmarkTileWalk reads all hashes of 100,000 leaves as a monitor does, and finds
// the root; per leaf, beside the hashing of a leaf alone.
func BenchmarkTileWalk(b *testing.B) {
	s := newSite(b, nil)
	const leaves = 100_000
	fill(b, s.app.Store, s.app.Business, leaves)
	if _, err := s.app.Manage.SignCheckpoint(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
		for n := int64(0); n < leaves/256; n++ {
			w := s.here("/log/" + torchwood.TilePath(tlog.Tile{H: 8, L: 0, N: n, W: 256}))
			if w.Code != 200 {
				b.Fatalf("tile %d: %d", n, w.Code)
			}
			for tile := w.Body.Bytes(); len(tile) > 0; tile = tile[32:] {
				if err := tree.Append(tile[:32], nil); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	walk := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / leaves
	start := time.Now()
	for range leaves {
		rfc6962.DefaultHasher.HashChildren(make([]byte, 32), make([]byte, 32))
	}
	node := float64(time.Since(start).Nanoseconds()) / leaves
	b.ReportMetric(walk, "ns/leaf")
	b.ReportMetric(walk/node, "hashes/leaf")
}

// fill puts that many events into the log.
func fill(t testing.TB, db *store.Store, business string, n int) {
	t.Helper()
	const slice = 2000
	for from := 0; from < n; from += slice {
		err := db.ReadWrite(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			for i := from; i < min(from+slice, n); i++ {
				r := evidence.Record{ID: fmt.Sprintf("fill-%06d", i), Business: business, Name: "operator.acted", JWT: fmt.Appendf(nil, "entry %d", i), Sealed: []byte{0}, Key: "k"}
				if err := tx.InsertEvent(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
