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
				if err := seedPeople(db, m, t, v, i, min(i+100, o.consents), max(1, o.acts)); err != nil {
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
	records    []evidence.Record
	consent    consent.Consent
}

func seedPeople(db *store.Store, m *manage.Service, t *tenant.Tenant, v *tenant.Version, from, to, acts int) error {
	people := make([]person, 0, to-from)
	for i := from; i < to; i++ {
		p, err := newPerson(m, t, v, i, acts)
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
			for _, r := range p.records {
				if err := tx.InsertEvent(ctx, r); err != nil {
					return err
				}
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

// personNumber is the number of a seeded person, without its plus.
func personNumber(i int) string { return fmt.Sprintf("4917%09d", i) }

func lineOf(number string) (phone.Number, error) { return phone.ParseE164("+" + number) }

// newPerson makes a person who said yes so many times.
func newPerson(m *manage.Service, t *tenant.Tenant, v *tenant.Version, i, acts int) (p person, err error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	n, err := lineOf(personNumber(i))
	if err != nil {
		return p, err
	}
	sender := t.Sender("")
	p.subject = subject.Subject{Business: t.ID, Seq: int64(acts), Lang: "en", Country: "DE", Sender: sender.ID, WindowAt: now, CreatedAt: now}
	grade := consent.GradeB
	if sender.Simulated {
		grade = consent.GradeC
	}
	p.consent = consent.Consent{Business: t.ID, Purpose: "offers", Scope: consent.Marketing, Simulated: sender.Simulated, Version: v.ID, Lang: "en"}
	if p.subject.ID, err = evidence.NewID(now, rand.Reader); err != nil {
		return p, err
	}
	if p.consent.ID, err = evidence.NewID(now, rand.Reader); err != nil {
		return p, err
	}
	p.consent.Subject = p.subject.ID
	key, wrapped, err := m.Installation().Master.NewDataKey(rand.Reader, p.subject.KeyID())
	if err != nil {
		return p, err
	}
	p.subject.Wrapped = wrapped
	notice, err := evidence.ParseDigest(v.Notices["en"].SHA256)
	if err != nil {
		return p, err
	}
	var leaf ledger.Hash
	for k := range acts {
		at := now.Add(time.Duration(k) * time.Millisecond)
		e := evidence.Event{
			Name: evidence.ConsentGiven, IssuedAt: at, Time: at, Seq: int64(k + 1), Previous: evidence.Digest(leaf), Subject: p.subject.ID, E164: n.E164(), WAID: n.WAID(), Notice: notice,
			Simulated: sender.Simulated, Language: "en", Funnel: v.Funnel, FunnelVersion: v.ID, Method: "prefilled message", Sender: sender.ID, Act: evidence.Act{Kind: "message", Text: "Yes"},
			Choices: []evidence.Choice{{Purpose: "offers", Scope: "marketing", Outcome: "given", Basis: "consent", Grade: string(grade)}},
		}
		if e.ID, err = evidence.NewID(at, rand.Reader); err != nil {
			return p, err
		}
		record, err := t.Issue(rand.Reader, e, p.subject.KeyID(), key, nil)
		if err != nil {
			return p, err
		}
		record.Subject = p.subject.ID
		p.records = append(p.records, record)
		leaf = ledger.LeafHash(record.JWT)
		p.consent.Position = p.consent.Position.Apply(consent.Act{Event: e.ID, Purpose: "offers", Scope: consent.Marketing, Outcome: consent.OutcomeGiven, Basis: consent.ByConsent,
			Grade: grade, At: at})
		p.consent.ChangedAt = at
	}
	p.subject.Head = hex.EncodeToString(leaf[:])
	p.identifier = subject.Identifier{
		Business: t.ID, Hash: t.LineHash(n), Kind: subject.Line, Subject: p.subject.ID, Event: p.records[0].ID, SeenAt: now,
		Sealed: key.Seal(subject.SealContext(p.subject.ID, subject.Line), []byte(n.E164())),
	}
	return p, nil
}
