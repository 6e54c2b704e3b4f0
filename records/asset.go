package records

import (
	"context"
	"regexp"
	"strings"

	"assent/evidence"
	"assent/funnel"
	"assent/proof"
)

// assetName finds the addresses of files in a page, form or style sheet: each ends in
// the first 12 digits of the file's SHA-256 and an extension.
var assetName = regexp.MustCompile(`"/static/[A-Za-z0-9/._-]{1,200}\.([0-9a-f]{12})\.([a-z0-9]{1,8})"`)

// addAssets adds the style sheets, scripts and pictures that a page loads, and
// what those load in turn, so that it can be seen as it looked. One that is not
// kept is left out: the words do not hang on it.
func (g *gatherer) addAssets(ctx context.Context, d funnel.Document) error {
	loads := d.Kind == evidence.ShownPage || d.Kind == evidence.ShownForm || d.Kind == proof.ShownAsset && strings.HasPrefix(d.ContentType, "text/css")
	if !loads {
		return nil
	}
	for _, m := range assetName.FindAllSubmatch(d.Body, -1) {
		asset, ok, err := g.r.ShownByPrefix(ctx, proof.ShownAsset, string(m[1]))
		if err != nil {
			return err
		}
		if !ok || g.shown[proof.ShownAsset+asset.SHA256] {
			continue
		}
		g.shown[proof.ShownAsset+asset.SHA256] = true
		g.m.Shown = append(g.m.Shown, proof.ShownFile{Kind: proof.ShownAsset, Ext: string(m[2]), Data: asset.Body})
		if err := g.addAssets(ctx, asset); err != nil {
			return err
		}
	}
	return nil
}
