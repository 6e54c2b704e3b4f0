package store_test

import (
	"context"
	"slices"
	"strings"

	"assent/fault"
	"assent/funnel"
	"assent/store"
)

// publication is what Versions tells of a version.
type publication struct {
	*funnel.Version
	Event     string
	Defective bool
}

func (s *site) versions() (list []publication) {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (list []publication, err error) {
		err = tx.Versions(ctx, func(v *funnel.Version, event string, defective bool) error {
			list = append(list, publication{v, event, defective})
			return nil
		})
		return list, err
	})
}

func funnels(ctx context.Context, tx *store.Tx) ([]funnel.Funnel, error) { return tx.Funnels(ctx) }

func entryPoints(ctx context.Context, tx *store.Tx) ([]funnel.EntryPoint, error) {
	return tx.EntryPoints(ctx)
}

func (s *site) addEntry(id, funnelID string) funnel.EntryPoint {
	s.Helper()
	e := filled[funnel.EntryPoint](id)
	e.ID, e.Funnel = id, funnelID
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEntryPoint(ctx, e) })
	return e
}

// addSignups keeps a sign-up link with two versions and another with one.
func (s *site) addSignups() (list []funnel.Signup) {
	s.Helper()
	s.addBusiness("b")
	s.addFunnel("f", "b", 1)
	for entry, versions := range map[string]int{"a": 2, "b": 1} {
		s.addEntry(entry, "f")
		su := filled[funnel.Signup](entry)
		su.Entry, su.MetaID, su.Versions = entry, "meta-"+entry, nil
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSignup(ctx, su) })
		for n := range versions {
			v := filled[funnel.SignupVersion](entry)
			v.Entry, v.Number = entry, n+1
			su.Versions = append([]funnel.SignupVersion{v}, su.Versions...)
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSignupVersion(ctx, v) })
		}
		list = append(list, su)
	}
	slices.SortFunc(list, func(a, b funnel.Signup) int { return strings.Compare(a.Entry, b.Entry) })
	return list
}

func (s *site) addShortLink() funnel.ShortLink {
	s.Helper()
	s.addBusiness("b")
	s.addFunnel("f", "b", 1)
	s.addEntry("a", "f")
	l := filled[funnel.ShortLink]("short")
	l.Entry, l.Sender = "a", "s"
	s.addSender("s", 1)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutShortLink(ctx, l) })
	return l
}

func (s *site) shortLink(entry string) funnel.ShortLink {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (funnel.ShortLink, error) {
		l, _, err := tx.ShortLink(ctx, entry)
		return l, err
	})
}

// addEntryVersions keeps two versions of one entry point and one of another.
func (s *site) addEntryVersions() (list []funnel.EntryVersion) {
	s.Helper()
	s.addBusiness("b")
	s.addFunnel("f", "b", 1)
	s.addEntry("a", "f")
	s.addEntry("b", "f")
	for _, at := range []struct {
		entry  string
		number int
	}{{"a", 1}, {"a", 2}, {"b", 1}} {
		v := filled[funnel.EntryVersion](at.entry)
		v.Entry, v.Number = at.entry, at.number
		list = append(list, v)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertEntryVersion(ctx, v) })
	}
	return list
}

