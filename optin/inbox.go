package optin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/job"
	"assent/phone"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
	"assent/whatsapp/wire"
)

// dayKeys are the opened keys of days, under which webhook bodies are sealed.
type dayKeys struct {
	mu   sync.Mutex
	open map[string]vault.DataKey
}

// Accept keeps a webhook body. When it returns, the body is durable and Meta
// may have its answer. authorised are the ids of the senders whose secret
// signed it; elements of others will be parked. signature is the header that did,
// or empty.
func (s *Service) Accept(ctx context.Context, body []byte, signature string, authorised []string) (err error) {
	defer fault.Wrap(&err, "optin.Accept")
	select {
	case s.accepting <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.accepting }()
	defer s.door.pass(ctx)()
	now := s.now()
	d := chat.Delivery{Authorised: authorised, Signature: signature, ReceivedAt: now, Key: "day/" + now.Format(time.DateOnly)}
	key, err := s.dayKey(ctx, d.Key, true)
	if err != nil {
		return err
	}
	if d.ID, err = s.newID(now); err != nil {
		return err
	}
	d.Sealed = key.Seal(d.Context(), body)
	return s.store.ReadWrite(job.Later(ctx), func(ctx context.Context, w Writer) error { return w.InsertDelivery(ctx, d) })
}

// dayKey opens a day's key, and makes it where that is asked for.
func (s *Service) dayKey(ctx context.Context, id string, make bool) (vault.DataKey, error) {
	s.dayKeys.mu.Lock()
	defer s.dayKeys.mu.Unlock()
	if key, ok := s.dayKeys.open[id]; ok {
		return key, nil
	}
	var wrapped []byte
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		wrapped, err = r.DayKey(ctx, id)
		return err
	})
	if err != nil {
		return vault.DataKey{}, err
	}
	if wrapped == nil && make {
		_, fresh, err := s.inst.Master.NewDataKey(s.rand, id)
		if err != nil {
			return vault.DataKey{}, err
		}
		err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) (err error) {
			wrapped, err = w.FixDayKey(ctx, id, fresh, s.now())
			return err
		})
		if err != nil {
			return vault.DataKey{}, err
		}
	}
	if wrapped == nil {
		return vault.DataKey{}, fault.New(fault.Gone, "The key of that day was destroyed.")
	}
	key, err := s.inst.Master.OpenDataKey(id, wrapped)
	if err != nil {
		return key, err
	}
	if s.dayKeys.open == nil || len(s.dayKeys.open) > 16 {
		s.dayKeys.open = map[string]vault.DataKey{}
	}
	s.dayKeys.open[id] = key
	return key, nil
}

const (
	acceptAtOnce = 4       // bodies that are written at once: the others wait, and so do forms less
	inboxBatch   = 64      // bodies that are handled together
	inboxBytes   = 8 << 20 // and fewer where they are large
	inboxWorkers = 8       // lanes side by side
)

// HandleInbox handles the bodies that wait, many together, and returns how many
// are done with. What one account did is handled in the order in which it came;
// accounts do not wait for each other. A body whose handling fails for now stays,
// with all that came behind it of the same accounts, and comes again at the next
// call; one that cannot be handled is parked with the reason. Neither holds up
// others. Two calls at a time, in two processes, know nothing of each other's order.
func (s *Service) HandleInbox(ctx context.Context) (n int, err error) {
	ctx = job.Later(ctx)
	held := &waiting{}
	for after := ""; ctx.Err() == nil; {
		var ids []string
		err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			ids, err = r.NewDeliveries(ctx, after, inboxBatch)
			return err
		})
		if err != nil {
			return n, err
		}
		full := len(ids) == inboxBatch
		for len(ids) > 0 && ctx.Err() == nil {
			after = ids[len(ids)-1]
			var bodies []*body
			bodies, ids = s.openBodies(ctx, ids)
			n += s.handleBodies(ctx, bodies, held)
		}
		if !full {
			break
		}
	}
	return n, ctx.Err()
}

