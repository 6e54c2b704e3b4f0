package store

import (
	"context"
	"time"

	"assent/ledger"
)

// InsertAnchor keeps an outside party's word for a checkpoint, and the party
// where it is new. What the party said of the same checkpoint before stays.
func (t *Tx) InsertAnchor(ctx context.Context, a ledger.Anchor, now time.Time) error {
	if _, err := t.exec(ctx, `INSERT INTO parties (id, kind, name, key, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`,
		a.ID(), a.Kind, a.Name, append([]byte{}, a.Key...), micros(now)); err != nil { // an authority may have no key, and that is not NULL
		return err
	}
	_, err := t.exec(ctx, `INSERT INTO anchors (size, party, proof, at, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (size, party) DO NOTHING`,
		a.Size, a.ID(), a.Proof, micros(a.At), micros(now))
	t.Notify(TopicCheckpoint)
	return err
}

// AnchorsFrom returns all anchors of the smallest anchored checkpoint over at
// least size entries, by kind and name; none where nothing so large is anchored.
func (t *Tx) AnchorsFrom(ctx context.Context, size int64) ([]ledger.Anchor, error) {
	return t.anchors(ctx, `WHERE a.size = (SELECT min(size) FROM anchors WHERE size >= $1) ORDER BY p.kind, p.name, p.id`, size)
}

// AnchorsAfter returns up to limit anchors of checkpoints larger than size or,
// at the same size, of parties with a larger id, in that order: for audit.
func (t *Tx) AnchorsAfter(ctx context.Context, size int64, party string, limit int) ([]ledger.Anchor, error) {
	return t.anchors(ctx, `WHERE a.size > $1 OR a.size = $1 AND a.party > $2 ORDER BY a.size, a.party LIMIT $3`, size, party, limit)
}

// NewestAnchors returns each party's newest anchor, by kind and name.
func (t *Tx) NewestAnchors(ctx context.Context) ([]ledger.Anchor, error) {
	return t.anchors(ctx, `WHERE a.size = (SELECT max(b.size) FROM anchors b WHERE b.party = a.party) ORDER BY p.kind, p.name, p.id`)
}

func (t *Tx) anchors(ctx context.Context, where string, args ...any) (list []ledger.Anchor, err error) {
	rows, err := t.query(ctx, `SELECT a.size, a.party, a.proof, a.at, p.kind, p.name, p.key FROM anchors a JOIN parties p ON p.id = a.party `+where, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var a ledger.Anchor
		var at int64
		if err := scan(&a.Size, &a.PartyID, &a.Proof, &at, &a.Kind, &a.Name, &a.Key); err != nil {
			return err
		}
		a.At = instant(at)
		list = append(list, a)
		return nil
	})
	return list, err
}
