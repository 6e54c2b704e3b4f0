package records

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"assent/evidence"
	"assent/funnel"
)

// versions reads the funnel versions; the walk through the log then meets the
// event that published each.
func (a *audit) versions(ctx context.Context) error {
	a.issued = map[string]VersionRow{}
	after := ""
	for {
		var list []VersionRow
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			list, err = r.VersionsAfter(ctx, after, 100)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, v := range list {
			after = v.ID
			var doc funnel.Version
			if err := json.Unmarshal(v.Doc, &doc); err != nil || doc.ID != v.ID || doc.Funnel != v.Funnel || int64(doc.Number) != v.Number || !doc.PublishedAt.Equal(v.PublishedAt) {
				a.found.add(CheckVersions, "version %s: its row and its text differ", v.ID)
			}
			v.sum = evidence.Sum(v.Doc)
			v.Doc = nil
			a.issued[v.ID] = v
		}
	}
}

// published compares a publication with the version that is kept.
func (a *audit) published(o *opened) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v, ok := a.issued[o.v.FunnelVersion]
	var doc bytes.Buffer
	if err := json.Compact(&doc, o.v.Extra["version"]); err != nil {
		a.found.add(CheckVersions, "event %s publishes nothing", o.ID)
		return
	}
	switch {
	case !ok:
		a.found.add(CheckVersions, "version %s, which event %s published, is missing", o.v.FunnelVersion, o.ID)
		return
	case v.sum != evidence.Sum(doc.Bytes()):
		a.found.add(CheckVersions, "version %s is not as event %s published it", v.ID, o.ID)
	case v.Event != o.ID || v.Funnel != o.v.Funnel:
		a.found.add(CheckVersions, "version %s names another event than %s, which published it", v.ID, o.ID)
	}
	v.published = true
	a.issued[v.ID] = v
}

// contentTypes are the media types in which texts of each kind are kept.
var contentTypes = map[string]string{
	evidence.ShownNotice: "text/html; charset=utf-8", evidence.ShownPage: "text/html; charset=utf-8", evidence.ShownForm: "text/html; charset=utf-8",
	evidence.ShownMessage: "application/json",
}

// texts checks what was shown, and finds versions that nothing published.
func (a *audit) texts(ctx context.Context) error {
	a.unsaidEntries()
	a.unsaidSignups()
	for _, id := range slices.Sorted(maps.Keys(a.issued)) {
		if v := a.issued[id]; !v.published && v.PublishedAt.Before(a.now) {
			a.found.add(CheckVersions, "version %s was never published", id)
		}
	}
	after := ""
	for {
		var row ShownRow
		ok := false
		err := a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			row, ok, err = r.ShownAfter(ctx, after)
			return err
		})
		if err != nil || !ok {
			return err
		}
		after = row.SHA256
		if evidence.Sum(row.Body).String() != row.SHA256 {
			a.found.add(CheckShown, "the text %s does not equal its hash", row.SHA256)
		}
		if want := contentTypes[row.Kind]; want != "" && !strings.EqualFold(row.ContentType, want) {
			a.found.add(CheckShown, "the %s %s has another media type", row.Kind, row.SHA256)
		}
		if row.CreatedAt.After(a.now.Add(clockMargin)) {
			a.found.add(CheckShown, "the text %s is dated in the future", row.SHA256)
		}
	}
}