// openBodies opens bodies until they are enough to be handled together, and
// returns the ids of the others.
func (s *Service) openBodies(ctx context.Context, ids []string) (bodies []*body, rest []string) {
	size := 0
	for i, id := range ids {
		if size > inboxBytes {
			return bodies, ids[i:]
		}
		b, err := s.openBody(ctx, id)
		if err != nil {
			s.waits(ctx, id, err)
			continue
		}
		bodies = append(bodies, b)
		size += len(b.bytes)
	}
	return bodies, nil
}

// waits tells that a body is to be handled again.
func (s *Service) waits(ctx context.Context, id string, err error) {
	if ctx.Err() == nil {
		s.log.Error("a webhook body waits to be handled again", "delivery", id, "error", err)
	}
}

// openBody opens a body and takes it apart. One that cannot be opened or read has
// the reason to be parked.
func (s *Service) openBody(ctx context.Context, id string) (*body, error) {
	b := &body{}
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		b.delivery, err = r.Delivery(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := s.dayKey(ctx, b.delivery.Key, false)
	if fault.Is(err, fault.Gone) {
		b.park(-1, "the key of its day was destroyed")
		return b, nil
	}
	if err != nil {
		return nil, err
	}
	if b.bytes, err = key.Open(b.delivery.Context(), b.delivery.Sealed); err != nil {
		b.bytes = nil
		b.park(-1, "the sealed body is damaged")
		return b, nil
	}
	if b.delivery.WasParked() {
		b.delivery.Authorised = s.authorisedNow(b)
	}
	batch, err := wire.Parse(b.bytes)
	if err != nil {
		b.park(-1, "not a webhook body: "+fault.Message(err))
	}
	b.elements, b.sum = batch.Elements, evidence.Sum(b.bytes)
	return b, nil
}

// authorisedNow returns for whom a body that was parked speaks: for those of whom it
// was known when it came, and for those whose secrets as they are now fit its
// signature.
func (s *Service) authorisedNow(b *body) []string {
	ids := b.delivery.Authorised
	for _, sender := range s.directory.Senders() {
		if contains(ids, sender.ID) {
			continue
		}
		if _, ok := wire.VerifySignature(b.delivery.Signature, b.bytes, sender.Secrets.AppSecrets...); ok {
			ids = append(ids, sender.ID)
		}
	}
	return ids
}

// handleBodies handles the elements of bodies and records what became of each
// body. It returns how many are done with.
func (s *Service) handleBodies(ctx context.Context, bodies []*body, held *waiting) (n int) {
	pieces, err := s.ours(ctx, bodies)
	if err != nil {
		for _, b := range bodies {
			for i := range b.elements {
				held.add(&b.elements[i])
			}
			s.waits(ctx, b.delivery.ID, err)
		}
		return 0
	}
	work := make(chan []piece)
	var wg sync.WaitGroup
	for range inboxWorkers {
		wg.Go(func() {
			for lane := range work {
				s.handleLane(ctx, lane, held)
			}
		})
	}
	for _, lane := range lanes(pieces) {
		if held.any(lane) {
			held.wait(lane)
			continue
		}
		work <- lane
	}
	close(work)
	wg.Wait()
	return s.endBodies(ctx, bodies)
}

// handleLane handles what belongs together, one after the other. After one that
// fails for now, the rest waits with it.
func (s *Service) handleLane(ctx context.Context, lane []piece, held *waiting) {
	for i, p := range lane {
		done := s.door.pass(ctx)
		reason, err := s.element(ctx, p.element, p.of.sum, p.of.delivery.Authorised)
		done()
		if reason != "" {
			p.of.park(p.at, reason)
		}
		if err == nil {
			continue
		}
		s.waits(ctx, p.of.delivery.ID, err)
		held.wait(lane[i:])
		return
	}
}

// endBodies records what became of bodies, and returns how many are done with.
func (s *Service) endBodies(ctx context.Context, bodies []*body) (n int) {
	var done, unparked []string
	for _, b := range bodies {
		switch {
		case b.waits:
		case b.reason == "":
			done = append(done, b.delivery.ID)
			if b.delivery.WasParked() {
				unparked = append(unparked, b.delivery.Authorised...)
			}
		default:
			if err := s.park(ctx, b.delivery, b.bytes, b.reason); err != nil {
				s.waits(ctx, b.delivery.ID, err)
				continue
			}
			n++
		}
	}
	if len(done) == 0 {
		return n
	}
	err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for _, id := range done {
			if err := w.FinishDelivery(ctx, id); err != nil {
				return err
			}
		}
		return s.alarmParked(ctx, w, unparked)
	})
	if err != nil {
		s.waits(ctx, done[0], err)
		return n
	}
	return n + len(done)
}

