package store_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/job"
	"assent/optin"
	"assent/store"
	"assent/store/storetest"
	"assent/subject"
)

// addSaid keeps a message to a person, and the job that sends it.
func (s *site) addSaid(id, to string, state chat.MessageState) chat.Message {
	s.Helper()
	m := filled[chat.Message](id)
	m.ID, m.Subject, m.State, m.ChangedAt = id, to, state, m.CreatedAt
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.InsertMessage(ctx, m); err != nil {
			return err
		}
		return tx.Enqueue(ctx, job.Job{ID: "job-" + id, Kind: optin.JobSend, Ref: id, RunAt: at(1)})
	})
	s.setMessage(id, state, 0, "wamid "+id, 3)
	return *s.message(id)
}

var eraseMethods = methods{
	"EmptySubject": func(s *site) {
		s.addBusiness("b")
		p, other := s.addSubject("p", "b"), s.addSubject("q", "b")
		next := p
		next.Seq, next.Head = p.Seq+1, "last head"
		empty := func(ctx context.Context, tx *store.Tx) error { return tx.EmptySubject(ctx, next, p.Seq) }
		s.write(empty)
		got := s.subject("p")
		if len(got.Wrapped) != 0 || !got.Erased() {
			s.Error("the key is still there")
		}
		got.Wrapped = nil
		same(s, got, subject.Subject{ID: "p", Business: "b", Seq: next.Seq, Head: next.Head, CreatedAt: p.CreatedAt})
		same(s, s.subject("q"), other)
		s.refused(fault.Stale, empty)
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.OpenWindow(ctx, "p", "sender", p.WindowAt.Add(time.Hour))
		})
		if late := s.subject("p"); late.Sender != "" || !late.WindowAt.IsZero() {
			s.Error("a message that was under way brings something back")
		}
	},
	"DropIdentifiers": func(s *site) {
		s.addBusiness("b")
		s.addSubject("p", "b")
		s.addSubject("q", "b")
		s.addIdentifier("one", "b", "p", subject.Line)
		s.addIdentifier("two", "b", "p", subject.BSUID)
		kept := s.addIdentifier("three", "b", "q", subject.Line)
		for id, account := range map[string]string{"m1": "two", "m2": "three"} {
			s.addMessage(id, chat.Sent)
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.NoteRecipient(ctx, id, []byte(account)) })
		}
		s.addArrival("one", "ad", 0)
		led := s.addArrival("three", "ad", 0)
		for range 2 {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropIdentifiers(ctx, "p") })
		}
		same(s, s.identifier("b", "three"), &kept)
		same(s, s.arrival("one"), (*chat.Arrival)(nil))
		same(s, s.arrival("three"), &led)
		same(s, s.rows(`SELECT count(*) FROM identifiers`), 1)
		same(s, s.rows(`SELECT count(*) FROM messages WHERE recipient IS NOT NULL`), 1)
	},
	"RequestsOf": func(s *site) {
		s.addRequest("r1", func(r *funnel.Request) { r.Subject = "p" })
		s.addRequest("r2", func(r *funnel.Request) { r.Subject = "q" })
		s.addRequest("r3")
		of := func(id string) []string {
			return s.requests(func(ctx context.Context, tx *store.Tx) ([]funnel.Request, error) { return tx.RequestsOf(ctx, id) })
		}
		same(s, of("p"), []string{"r1"})
		same(s, of(""), []string{})
	},
	"RequestsAsked": func(s *site) {
		s.addRequest("r1")
		s.addRequest("r2", func(r *funnel.Request) { r.Subject = "q" }) // confirmed by somebody
		s.addRequest("r3")
		s.addQuestion("q1", "p", "r1", chat.Buttons)
		s.addQuestion("q2", "p", "r2", chat.Buttons)
		s.addQuestion("q3", "other", "r3", chat.Buttons)
		s.addQuestion("q4", "p", "", chat.Buttons)
		got := s.requests(func(ctx context.Context, tx *store.Tx) ([]funnel.Request, error) { return tx.RequestsAsked(ctx, "p") })
		same(s, got, []string{"r1"})
	},
	"RequestsByLine": func(s *site) {
		line := func(text string) func(*funnel.Request) { return func(r *funnel.Request) { r.Line = []byte(text) } }
		s.addRequest("r1", line("x"))
		s.addRequest("r2", line("x"), func(r *funnel.Request) { r.State, r.Subject = funnel.Confirmed, "q" })
		s.addRequest("r3", line("y"))
		s.addRequest("r4", line("x"), func(r *funnel.Request) { r.Business = "c" })
		by := func(business, text string) []string {
			return s.requests(func(ctx context.Context, tx *store.Tx) ([]funnel.Request, error) {
				return tx.RequestsByLine(ctx, business, []byte(text))
			})
		}
		same(s, by("b", "x"), []string{"r1", "r2"})
		same(s, by("b", ""), []string{})
	},
	"UnconfirmedBefore": func(s *site) {
		made := func(n int64) func(*funnel.Request) { return func(r *funnel.Request) { r.CreatedAt = at(n) } }
		s.addRequest("r1", made(1))
		s.addRequest("r2", made(9))
		s.addRequest("r3", made(1), func(r *funnel.Request) { r.State, r.Subject = funnel.Confirmed, "p" })
		s.addRequest("r4", made(1), func(r *funnel.Request) { r.Business = "c" })
		s.addRequest("r5", made(1), func(r *funnel.Request) { r.State = funnel.Deferred })
		s.addRequest("r6", made(1))
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EmptyRequest(ctx, "r6") })
		before := func(after string, limit int) []string {
			return s.requests(func(ctx context.Context, tx *store.Tx) ([]funnel.Request, error) {
				return tx.UnconfirmedBefore(ctx, "b", at(9), after, limit)
			})
		}
		same(s, before("", 9), []string{"r1", "r5"})
		same(s, before("", 1), []string{"r1"})
		same(s, before("r1", 9), []string{"r5"})
	},
	"TouchRequest": func(s *site) {
		want := s.addRequest("r1")
		s.addRequest("r2")
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EmptyRequest(ctx, "r2") })
		for id, there := range map[string]bool{"r1": true, "r2": false, "none": false} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				ok, err := tx.TouchRequest(ctx, id)
				if ok != there {
					s.Errorf("%s: %v", id, ok)
				}
				return err
			})
		}
		same(s, s.request("r1"), want)
	},
	"EmptyRequest": func(s *site) {
		m, kept := s.addSaid("m1", "", chat.Queued), s.addSaid("m2", "", chat.Queued)
		r := s.addRequest("r1", func(r *funnel.Request) { r.Message, r.Line, r.Agreed = "m1", []byte("line"), []string{"offers"} })
		other := s.addRequest("r2")
		s.write(renew(r, "new code", r.ExpiresAt))
		empty := func(ctx context.Context, tx *store.Tx) error { return tx.EmptyRequest(ctx, "r1") }
		s.write(empty)
		got := s.request("r1")
		if len(got.WrappedKey)+len(got.Sealed)+len(got.Line)+len(got.Ticked)+len(got.Agreed) > 0 || got.State != funnel.Closed {
			s.Errorf("left: %+v", got)
		}
		for _, code := range []string{string(r.CodeHash), "new code"} {
			if s.byCode("b", code) != nil {
				s.Errorf("a code still leads to it")
			}
		}
		missing(s, func(ctx context.Context, tx *store.Tx) (funnel.Request, error) {
			return tx.RequestByToken(ctx, r.TokenHash)
		})
		m.Sealed, m.Lang, m.State = nil, "", chat.Dropped
		same(s, s.message("m1"), &m)
		same(s, s.message("m2"), &kept)
		same(s, s.request("r2"), other)
		same(s, s.rows(`SELECT count(*) FROM jobs`), 1)
		s.refused(fault.Stale, empty)
	},
	"UnlineRequest": func(s *site) {
		r, other := s.addRequest("r1"), s.addRequest("r2")
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.UnlineRequest(ctx, "r1") })
		r.Line = nil
		same(s, s.request("r1"), r)
		same(s, s.request("r2"), other)
	},
	"EmptyChat": func(s *site) {
		queued, read, kept := s.addSaid("m1", "p", chat.Queued), s.addSaid("m2", "p", chat.Read), s.addSaid("m3", "q", chat.Queued)
		nobody := s.addSaid("m4", "", chat.Queued)
		s.addQuestion("q1", "p", "", chat.Receipt)
		other := s.addQuestion("q2", "q", "", chat.Buttons)
		for _, id := range []string{"p", ""} {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.EmptyChat(ctx, id) })
		}
		queued.Sealed, queued.Lang, queued.State = nil, "", chat.Dropped
		read.Sealed, read.Lang = nil, ""
		same(s, s.message("m1"), &queued)
		same(s, s.message("m2"), &read)
		same(s, s.message("m3"), &kept)
		same(s, s.message("m4"), &nobody)
		s.setMessage("m1", chat.Failed, 1, "its id", 9) // it was under way
		same(s, s.rows(`SELECT count(*) FROM messages WHERE wamid_hash IS NOT NULL`), 2)
		same(s, s.rows(`SELECT count(*) FROM jobs`), 2)
		if s.question("q1") != nil {
			s.Error("the question is still there")
		}
		same(s, s.question("q2"), &other)
	},
	"DropTemplateAsks": func(s *site) {
		for _, business := range []string{"b", "c"} {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NoteTemplateAsk(ctx, []byte("line"), business, at(1), at(0), 9)
				return err
			})
		}
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropTemplateAsks(ctx, []byte("line"), "b") })
		same(s, s.rows(`SELECT count(*) FROM template_asks WHERE business = 'c'`), 1)
		same(s, s.rows(`SELECT count(*) FROM template_asks`), 1)
	},
	"ForgetConsents": func(s *site) {
		s.addBusiness("b")
		p, q := s.addSubject("p", "b"), s.addSubject("q", "b")
		c, other := s.addConsent("c1", p, "offers", 1), s.addConsent("c2", q, "offers", 2)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.ForgetConsents(ctx, "p") })
		same(s, s.consent("c1"), consent.Consent{ID: "c1", Business: "b", Subject: "p", Purpose: "offers", Scope: c.Scope, Hidden: true})
		same(s, s.consent("c2"), other)
		states := read(s, func(ctx context.Context, tx *store.Tx) (map[string]consent.State, error) {
			return tx.ConsentStates(ctx, "p")
		})
		same(s, states, map[string]consent.State{"c1": consent.Given})
		same(s, s.consents(consent.Filter{Business: "b", Limit: 9}), []string{"c2"}) // in no list
	},
	"EndedBefore": func(s *site) {
		s.addBusiness("b")
		s.addBusiness("c")
		person := func(id, business string, change func(*subject.Subject), c func(*consent.Consent)) {
			p := filled[subject.Subject](id)
			p.ID, p.Business, p.Platform, p.MergedInto, p.Held, p.LockedUntil, p.CreatedAt = id, business, "", "", false, time.Time{}, at(1)
			if change != nil {
				change(&p)
			}
			s.write(func(ctx context.Context, tx *store.Tx) error {
				if err := tx.InsertSubject(ctx, p); err != nil || c == nil {
					return err
				}
				x := consent.Consent{ID: "c-" + id, Business: business, Subject: id, Purpose: "offers", Scope: consent.Marketing, ChangedAt: at(2)}
				x.Position = consent.Position{FirstAt: at(1), GivenAt: at(1), GivenEvent: "e"}
				c(&x)
				return tx.PutConsent(ctx, x)
			})
		}
		ended := func(c *consent.Consent) { c.Position.EndedAt, c.Position.End = at(2), consent.Withdrawn }
		person("ended", "b", nil, ended)
		person("none", "b", nil, nil) // never any consent
		person("expired", "b", nil, func(c *consent.Consent) { c.Position.Until = at(3) })
		person("given", "b", nil, func(*consent.Consent) {})
		person("recent", "b", nil, func(c *consent.Consent) { ended(c); c.ChangedAt = at(9) })
		person("new", "b", func(p *subject.Subject) { p.CreatedAt = at(9) }, nil)
		person("held", "b", func(p *subject.Subject) { p.Held = true }, ended)
		person("locked", "b", func(p *subject.Subject) { p.LockedUntil = at(5) }, ended)
		person("merged", "b", func(p *subject.Subject) { p.MergedInto = "given" }, nil)
		person("erased", "b", func(p *subject.Subject) { p.Wrapped = []byte{} }, ended)
		person("other", "c", nil, ended)
		before := func(after string, limit int) []string {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) {
				return tx.EndedBefore(ctx, "b", at(9), after, limit)
			})
		}
		same(s, before("", 9), []string{"ended", "expired", "none"})
		same(s, before("ended", 1), []string{"expired"})
	},
	"LockedBefore": func(s *site) {
		s.addBusiness("b")
		for id, change := range map[string]func(*subject.Subject){
			"due": func(p *subject.Subject) { p.LockedUntil = at(5) }, "now": func(p *subject.Subject) { p.LockedUntil = at(9) },
			"later": func(p *subject.Subject) { p.LockedUntil = at(10) }, "free": func(*subject.Subject) {},
			"held": func(p *subject.Subject) { p.LockedUntil, p.Held = at(5), true }, "merged": func(p *subject.Subject) { p.LockedUntil, p.MergedInto = at(5), "due" },
		} {
			p := subject.Subject{ID: id, Business: "b", Wrapped: []byte("key"), CreatedAt: at(1)}
			change(&p)
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSubject(ctx, p) })
		}
		before := func(business, after string) []string {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) {
				return tx.LockedBefore(ctx, business, at(9), after, 9)
			})
		}
		same(s, before("b", ""), []string{"due", "now"})
		same(s, before("b", "due"), []string{"now"})
		same(s, before("c", ""), []string(nil))
	},
	"SuppressionsEndedBy": func(s *site) {
		x := s.addSuppression("s1", "b", 1, nil)
		s.addSuppression("s2", "b", 2, nil)
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.EndSuppression(ctx, "s1", "offers", "the event")
		})
		by := func(event string) []subject.Suppression {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]subject.Suppression, error) {
				return tx.SuppressionsEndedBy(ctx, event)
			})
		}
		x.Ended = []string{"offers"}
		same(s, by("the event"), []subject.Suppression{x})
		same(s, by("another"), []subject.Suppression(nil))
	},
	"SetKeeping": func(s *site) {
		b, other := s.addBusiness("b"), s.addBusiness("c")
		b.Keeping = business.Keeping{AfterErasure: business.LockFirst, LockDays: 7, ExportFirst: true}
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetKeeping(ctx, "b", b.Keeping) })
		same(s, s.businesses(), []wrapped[business.Business]{{b, []byte("wrapped b")}, {other, []byte("wrapped c")}})
		s.refused(fault.NotFound, func(ctx context.Context, tx *store.Tx) error { return tx.SetKeeping(ctx, "none", b.Keeping) })
	},
	"ActsOf": func(s *site) {
		act := func(id, business, subject, name string) {
			r := filled[evidence.Record](id)
			r.ID, r.Business, r.Subject, r.Name, r.Seq = id, business, subject, name, 0
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEvent(ctx, r) })
		}
		act("e1", "b", "", "operator.acted")
		act("e2", "b", "", "consent.requested")
		act("e3", "b", "p", "operator.acted")
		act("e4", "c", "", "operator.acted")
		act("e5", "b", "", "operator.acted")
		acts := func(limit int) []string {
			list := read(s, func(ctx context.Context, tx *store.Tx) ([]evidence.Logged, error) { return tx.ActsOf(ctx, "b", limit) })
			return ids(list, func(e evidence.Logged) string { return e.ID })
		}
		same(s, acts(9), []string{"e5", "e1"})
		same(s, acts(1), []string{"e5"})
	},
	"Fold": func(s *site) {
		s.addSuppression("s", "b", 1, nil)
		s.write(func(ctx context.Context, tx *store.Tx) error {
			tx.Fold()
			return tx.EndSuppression(ctx, "s", "p", strings.Repeat("kept for a while ", 100))
		})
		if s.db.Kind != "sqlite" {
			return // its log is its own matter
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			info, err := os.Stat(s.db.Name + "-wal")
			if err == nil && info.Size() == 0 {
				return
			}
			if time.Now().After(deadline) {
				s.Fatalf("the write-ahead log was not emptied: %v, %v", info, err)
			}
		}
	},
}

// What was deleted is overwritten: in the file nothing of it is left, also while
// somebody reads.
func TestErasedBytes(t *testing.T) {
	db := storetest.SQLite(t)
	st := db.Open(t, store.Options{Readers: 2})
	s := &site{T: t, db: db, store: st}
	s.addBusiness("b")
	s.addSubject("p", "b")
	const secret = "a hash that nobody may find any more"
	for i := range 50 { // so that pages are split and cells move
		s.addIdentifier(secret+string(rune('A'+i)), "b", "p", subject.Line)
	}
	reading, done := make(chan struct{}), make(chan error)
	go func() {
		done <- st.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Subject(ctx, "p"); err != nil {
				return err
			}
			<-reading
			return nil
		})
	}()
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropIdentifiers(ctx, "p") })
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.OpenWindow(ctx, "p", "sender", at(1)) }) // a reader holds nobody up
	close(reading)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		where := ""
		for _, end := range []string{"", "-wal", "-shm"} {
			body, err := os.ReadFile(db.Name + end)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), secret) {
				where = db.Name + end
			}
		}
		if where == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still in %s", where)
		}
	}
}
