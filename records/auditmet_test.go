package records

import (
	"testing"

	"assent/ledger"
)

func TestMet(t *testing.T) {
	hash := func(s string) ledger.Hash { return ledger.LeafHash([]byte(s)) }
	row := func(n int64, event string) Leaf { h := hash(event); return Leaf{N: n, Event: event, Hash: h[:]} }
	m := newMet(auditChunk + 3)
	for _, n := range []int64{-1, auditChunk + 3, 1 << 40} { // of what came since, or of nothing
		m.add(n, "x", hash("x"))
		if m.has(n) {
			t.Errorf("leaf %d was met", n)
		}
	}
	m.add(auditChunk, "c", hash("c")) // people come in their own order
	m.add(2, "b", hash("b"))
	m.add(0, "a", hash("a"))
	m.add(2, "b", hash("b")) // once more
	if !m.has(0) || m.has(1) || !m.has(2) || !m.has(auditChunk) {
		t.Error("what was met is not what was added")
	}
	cut := row(2, "b")
	cut.Hash = cut.Hash[:31]
	if one, other := newMet(1), newMet(1); one.print(0, "a", nil) == other.print(0, "a", nil) {
		t.Error("two audits have one secret")
	}
	for name, tt := range map[string]struct {
		from   int64
		leaves []Leaf
		want   bool
	}{
		"as they were met":       {0, []Leaf{row(0, "a"), row(1, "?"), row(2, "b")}, true},
		"the next stretch":       {auditChunk, []Leaf{row(auditChunk, "c"), row(auditChunk+1, "?")}, true},
		"one is missing":         {0, []Leaf{row(0, "a"), row(1, "?")}, false},
		"one is another event's": {0, []Leaf{row(0, "a"), {N: 2, Event: "c", Hash: row(2, "b").Hash}}, false},
		"one has another hash":   {0, []Leaf{row(0, "a"), {N: 2, Event: "b", Hash: row(2, "c").Hash}}, false},
		"a hash is cut":          {0, []Leaf{row(0, "a"), cut}, false},
		"two changed places":     {0, []Leaf{row(0, "b"), row(2, "a")}, false},
		"one stands twice":       {0, []Leaf{row(0, "a"), row(2, "b"), row(2, "b")}, false},
		"behind the end":         {1 << 30, nil, false},
	} {
		if got := m.agrees(tt.from, tt.leaves); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
