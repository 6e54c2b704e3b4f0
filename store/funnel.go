package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"assent/funnel"
)

// InsertFunnel keeps a funnel.
func (t *Tx) InsertFunnel(ctx context.Context, f funnel.Funnel, now time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO funnels (id, business, slug, state, version, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		f.ID, f.Business, f.Slug, string(f.State), f.Version, micros(now))
	t.Notify(TopicDirectory)
	return err
}

// SetFunnel publishes a version of a funnel, or gives it another state.
func (t *Tx) SetFunnel(ctx context.Context, f funnel.Funnel) error {
	t.Notify(TopicDirectory)
	return t.one(ctx, `UPDATE funnels SET state = $2, version = $3 WHERE id = $1`, f.ID, string(f.State), f.Version)
}

// SetOrigins says on which sites the forms of a funnel may stand.
func (t *Tx) SetOrigins(ctx context.Context, funnelID string, origins []string) error {
	t.Notify(TopicDirectory)
	return t.one(ctx, `UPDATE funnels SET origins = $2 WHERE id = $1`, funnelID, strings.Join(origins, " "))
}

// InsertVersion keeps a version, published by the event.
func (t *Tx) InsertVersion(ctx context.Context, v *funnel.Version, event string) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO funnel_versions (id, funnel, number, doc, event, published_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		v.ID, v.Funnel, v.Number, string(doc), event, micros(v.PublishedAt))
	return err
}

// MarkDefective records that a version was found defective.
func (t *Tx) MarkDefective(ctx context.Context, version string, now time.Time) error {
	t.Notify(TopicDirectory)
	_, err := t.exec(ctx, `INSERT INTO version_defects (version, at) VALUES ($1, $2) ON CONFLICT (version) DO NOTHING`, version, micros(now))
	return err
}

// Funnels returns every funnel of every business, oldest first.
func (t *Tx) Funnels(ctx context.Context) (fs []funnel.Funnel, err error) {
	rows, err := t.query(ctx, `SELECT id, business, slug, state, version, origins FROM funnels ORDER BY created_at, id`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var f funnel.Funnel
		var origins string
		if err := scan(&f.ID, &f.Business, &f.Slug, &f.State, &f.Version, &origins); err != nil {
			return err
		}
		f.Origins = strings.Fields(origins)
		fs = append(fs, f)
		return nil
	})
	return fs, err
}

// Versions calls each with every version, the event that published it, and
// whether it was found defective, oldest first.
func (t *Tx) Versions(ctx context.Context, each func(v *funnel.Version, event string, defective bool) error) error {
	rows, err := t.query(ctx, `SELECT v.doc, v.event, d.version IS NOT NULL
		FROM funnel_versions v LEFT JOIN version_defects d ON d.version = v.id ORDER BY v.published_at, v.id`)
	return eachRow(rows, err, func(scan func(...any) error) error {
		var doc, event string
		var defective bool
		if err := scan(&doc, &event, &defective); err != nil {
			return err
		}
		v := new(funnel.Version)
		if err := json.Unmarshal([]byte(doc), v); err != nil {
			return err
		}
		return each(v, event, defective)
	})
}