var funnelMethods = methods{
	"InsertFunnel": func(s *site) {
		s.addBusiness("b")
		f, _ := s.addFunnel("f", "b", 1)
		same(s, read(s, funnels), []funnel.Funnel{f})
		f.ID = "g"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertFunnel(ctx, f, at(1)) }) // the slug
	},
	"SetFunnel": func(s *site) {
		s.addBusiness("b")
		f, _ := s.addFunnel("f", "b", 1)
		other, _ := s.addFunnel("g", "b", 2)
		changed := f
		changed.State, changed.Version, changed.Slug = funnel.Archived, "another version", "never changes"
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetFunnel(ctx, changed) })
		changed.Slug = f.Slug
		same(s, read(s, funnels), []funnel.Funnel{changed, other})
		changed.ID = "none"
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.SetFunnel(ctx, changed) })
	},
	"SetOrigins": func(s *site) {
		s.addBusiness("b")
		f, _ := s.addFunnel("f", "b", 1)
		other, _ := s.addFunnel("g", "b", 2)
		set := func(id string, origins ...string) func(context.Context, *store.Tx) error {
			return func(ctx context.Context, tx *store.Tx) error { return tx.SetOrigins(ctx, id, origins) }
		}
		f.Origins = []string{"https://a.example", "https://b.example:8443"}
		s.write(set("f", f.Origins...))
		s.write(func(ctx context.Context, tx *store.Tx) error {
			return tx.SetFunnel(ctx, funnel.Funnel{ID: "f", State: f.State, Version: f.Version})
		})
		same(s, read(s, funnels), []funnel.Funnel{f, other}) // publishing leaves them
		s.write(set("f"))
		f.Origins = []string{}
		same(s, read(s, funnels), []funnel.Funnel{f, other})
		s.refused(fault.Stale, set("none"))
	},
	"InsertVersion": func(s *site) {
		s.addBusiness("b")
		_, v := s.addFunnel("f", "b", 1)
		v.ID, v.Number = "v2", v.Number+1
		v.Texts = map[string]funnel.Text{"ar": {Title: "\x00 \u202e عروض " + strings.Repeat("x", 100_000)}}
		insert := func(ctx context.Context, tx *store.Tx) error { return tx.InsertVersion(ctx, v, "e2") }
		s.write(insert)
		same(s, s.versions()[0], publication{v, "e2", false})
		s.refused(fault.Conflict, insert)
		v.ID = "v3"
		s.refused(fault.Conflict, insert) // the number is taken once
	},
	"MarkDefective": func(s *site) {
		s.addBusiness("b")
		_, v := s.addFunnel("f", "b", 1)
		_, w := s.addFunnel("g", "b", 2)
		for range 2 { // found again, it stays what it was
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.MarkDefective(ctx, v.ID, at(5)) })
		}
		same(s, s.versions(), []publication{{v, "event-f", true}, {w, "event-g", false}})
	},
	"Funnels": func(s *site) {
		same(s, read(s, funnels), []funnel.Funnel{})
		s.addBusiness("b")
		s.addBusiness("c")
		z, _ := s.addFunnel("z", "b", 1)
		y, _ := s.addFunnel("y", "c", 2)
		x, _ := s.addFunnel("x", "b", 2)
		same(s, read(s, funnels), []funnel.Funnel{z, x, y})
	},
	"Versions": func(s *site) {
		same(s, s.versions(), []publication{})
		s.addBusiness("b")
		_, z := s.addFunnel("z", "b", 1)
		_, y := s.addFunnel("y", "b", 2)
		_, x := s.addFunnel("x", "b", 2)
		same(s, s.versions(), []publication{{z, "event-z", false}, {x, "event-x", false}, {y, "event-y", false}})
		err := s.store.ReadOnly(s.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.Versions(ctx, func(*funnel.Version, string, bool) error { return fault.New(fault.Gone, "enough") })
		})
		if !fault.Is(err, fault.Gone) {
			s.Errorf("the caller's error is lost: %v", err)
		}
	},
	"InsertEntryPoint": func(s *site) {
		s.addBusiness("b")
		s.addFunnel("f", "b", 1)
		e := s.addEntry("e", "f")
		same(s, read(s, entryPoints), []funnel.EntryPoint{e})
		e.ID = "another"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertEntryPoint(ctx, e) }) // the code
	},
	"EntryPoints": func(s *site) {
		same(s, read(s, entryPoints), []funnel.EntryPoint{})
		s.addBusiness("b")
		s.addFunnel("f", "b", 1)
		s.addFunnel("g", "b", 2)
		b, a := s.addEntry("b", "f"), s.addEntry("a", "g")
		same(s, read(s, entryPoints), []funnel.EntryPoint{a, b})
	},
	"SetEntryPoint": func(s *site) {
		s.addBusiness("b")
		s.addFunnel("f", "b", 1)
		s.addFunnel("g", "b", 2)
		e, other := s.addEntry("e", "f"), s.addEntry("o", "f")
		changed := e
		changed.Funnel, changed.Label, changed.Chat, changed.Text, changed.Off = "g", "a shelf", !e.Chat, "Hello", !e.Off
		changed.Code, changed.Kind = "never changes", "nor this"
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.SetEntryPoint(ctx, changed) })
		changed.Code, changed.Kind = e.Code, e.Kind
		same(s, read(s, entryPoints), []funnel.EntryPoint{changed, other})
		changed.ID = "none"
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.SetEntryPoint(ctx, changed) })
	},
	"InsertEntryVersion": func(s *site) {
		v := s.addEntryVersions()[0]
		v.Label = "another"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertEntryVersion(ctx, v) })
	},
	"EntryVersions": func(s *site) {
		list := s.addEntryVersions()
		of := func(entry string) []funnel.EntryVersion {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]funnel.EntryVersion, error) {
				return tx.EntryVersions(ctx, entry)
			})
		}
		same(s, of("a"), []funnel.EntryVersion{list[1], list[0]})
		same(s, of("b"), list[2:])
		same(s, of("none"), []funnel.EntryVersion{})
	},
	"EntryVersionsAfter": func(s *site) {
		list := s.addEntryVersions()
		after := func(entry string, number, limit int) []funnel.EntryVersion {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]funnel.EntryVersion, error) {
				return tx.EntryVersionsAfter(ctx, entry, number, limit)
			})
		}
		same(s, after("", 0, 9), list)
		same(s, after("a", 1, 1), list[1:2])
		same(s, after("a", 2, 9), list[2:])
		same(s, after("b", 1, 9), []funnel.EntryVersion{})
	},
	"InsertSignup": func(s *site) {
		list := s.addSignups()
		again := list[0]
		again.Entry = "b"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertSignup(ctx, again) })
	},
	"InsertSignupVersion": func(s *site) {
		v := s.addSignups()[0].Versions[0]
		v.Message = "another"
		s.refused(fault.Conflict, func(ctx context.Context, tx *store.Tx) error { return tx.InsertSignupVersion(ctx, v) })
	},
	"Signups": func(s *site) {
		all := func() []funnel.Signup {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]funnel.Signup, error) { return tx.Signups(ctx) })
		}
		same(s, all(), []funnel.Signup{})
		list := s.addSignups()
		same(s, all(), list)
	},
	"SignupVersionsAfter": func(s *site) {
		list := s.addSignups()
		after := func(entry string, number, limit int) []funnel.SignupVersion {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]funnel.SignupVersion, error) {
				return tx.SignupVersionsAfter(ctx, entry, number, limit)
			})
		}
		first, second, other := list[0].Versions[1], list[0].Versions[0], list[1].Versions[0]
		same(s, after("", 0, 9), []funnel.SignupVersion{first, second, other})
		same(s, after("a", 1, 1), []funnel.SignupVersion{second})
		same(s, after("b", 1, 9), []funnel.SignupVersion{})
	},
	"PutShortLink": func(s *site) {
		l := s.addShortLink()
		l.Text, l.Code = "another", "CODE2"
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutShortLink(ctx, l) })
		same(s, s.shortLink("a"), l)
	},
	"ShortLink": func(s *site) {
		l := s.addShortLink()
		same(s, s.shortLink("a"), l)
		for _, entry := range strange {
			same(s, s.shortLink(entry), funnel.ShortLink{Entry: entry})
		}
	},
	"DeleteShortLink": func(s *site) {
		s.addShortLink()
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteShortLink(ctx, "a") })
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteShortLink(ctx, "a") }) // again does nothing
		same(s, s.shortLink("a"), funnel.ShortLink{Entry: "a"})
	},
	"HasFunnel": func(s *site) {
		s.addBusiness("b")
		f, _ := s.addFunnel("f", "b", 1)
		has := func(slug string) bool {
			return read(s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.HasFunnel(ctx, slug) })
		}
		same(s, has(f.Slug), true)
		for _, slug := range strange {
			same(s, has(slug), false)
		}
	},
	"HasEntryPoint": func(s *site) {
		s.addBusiness("b")
		s.addFunnel("f", "b", 1)
		e := s.addEntry("e", "f")
		has := func(codes ...string) bool {
			return read(s, func(ctx context.Context, tx *store.Tx) (bool, error) { return tx.HasEntryPoint(ctx, codes...) })
		}
		same(s, has(e.Code), true)
		same(s, has("1", "2", "3", "4", "5", "6", "7", e.Code), true) // the eighth
		same(s, has(), false)
		for _, code := range strange {
			same(s, has(code, "none"), false)
		}
	},
	"KeepShown": func(s *site) {
		d := funnel.NewDocument("page", "text/html; charset=utf-8", []byte("\x00\xff bytes"))
		keep := func(d funnel.Document, n int64) {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepShown(ctx, d, at(n)) })
		}
		keep(d, 1)
		again := d
		again.Kind, again.Body = "notice", []byte("forged")
		keep(again, 2) // what is kept stands
		same(s, s.rows(`SELECT count(*) FROM shown_texts WHERE created_at = $1`, at(1).UnixMicro()), 1)
		same(s, s.shown(d.SHA256), d)
		empty := funnel.NewDocument("message", "application/json", nil)
		empty.Body = []byte{}
		keep(empty, 3)
		same(s, s.shown(empty.SHA256), empty)
	},
	"Shown": func(s *site) {
		big := funnel.NewDocument("notice", "text/plain", []byte(strings.Repeat("words ", 200_000)))
		other := funnel.NewDocument("page", "text/html", []byte("p"))
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepShown(ctx, big, at(1)) })
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepShown(ctx, other, at(1)) })
		same(s, s.shown(big.SHA256), big)
		for _, sha := range strange {
			missing(s, func(ctx context.Context, tx *store.Tx) (funnel.Document, error) { return tx.Shown(ctx, sha) })
		}
	},
}

func (s *site) shown(sha string) funnel.Document {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) (funnel.Document, error) { return tx.Shown(ctx, sha) })
}
