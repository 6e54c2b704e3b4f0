package records

import (
	"bytes"
	"context"

	"assent/ledger"
)

// anchors checks what outside parties said: each word is for a checkpoint that
// is kept, bears the party's signature, and is dated as it says.
func (a *audit) anchors(ctx context.Context) error {
	var size int64
	party := ""
	for {
		var list []ledger.Anchor
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			if list, err = r.AnchorsAfter(ctx, size, party, 100); err != nil {
				return err
			}
			for _, one := range list {
				if err := a.anchor(ctx, r, one); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(list) == 0 {
			return err
		}
		last := list[len(list)-1]
		size, party = last.Size, last.PartyID
	}
}

func (a *audit) anchor(ctx context.Context, r Reader, one ledger.Anchor) error {
	if one.PartyID != one.ID() {
		a.found.add(CheckAnchors, "party %s is not the one that was asked", one.PartyID)
	}
	kept, err := r.Checkpoints(ctx, one.Size-1, 1)
	if err != nil {
		return err
	}
	if len(kept) == 0 || kept[0].Size != one.Size {
		a.found.add(CheckAnchors, "%s %s vouches for a checkpoint over %d entries, which is missing", one.Kind, one.Name, one.Size)
		return nil
	}
	at := one.At
	switch one.Kind {
	case ledger.Cosigned:
		w, err := ledger.ParseWitness(string(one.Key))
		if err != nil || w.Name() != one.Name {
			a.found.add(CheckAnchors, "the key of witness %s cannot be read, or is another's", one.Name)
			return nil
		}
		_, cosigned, err := ledger.OpenCosigned(one.Proof, a.verifier, w)
		if err != nil || len(cosigned) != 1 || !bytes.HasPrefix(one.Proof, kept[0].Note) || bytes.Count(one.Proof[len(kept[0].Note):], []byte("\n")) != 1 {
			a.found.add(CheckAnchors, "what witness %s signed over %d entries does not hold", one.Name, one.Size)
			return nil
		}
		at = cosigned[0].At
	case ledger.Stamped:
		token, err := ledger.ParseToken(one.Proof)
		if err == nil {
			roots, rootsErr := ledger.ParseCertificates(one.Key)
			if len(one.Key) > 0 && rootsErr != nil {
				a.found.add(CheckAnchors, "the certificates of authority %s cannot be read", one.Name)
				return nil
			}
			err = token.Verify(kept[0].Note, roots)
		}
		if err != nil {
			a.found.add(CheckAnchors, "the time-stamp of authority %s over %d entries does not hold", one.Name, one.Size)
			return nil
		}
		at = token.Time
	}
	if !at.Equal(one.At) {
		a.found.add(CheckAnchors, "%s %s vouched for %d entries at another time than its row says", one.Kind, one.Name, one.Size)
	}
	return nil
}
