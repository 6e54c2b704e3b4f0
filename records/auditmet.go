package records

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"assent/ledger"
)

// met remembers which leaves' events were met with their people, and a
// fingerprint of what their leaves must say, so that the walk through the log need
// not read these events again. It takes some ten bits for a leaf.
type met struct {
	secret [32]byte   // of this audit, and known to nobody
	mu     sync.Mutex // until everybody was met; nothing changes then
	size   int64
	bits   []uint64
	prints []uint64 // of each stretch: a sum, for people come in their own order
}

func newMet(leaves int64) *met {
	m := &met{size: leaves, bits: make([]uint64, (leaves+63)/64), prints: make([]uint64, (leaves+auditChunk-1)/auditChunk)}
	rand.Read(m.secret[:])
	return m
}

// add notes that an event was read that has the leaf, and must have the hash
// there. A second time adds nothing.
func (m *met) add(leaf int64, event string, hash ledger.Hash) {
	if leaf < 0 || leaf >= m.size { // of what came since
		return
	}
	print := m.print(leaf, event, hash[:])
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.has(leaf) {
		return
	}
	m.bits[leaf/64] |= 1 << (leaf % 64)
	m.prints[leaf/auditChunk] += print
}

// has reports whether the leaf's event was met.
func (m *met) has(leaf int64) bool {
	return leaf >= 0 && leaf < m.size && m.bits[leaf/64]>>(leaf%64)&1 == 1
}

// agrees reports whether the leaves from there on, a stretch, say of those events
// that were met what they must say.
func (m *met) agrees(from int64, leaves []Leaf) bool {
	if from/auditChunk >= int64(len(m.prints)) {
		return false
	}
	sum := uint64(0)
	for _, l := range leaves {
		if m.has(l.N) {
			sum += m.print(l.N, l.Event, l.Hash)
		}
	}
	return sum == m.prints[from/auditChunk]
}

// print returns the fingerprint of a leaf: eight bytes that follow from this
// audit's own secret, so nobody can make leaves whose sum is that of others.
func (m *met) print(leaf int64, event string, hash []byte) uint64 {
	var room [160]byte
	b := append(room[:0], m.secret[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(leaf))
	b = binary.BigEndian.AppendUint64(b, uint64(len(event)))
	sum := sha256.Sum256(append(append(b, event...), hash...))
	return binary.BigEndian.Uint64(sum[:])
}