// InsertEntryPoint keeps a way into a funnel.
func (t *Tx) InsertEntryPoint(ctx context.Context, e funnel.EntryPoint) error {
	_, err := t.exec(ctx, `INSERT INTO entry_points (id, funnel, kind, code, label, chat, text, off) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.ID, e.Funnel, string(e.Kind), e.Code, e.Label, e.Chat, e.Text, e.Off)
	t.Notify(TopicDirectory)
	return err
}

// EntryPoints returns every entry point of every funnel.
func (t *Tx) EntryPoints(ctx context.Context) (es []funnel.EntryPoint, err error) {
	rows, err := t.query(ctx, `SELECT id, funnel, kind, code, label, chat, text, off FROM entry_points ORDER BY id`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var e funnel.EntryPoint
		if err := scan(&e.ID, &e.Funnel, &e.Kind, &e.Code, &e.Label, &e.Chat, &e.Text, &e.Off); err != nil {
			return err
		}
		es = append(es, e)
		return nil
	})
	return es, err
}

// SetEntryPoint changes what an entry point leads to, and how it is called.
func (t *Tx) SetEntryPoint(ctx context.Context, e funnel.EntryPoint) error {
	t.Notify(TopicDirectory)
	return t.one(ctx, `UPDATE entry_points SET funnel = $2, label = $3, chat = $4, text = $5, off = $6 WHERE id = $1`, e.ID, e.Funnel, e.Label, e.Chat, e.Text, e.Off)
}

// InsertEntryVersion keeps what an entry point leads to from now on. A number that
// was given already is a fault of the kind Conflict.
func (t *Tx) InsertEntryVersion(ctx context.Context, v funnel.EntryVersion) error {
	_, err := t.exec(ctx, `INSERT INTO entry_versions (entry, number, funnel, label, chat, text, off, event, author, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		v.Entry, v.Number, v.Funnel, v.Label, v.Chat, v.Text, v.Off, v.Event, v.Author, micros(v.At))
	return err
}

// EntryVersions returns what an entry point led to, newest first.
func (t *Tx) EntryVersions(ctx context.Context, entry string) ([]funnel.EntryVersion, error) {
	return t.entryVersions(ctx, `WHERE entry = $1 ORDER BY number DESC`, entry)
}

// EntryVersionsAfter returns up to limit of what entry points led to, behind the
// one given, by entry point and number.
func (t *Tx) EntryVersionsAfter(ctx context.Context, entry string, number, limit int) ([]funnel.EntryVersion, error) {
	return t.entryVersions(ctx, `WHERE (entry, number) > ($1, $2) ORDER BY entry, number LIMIT $3`, entry, number, limit)
}

func (t *Tx) entryVersions(ctx context.Context, where string, args ...any) (vs []funnel.EntryVersion, err error) {
	rows, err := t.query(ctx, `SELECT entry, number, funnel, label, chat, text, off, event, author, at FROM entry_versions `+where, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var v funnel.EntryVersion
		var at int64
		err := scan(&v.Entry, &v.Number, &v.Funnel, &v.Label, &v.Chat, &v.Text, &v.Off, &v.Event, &v.Author, &at)
		v.At = instant(at)
		vs = append(vs, v)
		return err
	})
	return vs, err
}

// HasFunnel reports whether any funnel has the slug.
func (t *Tx) HasFunnel(ctx context.Context, slug string) (bool, error) {
	return t.has(ctx, `SELECT count(*) FROM funnels WHERE slug = $1`, slug)
}

// HasEntryPoint reports whether any of the codes, of which there are eight at
// most, is an entry point's.
func (t *Tx) HasEntryPoint(ctx context.Context, codes ...string) (bool, error) {
	if len(codes) == 0 {
		return false, nil
	}
	args := make([]any, 8) // always as many, so that one statement is prepared
	for i := range args {
		args[i] = codes[min(i, len(codes)-1)]
	}
	return t.has(ctx, `SELECT count(*) FROM entry_points WHERE code IN (`+in(1, len(args))+`)`, args...)
}

// KeepShown keeps bytes that people are shown, under their hash.
func (t *Tx) KeepShown(ctx context.Context, d funnel.Document, now time.Time) error {
	_, err := t.exec(ctx, `INSERT INTO shown_texts (sha256, kind, content_type, body, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (sha256) DO NOTHING`,
		d.SHA256, d.Kind, d.ContentType, d.Body, micros(now))
	return err
}

// Shown returns the bytes with the hash.
func (t *Tx) Shown(ctx context.Context, sha256 string) (d funnel.Document, err error) {
	d.SHA256 = sha256
	err = t.queryRow(ctx, `SELECT kind, content_type, body FROM shown_texts WHERE sha256 = $1`, sha256).Scan(&d.Kind, &d.ContentType, &d.Body)
	return d, err
}
