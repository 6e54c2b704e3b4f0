package manage

import (
	"context"
	"encoding/base64"
	"strings"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
	"assent/vault"
)

// settingRestoring marks a database into which a backup is being copied.
const settingRestoring = "restoring"

// checkRestored refuses a database that a restore left unfinished.
func (s *Service) checkRestored(ctx context.Context) error {
	return s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		mark, err := r.Setting(ctx, settingRestoring)
		if err == nil && mark != nil {
			err = fault.New(fault.Conflict, "A backup was being restored into this database, and that did not finish. Delete the database and restore again.")
		}
		return err
	})
}

// Continues checks that the log continues a checkpoint that left the house. It
// is a Conflict where the log is shorter, or another, and Invalid where the
// checkpoint is not one of this log.
func (s *Service) Continues(ctx context.Context, signed []byte) (err error) {
	defer fault.Wrap(&err, "manage.Continues")
	verifier, err := ledger.ParseVerifier(s.inst.Log.VerifierKey())
	if err != nil {
		return err
	}
	left, err := ledger.OpenCheckpoint(signed, verifier)
	if err != nil {
		return fault.New(fault.Invalid, "The checkpoint that left the house was not signed by this installation's log.").Because(err)
	}
	return s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		head, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		if head.Size < left.Size {
			return fault.New(fault.Conflict, "The log has %d entries, but a checkpoint over %d has left the house: the database is older than what others hold, and to go on would make a second history.", head.Size, left.Size)
		}
		proof, err := ledger.Tree{Size: head.Size, Root: head.Root(), Hashes: r}.Consistency(ctx, left.Size)
		if err == nil {
			err = ledger.CheckConsistency(proof, head.Size, head.Root(), left.Size, left.Root)
		}
		if err != nil {
			return fault.New(fault.Conflict, "The log of %d entries does not continue the checkpoint over %d that has left the house: its first %d entries are others.", head.Size, left.Size, left.Size).Because(err)
		}
		return nil
	})
}

// Restored is what an operator's event says of going on behind a checkpoint
// that had left the house.
type Restored struct {
	LogSize  int64  `json:"log_size"`            // of the log as it was restored
	LeftSize int64  `json:"left_size,omitempty"` // of the newest checkpoint that had left the house
	LeftRoot string `json:"left_root,omitempty"` // its root, base64
}

// NoteRestore records, as an event of every business, that somebody goes on
// from a restored backup although a newer checkpoint had left the house.
func (s *Service) NoteRestore(ctx context.Context, actor string, left []byte) (err error) {
	defer fault.Wrap(&err, "manage.NoteRestore")
	var r Restored
	if cp, err := ledger.ParseCheckpoint(left); err == nil {
		r.LeftSize, r.LeftRoot = cp.Size, base64.StdEncoding.EncodeToString(cp.Root[:])
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, rd Reader) error {
		head, err := rd.LogHead(ctx)
		r.LogSize = head.Size
		return err
	})
	if err != nil {
		return err
	}
	return s.noteAll(ctx, actor, "restore", "restore", r)
}

// Destructions calls each with every data key that was destroyed.
func (s *Service) Destructions(ctx context.Context, each func(vault.Destruction) error) (err error) {
	defer fault.Wrap(&err, "manage.Destructions")
	after := ""
	for {
		var list []vault.Destruction
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			list, err = r.DestructionsAfter(ctx, after, 1000)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, d := range list {
			after = d.Key
			if err := each(d); err != nil {
				return err
			}
		}
	}
}

// HoldMessages keeps messages that waited to be sent when a backup was made from
// being sent, for they may have gone out since, and returns how many.
func (s *Service) HoldMessages(ctx context.Context) (n int64, err error) {
	defer fault.Wrap(&err, "manage.HoldMessages")
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) (err error) {
		n, err = w.HoldMessages(ctx)
		return err
	})
	return n, err
}

// EndRestore lets others open a database into which a backup was restored.
func (s *Service) EndRestore(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "manage.EndRestore")
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.EndRestore(ctx) })
}

// ValidKeyID reports whether s has the form of a data key's id that may be
// destroyed: of a person or of a request.
func ValidKeyID(s string) bool {
	kind, id, ok := strings.Cut(s, "/")
	_, dated := evidence.TimeOf(id)
	return ok && (kind == "s" || kind == "r") && dated
}
