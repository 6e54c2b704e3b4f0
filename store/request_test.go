package store_test

import (
	"context"
	"testing"
	"time"

	"assent/chat"
	"assent/fault"
	"assent/funnel"
	"assent/store"
)

// request returns a request that is not kept yet.
func request(id string) funnel.Request {
	r := filled[funnel.Request](id)
	r.ID, r.Business, r.State, r.Subject, r.Message, r.Agreed = id, "b", funnel.Requested, "", "", nil
	return r
}

func (s *site) addRequest(id string, change ...func(*funnel.Request)) funnel.Request {
	s.Helper()
	r := request(id)
	for _, fn := range change {
		fn(&r)
	}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertRequest(ctx, r) })
	return r
}

func (s *site) request(id string) funnel.Request {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (funnel.Request, error) { return tx.Request(ctx, id) })
}

func (s *site) requests(fn func(context.Context, *store.Tx) ([]funnel.Request, error)) []string {
	s.Helper()
	return ids(read(s, fn), func(r funnel.Request) string { return r.ID })
}

// coded is what RequestByCode returns.
type coded struct {
	ID      string
	Current bool
}

func (s *site) byCode(businessID, code string) *coded {
	s.Helper()
	return find(s, func(ctx context.Context, tx *store.Tx) (coded, bool, error) {
		r, current, ok, err := tx.RequestByCode(ctx, businessID, []byte(code))
		return coded{r.ID, current}, ok, err
	})
}

func renew(r funnel.Request, code string, expires time.Time) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error { return tx.RenewCode(ctx, r, []byte(code), expires) }
}