// park keeps a body that could not be handled in full, under a key of its own.
func (s *Service) park(ctx context.Context, d chat.Delivery, body []byte, reason string) error {
	s.log.Warn("webhook parked", "delivery", d.ID, "reason", reason)
	d.Reason = reason
	again := d.WasParked() // it was parked before, and has its key
	d.Key = d.ParkedKey()
	key, wrapped, err := s.inst.Master.NewDataKey(s.rand, d.Key)
	if err != nil {
		return err
	}
	if body != nil && !again {
		d.Sealed = key.Seal(d.Context(), body)
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.ParkDelivery(ctx, d, wrapped, s.now()); err != nil {
			return err
		}
		return s.alarmParked(ctx, w, d.Authorised)
	})
}

// element handles one update. Whatever it holds, its neighbours are handled.
func (s *Service) element(ctx context.Context, el *wire.Element, body evidence.Digest, authorised []string) (reason string, err error) {
	defer func() {
		if p := recover(); p != nil {
			reason, err = fmt.Sprintf("handling element %d of %s failed", el.Index, el.Array), nil
			s.log.Error("panic while handling a webhook", "panic", p)
		}
	}()
	malformed := ""
	if el.Kind == wire.KindMalformed {
		malformed = fmt.Sprintf("malformed element %d of %s: %s", el.Index, el.Array, el.Reason)
		kind := timelessStop(el)
		if kind == "" {
			return malformed, nil
		}
		el.Kind = kind // a stop is a stop, whenever it was said (rule 15)
	}
	if el.Kind == wire.KindUnknown && el.Alone {
		return "a shape that is not known here", nil
	}
	if el.PhoneNumberID == "" {
		if reason, err = s.account(ctx, el, body, authorised); reason != "" {
			return reason, nil
		}
		return s.sorted(el, err)
	}
	sender, t, ok, err := s.senderOf(ctx, el.PhoneNumberID)
	if err != nil {
		return s.sorted(el, err)
	}
	if !ok && el.PhoneNumberID == wire.SampleNumber { // it was signed, which is all that the dashboard's sample is for
		return "", nil
	}
	if !ok {
		return chat.ParkedNumber, nil
	}
	if !contains(authorised, sender.ID) {
		return chat.ParkedNumberSigner, nil
	}
	if err = s.dispatch(ctx, el, t, sender, body); err == nil {
		return malformed, nil
	}
	return s.sorted(el, err)
}

// sorted tells an error after which the element is handled again from one for
// which its body is parked, with the reason.
func (s *Service) sorted(el *wire.Element, err error) (reason string, again error) {
	var why unhandled
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &why):
		return string(why), nil
	case fault.Is(err, fault.Unavailable), fault.Is(err, fault.Stale), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "", err
	default:
		s.log.Error("a webhook element could not be handled", "kind", el.Kind, "error", err)
		return fmt.Sprintf("handling element %d of %s failed", el.Index, el.Array), nil
	}
}

// timelessStop returns what kind of element it is that is a stop and only lacks the
// time at which it was said, or nothing.
func timelessStop(el *wire.Element) wire.Kind {
	switch {
	case !el.Timeless:
	case el.Message != nil && slices.ContainsFunc(wordsOf(&el.Message.Content), saysStop):
		return wire.KindMessage
	case el.Preference != nil && el.Preference.Value == wire.PreferenceStop:
		return wire.KindPreference
	case el.Status != nil && el.Status.Errors.Deciding().Code == wire.CodePlatformStop:
		return wire.KindStatus
	}
	return ""
}

