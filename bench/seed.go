package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/ledger"
	"assent/manage"
	"assent/phone"
	"assent/store"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// seed fills the database with consents of people who opted in by chat: real
// events, signed, sealed and in the log, written in bulk.
func seed(dir string, o options) (err error) {
	s, err := startServer(dir, o) // makes the sample
	if err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	db, m, err := open(dir, o, store.Options{BatchRows: 5000, BatchTime: time.Second})
	if err != nil {
		return err
	}
	defer db.Close()
	t, ok := m.Directory().TenantBySlug("morgenrot")
	if !ok {
		return fmt.Errorf("the sample is missing")
	}
	_, v, _ := m.Directory().Funnel("offers")
	start := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	workers := max(4, 2*runtime.NumCPU())
	for w := range workers {
		wg.Go(func() {
			for i := w * 100; i < o.consents; i += workers * 100 {
				if err := seedPeople(db, m, t, v, i, min(i+100, o.consents)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	if _, err := m.SignCheckpoint(context.Background()); err != nil {
		return err
	}
	fmt.Printf("\nseeded %d consents in %s\n", o.consents, time.Since(start).Round(time.Second))
	return nil
}

// open opens the database of a program that has ended, and its keys.
func open(dir string, o options, opts store.Options) (*store.Store, *manage.Service, error) {
	key, err := os.ReadFile(filepath.Join(dir, "assent.db.key"))
	if err != nil {
		return nil, nil, err
	}
	kek, err := vault.ParseMasterKey(string(key))
	if err != nil {
		return nil, nil, err
	}
	name := o.database
	if name == "" {
		name = filepath.Join(dir, "assent.db")
	}
	opts.Log = slog.New(slog.DiscardHandler)
	db, err := store.Open(context.Background(), name, opts)
	if err != nil {
		return nil, nil, err
	}
	m, err := manage.Open(context.Background(), vault.MasterKey(kek), "http://127.0.0.1:8080", manage.Config{
		Store: store.As[manage.Reader, manage.Writer](db), Directory: &tenant.Directory{}, Log: opts.Log, Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, m, nil
}

// person is one seeded person, ready to be written.
type person struct {
	subject    subject.Subject
	identifier subject.Identifier
	record     evidence.Record
	consent    consent.Consent
}

func seedPeople(db *store.Store, m *manage.Service, t *tenant.Tenant, v *tenant.Version, from, to int) error {
	people := make([]person, 0, to-from)
	for i := from; i < to; i++ {
		p, err := newPerson(m, t, v, i)
		if err != nil {
			return err
		}
		people = append(people, p)
	}
	return db.ReadWrite(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		for _, p := range people {
			if err := tx.InsertSubject(ctx, p.subject); err != nil {
				return err
			}
			if err := tx.InsertEvent(ctx, p.record); err != nil {
				return err
			}
			if err := tx.JoinIdentifier(ctx, p.identifier, ""); err != nil {
				return err
			}
			if err := tx.PutConsent(ctx, p.consent); err != nil {
				return err
			}
		}
		return nil
	})
}

func newPerson(m *manage.Service, t *tenant.Tenant, v *tenant.Version, i int) (p person, err error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	n, err := phone.ParseE164(fmt.Sprintf("+4917%09d", i))
	if err != nil {
		return p, err
	}
	ids := make([]string, 3)
	for j := range ids {
		if ids[j], err = evidence.NewID(now, rand.Reader); err != nil {
			return p, err
		}
	}
	sender := t.Sender("")
	p.subject = subject.Subject{ID: ids[0], Business: t.ID, Seq: 1, Lang: "en", Country: "DE", Sender: sender.ID, WindowAt: now, CreatedAt: now}
	key, wrapped, err := m.Installation().Master.NewDataKey(rand.Reader, p.subject.KeyID())
	if err != nil {
		return p, err
	}
	p.subject.Wrapped = wrapped
	notice, err := evidence.ParseDigest(v.Notices["en"].SHA256)
	if err != nil {
		return p, err
	}
	e := evidence.Event{
		Name: evidence.ConsentGiven, ID: ids[1], IssuedAt: now, Time: now, Seq: 1, Subject: ids[0], E164: n.E164(), WAID: n.WAID(), Notice: notice, Simulated: true,
		Language: "en", Funnel: v.Funnel, FunnelVersion: v.ID, Method: "prefilled message", Sender: sender.ID, Act: evidence.Act{Kind: "message", Text: "Yes"},
		Choices: []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "given", Basis: "consent", Grade: "C"}},
	}
	if p.record, err = t.Issue(rand.Reader, e, p.subject.KeyID(), key, nil); err != nil {
		return p, err
	}
	p.record.Subject = ids[0]
	leaf := ledger.LeafHash(p.record.JWT)
	p.subject.Head = hex.EncodeToString(leaf[:])
	p.identifier = subject.Identifier{
		Business: t.ID, Hash: t.LineHash(n), Kind: subject.Line, Subject: ids[0], Event: ids[1], SeenAt: now,
		Sealed: key.Seal("subject/"+ids[0]+"/line", []byte(n.E164())),
	}
	act := consent.Act{Event: ids[1], Purpose: "offers", Scope: consent.Marketing, Outcome: consent.OutcomeGiven, Basis: consent.ByConsent, Grade: consent.GradeC, At: now}
	p.consent = consent.Consent{ID: ids[2], Business: t.ID, Subject: ids[0], Purpose: "offers", Scope: consent.Marketing, Simulated: true, Version: v.ID, Lang: "en", ChangedAt: now}
	p.consent.Position = p.consent.Position.Apply(act)
	return p, nil
}
