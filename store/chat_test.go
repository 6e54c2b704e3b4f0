package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"assent/chat"
	"assent/fault"
	"assent/store"
)

func (s *site) addQuestion(id, subject, request string, kind chat.QuestionKind) chat.Question {
	s.Helper()
	q := filled[chat.Question](id)
	q.ID, q.Subject, q.Request, q.Kind, q.Closed = id, subject, request, kind, false
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertQuestion(ctx, q) })
	return q
}

func (s *site) question(id string) *chat.Question {
	s.Helper()
	return find(s, func(ctx context.Context, tx *store.Tx) (chat.Question, bool, error) { return tx.Question(ctx, id) })
}

// addMessage keeps a message, which has not changed since it was made.
func (s *site) addMessage(id string, state chat.MessageState) chat.Message {
	s.Helper()
	m := filled[chat.Message](id)
	m.ID, m.State, m.ChangedAt = id, state, m.CreatedAt
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertMessage(ctx, m) })
	return m
}

func (s *site) message(id string) *chat.Message {
	s.Helper()
	return find(s, func(ctx context.Context, tx *store.Tx) (chat.Message, bool, error) { return tx.Message(ctx, id) })
}

func (s *site) setMessage(id string, state chat.MessageState, code int, hash string, now int64) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.SetMessage(ctx, id, state, code, []byte(hash), at(now))
	})
}

