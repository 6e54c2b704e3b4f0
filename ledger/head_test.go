package ledger_test

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/transparency-dev/merkle/rfc6962"
	"pgregory.net/rapid"

	"assent/ledger"
)

// slowRoot is RFC 6962, section 2.1, word for word.
func slowRoot(leaves []ledger.Hash) ledger.Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	l, r := slowRoot(leaves[:k]), slowRoot(leaves[k:])
	return ledger.Hash(rfc6962.DefaultHasher.HashChildren(l[:], r[:]))
}

func leaf(i int) ledger.Hash { return ledger.LeafHash(fmt.Appendf(nil, "leaf %d", i)) }

func TestLeafHash(t *testing.T) {
	for _, s := range []string{"", "a", "eyJhbGciOiJFZERTQSJ9.e30.c2ln"} {
		if got, want := ledger.LeafHash([]byte(s)), ledger.Hash(rfc6962.DefaultHasher.HashLeaf([]byte(s))); got != want {
			t.Errorf("LeafHash(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestHeadRoot(t *testing.T) {
	var head ledger.Head
	var leaves []ledger.Hash
	for n := range 601 {
		if got, want := head.Root(), slowRoot(leaves); got != want {
			t.Fatalf("root of %d leaves = %v, want %v", n, got, want)
		}
		leaves = append(leaves, leaf(n))
		head.Append(nil, leaf(n))
	}
}

func TestAppendReturnsTheNodesToStore(t *testing.T) {
	var head ledger.Head
	var leaves []ledger.Hash
	got := map[[2]int64]ledger.Hash{}
	for n := range 1024 {
		leaves = append(leaves, leaf(n))
		for _, node := range head.Append(nil, leaf(n)) {
			got[[2]int64{int64(node.Level), node.Index}] = node.Hash
		}
	}
	want := map[[2]int64]ledger.Hash{}
	for n := range 1024 {
		want[[2]int64{0, int64(n)}] = leaf(n)
	}
	for n := range 4 {
		want[[2]int64{1, int64(n)}] = slowRoot(leaves[n*256 : (n+1)*256])
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("nodes (-want +got):\n%s", d)
	}
}

func TestHeadClone(t *testing.T) {
	var head ledger.Head
	for n := range 5 {
		head.Append(nil, leaf(n))
	}
	before := head.Root()
	clone := head.Clone()
	for n := range 300 {
		clone.Append(nil, leaf(n))
	}
	if head.Root() != before || head.Size != 5 {
		t.Error("appending to a clone changed the head that it came from")
	}
}

func TestHeadBinary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 700).Draw(t, "size")
		var head ledger.Head
		for i := range n {
			head.Append(nil, leaf(i))
		}
		b, err := head.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got ledger.Head
		if err := got.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if got.Size != head.Size || got.Root() != head.Root() {
			t.Fatal("a head does not come back")
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if got.UnmarshalBinary(b[:cut]) == nil {
			t.Fatalf("a head cut to %d of %d bytes was read", cut, len(b))
		}
	})
	if (new(ledger.Head)).UnmarshalBinary([]byte{0x80, 0, 0, 0, 0, 0, 0, 0}) == nil {
		t.Error("a negative size was read")
	}
	if _, err := (ledger.Head{Size: 3, Edge: make([]ledger.Hash, 1)}).MarshalBinary(); err == nil {
		t.Error("a head without its edge was written")
	}
}

func BenchmarkAppend(b *testing.B) {
	var head ledger.Head
	nodes := make([]ledger.Node, 0, 16)
	h := leaf(1)
	b.ReportAllocs()
	for b.Loop() {
		nodes = head.Append(nodes[:0], h)
	}
}

func BenchmarkLeafHash(b *testing.B) {
	data := make([]byte, 1200)
	b.ReportAllocs()
	for b.Loop() {
		ledger.LeafHash(data)
	}
}
