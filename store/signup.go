package store

import (
	"context"

	"assent/funnel"
)

// InsertSignup keeps a sign-up link. One that is kept already is a fault of the
// kind Conflict.
func (t *Tx) InsertSignup(ctx context.Context, s funnel.Signup) error {
	_, err := t.exec(ctx, `INSERT INTO signups (entry, business, waba, meta_id, privacy) VALUES ($1, $2, $3, $4, $5)`, s.Entry, s.Business, s.WABA, s.MetaID, s.Privacy)
	t.Notify(TopicDirectory)
	return err
}

// InsertSignupVersion keeps what a sign-up link says from now on. A number that was
// given already is a fault of the kind Conflict.
func (t *Tx) InsertSignupVersion(ctx context.Context, v funnel.SignupVersion) error {
	_, err := t.exec(ctx, `INSERT INTO signup_versions (`+signupColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		v.Entry, v.Number, v.Version, v.Lang, v.Purpose, v.Message, v.Confirmation, v.Promo, v.Website, v.Off, v.Shown, v.Event, v.Author, micros(v.At))
	t.Notify(TopicDirectory)
	return err
}

const signupColumns = `entry, number, version, lang, purpose, message, confirmation, promo, website, off, shown, event, author, at`

// Signups returns every sign-up link with what it said, the newest first.
func (t *Tx) Signups(ctx context.Context) (list []funnel.Signup, err error) {
	rows, err := t.query(ctx, `SELECT entry, business, waba, meta_id, privacy FROM signups ORDER BY entry`)
	at := map[string]int{}
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var s funnel.Signup
		if err := scan(&s.Entry, &s.Business, &s.WABA, &s.MetaID, &s.Privacy); err != nil {
			return err
		}
		at[s.Entry] = len(list)
		list = append(list, s)
		return nil
	})
	if err != nil || len(list) == 0 {
		return list, err
	}
	versions, err := t.signupVersions(ctx, `ORDER BY entry, number DESC`)
	for _, v := range versions {
		s := &list[at[v.Entry]]
		s.Versions = append(s.Versions, v)
	}
	return list, err
}

// SignupVersionsAfter returns up to limit of what sign-up links said, behind the one
// given, by entry point and number.
func (t *Tx) SignupVersionsAfter(ctx context.Context, entry string, number, limit int) ([]funnel.SignupVersion, error) {
	return t.signupVersions(ctx, `WHERE (entry, number) > ($1, $2) ORDER BY entry, number LIMIT $3`, entry, number, limit)
}

func (t *Tx) signupVersions(ctx context.Context, where string, args ...any) (vs []funnel.SignupVersion, err error) {
	rows, err := t.query(ctx, `SELECT `+signupColumns+` FROM signup_versions `+where, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var v funnel.SignupVersion
		var at int64
		err := scan(&v.Entry, &v.Number, &v.Version, &v.Lang, &v.Purpose, &v.Message, &v.Confirmation, &v.Promo, &v.Website, &v.Off, &v.Shown, &v.Event, &v.Author, &at)
		v.At = instant(at)
		vs = append(vs, v)
		return err
	})
	return vs, err
}

// PutShortLink keeps WhatsApp's own link of an entry point, in place of the one
// before.
func (t *Tx) PutShortLink(ctx context.Context, l funnel.ShortLink) error {
	_, err := t.exec(ctx, `INSERT INTO short_links (entry, sender, code, link, text) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (entry) DO UPDATE SET sender = $2, code = $3, link = $4, text = $5`, l.Entry, l.Sender, l.Code, l.Link, l.Text)
	return err
}

// ShortLink returns WhatsApp's own link of an entry point, if it has one.
func (t *Tx) ShortLink(ctx context.Context, entry string) (l funnel.ShortLink, ok bool, err error) {
	l.Entry = entry
	ok, err = found(t.queryRow(ctx, `SELECT sender, code, link, text FROM short_links WHERE entry = $1`, entry).Scan(&l.Sender, &l.Code, &l.Link, &l.Text))
	return l, ok, err
}

// DeleteShortLink forgets WhatsApp's own link of an entry point.
func (t *Tx) DeleteShortLink(ctx context.Context, entry string) error {
	_, err := t.exec(ctx, `DELETE FROM short_links WHERE entry = $1`, entry)
	return err
}
