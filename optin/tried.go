package optin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// Where a yes came after WhatsApp's own stop, a message that tries shows whether
// WhatsApp still keeps marketing from the person (rule 19). Two statuses have to
// say so, for one that was sent before the yes may arrive long after it:
//
//	sent after the yes ─┐ in any order
//	delivered or read ──┴▶ the flag is lifted
//
// Whose flag was no doubt when a status came, for their yes was still to come, is
// told by the next message.

// goesOut reports whether a status tells that a marketing message to one person
// was sent or arrived, whoever sent it.
func goesOut(st *wire.Status) bool {
	return asMarketing(st) && st.RecipientType != "group" && st.ID != "" && (st.Status == "sent" || arrives(st))
}

func arrives(st *wire.Status) bool {
	return st.Status == "delivered" || st.Status == "read" || st.Status == "played"
}

// lookUps returns the hashes under which an account may be known.
func lookUps(t *tenant.Tenant, a tenant.Account, portfolio string) (hashes [][]byte) {
	for _, l := range t.LookUps(a, portfolio) {
		hashes = append(hashes, l.Hash)
	}
	return hashes
}

// tried lifts WhatsApp's own stop where it was unsure and a status says that
// marketing goes through, of a message of ours or of other software.
func (s *Service) tried(ctx context.Context, t *tenant.Tenant, sender *business.Sender, st *wire.Status, a tenant.Account, from inbound) error {
	at := st.Timestamp.Time()
	if !goesOut(st) || at.IsZero() {
		return nil
	}
	who, err := s.flagged(ctx, t, sender, a, at)
	if err != nil || who == "" {
		return err
	}
	from.subject, from.seen = who, nil
	return s.deed(ctx, t, sender, tenant.Account{}, at, from, func(ctx context.Context, d *deed) error {
		if d.p.subject.Platform != consent.PlatformUnsure || st.Status == "sent" && !d.doubtSince(at) {
			return errNothing
		}
		sent, arrived := d.triedHash("sent", st.ID), d.triedHash("arrived", st.ID)
		mine, other := sent, arrived
		if arrives(st) {
			mine, other = arrived, sent
		}
		_, both, err := d.read.Seen(ctx, other)
		if err != nil {
			return err
		}
		if both {
			return d.delivered()
		}
		d.later(func(ctx context.Context, w Writer) error { return w.MarkSeen(ctx, mine, "", d.now) })
		return nil
	})
}

// flagged returns the subject who has the account, if they stopped marketing in
// WhatsApp itself and the account leads to nobody else. Nothing is joined by it.
func (s *Service) flagged(ctx context.Context, t *tenant.Tenant, sender *business.Sender, a tenant.Account, at time.Time) (who string, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err := r.Flagged(ctx, t.ID, lookUps(t, a, sender.Portfolio))
		if err != nil || len(list) == 0 {
			who = ""
			return err
		}
		p := &person{account: a, portfolio: sender.Portfolio, at: at}
		if who, err = s.identify(ctx, r, t, p, false, false); len(p.absorbed)+len(p.left) > 0 {
			who = ""
		}
		return err
	})
	return who, err
}

// doubtSince reports whether a message that was sent at the time was sent after the
// yes that left WhatsApp's own stop in doubt. A tie is none (rule 16).
func (d *deed) doubtSince(sent time.Time) bool {
	for _, p := range d.t.Purposes {
		yes := d.p.position(p.Consent()).GivenAt
		if p.Scope == consent.Marketing && yes.After(d.p.subject.PlatformAt.Add(consent.TieMargin)) && sent.After(yes.Add(consent.TieMargin)) {
			return true
		}
	}
	return false
}

// triedHash marks what became of a message since the stop that is in doubt: after
// another stop it tells nothing.
func (d *deed) triedHash(what, wamid string) []byte {
	h := d.t.Index.Hash("tried", strings.Join([]string{what, wamid, strconv.FormatInt(d.p.subject.PlatformAt.UnixMicro(), 10)}, "/"))
	return h[:]
}

// delivered records that WhatsApp delivers marketing to the person. Since when their
// stop is known stays, so that whatever came after it still restores it.
func (d *deed) delivered() error {
	d.p.subject.Platform = consent.PlatformClear
	_, err := d.event(evidence.Event{Name: evidence.PlatformResumed, Method: "status", Act: evidence.Act{Kind: "platform"}, Effects: []string{evidence.EffectDelivered}})
	return err
}
