package store_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"assent/business"
	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/store"
	"assent/store/storetest"
	"assent/subject"
)

// methods holds a test for each of some methods of *store.Tx, by the method's
// name. The suite is all of them, and runs on both databases: what holds on one
// and not on the other is a fault of the store.
type methods map[string]func(*site)

// suite is every test of a method, by noun.
var suite = map[string]methods{
	"account": accountMethods, "alarm": alarmMethods, "pace": paceMethods, "template": templateMethods, "anchor": anchorMethods, "audit": auditMethods, "chat": chatMethods, "consent": consentMethods, "count": countMethods, "destruction": destructionMethods, "draft": draftMethods,
	"arrival": arrivalMethods, "erase": eraseMethods, "errand": errandMethods,
	"event": eventMethods, "funnel": funnelMethods, "inbox": inboxMethods, "installation": installationMethods, "job": jobMethods, "key": keyMethods, "limit": limitMethods,
	"parting": partingMethods, "permit": permitMethods, "request": requestMethods, "subject": subjectMethods, "tally": tallyMethods,
}

// Each method runs on an empty database, and each closure twice.
func TestTx(t *testing.T) {
	for _, noun := range slices.Sorted(maps.Keys(suite)) {
		t.Run(noun, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, db storetest.Database) {
				for _, name := range slices.Sorted(maps.Keys(suite[noun])) {
					t.Run(name, func(t *testing.T) {
						s := &site{T: t, db: db}
						if db.Kind == "sqlite" {
							s.db = storetest.SQLite(t)
						}
						s.store = s.db.Open(t, store.Options{RunTwice: true, Writers: 2, Readers: 2})
						s.empty()
						suite[noun][name](s)
					})
				}
			})
		})
	}
}

// empty deletes what an earlier test left on PostgreSQL, where making a database
// takes half a second.
func (s *site) empty() {
	s.Helper()
	if s.db.Kind == "sqlite" {
		return
	}
	s.loosen(`DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('goose_db_version', 'log_head') LOOP
			EXECUTE 'DELETE FROM ' || name;
		END LOOP;
		UPDATE log_head SET edge = '\x0000000000000000';
	END $$`)
}

// A new method of *store.Tx needs a test in the suite.
func TestEveryMethodOfTxIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, m := range suite {
		for name := range m {
			if tested[name] {
				t.Errorf("%s is tested twice", name)
			}
			tested[name] = true
		}
	}
	tx := reflect.TypeFor[*store.Tx]()
	for i := range tx.NumMethod() {
		name := tx.Method(i).Name
		if !tested[name] {
			t.Errorf("%s has no test in the suite", name)
		}
		delete(tested, name)
	}
	for name := range tested {
		t.Errorf("the suite tests %s, which *store.Tx has not", name)
	}
}

// site is a fresh database in one test.
type site struct {
	*testing.T
	db    storetest.Database
	store *store.Store
}

// write runs fn and wants it to succeed.
func (s *site) write(fn func(context.Context, *store.Tx) error) {
	s.Helper()
	if err := s.store.ReadWrite(s.Context(), fn); err != nil {
		s.Fatal(err)
	}
}

// refused runs fn and wants it to fail for the kind of reason.
func (s *site) refused(kind fault.Kind, fn func(context.Context, *store.Tx) error) {
	s.Helper()
	if err := s.store.ReadWrite(s.Context(), fn); err == nil || fault.KindOf(err) != kind {
		s.Errorf("got %v, want %v", err, kind)
	}
}

// read returns what fn reads.
func read[T any](s *site, fn func(context.Context, *store.Tx) (T, error)) (got T) {
	s.Helper()
	err := s.store.ReadOnly(s.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = fn(ctx, tx)
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return got
}

// find returns what fn finds, or nil.
func find[T any](s *site, fn func(context.Context, *store.Tx) (T, bool, error)) *T {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (*T, error) {
		got, ok, err := fn(ctx, tx)
		if !ok {
			return nil, err
		}
		return &got, err
	})
}

// missing wants fn to say that there is no such record.
func missing[T any](s *site, fn func(context.Context, *store.Tx) (T, error)) {
	s.Helper()
	err := s.store.ReadOnly(s.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := fn(ctx, tx)
		return err
	})
	if !fault.Is(err, fault.NotFound) {
		s.Errorf("got %v, want not found", err)
	}
}

// same compares what came back with what went in.
func same(s *site, got, want any) {
	s.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("-want +got:\n%s", diff)
	}
}

