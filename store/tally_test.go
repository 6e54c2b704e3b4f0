package store_test

import (
	"context"
	"encoding/json"
	"slices"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/ledger"
	"assent/records"
	"assent/store"
	"assent/subject"
)

// detail is what SuppressionDetail returns.
type detail struct {
	Hashes [][]byte
	Ends   []records.End
}

var tallyMethods = methods{
	"Tally": func(s *site) {
		tally := func() records.Tally {
			return read(s, func(ctx context.Context, tx *store.Tx) (records.Tally, error) { return tx.Tally(ctx) })
		}
		var empty ledger.Head
		edge, err := empty.MarshalBinary()
		if err != nil {
			s.Fatal(err)
		}
		same(s, tally(), records.Tally{Edge: edge})
		s.addBusiness("b")
		p := s.addSubject("p", "b")
		s.addConsent("c", p, "offers", 1)
		s.addIdentifier("h", "b", "p", subject.Line)
		s.addSuppression("s", "b", 1, []string{"h"}, "offers")
		s.addEvent("e1", "p", 1)
		s.addEvent("e2", "", 0)
		want := records.Tally{Events: 2, Leaves: 2, Nodes: 0, Subjects: 1}
		got := tally()
		want.Edge = got.Edge
		same(s, got, want)
		s.addEvent("e3", "nobody", 1)
		x := filled[subject.Suppression]("x")
		x.Subject = "nobody"
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSuppression(ctx, x) })
		got = tally()
		want.Edge, want.Events, want.Leaves, want.StrayEvents, want.StraySuppressions = got.Edge, 3, 3, 1, 1
		same(s, got, want)
		// What else hangs in the air, the schema refuses; somebody may have lifted that.
		s.loosen(
			`DELETE FROM subjects`,
			`INSERT INTO suppression_hashes (hash, suppression) VALUES (CAST('stray' AS `+s.bytes()+`), 'none')`,
			`INSERT INTO suppression_ends (suppression, purpose, event) VALUES ('none', 'offers', 'e')`,
			`INSERT INTO anchors (size, party, proof, at, created_at) VALUES (1, 'none', CAST('p' AS `+s.bytes()+`), 1, 1)`,
		)
		got = tally()
		want.Subjects, want.StrayEvents, want.StrayConsents, want.StrayIdentifiers, want.StraySuppressions = 0, 2, 1, 1, 2
		want.StrayHashes, want.StrayEnds, want.StrayAnchors = 1, 1, 1
		same(s, got, want)
	},
	"Leaves": func(s *site) {
		var want []records.Leaf
		for i, id := range []string{"c", "a", "b"} {
			h := ledger.LeafHash(s.addEvent(id, "", 0).JWT)
			want = append(want, records.Leaf{N: int64(i), Event: id, Hash: h[:]})
		}
		list := func(n int64, limit int) []records.Leaf {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]records.Leaf, error) { return tx.Leaves(ctx, n, limit) })
		}
		same(s, list(0, 2), want[:2])
		same(s, list(1, 9), want[1:])
		same(s, list(3, 9), []records.Leaf{})
	},
	"Node": func(s *site) {
		for i, hash := range []string{"n10", "n11", "n20"} {
			if _, err := s.db.Raw(s).Exec(`INSERT INTO nodes (level, n, hash) VALUES ($1, $2, $3)`, 1+i/2, i%2, []byte(hash)); err != nil {
				s.Fatal(err)
			}
		}
		node := func(level int, n int64) []byte {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]byte, error) { return tx.Node(ctx, level, n) })
		}
		same(s, node(1, 1), []byte("n11"))
		same(s, node(2, 0), []byte("n20"))
		same(s, node(2, 1), []byte(nil))
	},
	"SubjectIDs": func(s *site) {
		s.addBusiness("b")
		for _, id := range []string{"c", "a", "b"} {
			s.addSubject(id, "b")
		}
		list := func(after string, limit int) []string {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]string, error) { return tx.SubjectIDs(ctx, after, limit) })
		}
		same(s, list("", 2), []string{"a", "b"})
		same(s, list("a", 9), []string{"b", "c"})
		same(s, list("c", 9), []string{})
	},
	"Crowd": func(s *site) {
		s.addBusiness("b")
		var people []subject.Subject
		for _, id := range []string{"p1", "p2", "p3", "p4"} {
			people = append(people, s.addSubject(id, "b"))
		}
		was := people[3]
		people[3].MergedInto = "p2"
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.AdvanceSubject(ctx, people[3], was.Seq) })
		var events []evidence.Record
		for i, id := range []string{"e4", "e3", "e2", "e1"} {
			events = append(events, s.addEvent(id, people[3-i].ID, 1))
		}
		s.addEvent("e5", "", 0)
		c2, c3 := s.addConsent("c2", people[1], "offers", 1), s.addConsent("c3", people[2], "orders", 2)
		s.addConsent("c1", people[0], "offers", 1)
		i3 := s.addIdentifier("h3", "b", "p3", subject.Line)
		s.addIdentifier("h1", "b", "p1", subject.Line)
		x := filled[subject.Suppression]("x")
		x.Subject, x.Ended = "p2", []string{"offers", "orders"}
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.InsertSuppression(ctx, x) })
		x.Hashes = nil
		got := read(s, func(ctx context.Context, tx *store.Tx) (records.Crowd, error) { return tx.Crowd(ctx, "p2", "p3") })
		same(s, got.Subjects, people[1:3])
		same(s, got.Merged, []records.Merged{{ID: "p4", Into: "p2"}})
		same(s, got.Events, []evidence.Logged{{Record: events[2], Leaf: 2}, {Record: events[1], Leaf: 1}})
		same(s, got.Consents, []records.ConsentRow{{Consent: c2, Stored: c2.Position.State()}, {Consent: c3, Stored: c3.Position.State()}})
		same(s, got.Identifiers, []subject.Identifier{i3})
		same(s, got.Suppressions, []subject.Suppression{x})
		same(s, read(s, func(ctx context.Context, tx *store.Tx) (records.Crowd, error) { return tx.Crowd(ctx, "q", "z") }), records.Crowd{})
	},
	"SuppressingHashes": func(s *site) {
		s.addSuppression("s1", "b", 1, []string{"z", "a"}, "")
		s.addSuppression("s2", "c", 1, []string{"a"}, "")
		among := func(hashes ...string) []string {
			args := make([][]byte, len(hashes))
			for i, h := range hashes {
				args[i] = []byte(h)
			}
			list := read(s, func(ctx context.Context, tx *store.Tx) ([][]byte, error) { return tx.SuppressingHashes(ctx, args) })
			out := []string{}
			for _, h := range list {
				out = append(out, string(h))
			}
			return out
		}
		same(s, among("z", "none", "a"), []string{"a", "z"})
		same(s, among("none"), []string{})
		same(s, among(), []string{})
		same(s, among(append(slices.Repeat([]string{"none"}, 150), "z")...), []string{"z"})
	},
	"ConsentStates": func(s *site) {
		s.addBusiness("b")
		p, q := s.addSubject("p", "b"), s.addSubject("q", "b")
		s.addConsent("c1", p, "offers", 1)
		s.addConsent("c3", q, "offers", 1)
		c := s.addConsent("c2", p, "orders", 1)
		c.Position = consent.Position{RefusedAt: at(1)}
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutConsent(ctx, c) })
		states := func(id string) map[string]consent.State {
			return read(s, func(ctx context.Context, tx *store.Tx) (map[string]consent.State, error) {
				return tx.ConsentStates(ctx, id)
			})
		}
		same(s, states("p"), map[string]consent.State{"c1": consent.Given, "c2": consent.Refused})
		same(s, states("nobody"), map[string]consent.State{})
	},
	"SuppressionDetail": func(s *site) {
		x := s.addSuppression("s1", "b", 1, []string{"z", "a"}, "orders", "offers")
		s.addSuppression("s2", "b", 1, []string{"y"}, "news")
		of := func(id string) detail {
			return read(s, func(ctx context.Context, tx *store.Tx) (d detail, err error) {
				d.Hashes, d.Ends, err = tx.SuppressionDetail(ctx, id)
				return d, err
			})
		}
		same(s, of("s1"), detail{[][]byte{[]byte("a"), []byte("z")}, []records.End{{Purpose: "offers", Event: x.Event}, {Purpose: "orders", Event: x.Event}}})
		same(s, of("none"), detail{})
	},
	"ShownAfter": func(s *site) {
		var rows []records.ShownRow
		for _, sha := range []string{"1a", "1b", "1B"} { // the capital sorts first
			rows = append(rows, records.ShownRow{SHA256: sha, Kind: "kind " + sha, ContentType: "type " + sha, Body: []byte("body " + sha), CreatedAt: at(int64(len(rows)))})
		}
		for _, r := range rows {
			s.write(func(ctx context.Context, tx *store.Tx) error {
				return tx.KeepShown(ctx, funnel.Document{SHA256: r.SHA256, Kind: r.Kind, ContentType: r.ContentType, Body: r.Body}, r.CreatedAt)
			})
		}
		after := func(sha string) *records.ShownRow {
			return find(s, func(ctx context.Context, tx *store.Tx) (records.ShownRow, bool, error) {
				return tx.ShownAfter(ctx, sha)
			})
		}
		same(s, after(""), &rows[2])
		same(s, after("1B"), &rows[0])
		same(s, after("1a"), &rows[1])
		same(s, after("1b"), (*records.ShownRow)(nil))
	},
	"ShownKind": func(s *site) {
		d, other := funnel.NewDocument("notice", "text/plain", []byte("a")), funnel.NewDocument("page", "text/plain", []byte("b"))
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepShown(ctx, d, at(1)) })
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.KeepShown(ctx, other, at(1)) })
		kind := func(sha string) *string {
			return find(s, func(ctx context.Context, tx *store.Tx) (string, bool, error) { return tx.ShownKind(ctx, sha) })
		}
		notice := "notice"
		same(s, kind(d.SHA256), &notice)
		same(s, kind("none"), (*string)(nil))
	},
	"VersionsAfter": func(s *site) {
		s.addBusiness("b")
		row := func(id string, n int64) records.VersionRow {
			f, v := s.addFunnel(id, "b", n)
			doc, err := json.Marshal(v)
			if err != nil {
				s.Fatal(err)
			}
			return records.VersionRow{ID: v.ID, Funnel: f.ID, Number: int64(v.Number), Doc: doc, Event: "event-" + id, PublishedAt: at(n)}
		}
		z, x, y := row("z", 1), row("x", 2), row("y", 3)
		list := func(after string, limit int) (plain []records.VersionRow) {
			got := read(s, func(ctx context.Context, tx *store.Tx) ([]records.VersionRow, error) {
				return tx.VersionsAfter(ctx, after, limit)
			})
			for _, v := range got { // without what an audit notes beside
				plain = append(plain, records.VersionRow{ID: v.ID, Funnel: v.Funnel, Number: v.Number, Doc: v.Doc, Event: v.Event, PublishedAt: v.PublishedAt})
			}
			return plain
		}
		want := []records.VersionRow{x, y, z}
		for i, after := range []string{"", x.ID, y.ID, z.ID} {
			got := list(after, 9)
			if len(got) != len(want[i:]) {
				s.Fatalf("%d versions behind %q", len(got), after)
			}
			for j, v := range got {
				if w := want[i+j]; v.ID != w.ID || v.Funnel != w.Funnel || v.Number != w.Number || string(v.Doc) != string(w.Doc) || v.Event != w.Event || !v.PublishedAt.Equal(w.PublishedAt) {
					s.Errorf("got %+v\nwant %+v", v, w)
				}
			}
		}
		same(s, len(list("", 2)), 2)
	},
}
