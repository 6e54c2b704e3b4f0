package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"assent/chat"
	"assent/evidence"
	"assent/funnel"
	"assent/optin"
	"assent/store"
	"assent/tenant"
)

// events are what Meta tells: of ten, eight statuses, one ordinary message and
// one act of consent. Each is made from its number alone, so what was sent can
// be told again.
type events struct {
	s     *shop
	n     int
	taps  []string // payloads, of people with these numbers
	texts []string // prefilled texts with their codes
}

// Of the acts each third is a tap, a confirmation or a stop.
const (
	actTap = iota
	actConfirm
	actStop
	actKinds
)

// ourShare is the share of messages with statuses that Assent itself sent.
const ourShare = 8

// prepareEvents seeds what n events meet: people with questions to answer and
// consents to end, forms to confirm, and messages that were sent.
func prepareEvents(s *shop, n int) (*events, error) {
	ev := &events{s: s, n: n}
	acts := n/10 + 1
	start := time.Now()
	_, v, ok := s.m.Directory().Funnel("offers")
	if !ok {
		return nil, errors.New("the sample is missing")
	}
	each := acts/actKinds + 1
	ev.taps, ev.texts = make([]string, each), make([]string, each)
	err := slices100(2*each, func(from, to int) error { return seedPeople(s.db, s.m, s.t, v, from, to, 1) })
	if err == nil {
		err = slices100(each, func(from, to int) error { return ev.askPeople(v, from, to) })
	}
	if err == nil {
		err = slices100(ev.ours(), ev.sendMessages)
	}
	if err == nil {
		err = ev.postForms(v)
	}
	if err != nil {
		return nil, err
	}
	if _, err := s.m.SignCheckpoint(context.Background()); err != nil {
		return nil, err
	}
	fmt.Printf("  prepared %d events in %s\n", n, time.Since(start).Round(time.Second))
	return ev, nil
}

// slices100 calls fn for slices of n, several at once.
func slices100(n int, fn func(from, to int) error) error {
	const workers = 4
	errs := make(chan error, workers)
	for w := range workers {
		go func() {
			var err error
			for i := w * 100; i < n && err == nil; i += workers * 100 {
				err = fn(i, min(i+100, n))
			}
			errs <- err
		}()
	}
	var all error
	for range workers {
		all = errors.Join(all, <-errs)
	}
	return all
}

// askPeople asks some of the seeded people about their orders.
func (ev *events) askPeople(v *tenant.Version, from, to int) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return ev.s.db.ReadWrite(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		for i := from; i < to; i++ {
			line, err := lineOf(personNumber(i))
			if err != nil {
				return err
			}
			known, ok, err := tx.IdentifierByHash(ctx, ev.s.t.ID, ev.s.t.LineHash(line))
			if err != nil || !ok {
				return errors.Join(err, fmt.Errorf("person %d was not seeded", i))
			}
			q := chat.Question{Business: ev.s.t.ID, Subject: known.Subject, Version: v.ID, Lang: "en", Purposes: []string{"orders"}, Kind: chat.Buttons, Match: chat.MatchNone,
				Shown: v.Notices["en"].SHA256, AskedAt: now, ExpiresAt: now.Add(24 * time.Hour)}
			if q.ID, err = evidence.NewID(now, rand.Reader); err != nil {
				return err
			}
			if err := tx.InsertQuestion(ctx, q); err != nil {
				return err
			}
			ev.taps[i] = chat.Payload{Question: q.ID, Answer: chat.Yes, Purpose: "orders"}.Seal(ev.s.m.Installation().Secrets.Payload)
		}
		return nil
	})
}

// ours returns how many messages of Assent's own the statuses are about.
func (ev *events) ours() int { return ev.n*8/10/3/ourShare + 2 }

// sendMessages keeps messages as sent that the statuses are about.
func (ev *events) sendMessages(from, to int) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return ev.s.db.ReadWrite(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		for i := from; i < to; i++ {
			id, err := evidence.NewID(now, rand.Reader)
			if err != nil {
				return err
			}
			m := chat.Message{ID: id, Business: ev.s.t.ID, Sender: ev.s.t.Sender("").ID, Kind: chat.KindAnswer, Lang: "en", Key: ev.s.t.KeyID(), Sealed: []byte("sent"), State: chat.Queued, CreatedAt: now}
			if err := tx.InsertMessage(ctx, m); err != nil {
				return err
			}
			hash := ev.hash(messageID(i * ourShare))
			if err := tx.SetMessage(ctx, id, chat.Sent, 0, hash[:], now); err != nil {
				return err
			}
		}
		return nil
	})
}

// hash returns what the database keeps of a message's id.
func (ev *events) hash(wamid string) [32]byte { return ev.s.t.Index.Hash("wamid", wamid) }

