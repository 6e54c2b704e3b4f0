package store

import (
	"context"
	"encoding/json"
	"time"

	"assent/template"
)

const templateColumns = `waba, name, lang, meta_id, library, wanted, category, announced, status, quality, reason, doc, created_at, checked_at`

// PutTemplate keeps a template as it stands at Meta now. What it was made of, and
// when it was first seen, stay as they are.
func (t *Tx) PutTemplate(ctx context.Context, x template.Template) error {
	doc, err := json.Marshal(x.Text)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO templates (`+templateColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (waba, name, lang) DO UPDATE SET meta_id = $4, category = $7, announced = $8, status = $9, quality = $10, reason = $11, doc = $12, checked_at = $14`,
		x.WABA, x.Name, x.Lang, x.MetaID, x.Library, x.Wanted, x.Category, x.Announced, x.Status, x.Quality, bounded(x.Reason), string(doc), micros(x.CreatedAt), micros(x.CheckedAt))
	return err
}

// Template returns a template of an account in one language.
func (t *Tx) Template(ctx context.Context, waba, name, lang string) (template.Template, bool, error) {
	list, err := t.templates(ctx, `SELECT `+templateColumns+` FROM templates WHERE waba = $1 AND name = $2 AND lang = $3`, waba, name, lang)
	if err != nil || len(list) == 0 {
		return template.Template{}, false, err
	}
	return list[0], true, nil
}

// Templates returns all templates of an account, by name and language.
func (t *Tx) Templates(ctx context.Context, waba string) ([]template.Template, error) {
	return t.templates(ctx, `SELECT `+templateColumns+` FROM templates WHERE waba = $1 ORDER BY name, lang`, waba)
}

// DropTemplates forgets the templates of an account that Meta did not name since
// the time.
func (t *Tx) DropTemplates(ctx context.Context, waba string, before time.Time) error {
	_, err := t.exec(ctx, `DELETE FROM templates WHERE waba = $1 AND checked_at < $2`, waba, micros(before))
	return err
}

func (t *Tx) templates(ctx context.Context, query string, args ...any) (list []template.Template, err error) {
	rows, err := t.query(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var x template.Template
		var doc string
		var created, checked int64
		if err := scan(&x.WABA, &x.Name, &x.Lang, &x.MetaID, &x.Library, &x.Wanted, &x.Category, &x.Announced, &x.Status, &x.Quality, &x.Reason, &doc, &created, &checked); err != nil {
			return err
		}
		x.CreatedAt, x.CheckedAt = instant(created), instant(checked)
		list = append(list, x)
		return json.Unmarshal([]byte(doc), &list[len(list)-1].Text)
	})
	return list, err
}
