package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// HashSize is the size of a hash in bytes.
const HashSize = tlog.HashSize

// TileHeight is the height of a tile in levels of the tree (c2sp.org/tlog-tiles).
const TileHeight = 8

// TileWidth is how many hashes a full tile holds.
const TileWidth = 1 << TileHeight

// Hash is the hash of a leaf or a node. It prints as base64.
type Hash = tlog.Hash

// LeafHash returns the hash of a leaf's bytes (RFC 6962, section 2.1).
func LeafHash(leaf []byte) Hash { return tlog.RecordHash(leaf) }

// Node is a hash that is stored: the root of the Index-th full subtree of
// 256^Level leaves.
type Node struct {
	Level int
	Index int64
	Hash  Hash
}

// Head is a tree's size with the roots of the full subtrees along its right
// edge, largest first, one for each bit that is set in the size. It is all that
// an append needs. The zero value is the empty tree.
//
// Append writes into Edge; copies of a Head share it. Use Clone where both are
// kept.
type Head struct {
	Size int64
	Edge []Hash
}

// Clone returns a head that shares nothing with h.
func (h Head) Clone() Head { return Head{Size: h.Size, Edge: slices.Clone(h.Edge)} }

// Append adds a leaf by its hash. It appends the nodes that the store must
// insert to nodes and returns the result: the leaf itself, and one node per
// tile level that this leaf completes (every 256th leaf one more).
func (h *Head) Append(nodes []Node, leaf Hash) []Node {
	index := h.Size
	nodes = append(nodes, Node{Level: 0, Index: index, Hash: leaf})
	hash := leaf
	// Each trailing one bit of the old size is a full subtree as large as what
	// has been folded so far: the two make one of twice the size.
	for level := 1; index&1 == 1; level++ {
		last := len(h.Edge) - 1
		hash = tlog.NodeHash(h.Edge[last], hash)
		h.Edge = h.Edge[:last]
		index >>= 1
		if level%TileHeight == 0 {
			nodes = append(nodes, Node{Level: level / TileHeight, Index: index, Hash: hash})
		}
	}
	h.Edge = append(h.Edge, hash)
	h.Size++
	return nodes
}

// Root returns the hash of the whole tree (RFC 6962, section 2.1).
func (h Head) Root() Hash {
	if len(h.Edge) == 0 {
		return sha256.Sum256(nil)
	}
	root := h.Edge[len(h.Edge)-1]
	for i := len(h.Edge) - 2; i >= 0; i-- {
		root = tlog.NodeHash(h.Edge[i], root)
	}
	return root
}

var errHead = errors.New("ledger: malformed head: size and right edge do not fit each other")

// check reports whether the edge has one hash per bit of the size.
func (h Head) check() error {
	if h.Size < 0 || len(h.Edge) != bits.OnesCount64(uint64(h.Size)) {
		return errHead
	}
	return nil
}

// MarshalBinary writes the size as 8 bytes, big-endian, and the edge's hashes.
func (h Head) MarshalBinary() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(h.Edge)*HashSize), uint64(h.Size))
	for i := range h.Edge {
		b = append(b, h.Edge[i][:]...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. It refuses a negative size,
// and an edge that does not have one hash per bit of the size.
func (h *Head) UnmarshalBinary(b []byte) error {
	if len(b) < 8 || (len(b)-8)%HashSize != 0 {
		return errHead
	}
	got := Head{Size: int64(binary.BigEndian.Uint64(b))}
	for rest := b[8:]; len(rest) > 0; rest = rest[HashSize:] {
		got.Edge = append(got.Edge, Hash(rest[:HashSize]))
	}
	if err := got.check(); err != nil {
		return err
	}
	*h = got
	return nil
}