// postForms posts the forms that are confirmed, each from a page of its own.
func (ev *events) postForms(v *tenant.Version) error {
	page := funnel.NewDocument("page", "text/html; charset=utf-8", []byte("<!doctype html><title>Offers</title>"))
	if err := ev.s.m.KeepPage(context.Background(), page); err != nil {
		return err
	}
	svc := optin.New(optin.Config{
		Store: store.As[optin.Reader, optin.Writer](ev.s.db), Directory: ev.s.m.Directory(), Installation: ev.s.m.Installation(),
		Log: slog.New(slog.DiscardHandler), Now: time.Now, Rand: rand.Reader,
	})
	served := time.Now()
	return slices100(len(ev.texts), func(from, to int) error {
		for i := from; i < to; i++ {
			shown := funnel.Shown{Version: v.ID, Lang: "en", Notice: v.Notices["en"].SHA256, Page: page.SHA256, At: served.Add(-time.Duration(2000+i/pageUses) * time.Millisecond)}
			out, err := svc.Submit(context.Background(), optin.Submission{Slug: "offers", Lang: "en", Purposes: []string{"offers"}, Shown: shown.Seal(ev.s.m.Installation().Secrets.Shown)})
			if err != nil {
				return err
			}
			p, err := svc.Pending(context.Background(), out.Token)
			if err != nil {
				return err
			}
			ev.texts[i] = p.Text
		}
		return nil
	})
}

// The ids of messages: those that statuses are about, and what people wrote.
func messageID(i int) string { return fmt.Sprintf("wamid.SENT%010d", i) }
func writtenID(i int) string { return fmt.Sprintf("wamid.WROTE%010d", i) }

// status writes the i-th event, a status, and returns its message and what it says.
func (ev *events) status(b *bytes.Buffer, i int, now int64) {
	id, status := told(i)
	if b.Len() > 0 {
		b.WriteByte(',')
	}
	fmt.Fprintf(b, `{"id":%q,"status":%q,"timestamp":"%d","recipient_id":"4916%09d","recipient_user_id":"DE.%020d","conversation":{"id":"%032x","origin":{"type":"utility"}},"pricing":{"billable":true,"pricing_model":"PMP","category":"utility","type":"regular"}}`,
		messageID(id), status, now, id, id, id)
}

// told returns the number of the message that the i-th event is about, and
// what became of it.
func told(i int) (message int, status string) {
	n := i/10*8 + i%10
	return n / 3, [...]string{"sent", "delivered", "read"}[n%3]
}

// who returns the number of whom the i-th event comes from.
func (ev *events) who(i int) string {
	k, kind := i/10/actKinds, i/10%actKinds
	switch {
	case i%10 == 8 && kind != actConfirm: // somebody known asks something
		return personNumber(k)
	case i%10 == 8:
		return fmt.Sprintf("49151%08d", k)
	case kind == actTap:
		return personNumber(k)
	case kind == actStop:
		return personNumber(len(ev.taps) + k)
	default:
		return fmt.Sprintf("49152%08d", k)
	}
}

// message writes the i-th event, a message, with its contact.
func (ev *events) message(b, contacts *bytes.Buffer, i int, now int64) {
	if b.Len() > 0 {
		b.WriteByte(',')
		contacts.WriteByte(',')
	}
	who, k := ev.who(i), i/10/actKinds
	fmt.Fprintf(contacts, `{"profile":{"name":"Load Test"},"wa_id":%q,"user_id":"DE.%s0000000"}`, who, who)
	fmt.Fprintf(b, `{"from":%q,"from_user_id":"DE.%s0000000","id":%q,"timestamp":"%d",`, who, who, writtenID(i), now)
	kind := i / 10 % actKinds
	switch {
	case i%10 == 8:
		b.WriteString(`"text":{"body":"When do you open on Saturday?"},"type":"text"}`)
	case kind == actTap:
		fmt.Fprintf(b, `"interactive":{"type":"button_reply","button_reply":{"id":%q,"title":"Yes"}},"type":"interactive"}`, ev.taps[k])
	case kind == actStop:
		b.WriteString(`"text":{"body":"STOP"},"type":"text"}`)
	default:
		fmt.Fprintf(b, `"text":{"body":%q},"type":"text"}`, ev.texts[k])
	}
}

// delivery returns the request with the events from one to another.
func (ev *events) delivery(host string, from, to int) []byte {
	var statuses, messages, contacts bytes.Buffer
	now := time.Now().Unix()
	for i := from; i < min(to, ev.n); i++ {
		if i%10 < 8 {
			ev.status(&statuses, i, now)
		} else {
			ev.message(&messages, &contacts, i, now)
		}
	}
	return webhook(host, statuses.Bytes(), messages.Bytes(), contacts.Bytes())
}