// rows returns what a query past the store counts.
func (s *site) rows(query string, args ...any) (n int) {
	s.Helper()
	if err := s.db.Raw(s).QueryRow(query, args...).Scan(&n); err != nil {
		s.Fatal(err)
	}
	return n
}

// at returns an instant that differs from its neighbours by a microsecond.
func at(n int64) time.Time { return time.UnixMicro(1_764_000_000_000_000 + n).UTC() }

// filled returns a value of which each field holds something of its own, so
// that two columns which are taken for one another show.
func filled[T any](seed string) (v T) {
	n := int64(len(seed))
	fill(reflect.ValueOf(&v).Elem(), seed, &n)
	return v
}

func fill(v reflect.Value, name string, n *int64) {
	*n++
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(at(*n * 1_000_001)))
		return
	case v.Type() == reflect.TypeFor[[]byte]():
		v.SetBytes([]byte(name))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(*n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), fmt.Sprintf("%s-%d", name, i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, name+"-value", n)
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), name+"-"+f.Name, n)
			}
		}
	}
}

// loosen runs statements that the schema would refuse, as somebody with the
// rights to the database can.
func (s *site) loosen(statements ...string) {
	s.Helper()
	raw := s.db.Raw(s)
	raw.SetMaxOpenConns(1)
	off := `PRAGMA foreign_keys = OFF`
	if s.db.Kind == "postgres" {
		off = `SET session_replication_role = replica`
	}
	for _, q := range append([]string{off}, statements...) {
		if _, err := raw.Exec(q); err != nil {
			s.Fatal(err)
		}
	}
}

// bytes returns how the database calls a column of bytes.
func (s *site) bytes() string {
	if s.db.Kind == "postgres" {
		return "BYTEA"
	}
	return "BLOB"
}

// addBusiness keeps a business with the id.
func (s *site) addBusiness(id string) business.Business {
	s.Helper()
	b := filled[business.Business](id)
	b.ID, b.Slug = id, "slug-"+id
	s.write(func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertBusiness(ctx, b, []byte("wrapped "+id), at(0))
	})
	return b
}

// addFunnel keeps a published funnel and its only version.
func (s *site) addFunnel(id, businessID string, n int64) (f funnel.Funnel, v *funnel.Version) {
	s.Helper()
	f = funnel.Funnel{ID: id, Business: businessID, Slug: "slug-" + id, State: funnel.Published, Version: "version-" + id, Origins: []string{}}
	version := filled[funnel.Version](id)
	v = &version
	v.ID, v.Funnel, v.PublishedAt = f.Version, id, at(n)
	s.write(func(ctx context.Context, tx *store.Tx) error {
		if err := tx.InsertFunnel(ctx, f, at(n)); err != nil {
			return err
		}
		return tx.InsertVersion(ctx, v, "event-"+id)
	})
	return f, v
}

// addSubject keeps a person of a business that exists.
func (s *site) addSubject(id, businessID string) subject.Subject {
	s.Helper()
	p := filled[subject.Subject](id)
	p.ID, p.Business, p.Platform, p.MergedInto, p.Reassigned, p.LockedUntil, p.Held = id, businessID, consent.PlatformStop, "", false, time.Time{}, false
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSubject(ctx, p) })
	return p
}

// addConsent keeps a consent of a person, changed at the instant.
func (s *site) addConsent(id string, p subject.Subject, purpose string, changed int64) consent.Consent {
	s.Helper()
	c := filled[consent.Consent](id)
	c.ID, c.Business, c.Subject, c.Purpose, c.Scope = id, p.Business, p.ID, purpose, consent.Marketing
	c.ChangedAt, c.Hidden = at(changed), false
	c.Position = consent.Position{FirstAt: at(1), GivenAt: at(1), GivenEvent: "given-" + id, Grade: consent.GradeB, Basis: consent.ByConsent}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutConsent(ctx, c) })
	return c
}

// ids returns the ids of a list.
func ids[T any](list []T, id func(T) string) (all []string) {
	for _, x := range list {
		all = append(all, id(x))
	}
	return all
}

// together lets many try at once on each database, where PostgreSQL has several
// writers, and hands over how many succeeded.
func together(t *testing.T, try func(s *site, n int) error, judge func(s *site, done int)) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		s := &site{T: t, db: db, store: db.Open(t, store.Options{Writers: 8, BatchRows: 1})}
		var done atomic.Int64
		var wg sync.WaitGroup
		for n := range 16 {
			wg.Go(func() {
				if try(s, n) == nil {
					done.Add(1)
				}
			})
		}
		wg.Wait()
		judge(s, int(done.Load()))
	})
}
