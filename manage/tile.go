package manage

import (
	"context"
	"time"

	"assent/fault"
	"assent/ledger"
)

// PublicEvery is how often strangers see a new checkpoint: oftener would tell
// them when people sign up.
const PublicEvery = time.Minute

var errNoCheckpoint = fault.New(fault.NotFound, "Nothing is in the log yet.")

// Checkpoint returns the log's newest signed checkpoint or, for the public, the
// newest that was signed before the current minute began: the same one from
// every process. It is NotFound where there is none.
func (s *Service) Checkpoint(ctx context.Context, public bool) (signed ledger.Signed, err error) {
	defer fault.Wrap(&err, "manage.Checkpoint")
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		signed, err = s.checkpoint(ctx, r, public)
		return err
	})
	return signed, err
}

func (s *Service) checkpoint(ctx context.Context, r Reader, public bool) (signed ledger.Signed, err error) {
	ok := false
	if public {
		signed, ok, err = r.CheckpointBefore(ctx, s.clock().Truncate(PublicEvery))
	} else {
		signed, ok, err = r.LastCheckpoint(ctx)
	}
	if err == nil && !ok {
		err = errNoCheckpoint
	}
	if err == nil {
		err = s.inst.Left(ctx, signed.Note)
	}
	return signed, err
}

// Tile returns a tile of hashes of the tree under Checkpoint (C2SP tlog-tiles).
// It is NotFound where that tree does not reach it.
func (s *Service) Tile(ctx context.Context, tile ledger.Tile, public bool) (hashes []byte, err error) {
	defer fault.Wrap(&err, "manage.Tile")
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		signed, err := s.checkpoint(ctx, r, public)
		if err != nil {
			return err
		}
		cp, err := ledger.ParseCheckpoint(signed.Note)
		if err != nil {
			return err
		}
		hashes, err = ledger.Tree{Size: cp.Size, Root: cp.Root, Hashes: r}.Tile(ctx, tile)
		return err
	})
	return hashes, err
}
