package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"

	"assent/fault"
	"assent/ledger"
)

// log is a log in memory: what a store keeps, and the root at each size.
type log struct {
	head  ledger.Head
	nodes map[[2]int64]ledger.Hash
	roots []ledger.Hash
	reads int // hashes read
}

func newLog(n int) *log {
	l := &log{nodes: map[[2]int64]ledger.Hash{}, roots: []ledger.Hash{ledger.Head{}.Root()}}
	var buf []ledger.Node
	for i := range n {
		buf = l.head.Append(buf[:0], leaf(i))
		for _, node := range buf {
			l.nodes[[2]int64{int64(node.Level), node.Index}] = node.Hash
		}
		l.roots = append(l.roots, l.head.Root())
	}
	return l
}

func (l *log) Hashes(_ context.Context, level int, first int64, count int) ([]ledger.Hash, error) {
	if count < 1 || count > ledger.TileWidth {
		return nil, errors.New("a read of that many hashes was not agreed")
	}
	out := make([]ledger.Hash, count)
	for i := range out {
		h, ok := l.nodes[[2]int64{int64(level), first + int64(i)}]
		if !ok {
			return nil, errors.New("no such hash")
		}
		out[i] = h
	}
	l.reads += count
	return out, nil
}

func (l *log) tree(size int) ledger.Tree {
	return ledger.Tree{Size: int64(size), Root: l.roots[size], Hashes: l}
}

func raw(hashes []ledger.Hash) [][]byte {
	var out [][]byte
	for _, h := range hashes {
		out = append(out, bytes.Clone(h[:]))
	}
	return out
}

// checkInclusion asks ours and transparency-dev/merkle.
func checkInclusion(t testing.TB, l *log, size, index int) {
	t.Helper()
	p, err := l.tree(size).Inclusion(t.Context(), int64(index))
	if err != nil {
		t.Fatalf("inclusion of %d in %d: %v", index, size, err)
	}
	h, root := leaf(index), l.roots[size]
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(size), h[:], raw(p), root[:]); err != nil {
		t.Fatalf("merkle refuses the inclusion of %d in %d: %v", index, size, err)
	}
	if err := ledger.CheckInclusion(p, int64(size), root, int64(index), h); err != nil {
		t.Fatalf("inclusion of %d in %d: %v", index, size, err)
	}
	if ledger.CheckInclusion(p, int64(size), root, int64(index), leaf(index+1)) == nil {
		t.Fatalf("another leaf passes for %d in %d", index, size)
	}
}

func checkConsistency(t testing.TB, l *log, old, size int) {
	t.Helper()
	p, err := l.tree(size).Consistency(t.Context(), int64(old))
	if err != nil {
		t.Fatalf("consistency of %d with %d: %v", old, size, err)
	}
	a, b := l.roots[old], l.roots[size]
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(old), uint64(size), raw(p), a[:], b[:]); err != nil {
		t.Fatalf("merkle refuses the consistency of %d with %d: %v", old, size, err)
	}
	if err := ledger.CheckConsistency(p, int64(size), b, int64(old), a); err != nil {
		t.Fatalf("consistency of %d with %d: %v", old, size, err)
	}
	if ledger.CheckConsistency(p, int64(size), b, int64(old), leaf(-1)) == nil {
		t.Fatalf("another root passes for %d in %d", old, size)
	}
}

func TestProofsOfEverySize(t *testing.T) {
	const top = 600
	l := newLog(top)
	for size := 1; size <= top; size++ {
		for _, index := range []int{0, size / 3, size / 2, size - 2, size - 1} {
			if index >= 0 {
				checkInclusion(t, l, size, index)
			}
		}
		for _, old := range []int{0, 1, size / 2, size - 1, size} {
			checkConsistency(t, l, old, size)
		}
	}
}

func TestProofsRoundTheThirdTileLevel(t *testing.T) {
	const edge = 1 << 16
	l := newLog(edge + 300)
	for _, size := range []int{edge - 257, edge - 256, edge - 1, edge, edge + 1, edge + 255, edge + 256, edge + 257, edge + 300} {
		for _, index := range []int{0, 255, 256, edge/2 - 1, edge / 2, size - 257, size - 1} {
			l.reads = 0
			checkInclusion(t, l, size, index)
			if l.reads > 5*ledger.TileWidth {
				t.Errorf("%d hashes read for one proof", l.reads)
			}
		}
		for _, old := range []int{1, 256, edge - 300, edge / 2, size - 1} {
			checkConsistency(t, l, old, size)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, edge+300).Draw(rt, "size")
		checkInclusion(t, l, size, rapid.IntRange(0, size-1).Draw(rt, "index"))
		checkConsistency(t, l, rapid.IntRange(0, size).Draw(rt, "old"), size)
	})
}

// A memory spares reads of the store, and changes no proof, damaged rows included.
func TestMemory(t *testing.T) {
	const size = 1 << 16
	l := newLog(size)
	var m ledger.Memory
	tree := l.tree(size)
	tree.Hashes = m.Over(tree.Hashes)
	for range 2 { // more tiles than it holds
		for index := int64(0); index < size; index += 200 {
			got, err := tree.Inclusion(t.Context(), index)
			if err != nil {
				t.Fatal(err)
			}
			if want, err := l.tree(size).Inclusion(t.Context(), index); err != nil || !slices.Equal(got, want) {
				t.Fatalf("entry %d: another path, %v", index, err)
			}
		}
	}
	l.reads = 0
	for index := range int64(50) {
		if _, err := tree.Inclusion(t.Context(), size-1-index); err != nil {
			t.Fatal(err)
		}
	}
	if most := 3 * ledger.TileWidth; l.reads > most {
		t.Errorf("%d hashes read for proofs of neighbours, want at most %d", l.reads, most)
	}
	h := l.nodes[[2]int64{0, 5}]
	h[3] ^= 1
	l.nodes[[2]int64{0, 5}] = h
	for range 2 {
		if _, err := tree.Inclusion(t.Context(), 5); err == nil {
			t.Error("a proof over a damaged row")
		}
	}
}