var requestMethods = methods{
	"InsertRequest": func(s *site) {
		full := s.addRequest("r1", func(r *funnel.Request) { r.Subject, r.Message, r.Agreed = "p", "m", []string{"offers", "orders"} })
		same(s, s.request("r1"), full)
		bare := s.addRequest("r2", func(r *funnel.Request) {
			r.Line, r.Ticked, r.Shown, r.Page, r.Entry = nil, []string{"a \x00 \"key\""}, false, "", ""
		})
		same(s, s.request("r2"), bare)
		same(s, s.rows(`SELECT count(*) FROM requests WHERE line IS NULL`), 1)
		again := request("r3")
		again.TokenHash = full.TokenHash
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertRequest(ctx, again) })
	},
	"Request": func(s *site) {
		r, _ := s.addRequest("r1"), s.addRequest("r2")
		same(s, s.request("r1"), r)
		for _, id := range strange {
			missing(s, func(ctx context.Context, tx *store.Tx) (funnel.Request, error) { return tx.Request(ctx, id) })
		}
	},
	"RequestByToken": func(s *site) {
		r, _ := s.addRequest("r1"), s.addRequest("r2")
		byToken := func(hash []byte) func(context.Context, *store.Tx) (funnel.Request, error) {
			return func(ctx context.Context, tx *store.Tx) (funnel.Request, error) { return tx.RequestByToken(ctx, hash) }
		}
		same(s, read(s, byToken(r.TokenHash)), r)
		missing(s, byToken([]byte("none")))
		missing(s, byToken(nil))
	},
	"RequestByCode": func(s *site) {
		coding := func(code, businessID string) func(*funnel.Request) {
			return func(r *funnel.Request) { r.CodeHash, r.Business = []byte(code), businessID }
		}
		r := s.addRequest("r1", coding("now", "b"))
		s.addRequest("r2", coding("elsewhere", "c"))
		s.write(renew(r, "new", at(1)))
		s.addRequest("r3", coding("new", "b")) // codes may clash: the newest is meant
		same(s, s.byCode("b", "now"), &coded{"r1", false})
		same(s, s.byCode("b", "new"), &coded{"r3", true})
		same(s, s.byCode("b", "elsewhere"), (*coded)(nil))
		same(s, s.byCode("c", "elsewhere"), &coded{"r2", true})
		same(s, s.byCode("c", "now"), (*coded)(nil))
		same(s, s.byCode("b", "none"), (*coded)(nil))
	},
	"SetRequest": func(s *site) {
		r, other := s.addRequest("r1"), s.addRequest("r2")
		set := func(id string, from, to funnel.RequestState, subject string) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.SetRequest(ctx, id, from, to, subject) }
		}
		s.write(set("r1", funnel.Requested, funnel.Closed, "p"))
		r.State, r.Subject = funnel.Closed, "p"
		same(s, s.request("r1"), r)
		s.refused(fault.Stale, set("r1", funnel.Requested, funnel.Deferred, ""))
		s.write(set("r1", funnel.Closed, funnel.Deferred, ""))
		r.State = funnel.Deferred // who it was stays known
		same(s, s.request("r1"), r)
		same(s, s.request("r2"), other)
		s.refused(fault.Stale, set("none", funnel.Requested, funnel.Closed, ""))
	},
	"ExpireRequest": func(s *site) {
		expiring := func(r *funnel.Request) { r.ExpiresAt = at(10) }
		r, other := s.addRequest("r1", expiring), s.addRequest("r2", expiring)
		expire := func(now int64) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.ExpireRequest(ctx, "r1", at(now)) }
		}
		s.refused(fault.Stale, expire(9)) // it has got more time
		s.write(expire(10))
		r.State = funnel.Deferred
		same(s, s.request("r1"), r)
		same(s, s.request("r2"), other)
		s.refused(fault.Stale, expire(11)) // it was answered
	},
	"ConfirmRequest": func(s *site) {
		r, other := s.addRequest("r1"), s.addRequest("r2")
		confirm := func(from funnel.RequestState, keys ...string) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.ConfirmRequest(ctx, "r1", from, "p", keys) }
		}
		s.write(confirm(funnel.Requested, "offers", "news"))
		s.refused(fault.Stale, confirm(funnel.Requested, "x"))
		s.write(confirm(funnel.Confirmed, "orders")) // the second question's answer adds to the first's
		r.State, r.Subject, r.Agreed = funnel.Confirmed, "p", []string{"offers", "news", "orders"}
		same(s, s.request("r1"), r)
		same(s, s.request("r2"), other)
	},
	"RenewCode": func(s *site) {
		for name, change := range map[string]func(*funnel.Request){
			"open":      func(*funnel.Request) {},
			"deferred":  func(r *funnel.Request) { r.State = funnel.Deferred },
			"overheard": func(r *funnel.Request) { r.State = funnel.Closed },
		} {
			r := s.addRequest(name, change)
			s.write(renew(r, "new "+name, at(7)))
			old := string(r.CodeHash)
			stale := r
			r.CodeHash, r.Attempt, r.ExpiresAt, r.State = []byte("new "+name), r.Attempt+1, at(7), funnel.Requested
			same(s, s.request(name), r)
			same(s, s.byCode("b", old), &coded{name, false})
			s.refused(fault.Stale, renew(stale, "newer", at(9))) // two clicks, one code
		}
		for name, change := range map[string]func(*funnel.Request){
			"confirmed": func(r *funnel.Request) { r.State = funnel.Confirmed },
			"answered":  func(r *funnel.Request) { r.State, r.Subject = funnel.Closed, "p" },
		} {
			r := s.addRequest(name, change)
			s.refused(fault.Stale, renew(r, "new", at(7)))
			same(s, s.request(name), r)
			same(s, s.byCode("b", string(r.CodeHash)), &coded{name, true})
		}
	},
	"SetRequestMessage": func(s *site) {
		r, other := s.addRequest("r1"), s.addRequest("r2")
		set := func(message string) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.SetRequestMessage(ctx, "r1", message) }
		}
		s.write(set("m1"))
		s.refused(fault.Stale, set("m2")) // asked for once
		r.Message = "m1"
		same(s, s.request("r1"), r)
		same(s, s.request("r2"), other)
	},
	"OpenRequestsByLine": func(s *site) {
		line := func(businessID string, state funnel.RequestState) func(*funnel.Request) {
			return func(r *funnel.Request) { r.Line, r.Business, r.State = []byte("line"), businessID, state }
		}
		s.addRequest("r2", line("b", funnel.Requested))
		s.addRequest("r1", line("b", funnel.Requested))
		s.addRequest("r3", line("c", funnel.Requested))
		for _, state := range []funnel.RequestState{funnel.Deferred, funnel.Confirmed, funnel.Closed} {
			s.addRequest(string(state), line("b", state))
		}
		s.addRequest("another line")
		s.addRequest("no line", func(r *funnel.Request) { r.Line = nil })
		open := func(businessID string, line []byte) []string {
			return s.requests(func(ctx context.Context, tx *store.Tx) ([]funnel.Request, error) {
				return tx.OpenRequestsByLine(ctx, businessID, line)
			})
		}
		same(s, open("b", []byte("line")), []string{"r1", "r2"})
		same(s, open("b", []byte("none")), []string{})
		same(s, open("b", nil), []string{}) // none is not equal to none
	},
	"OpenRequestsOf": func(s *site) {
		for _, id := range []string{"r3", "r1", "r2", "r4"} {
			s.addRequest(id)
		}
		s.addRequest("closed", func(r *funnel.Request) { r.State = funnel.Closed })
		for i, request := range []string{"r3", "r1", "r3", "closed", ""} {
			s.addQuestion(string(rune('a'+i)), "p", request, chat.Buttons)
		}
		s.addQuestion("z", "q", "r2", chat.Buttons)
		open := func(subject string) []string {
			return s.requests(func(ctx context.Context, tx *store.Tx) ([]funnel.Request, error) {
				return tx.OpenRequestsOf(ctx, subject)
			})
		}
		same(s, open("p"), []string{"r1", "r3"})
		same(s, open("q"), []string{"r2"})
		same(s, open("nobody"), []string{})
	},
	"ExpiredRequests": func(s *site) {
		expiring := func(n int64, state funnel.RequestState) func(*funnel.Request) {
			return func(r *funnel.Request) { r.ExpiresAt, r.State = at(n), state }
		}
		s.addRequest("r1", expiring(10, funnel.Requested))
		s.addRequest("r4", expiring(5, funnel.Requested))
		s.addRequest("r3", expiring(5, funnel.Requested))
		s.addRequest("r2", expiring(11, funnel.Requested))
		s.addRequest("r5", expiring(1, funnel.Confirmed))
		expired := func(now int64, limit int) []string {
			return s.requests(func(ctx context.Context, tx *store.Tx) ([]funnel.Request, error) {
				return tx.ExpiredRequests(ctx, at(now), limit)
			})
		}
		same(s, expired(10, 9), []string{"r3", "r4", "r1"}) // at its very microsecond
		same(s, expired(10, 2), []string{"r3", "r4"})
		same(s, expired(4, 9), []string{})
	},
	"NoteWrongCode": func(s *site) {
		note := func(hash string, hour int64) (n int) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				n, err = tx.NoteWrongCode(ctx, []byte(hash), hour)
				return err
			})
			return n
		}
		same(s, note("a", 1), 1)
		same(s, note("a", 1), 2)
		same(s, note("a", 2), 1)
		same(s, note("b", 1), 1)
	},
	"WrongCodes": func(s *site) {
		for range 3 {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NoteWrongCode(ctx, []byte("a"), 1)
				return err
			})
		}
		count := func(hash string, hour int64) int {
			return read(s, func(ctx context.Context, tx *store.Tx) (int, error) { return tx.WrongCodes(ctx, []byte(hash), hour) })
		}
		same(s, count("a", 1), 3)
		same(s, count("a", 2), 0)
		same(s, count("b", 1), 0)
	},
	"NoteTemplateAsk": func(s *site) {
		day := int64(24 * time.Hour / time.Microsecond)
		note := func(line, businessID string, now int64) (ok bool) {
			s.write(func(ctx context.Context, tx *store.Tx) (err error) {
				ok, err = tx.NoteTemplateAsk(ctx, []byte(line), businessID, at(now), at(now-30*day), 3)
				return err
			})
			return ok
		}
		same(s, note("l", "b", 0), true)
		same(s, note("l", "b", 0), false)
		same(s, note("l", "b", 30*day-1), false)
		same(s, note("k", "b", 1), true) // another number
		same(s, note("l", "c", 1), true)
		same(s, note("l", "d", 2), true)
		same(s, note("l", "e", 3), false) // the installation's cap
		same(s, note("l", "e", 30*day), true)
		same(s, s.rows(`SELECT count(*) FROM template_asks`), 5) // what did not go is not counted
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SilenceTemplates(ctx, []byte("k"), "b", true) })
		same(s, note("k", "b", 99*day), false) // never again
		same(s, note("k", "c", 99*day), true)  // by this business
	},
	"SilenceTemplates": func(s *site) {
		s.asked("l", "b", "l", "c", "k", "b")
		silence := func(line, businessID string, silent bool) {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				return tx.SilenceTemplates(ctx, []byte(line), businessID, silent)
			})
		}
		silence("l", "b", true)
		silence("none", "b", true) // it was never asked
		same(s, s.rows(`SELECT count(*) FROM template_asks WHERE silent`), 1)
		same(s, s.silenced("l", "b"), true)
		silence("l", "b", false)
		same(s, s.silenced("l", "b"), false)
	},
	"TemplatesSilenced": func(s *site) {
		s.asked("l", "b", "l", "c", "k", "b")
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SilenceTemplates(ctx, []byte("l"), "b", true) })
		same(s, s.silenced("l", "b"), true)
		same(s, s.silenced("l", "c"), false)
		same(s, s.silenced("k", "b"), false)
		same(s, s.silenced("none", "b"), false)
	},
}

// asked notes that numbers were asked by businesses.
func (s *site) asked(linesAndBusinesses ...string) {
	s.Helper()
	for i := 0; i < len(linesAndBusinesses); i += 2 {
		s.write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.NoteTemplateAsk(ctx, []byte(linesAndBusinesses[i]), linesAndBusinesses[i+1], at(1), at(0), 3)
			return err
		})
	}
}

func (s *site) silenced(line, businessID string) bool {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (bool, error) {
		return tx.TemplatesSilenced(ctx, []byte(line), businessID)
	})
}

// However many ask together, no number is asked more often than the cap says,
// nor twice by one business.
func TestTemplateCapHoldsTogether(t *testing.T) {
	together(t, func(s *site, n int) error {
		for line := range 8 {
			err := s.store.ReadWrite(s.Context(), func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.NoteTemplateAsk(ctx, []byte{byte(line)}, string(rune('a'+n/2)), at(int64(n)), at(-1000), 3)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}, func(s *site, done int) {
		same(s, done, 16)
		same(s, s.rows(`SELECT count(*) FROM template_asks`), 8*3)
		same(s, s.rows(`SELECT count(*) FROM (SELECT DISTINCT line, business FROM template_asks) t`), 8*3)
	})
}
