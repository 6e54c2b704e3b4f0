package records

import (
	"context"
	"time"

	"assent/evidence"
	"assent/ledger"
	"assent/tenant"
)

// opened is an event with its disclosures, before its signature was checked.
type opened struct {
	evidence.Logged
	t      *tenant.Tenant
	hash   ledger.Hash // that its leaf should have; of people's only
	signed evidence.Signed
	raw    []byte
	gone   bool // its key was destroyed: only what stands in the clear is known
	v      *evidence.Verified
}

// open opens an event. False means that a finding says why not.
func (a *audit) open(ctx context.Context, rings map[string]*keyring, r Reader, e evidence.Logged) (*opened, bool, error) {
	t, ok := a.s.directory.Tenant(e.Business)
	if !ok {
		a.found.add(CheckRows, "event %s belongs to no business", e.ID)
		return nil, false, nil
	}
	ring := rings[t.ID]
	if ring == nil {
		ring = a.s.keyring(r, t)
		rings[t.ID] = ring
	}
	o := &opened{Logged: e, t: t}
	there, err := ring.wrapped(ctx, e.Key)
	if err != nil {
		return nil, false, err
	}
	if !there {
		_, destroyed, err := r.Destruction(ctx, e.Key)
		if err == nil && !destroyed {
			a.found.add(CheckErasures, "event %s: its key is gone, and no event destroyed it", e.ID)
		}
		o.gone = true
		o.signed, _ = evidence.WithDisclosed(string(e.JWT), nil) // verify says what is wrong with it
		return o, err == nil, err
	}
	if o.signed, err = ring.signed(ctx, e.Record); err != nil {
		a.found.add(CheckDisclosures, "event %s: what it discloses does not open", e.ID)
		return nil, false, nil //nolint:nilerr // that is the finding
	}
	if e.Raw != nil {
		key, err := ring.key(ctx, e.Key)
		if err == nil {
			o.raw, err = key.Open(tenant.RawContext(e.ID), e.Raw)
		}
		if err != nil {
			a.found.add(CheckWebhooks, "event %s: its webhook slice does not open", e.ID)
		}
	}
	return o, true, nil
}

// verify checks an event's signature and disclosures.
func (a *audit) verify(o *opened) {
	v, err := evidence.Verify(o.signed, o.t.Keys)
	if err != nil {
		a.found.add(CheckSignatures, "event %s does not bear a signature of its business, or discloses what was not signed", o.ID)
		return
	}
	if !o.gone && (v.Hidden > 0 || v.HiddenChoices > 0) {
		a.found.add(CheckDisclosures, "event %s: %d disclosures are missing", o.ID, v.Hidden+v.HiddenChoices)
	}
	o.v = v
	a.events.Add(1)
}

// compare checks an event's row against what it says.
func (a *audit) compare(o *opened) {
	v, e := o.v, &o.Record
	key := o.t.KeyID()
	switch {
	case e.Subject != "" && v.Name == evidence.SubjectErased: // the person's is gone
	case e.Subject != "":
		key = "s/" + e.Subject
	case e.Request != "":
		key = "r/" + e.Request
	}
	for _, c := range []struct {
		column string
		ok     bool
	}{
		{"id", e.ID == v.ID}, {"business", o.t.Issuer == v.Issuer}, {"name", e.Name == string(v.Name)}, {"subject", o.gone || e.Subject == v.Subject},
		{"request", e.Request == "" || e.Subject == ""}, {"key_id", e.Key == key}, {"seq", o.gone || e.Seq == v.Seq}, {"at", o.gone || e.At.Equal(v.Time)},
		{"arrived_at", e.Arrived.Equal(arrived(v)) && e.Arrived.Unix() == v.IssuedAt.Unix()},
	} {
		if !c.ok {
			a.found.add(CheckRows, "event %s: its %s is not what it says", e.ID, c.column)
		}
	}
	if o.gone {
		return // its time and its webhook slice were under the key
	}
	if v.Time.After(v.IssuedAt.Add(24 * time.Hour)) {
		a.found.add(CheckTimes, "event %s was done after it was signed", e.ID)
	}
	var none evidence.Webhook
	if named := v.Webhook != none; named != (o.Raw != nil) || named && o.raw != nil && evidence.Sum(o.raw) != v.Webhook.Slice {
		a.found.add(CheckWebhooks, "event %s: its webhook slice is not the one that it names", e.ID)
	}
}

// arrived returns when an event reached us, to the millisecond: its id says it,
// but for what is published, which is dated as a whole.
func arrived(v *evidence.Verified) time.Time {
	if v.Name == evidence.NoticePublished || v.Name == evidence.FunnelPublished {
		return v.Time
	}
	at, _ := evidence.TimeOf(v.ID)
	return at
}

// named checks that the texts that an event names are kept.
func (a *audit) named(ctx context.Context, r Reader, o *opened) error {
	list := o.v.Shown
	if !o.v.Notice.IsZero() {
		list = append(list[:len(list):len(list)], evidence.Shown{Kind: evidence.ShownNotice, SHA256: o.v.Notice})
	}
	for _, sh := range list {
		kind, err := a.kindOf(ctx, r, sh.SHA256.String())
		if err != nil {
			return err
		}
		switch kind {
		case sh.Kind:
		case "":
			a.found.add(CheckShown, "the %s %s, which event %s names, is missing", sh.Kind, sh.SHA256, o.ID)
		default:
			a.found.add(CheckShown, "the %s %s, which event %s names, is kept as a %s", sh.Kind, sh.SHA256, o.ID, kind)
		}
	}
	return nil
}

// maxKinds bounds how many texts' kinds are remembered.
const maxKinds = 10_000

func (a *audit) kindOf(ctx context.Context, r Reader, sum string) (string, error) {
	a.mu.Lock()
	kind, ok := a.shown[sum]
	a.mu.Unlock()
	if ok {
		return kind, nil
	}
	kind, _, err := r.ShownKind(ctx, sum)
	if err != nil {
		return "", err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.shown) > maxKinds {
		clear(a.shown)
	}
	a.shown[sum] = kind
	return kind, nil
}

// ownerless checks those of the events that belong to no person.
func (a *audit) ownerless(ctx context.Context, r Reader, events []evidence.Logged) error {
	rings := map[string]*keyring{}
	for _, e := range events {
		if e.Subject != "" || e.Leaf >= a.tally.Leaves {
			continue
		}
		o, ok, err := a.open(ctx, rings, r, e)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if a.verify(o); o.v == nil {
			continue
		}
		a.compare(o)
		if o.v.Seq != 0 || len(o.v.Suppressions) > 0 || len(o.v.SuppressionsEnded) > 0 {
			a.found.add(CheckChains, "event %s has a number and belongs to nobody", o.ID)
		}
		if o.v.Name == evidence.FunnelPublished {
			a.published(o)
		}
		a.ledTo(o)
		a.signedUp(o)
		if err := a.carriedOut(ctx, r, o); err != nil {
			return err
		}
		if err := a.named(ctx, r, o); err != nil {
			return err
		}
	}
	return nil
}
