package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"

	"assent/evidence"
	"assent/ledger"
	"assent/manage"
	"assent/records"
	"assent/store"
	"assent/tenant"
)

// benchAudit audits so many events and prints, beside what it came to, what the
// cryptography alone costs that an event cannot be checked without. The events
// are of people who did four things each.
func benchAudit(dir string, o options) (err error) {
	o.acts = 4
	o.consents = (o.audit + o.acts - 1) / o.acts
	if err := seeded(dir, o); err != nil {
		return err
	}
	db, m, err := open(dir, o, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	unit, err := newUnit(db, m)
	if err != nil {
		return err
	}
	before := unit.measure(o.each)
	stop, err := profile(o.profile)
	if err != nil {
		return err
	}
	r := records.New(store.As[records.Reader, records.Writer](db), m.Directory(), m.Installation(), time.Now, rand.Reader)
	defer debug.SetGCPercent(debug.SetGCPercent(records.AuditGC)) // as the command does
	spent := stopwatch()
	report, err := r.Audit(context.Background(), records.AuditOptions{Progress: progress()})
	took := spent()
	stop()
	if err != nil {
		return err
	}
	after := unit.measure(o.each)
	best := cost{clock: (before.clock + after.clock) / 2, cpu: (before.cpu + after.cpu) / 2}
	one := cost{clock: took.clock / float64(report.Events), cpu: took.cpu / float64(report.Events)}
	fmt.Printf("\raudit of %d events (%d people), %d cores\n", report.Events, report.People, runtime.NumCPU())
	fmt.Printf("  one signature and the hashes   %6.1f µs of a core\n", 1e6*best.cpu)
	fmt.Printf("  one event of the audit         %6.1f µs of a core   %3.0f %%\n", 1e6*one.cpu, 100*best.cpu/one.cpu)
	fmt.Printf("  by the clock, all cores        %6.0f events/s, %s in all   %3.0f %%\n", 1/one.clock, time.Duration(took.clock*1e9).Round(time.Second/10), 100*best.clock/one.clock)
	fmt.Printf("  peak memory                    %6.0f MB\n", peak())
	if !report.OK {
		return fmt.Errorf("%s", report.Words)
	}
	if report.Events < int64(o.audit) {
		return fmt.Errorf("only %d events were there", report.Events)
	}
	return nil
}

// seeded seeds the folder unless it was before.
func seeded(dir string, o options) error {
	if _, err := os.Stat(filepath.Join(dir, "assent.db")); err == nil || o.consents == 0 {
		return nil
	}
	return seed(dir, o)
}

// unit is the cryptography of some events: what no audit can do without.
type unit struct{ events []unitEvent }

type unitEvent struct {
	key       ed25519.PublicKey
	input     []byte // of the signature
	signature []byte
	leaf      []byte
	disclosed []string
}

// newUnit takes some of the seeded events, with their disclosures opened.
func newUnit(db *store.Store, m *manage.Service) (*unit, error) {
	u := &unit{}
	err := db.ReadOnly(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		head, err := tx.LogHead(ctx)
		if err != nil {
			return err
		}
		list, err := tx.EventsFrom(ctx, head.Size/2, 1000)
		if err != nil {
			return err
		}
		for _, e := range list {
			t, _ := m.Directory().Tenant(e.Business)
			wrapped, err := tx.WrappedKey(ctx, e.Key)
			if err != nil || len(wrapped) == 0 {
				continue
			}
			key, err := m.Installation().Master.OpenDataKey(e.Key, wrapped)
			if err != nil {
				return err
			}
			sealed, err := key.Open(tenant.DisclosureContext(e.ID), e.Sealed)
			if err != nil {
				return err
			}
			signed, err := evidence.WithDisclosed(string(e.JWT), sealed)
			if err != nil {
				return err
			}
			v, err := evidence.Verify(signed, t.Keys)
			if err != nil {
				return err
			}
			one := unitEvent{leaf: e.JWT}
			one.key, _ = t.Keys.Key(v.KeyID)
			dot := strings.LastIndexByte(signed.JWT, '.')
			one.input = []byte(signed.JWT[:dot])
			if one.signature, err = base64.RawURLEncoding.DecodeString(signed.JWT[dot+1:]); err != nil {
				return err
			}
			for _, d := range signed.Disclosures {
				one.disclosed = append(one.disclosed, d.Encoded)
			}
			u.events = append(u.events, one)
		}
		return nil
	})
	if err == nil && len(u.events) == 0 {
		err = errors.New("there is no event to measure with")
	}
	return u, err
}

// check does to one event what cannot be left out: its signature, its leaf, a
// node above it, and a digest for each disclosure.
func (e *unitEvent) check() bool {
	leaf := ledger.LeafHash(e.leaf)
	sum := sha256.Sum256(append(leaf[:], leaf[:]...))
	for _, d := range e.disclosed {
		sum = sha256.Sum256([]byte(d))
	}
	return ed25519.Verify(e.key, e.input, e.signature) && sum != [32]byte{}
}

// measure returns what one event costs, measured on all cores at once.
func (u *unit) measure(d time.Duration) cost {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	spent := stopwatch()
	end := time.Now().Add(d)
	for range runtime.NumCPU() {
		wg.Go(func() {
			mine := 0
			for time.Now().Before(end) {
				for i := range u.events {
					if !u.events[i].check() {
						panic("bench: a signature of an event does not hold")
					}
				}
				mine += len(u.events)
			}
			mu.Lock()
			n += mine
			mu.Unlock()
		})
	}
	wg.Wait()
	c := spent()
	return cost{clock: c.clock / float64(n), cpu: c.cpu / float64(n)}
}

// cost is in seconds: by the clock, and of processors, which neighbours on the
// same machine do not lengthen as they do the other.
type cost struct{ clock, cpu float64 }

// stopwatch starts; what it returns stops.
func stopwatch() func() cost {
	start, cpu := time.Now(), processorTime()
	return func() cost { return cost{time.Since(start).Seconds(), processorTime() - cpu} }
}

// processorTime returns how many seconds of processors this program has used.
func processorTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// peak returns the most memory in MB that this program has had.
func peak() float64 { return statusOf(os.Getpid(), "VmHWM:") }

// progress returns a function that prints how far a long work is.
func progress() func(done, total int64) {
	var mu sync.Mutex
	last := time.Now()
	return func(done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) > time.Second {
			last = time.Now()
			fmt.Fprintf(os.Stderr, "\r%d of %d", done, total)
		}
	}
}

// profile writes a processor profile to the file, if one is named.
func profile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}
