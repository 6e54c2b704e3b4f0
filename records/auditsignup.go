package records

import (
	"context"
	"encoding/json"

	"assent/evidence"
	"assent/funnel"
)

// signupVersions reads what sign-up links said, which is evidence of what people were
// shown, and finds gaps.
func (a *audit) signupVersions(ctx context.Context) error {
	return a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		a.signups = map[entryKey]funnel.SignupVersion{}
		at := entryKey{}
		for {
			list, err := r.SignupVersionsAfter(ctx, at.entry, at.number, 500)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, v := range list {
				want := 1
				if v.Entry == at.entry {
					want = at.number + 1
				}
				if v.Number != want || v.Event == "" || v.Author == "" {
					a.found.add(CheckVersions, "what the sign-up link %s said has a gap, or nobody said it", v.Entry)
				}
				at = entryKey{v.Entry, v.Number}
				a.signups[at] = v
			}
		}
	})
}

// saidSignup is the part of a version that its event says.
func saidSignup(v funnel.SignupVersion) funnel.SignupVersion {
	v.Event, v.Author, v.At = "", "", (funnel.SignupVersion{}).At
	return v
}

// signedUp compares what an operator's event says of sign-up links with what is kept.
func (a *audit) signedUp(o *opened) {
	raw := o.v.Extra[funnel.ClaimSignups]
	if o.v.Name != evidence.OperatorActed || raw == nil {
		return
	}
	var list []funnel.SignupVersion
	if err := json.Unmarshal(raw, &list); err != nil {
		a.found.add(CheckVersions, "event %s says nothing of sign-up links", o.ID)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, v := range list {
		key := entryKey{v.Entry, v.Number}
		kept, ok := a.signups[key]
		if !ok || saidSignup(kept) != v || kept.Event != o.ID || kept.Author != o.v.Operator || !kept.At.Equal(o.v.Time) {
			a.found.add(CheckVersions, "what the sign-up link %s said is not as event %s says", v.Entry, o.ID)
		}
		delete(a.signups, key)
	}
}

// unsaidSignups finds versions of sign-up links whose event is not in the log.
func (a *audit) unsaidSignups() {
	for key, v := range a.signups {
		if v.At.Before(a.now) {
			a.found.add(CheckVersions, "what the sign-up link %s said was never said", key.entry)
		}
	}
}
