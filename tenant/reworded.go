package tenant

import (
	"slices"

	"assent/funnel"
)

// Reworded returns the version that a funnel has now, where it asks people of
// the purpose for something else than the version that they agreed to: the
// publisher of one that came between said so, and the words do differ (rule 12).
func (d *Directory) Reworded(version, purpose string) (*Version, bool) {
	now, meaning, ok := d.Rewritten(version, purpose)
	return now, ok && meaning
}

// Rewritten returns the version that a funnel has now, where it asks people of the
// purpose in other words than the version that they agreed to, and whether the
// publisher of one that came between said that they mean something else (rule 12).
func (d *Directory) Rewritten(version, purpose string) (now *Version, meaning, ok bool) {
	old, ok := d.Version(version)
	if !ok {
		return nil, false, false
	}
	f, now, ok := d.FunnelByID(old.Funnel)
	if !ok || f.State != funnel.Published || now.Defective || now.Number <= old.Number || sameWords(old, now, purpose) {
		return nil, false, false
	}
	meant := func(v *Version) bool {
		return v.Number > old.Number && v.Number <= now.Number && v.Change == funnel.ChangeMeaning
	}
	return now, slices.ContainsFunc(d.Versions(f.ID), meant), true
}

// sameWords reports whether a purpose is asked for in the same words, as far as
// both versions speak a language. One that is not offered any more asks nothing
// else.
func sameWords(old, now *Version, purpose string) bool {
	p, offered := now.Purpose(purpose)
	was, _ := old.Purpose(purpose)
	if !offered {
		return true
	}
	if p != was || now.MinAge != old.MinAge {
		return false
	}
	for lang, text := range old.Texts {
		other, ok := now.Texts[lang]
		if a, b := text.Purposes[purpose], other.Purposes[purpose]; ok && (a.Words != b.Words || a.Title != b.Title) {
			return false
		}
	}
	return true
}