var chatMethods = methods{
	"SendCounts": func(s *site) {
		add := func(id, sender string, kind chat.MessageKind, state chat.MessageState, code int, created int64) {
			m := filled[chat.Message](id)
			m.ID, m.Sender, m.Kind, m.State, m.Code, m.CreatedAt = id, sender, kind, state, code, at(created)
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertMessage(ctx, m) })
		}
		add("m1", "s", chat.KindTemplate, chat.Queued, 0, 5)
		add("m2", "s", chat.KindTemplate, chat.Failed, 131026, 6)
		add("m3", "s", chat.KindTemplate, chat.Failed, 131026, 7)
		add("m4", "s", chat.KindTemplate, chat.Failed, 131049, 7)
		add("m5", "s", chat.KindReceipt, chat.Read, 0, 8)
		add("m6", "s", chat.KindReceipt, chat.Read, 0, 4)
		add("m7", "other", chat.KindReceipt, chat.Read, 0, 8)
		got := read(s, func(ctx context.Context, tx *store.Tx) ([]chat.SendCount, error) {
			return tx.SendCounts(ctx, "s", at(5))
		})
		same(s, got, []chat.SendCount{
			{Kind: chat.KindReceipt, State: chat.Read, N: 1}, {Kind: chat.KindTemplate, State: chat.Failed, Code: 131026, N: 2},
			{Kind: chat.KindTemplate, State: chat.Failed, Code: 131049, N: 1}, {Kind: chat.KindTemplate, State: chat.Queued, N: 1},
		})
	},
	"InsertQuestion": func(s *site) {
		q := s.addQuestion("q1", "p", "r", chat.Template)
		same(s, s.question("q1"), &q)
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertQuestion(ctx, q) })
		q.ID, q.Purposes, q.Subject, q.Request, q.Match, q.Shown = "q2", nil, "", "", "", ""
		q.Version = "\u0001 odd \u202e text"
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertQuestion(ctx, q) })
		same(s, s.question("q2"), &q)
	},
	"Question": func(s *site) {
		q, _ := s.addQuestion("q1", "p", "r", chat.Buttons), s.addQuestion("q2", "p", "r", chat.Buttons)
		same(s, s.question("q1"), &q)
		for _, id := range strange {
			same(s, s.question(id), (*chat.Question)(nil))
		}
	},
	"AnswerQuestion": func(s *site) {
		q, other := s.addQuestion("q1", "p", "r", chat.Buttons), s.addQuestion("q2", "p", "r", chat.Buttons)
		answer := func(ctx context.Context, tx *store.Tx) error { return tx.AnswerQuestion(ctx, q) }
		q.Purposes, q.Shown = []string{"left"}, "another hash"
		s.write(answer)
		same(s, s.question("q1"), &q)
		q.Purposes, q.Closed = []string{}, true
		s.write(answer)
		same(s, s.question("q1"), &q)
		s.refused(fault.Stale, answer) // closed meanwhile
		same(s, s.question("q2"), &other)
	},
	"CloseQuestions": func(s *site) {
		open := map[string]bool{"receipt": true, "stop": true, "settings": true, "grant": true} // these never close: their buttons stop
		for _, kind := range []chat.QuestionKind{chat.Buttons, chat.Template, chat.Receipt, chat.StopMore, chat.Settings, chat.Grant} {
			s.addQuestion(string(kind), "p", "r", kind)
		}
		other := s.addQuestion("other", "q", "r", chat.Buttons)
		until := s.question("buttons").AskedAt
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.CloseQuestions(ctx, "p", until.Add(-1000)) })
		if s.question("buttons").Closed {
			s.Errorf("a question from after the stop is closed")
		}
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.CloseQuestions(ctx, "p", until.AddDate(100, 0, 0))
		})
		for _, kind := range []string{"buttons", "template", "receipt", "stop", "settings", "grant"} {
			if got := s.question(kind); got.Closed == open[kind] {
				s.Errorf("%s: closed %v", kind, got.Closed)
			}
		}
		same(s, s.question("other"), &other)
	},
	"LastMessageAt": func(s *site) {
		last := func(subject string) time.Time {
			return read(s, func(ctx context.Context, tx *store.Tx) (time.Time, error) { return tx.LastMessageAt(ctx, subject) })
		}
		add := func(id string, state chat.MessageState, made int64) {
			m := filled[chat.Message](id)
			m.ID, m.Subject, m.State, m.CreatedAt = id, "p", state, at(made)
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertMessage(ctx, m) })
		}
		add("m1", chat.Sent, 100)
		if got := last("nobody"); !got.IsZero() {
			s.Errorf("nobody was written to at %s", got)
		}
		add("m2", chat.Delivered, 300)
		add("m3", chat.Queued, 200)
		add("m4", chat.Failed, 900) // these reached nobody
		add("m5", chat.Dropped, 901)
		if got := last("p"); !got.Equal(at(300)) {
			s.Errorf("last written to at %s", got)
		}
	},
	"InsertMessage": func(s *site) {
		m := s.addMessage("m1", chat.Queued)
		same(s, s.message("m1"), &m)
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertMessage(ctx, m) })
	},
	"Message": func(s *site) {
		m, _ := s.addMessage("m1", chat.Queued), s.addMessage("m2", chat.Sent)
		same(s, s.message("m1"), &m)
		for _, id := range strange { // it comes back from the platform with a status
			same(s, s.message(id), (*chat.Message)(nil))
		}
	},
	"MessageByWAMID": func(s *site) {
		m, _ := s.addMessage("m1", chat.Queued), s.addMessage("m2", chat.Queued) // two without one are no clash
		byHash := func(hash string) *chat.Message {
			return find(s, func(ctx context.Context, tx *store.Tx) (chat.Message, bool, error) {
				return tx.MessageByWAMID(ctx, []byte(hash))
			})
		}
		same(s, byHash("h"), (*chat.Message)(nil))
		same(s, byHash(""), (*chat.Message)(nil))
		s.setMessage("m1", chat.Sent, 0, "h", 5)
		m.State, m.ChangedAt = chat.Sent, at(5)
		same(s, byHash("h"), &m)
	},
	"NoteRecipient": func(s *site) {
		s.addMessage("m1", chat.Sent)
		s.addMessage("m2", chat.Sent)
		s.loosen(`UPDATE messages SET sealed = ` + map[string]string{"sqlite": `x''`, "postgres": `''`}[s.db.Kind] + ` WHERE id = 'm2'`)
		for _, id := range []string{"m1", "m2"} { // of what was erased nothing is learned
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.NoteRecipient(ctx, id, []byte("x")) })
		}
		same(s, s.rows(`SELECT count(*) FROM messages WHERE recipient IS NOT NULL`), 1)
	},
	"MessagesTo": func(s *site) {
		m := s.addMessage("m1", chat.Sent)
		s.addMessage("m2", chat.Sent)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.NoteRecipient(ctx, "m1", []byte("x")) })
		to := func(business, account string) []chat.Message {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]chat.Message, error) {
				return tx.MessagesTo(ctx, business, []byte(account))
			})
		}
		same(s, to(m.Business, "x"), []chat.Message{m})
		same(s, to("other", "x"), []chat.Message(nil))
		same(s, to(m.Business, "y"), []chat.Message(nil))
		same(s, to(m.Business, ""), []chat.Message(nil))
	},
	"SetMessage": func(s *site) {
		m, other := s.addMessage("m1", chat.Queued), s.addMessage("m2", chat.Queued)
		want := func(state chat.MessageState, code int, changed int64) {
			s.Helper()
			m.State, m.Code, m.ChangedAt = state, code, at(changed)
			same(s, s.message("m1"), &m)
		}
		s.setMessage("m1", chat.Delivered, 0, "h", 1)
		want(chat.Delivered, m.Code, 1)
		s.setMessage("m1", chat.Sent, 99, "", 2) // late: neither the state nor a code falls back
		want(chat.Delivered, m.Code, 2)
		s.setMessage("m1", chat.Failed, 131050, "", 3)
		want(chat.Failed, 131050, 3)
		s.setMessage("m1", chat.Read, 0, "", 4)
		want(chat.Failed, 131050, 4)
		same(s, s.rows(`SELECT count(*) FROM messages WHERE wamid_hash = $1`, []byte("h")), 1) // none given: the old one stays
		same(s, s.message("m2"), &other)
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error {
			return tx.SetMessage(ctx, "m2", chat.Sent, 0, []byte("h"), at(5))
		})
		s.refused(fault.NotFound, func(ctx context.Context, tx *store.Tx) error {
			return tx.SetMessage(ctx, "m3", chat.Sent, 0, nil, at(5))
		})
	},
	"StartMessage": func(s *site) {
		m, other := s.addMessage("m1", chat.Queued), s.addMessage("m2", chat.Queued)
		start := func(id string, now int64) (mine bool) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				mine, err = tx.StartMessage(ctx, id, at(now))
				return err
			})
			return mine
		}
		same(s, start("m1", 1), true)
		same(s, start("m1", 2), false)
		same(s, start("none", 2), false)
		m.State, m.ChangedAt, m.TurnAt = chat.Unclear, at(1), time.Time{} // its turn is spent
		same(s, s.message("m1"), &m)
		same(s, s.message("m2"), &other)
	},
	"KnownWAMIDs": func(s *site) {
		known := func(hashes ...string) (list []string) {
			var asked [][]byte
			for _, h := range hashes {
				asked = append(asked, []byte(h))
			}
			found := read(s, func(ctx context.Context, tx *store.Tx) ([][]byte, error) { return tx.KnownWAMIDs(ctx, asked) })
			for _, h := range found {
				list = append(list, string(h))
			}
			slices.Sort(list)
			return list
		}
		same(s, known(), []string{})
		var many []string
		for i := range 200 { // more than one statement's worth
			id := fmt.Sprintf("m%03d", i)
			if i%3 == 0 {
				s.addMessage(id, chat.Sent)
				s.setMessage(id, chat.Delivered, 0, "hash of "+id, 2)
			}
			many = append(many, "hash of "+id)
		}
		same(s, known("hash of none"), []string{})
		same(s, known("hash of m003", "hash of none"), []string{"hash of m003"})
		same(s, len(known(many...)), 67)
	},
	"KeepTurn": func(s *site) {
		m := s.addMessage("m1", chat.Queued)
		for _, turn := range []time.Time{at(7), {}} {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepTurn(ctx, "m1", turn) })
			m.TurnAt = turn
			same(s, s.message("m1"), &m)
		}
	},
	"RequeueMessage": func(s *site) {
		m, sent := s.addMessage("m1", chat.Unclear), s.addMessage("m2", chat.Sent)
		for _, id := range []string{"m1", "m2", "none"} {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.RequeueMessage(ctx, id, at(1)) })
		}
		m.State, m.ChangedAt = chat.Queued, at(1)
		same(s, s.message("m1"), &m)
		same(s, s.message("m2"), &sent) // what went is never sent again
	},
}

// Of two that want to send a message together, one does.
func TestOneStartsAMessage(t *testing.T) {
	var mine atomic.Int64
	together(t, func(s *site, n int) error {
		if n == 0 {
			mine.Store(0)
			s.addMessage("m", chat.Queued)
		}
		for s.Context().Err() == nil && s.message("m") == nil {
			continue
		}
		var got bool
		err := s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.StartMessage(ctx, "m", at(int64(n)))
			return err
		})
		if got {
			mine.Add(1)
		}
		return err
	}, func(s *site, done int) {
		same(s, done, 16)
		same(s, int(mine.Load()), 1)
	})
}