func saysStop(text string) bool {
	return consent.Keyword(text) == consent.Stop || consent.AsksToStop(text)
}

// wordsOf returns what a person said in a message, in words or by a button.
func wordsOf(c *wire.Content) []string {
	switch {
	case c.Text != nil:
		return []string{c.Text.Body}
	case c.Button != nil:
		return []string{c.Button.Text, c.Button.Payload}
	case c.Edit != nil && c.Edit.Message.Text != nil:
		return []string{c.Edit.Message.Text.Body}
	case c.Interactive != nil && c.Interactive.ButtonReply != nil:
		return []string{c.Interactive.ButtonReply.Title, c.Interactive.ButtonReply.ID}
	case c.Interactive != nil && c.Interactive.ListReply != nil:
		return []string{c.Interactive.ListReply.Title, c.Interactive.ListReply.ID}
	}
	return []string{c.Caption()}
}

func (s *Service) dispatch(ctx context.Context, el *wire.Element, t *tenant.Tenant, sender *business.Sender, body evidence.Digest) (err error) {
	from := inbound{slice: el.Slice.Bytes, offset: el.Slice.Offset, bodySHA256: body, name: el.Contact.Profile.Name}
	switch el.Kind {
	case wire.KindMessage:
		m := el.Message
		if m.ID == "" || m.GroupID != "" {
			return nil
		}
		a := accountOf(m.From, m.FromUserID, m.FromParentUserID, el.Contact)
		if a.IsZero() {
			return nil
		}
		from.id, from.seen = m.ID, wamidHash(t, m.ID)
		from.forwarded = m.Context != nil && bool(m.Context.Forwarded || m.Context.FrequentlyForwarded)
		from.campaign, from.username = campaignOf(m), subject.Username(el.Contact.Profile.Username)
		if from.matched, err = s.stopAnswered(ctx, t, sender, m, a); err != nil {
			return err
		}
		err = s.deed(ctx, t, sender, a, m.Timestamp.Time(), from, func(ctx context.Context, d *deed) error {
			if err := d.message(ctx, m); err != nil {
				return err
			}
			if err := d.deletedBefore(ctx, m); err != nil {
				return err
			}
			if err := d.arrives(ctx); err != nil {
				return err
			}
			return d.wrote(ctx, m)
		})
		var typed typedStop
		if errors.As(err, &typed) {
			return s.stopTyped(ctx, t, sender, a, m, from, typed)
		}
		return err
	case wire.KindSystem:
		if el.Message == nil || el.Message.System == nil {
			return nil
		}
		return s.system(ctx, t, sender, el, from)
	case wire.KindPreference:
		return s.preference(ctx, t, sender, el.Preference, el.Contact, from)
	case wire.KindStatus:
		return s.status(ctx, t, sender, el.Status, el.Contact, from)
	case wire.KindError:
		return s.complained(ctx, t, sender, el, body)
	default:
		return nil
	}
}

// accountOf returns who an element is about: what it says itself, and what the
// contact that belongs to it adds.
func accountOf(waID, userID, parentID string, c wire.Contact) tenant.Account {
	a := tenant.Account{WAID: waID, BSUID: userID, Parent: parentID}
	if a.WAID == "" && (a.BSUID == "" || a.BSUID == c.UserID) {
		a.WAID = c.WAID
	}
	if a.BSUID == "" && (a.WAID == c.WAID || a.WAID == "") {
		a.BSUID = c.UserID
	}
	if a.Parent == "" && a.BSUID == c.UserID {
		a.Parent = c.ParentUserID
	}
	if a.WAID != "" {
		if n, err := phone.FromWAID(a.WAID); err == nil {
			a.Number = n
		}
	}
	return a
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
