package optin

import (
	"context"
	"slices"
	"sync"

	"assent/chat"
	"assent/evidence"
	"assent/whatsapp/wire"
)

// Bodies are handled many together, for a thousand statuses cost little where
// they are looked up at once, and a person's tap need not wait behind another's.
//
//	bodies ──▶ elements ──ours──▶ lanes ──▶ each lane in its order, lanes side by side
//
// Elements that name one account, or one message, share a lane: what somebody
// did is handled in the order in which it came, over all bodies, also where some of
// it fails for now.

// body is a webhook body that is being handled.
type body struct {
	delivery chat.Delivery
	bytes    []byte // nil where it cannot be opened
	sum      evidence.Digest
	elements []wire.Element

	mu     sync.Mutex
	reason string // why it is to be parked, in the words of one element
	at     int    // the place of that element
	waits  bool   // it is to be handled again
}

// park notes why the body is to be parked, as the element at the place says. What
// may be mended counts before what may not, for by that it is handled again.
func (b *body) park(at int, reason string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was, is := chat.Mendable(b.reason), chat.Mendable(reason)
	if b.reason == "" || is && !was || is == was && at < b.at {
		b.reason, b.at = reason, at
	}
}

// wait lets the body be handled again.
func (b *body) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits = true
}

// piece is one element of a body, and its place there.
type piece struct {
	element *wire.Element
	of      *body
	at      int
}

// waiting are the names in what waits to be handled again, over all bodies of one
// look into the inbox: what comes behind it waits too.
type waiting struct {
	mu    sync.Mutex
	names map[string]bool
}

// wait lets the bodies of the pieces be handled again, and holds up what shares a
// name with them.
func (w *waiting) wait(pieces []piece) {
	for _, p := range pieces {
		p.of.wait()
		w.add(p.element)
	}
}

func (w *waiting) add(el *wire.Element) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.names == nil {
		w.names = map[string]bool{}
	}
	for _, name := range namesIn(el) {
		w.names[name] = true
	}
}

// any reports whether one of the pieces shares a name with what waits.
func (w *waiting) any(pieces []piece) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.names) > 0 && slices.ContainsFunc(pieces, func(p piece) bool {
		return slices.ContainsFunc(namesIn(p.element), func(name string) bool { return w.names[name] })
	})
}

// ours returns the elements that may be for us. Statuses of messages that other
// software sent are most of what comes to a busy number: they are looked up
// together and left out. Of those, marketing counts that WhatsApp sent or delivered
// to somebody who had stopped it there.
func (s *Service) ours(ctx context.Context, bodies []*body) (pieces []piece, err error) {
	var news []notice
	for _, b := range bodies {
		for i := range b.elements {
			p := piece{&b.elements[i], b, i}
			pieces, news = append(pieces, p), append(news, s.noticeOf(p))
		}
	}
	known, err := s.lookUp(ctx, news)
	if err != nil {
		return pieces, err
	}
	kept := pieces[:0]
	for i, p := range pieces {
		if news[i].matters(known) {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// notice is what makes an element matter that is a status: a message of ours, or a
// person about whom it is.
type notice struct {
	message  []byte // its look-up hash; nil for an element that matters anyway
	business string
	people   [][]byte // look-up hashes of the account, where it tells of marketing
}

func (n *notice) matters(known map[string]bool) bool {
	return n.message == nil || known[string(n.message)] || slices.ContainsFunc(n.people, func(h []byte) bool { return known[string(h)] })
}

// noticeOf returns what has to be looked up of an element.
func (s *Service) noticeOf(p piece) (n notice) {
	st := p.element.Status
	if p.element.Kind != wire.KindStatus || st.Callback != "" || st.Errors.Deciding().Code == wire.CodePlatformStop {
		return n
	}
	sender, t, ok := s.directory.Sender(p.element.PhoneNumberID)
	if !ok || !contains(p.of.delivery.Authorised, sender.ID) {
		return n
	}
	n.message, n.business = wamidHash(t, st.ID), t.ID
	if goesOut(st) {
		n.people = lookUps(t, accountOf(st.RecipientID, st.RecipientUserID, st.RecipientParentUserID, p.element.Contact), sender.Portfolio)
	}
	return n
}

// lookUp returns those of the hashes that the notices ask for which are known here.
func (s *Service) lookUp(ctx context.Context, news []notice) (map[string]bool, error) {
	var messages [][]byte
	people := map[string][][]byte{}
	for _, n := range news {
		if n.message != nil {
			messages = append(messages, n.message)
		}
		if len(n.people) > 0 {
			people[n.business] = append(people[n.business], n.people...)
		}
	}
	if len(messages) == 0 {
		return nil, nil
	}
	known := map[string]bool{}
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err := r.KnownWAMIDs(ctx, messages)
		for business, hashes := range people {
			if err != nil {
				return err
			}
			var flagged [][]byte
			flagged, err = r.Flagged(ctx, business, hashes)
			list = append(list, flagged...)
		}
		for _, hash := range list {
			known[string(hash)] = true
		}
		return err
	})
	return known, err
}

// lanes puts elements that name one account or one message together, in their
// order; what names neither is one lane too.
func lanes(pieces []piece) [][]piece {
	parent := make([]int, 0, len(pieces)) // of each lane; lanes that turn out to be one have one root
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	byName := map[string]int{}
	of := make([]int, len(pieces))
	for i, p := range pieces {
		of[i] = -1
		for _, name := range namesIn(p.element) {
			other, ok := byName[name]
			switch {
			case !ok && of[i] < 0:
				of[i] = len(parent)
				parent = append(parent, of[i])
			case ok && of[i] < 0:
				of[i] = root(other)
			case ok:
				parent[root(other)] = root(of[i])
			}
			byName[name] = of[i]
		}
	}
	var list [][]piece
	place := map[int]int{}
	for i, p := range pieces {
		r := root(of[i])
		at, ok := place[r]
		if !ok {
			at = len(list)
			place[r], list = at, append(list, nil)
		}
		list[at] = append(list[at], p)
	}
	return list
}

// namesIn returns the accounts and messages that an element names; one empty name
// for none.
func namesIn(el *wire.Element) (names []string) {
	c := el.Contact
	all := []string{c.WAID, c.UserID, c.ParentUserID}
	if m := el.Message; m != nil {
		all = append(all, m.ID, m.From, m.FromUserID, m.FromParentUserID)
		if m.Context != nil {
			all = append(all, m.Context.ID)
		}
		if y := m.System; y != nil {
			all = append(all, y.WAID, y.PreviousWAID, y.UserID, y.PreviousUserID, y.ParentUserID, y.PreviousParentUserID)
		}
	}
	if st := el.Status; st != nil {
		all = append(all, st.ID, st.RecipientID, st.RecipientUserID, st.RecipientParentUserID)
	}
	if p := el.Preference; p != nil {
		all = append(all, p.WAID, p.UserID, p.ParentUserID)
	}
	for _, name := range all {
		if name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return []string{""}
	}
	return names
}
