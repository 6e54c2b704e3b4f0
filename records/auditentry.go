package records

import (
	"context"
	"encoding/json"

	"assent/evidence"
	"assent/funnel"
)

// entryKey names one version of an entry point.
type entryKey struct {
	entry  string
	number int
}

// entryVersions reads what entry points led to, and finds current ones that are
// not as their newest version says. It is one state of the database: a code may be
// changed at any moment.
func (a *audit) entryVersions(ctx context.Context) error {
	return a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		a.entries = map[entryKey]funnel.EntryVersion{}
		newest, at := map[string]funnel.EntryVersion{}, entryKey{}
		for {
			list, err := r.EntryVersionsAfter(ctx, at.entry, at.number, 500)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return a.currentEntries(ctx, r, newest)
			}
			for _, v := range list {
				if v.Number != newest[v.Entry].Number+1 || (v.Event == "") != (v.Author == "") || v.Event == "" && v.Number > 1 {
					a.found.add(CheckVersions, "what the code %s led to has a gap, or nobody said it", v.Entry)
				}
				at = entryKey{v.Entry, v.Number}
				a.entries[at], newest[v.Entry] = v, v
			}
		}
	})
}

func (a *audit) currentEntries(ctx context.Context, r Reader, newest map[string]funnel.EntryVersion) error {
	list, err := r.EntryPoints(ctx)
	for _, e := range list {
		v, kept := newest[e.ID]
		due := e.Kind == funnel.EntryQR || e.Kind == funnel.EntrySignup
		if due && !kept || kept && said(v) != e.Version(v.Number) {
			a.found.add(CheckVersions, "the code %s does not lead to what its newest version says", e.ID)
		}
	}
	return err
}

// said is the part of a version that its event says.
func said(v funnel.EntryVersion) funnel.EntryVersion {
	return funnel.EntryVersion{Entry: v.Entry, Number: v.Number, Funnel: v.Funnel, Label: v.Label, Chat: v.Chat, Text: v.Text, Off: v.Off}
}

// ledTo compares what an operator's event says of entry points with what is kept.
func (a *audit) ledTo(o *opened) {
	raw := o.v.Extra[funnel.ClaimEntries]
	if o.v.Name != evidence.OperatorActed || raw == nil {
		return
	}
	var list []funnel.EntryVersion
	if err := json.Unmarshal(raw, &list); err != nil {
		a.found.add(CheckVersions, "event %s says nothing of codes", o.ID)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, v := range list {
		key := entryKey{v.Entry, v.Number}
		kept, ok := a.entries[key]
		if !ok || said(kept) != v || kept.Event != o.ID || kept.Author != o.v.Operator {
			a.found.add(CheckVersions, "what the code %s led to is not as event %s says", v.Entry, o.ID)
		}
		delete(a.entries, key)
	}
}

// unsaidEntries finds versions of entry points whose event is not in the log.
func (a *audit) unsaidEntries() {
	for key, v := range a.entries {
		if v.Event != "" && v.At.Before(a.now) {
			a.found.add(CheckVersions, "what the code %s led to was never said", key.entry)
		}
	}
}