func TestProofsOutsideTheTree(t *testing.T) {
	l := newLog(10)
	for _, index := range []int64{-1, 10, 11, 1 << 62} {
		if _, err := l.tree(10).Inclusion(t.Context(), index); !fault.Is(err, fault.Invalid) {
			t.Errorf("Inclusion(%d): %v, want an invalid fault", index, err)
		}
	}
	for _, old := range []int64{-1, 11} {
		if _, err := l.tree(10).Consistency(t.Context(), old); !fault.Is(err, fault.Invalid) {
			t.Errorf("Consistency(%d): %v, want an invalid fault", old, err)
		}
	}
	if ledger.CheckConsistency(nil, 10, l.roots[10], 0, l.roots[1]) == nil || ledger.CheckConsistency(nil, 5, l.roots[5], 10, l.roots[10]) == nil {
		t.Error("a false beginning passes")
	}
}

func TestDamagedRowsAreErrors(t *testing.T) {
	const size = 700
	for _, at := range [][2]int64{{0, 5}, {0, 699}, {1, 0}, {1, 1}} {
		l := newLog(size)
		h := l.nodes[at]
		h[3] ^= 1
		l.nodes[at] = h
		if p, err := l.tree(size).Inclusion(t.Context(), at[1]); err == nil {
			t.Errorf("a proof of %d hashes over the damaged row %v", len(p), at)
		}
		delete(l.nodes, at)
		if _, err := l.tree(size).Inclusion(t.Context(), at[1]); err == nil {
			t.Errorf("a proof over the missing row %v", at)
		}
	}
}

func TestTiles(t *testing.T) {
	l := newLog(700)
	tests := []struct {
		name string
		tile ledger.Tile
		path string
		ok   bool
	}{
		{"full", ledger.Tile{Level: 0, Index: 1, Width: 256}, "tile/0/001", true},
		{"partial", ledger.Tile{Level: 0, Index: 2, Width: 188}, "tile/0/002.p/188", true},
		{"less than there is", ledger.Tile{Level: 0, Index: 0, Width: 17}, "tile/0/000.p/17", true},
		{"level 1", ledger.Tile{Level: 1, Index: 0, Width: 2}, "tile/1/000.p/2", true},
		{"more than there is", ledger.Tile{Level: 0, Index: 2, Width: 189}, "tile/0/002.p/189", false},
		{"level 1, more", ledger.Tile{Level: 1, Index: 0, Width: 3}, "tile/1/000.p/3", false},
		{"beyond", ledger.Tile{Level: 0, Index: 1 << 50, Width: 256}, "tile/0/x001/x125/x899/x906/x842/624", false},
		{"level 2", ledger.Tile{Level: 2, Index: 0, Width: 1}, "tile/2/000.p/1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parsed, err := ledger.ParseTilePath(tt.path)
			if err != nil || parsed != tt.tile || tt.tile.Path() != tt.path {
				t.Fatalf("ParseTilePath(%q) = %v, %v; Path = %q", tt.path, parsed, err, tt.tile.Path())
			}
			b, err := l.tree(700).Tile(t.Context(), tt.tile)
			if !tt.ok {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("err = %v, want a not-found fault", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var want []byte
			for i := range tt.tile.Width {
				h := l.nodes[[2]int64{int64(tt.tile.Level), tt.tile.Index*256 + int64(i)}]
				want = append(want, h[:]...)
			}
			if !bytes.Equal(b, want) {
				t.Error("the tile holds other hashes")
			}
		})
	}
	h := l.nodes[[2]int64{0, 300}]
	h[0] ^= 1
	l.nodes[[2]int64{0, 300}] = h
	if _, err := l.tree(700).Tile(t.Context(), ledger.Tile{Index: 1, Width: 256}); err == nil || fault.Is(err, fault.NotFound) {
		t.Errorf("a damaged tile: %v", err)
	}
}

func TestParseTilePathRefuses(t *testing.T) {
	for _, path := range []string{"", "tile", "tile/0", "tile/0/1", "tile/0/000.p/0", "tile/0/000.p/256", "tile/-1/000", "tile/entries/000",
		"tile/8/000", "tile/00/000", "tile/0/x000/001/", "/tile/0/000", "tile/0/../../etc/passwd", "tile/0/x999/x999/x999/x999/x999/x999/x999/999"} {
		if got, err := ledger.ParseTilePath(path); !fault.Is(err, fault.NotFound) {
			t.Errorf("ParseTilePath(%q) = %v, %v", path, got, err)
		}
	}
}

func FuzzParseTilePath(f *testing.F) {
	f.Add("tile/0/x001/234.p/5")
	f.Add("tile/7/000")
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := ledger.ParseTilePath(path); err == nil {
			if tile.Path() != path {
				t.Errorf("%q comes back as %q", path, tile.Path())
			}
			if _, err := (ledger.Tree{Size: 3}).Tile(t.Context(), tile); err == nil {
				t.Errorf("a tile of nothing: %q", path)
			}
		}
	})
}

func BenchmarkInclusion(b *testing.B) {
	l := newLog(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.tree(100_000).Inclusion(b.Context(), 41_234); err != nil {
			b.Fatal(err)
		}
	}
}
