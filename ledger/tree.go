package ledger

import (
	"context"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"assent/fault"
)

// Hashes is what a store implements: the nodes that Append returned.
type Hashes interface {
	// Hashes returns count consecutive hashes of a tile level, from the index
	// first on; count is between 1 and TileWidth. Where one is missing it
	// returns an error.
	Hashes(ctx context.Context, level int, first int64, count int) ([]Hash, error)
}

// Tree reads proofs and tiles of the tree of a size and root, for example those
// of a checkpoint, while the log may be growing. Whatever it reads from Hashes
// is checked against Root first, so that a damaged row is an error and never a
// false proof. Reads are of at most TileWidth hashes, and a proof needs one or
// two per tile level.
type Tree struct {
	Size   int64
	Root   Hash
	Hashes Hashes
}

// Inclusion returns the audit path of the leaf at index (RFC 6962, 2.1.1). It
// is an Invalid fault to ask for a leaf that the tree does not hold.
func (t Tree) Inclusion(ctx context.Context, index int64) ([]Hash, error) {
	if index < 0 || index >= t.Size {
		return nil, fault.New(fault.Invalid, "The log of %d entries has no entry %d.", t.Size, index)
	}
	p, err := tlog.ProveRecord(t.Size, index, t.reader(ctx))
	if err != nil {
		return nil, fmt.Errorf("ledger: inclusion of %d in %d: %w", index, t.Size, err)
	}
	return p, nil
}

// Consistency returns the proof that the tree of the size old is the beginning
// of this one (RFC 6962, 2.1.2). The proof for an empty or an equally large
// tree is empty.
func (t Tree) Consistency(ctx context.Context, old int64) ([]Hash, error) {
	if old < 0 || old > t.Size {
		return nil, fault.New(fault.Invalid, "The log of %d entries was never %d long.", t.Size, old)
	}
	if old == 0 || old == t.Size {
		return nil, nil
	}
	p, err := tlog.ProveTree(t.Size, old, t.reader(ctx))
	if err != nil {
		return nil, fmt.Errorf("ledger: consistency of %d with %d: %w", old, t.Size, err)
	}
	return p, nil
}

// CheckConsistency checks a proof that the tree (oldSize, oldRoot) is the
// beginning of the tree (size, root).
func CheckConsistency(proof []Hash, size int64, root Hash, oldSize int64, oldRoot Hash) error {
	switch {
	case oldSize < 0 || oldSize > size:
		return fmt.Errorf("ledger: a log of %d entries cannot continue one of %d", size, oldSize)
	case oldSize == 0:
		if len(proof) != 0 || oldRoot != (Head{}).Root() {
			return errProof
		}
		return nil
	case oldSize == size:
		if len(proof) != 0 || oldRoot != root {
			return errProof
		}
		return nil
	}
	if err := tlog.CheckTree(proof, size, root, oldSize, oldRoot); err != nil {
		return errProof
	}
	return nil
}

// CheckInclusion checks an audit path: that the tree (size, root) holds the leaf
// hash at index.
func CheckInclusion(proof []Hash, size int64, root Hash, index int64, leaf Hash) error {
	if err := tlog.CheckRecord(proof, size, root, index, leaf); err != nil {
		return errProof
	}
	return nil
}

// Tile is the place of a tile: Width hashes of Level, from Index*TileWidth on.
type Tile struct {
	Level int
	Index int64
	Width int // 1 to TileWidth; less is a partial tile
}

// ParseTilePath reads a hash tile's address, such as "tile/0/x001/234" or
// "tile/1/000.p/17" (c2sp.org/tlog-tiles). Entry bundles are not served, so
// their addresses are refused too. The error is a NotFound fault.
func ParseTilePath(path string) (Tile, error) {
	t, err := torchwood.ParseTilePath(path)
	if err != nil || t.L < 0 || t.L > 63/TileHeight || torchwood.TilePath(t) != path {
		return Tile{}, fault.New(fault.NotFound, "There is no such tile.")
	}
	return Tile{Level: t.L, Index: t.N, Width: t.W}, nil
}

// Path returns the tile's address, relative to the log's.
func (t Tile) Path() string { return torchwood.TilePath(t.tlog()) }

func (t Tile) tlog() tlog.Tile { return tlog.Tile{H: TileHeight, L: t.Level, N: t.Index, W: t.Width} }

// Tile returns the bytes of a tile: Width hashes one after the other. It is a
// NotFound fault to ask for a tile that the tree does not reach.
func (t Tree) Tile(ctx context.Context, tile Tile) ([]byte, error) {
	if tile.Level < 0 || tile.Level > 63/TileHeight || tile.Index < 0 || tile.Width < 1 || tile.Width > TileWidth ||
		tile.Index > t.Size>>TileHeight ||
		tile.Index*TileWidth+int64(tile.Width) > t.Size>>(TileHeight*tile.Level) {
		return nil, fault.New(fault.NotFound, "The log does not reach that tile.")
	}
	b, err := tlog.ReadTileData(tile.tlog(), t.reader(ctx))
	if err != nil {
		return nil, fmt.Errorf("ledger: tile %s: %w", tile.Path(), err)
	}
	return b, nil
}

func (t Tree) reader(ctx context.Context) tlog.HashReader {
	return torchwood.TileHashReaderWithContext(ctx, tlog.Tree{N: t.Size, Hash: t.Root}, tileReader{t.Hashes})
}

// Memory remembers what was read of one log, so that many proofs of it read a tile
// once. Hashes of a log never change, so it may outlive the transaction that it was
// filled in. It holds at most memoryTiles and is for one goroutine at a time.
type Memory struct{ tiles map[tlog.Tile][]Hash }

const memoryTiles = 256 // 2 MB

// Over returns the hashes, of which those that are remembered are not read.
func (m *Memory) Over(h Hashes) Hashes { return remembering{m, h} }

type remembering struct {
	*Memory
	from Hashes
}

func (r remembering) Hashes(ctx context.Context, level int, first int64, count int) ([]Hash, error) {
	key := tlog.Tile{H: TileHeight, L: level, N: first, W: count}
	if kept, ok := r.tiles[key]; ok {
		return kept, nil
	}
	read, err := r.from.Hashes(ctx, level, first, count)
	if err != nil {
		return nil, err
	}
	if r.tiles == nil || len(r.tiles) == memoryTiles {
		r.tiles = make(map[tlog.Tile][]Hash)
	}
	r.tiles[key] = read
	return read, nil
}

// tileReader makes tiles of a store's rows.
type tileReader struct{ hashes Hashes }

func (r tileReader) ReadTiles(ctx context.Context, tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		hashes, err := r.hashes.Hashes(ctx, t.L, t.N*TileWidth, t.W)
		if err != nil {
			return nil, err
		}
		if len(hashes) != t.W {
			return nil, fmt.Errorf("%d of %d hashes of level %d from %d", len(hashes), t.W, t.L, t.N*TileWidth)
		}
		b := make([]byte, 0, t.W*HashSize)
		for j := range hashes {
			b = append(b, hashes[j][:]...)
		}
		out[i] = b
	}
	return out, nil
}

// SaveTiles does nothing: the rows are where they belong.
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadEndpoint is never called by a hash reader.
func (tileReader) ReadEndpoint(context.Context, string) ([]byte, error) {
	return nil, fault.New(fault.NotFound, "The store has no such file.")
}
