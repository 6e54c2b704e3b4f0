package records

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/ledger"
)

// AuditOptions say what an audit compares with, and whom it tells how far it is.
type AuditOptions struct {
	// Checkpoint is a signed checkpoint that was kept elsewhere, or nil.
	Checkpoint []byte
	// Progress is told how much is done, from several goroutines; it may be nil.
	Progress func(done, total int64)
}

// Report is what an audit found.
type Report struct {
	OK       bool      `json:"ok"`
	Words    string    `json:"words"`
	Checks   []Check   `json:"checks"`
	Events   int64     `json:"events"`
	People   int64     `json:"people"`
	Consents int64     `json:"consents"`
	Origin   string    `json:"origin"`
	Size     int64     `json:"log_size"`
	Root     string    `json:"log_root"` // base64
	LogKey   string    `json:"log_key"`
	Compared bool      `json:"compared"` // with a checkpoint that was kept elsewhere
	At       time.Time `json:"at"`
}

// ExitCode returns 0 where everything holds, else 1.
func (r Report) ExitCode() int {
	if r.OK {
		return 0
	}
	return 1
}

// AuditGC is the garbage collector's percentage (debug.SetGCPercent) that suits
// a program which does nothing but audit: it makes much that does not last.
const AuditGC = 400

// cutTail is what an audit without a checkpoint kept elsewhere cannot know.
const cutTail = "No checkpoint from elsewhere was compared: if the end of the log had been cut off cleanly, with everything that it changed, that could not show. " +
	"Keep a checkpoint somewhere else and pass it with --checkpoint."

// Audit checks the whole installation as it stood when the audit began: every
// event against its signature and its leaf, every leaf against the tree, every
// checkpoint, every person's chain, every projection against the events that
// made it, and every text against its hash. It reads in small pieces, so that a
// running server is not held up and the memory stays the same.
//
// The error is of the database or the context; what is wrong with the records
// is in the report.
func (s *Service) Audit(ctx context.Context, o AuditOptions) (report Report, err error) {
	defer fault.Wrap(&err, "records.Audit")
	a := &audit{s: s, found: &findings{}, now: s.now(), progress: o.Progress, shown: map[string]string{}}
	if err := a.begin(ctx, o); err != nil {
		return report, err
	}
	for _, pass := range []func(context.Context) error{a.keys, a.versions, a.entryVersions, a.signupVersions, a.people, a.partings, a.log, a.anchors, a.destructions, a.texts} {
		if err := pass(ctx); err != nil {
			return report, err
		}
	}
	root := a.head.Root()
	report = Report{
		Events: a.events.Load(), People: a.persons.Load(), Consents: a.consents.Load(), Origin: s.inst.Log.Origin(), Size: a.head.Size,
		Root: base64.StdEncoding.EncodeToString(root[:]), LogKey: s.inst.Log.VerifierKey(), Compared: a.kept != nil, At: a.now,
	}
	report.Checks = a.found.checks(a.comparison())
	report.conclude()
	return report, nil
}

// conclude sets the verdict and its words.
func (r *Report) conclude() {
	failed := 0
	for _, c := range r.Checks {
		if !c.OK {
			failed++
		}
	}
	r.OK = failed == 0
	if r.OK {
		r.Words = fmt.Sprintf("Everything holds: %s, %s, %s.", counted(r.Events, "event", "events"), counted(r.People, "person", "people"), counted(r.Consents, "consent", "consents"))
		return
	}
	r.Words = fmt.Sprintf("NOT VALID: %d of %d checks fail.", failed, len(r.Checks))
}

func counted(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// audit is one audit under way.
type audit struct {
	s        *Service
	found    *findings
	now      time.Time
	progress func(done, total int64)

	tally    Tally
	stored   ledger.Head // the head row's
	head     ledger.Head // as it follows from the leaves
	verifier ledger.Verifier
	kept     *ledger.Checkpoint // from elsewhere
	agreed   bool               // the tree had the kept checkpoint's root
	latest   time.Time          // of the events so far, in the log's order
	met      *met

	mu      sync.Mutex
	shown   map[string]string                // guarded by mu; hash → kind, of texts that were looked up
	issued  map[string]VersionRow            // guarded by mu until the log was walked
	entries map[entryKey]funnel.EntryVersion // as issued; those whose event was met are taken out
	signups map[entryKey]funnel.SignupVersion
	again   []string // guarded by mu until everybody was met; ids of those who changed meanwhile

	done, events, persons, consents atomic.Int64
}

// begin reads how much there is, and the checkpoint to compare with.
func (a *audit) begin(ctx context.Context, o AuditOptions) (err error) {
	if a.verifier, err = ledger.ParseVerifier(a.s.inst.Log.VerifierKey()); err != nil {
		return err
	}
	err = a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		a.tally, err = r.Tally(ctx)
		return err
	})
	if err != nil {
		return err
	}
	a.met = newMet(a.tally.Leaves)
	if err := a.stored.UnmarshalBinary(a.tally.Edge); err != nil {
		a.found.add(CheckTree, "the log's head row is damaged")
	}
	t := a.tally
	if t.Events != t.Leaves {
		a.found.add(CheckLog, "there are %d events and %d leaves", t.Events, t.Leaves)
	}
	if t.Leaves != a.stored.Size {
		a.found.add(CheckLog, "there are %d leaves, and the log's head says %d", t.Leaves, a.stored.Size)
	}
	for _, stray := range []struct {
		n           int64
		check, what string
	}{
		{t.StrayEvents, CheckRows, "events"}, {t.StrayConsents, CheckConsents, "consents"}, {t.StrayIdentifiers, CheckIdentifiers, "identifiers"},
		{t.StraySuppressions, CheckSuppressions, "suppressions"}, {t.StrayHashes, CheckSuppressions, "hashes of suppressions"},
		{t.StrayEnds, CheckSuppressions, "ends of suppressions"}, {t.StrayAnchors, CheckAnchors, "anchors"},
	} {
		if stray.n > 0 {
			a.found.add(stray.check, "%d %s belong to nobody", stray.n, stray.what)
		}
	}
	if o.Checkpoint != nil {
		cp, err := ledger.OpenCheckpoint(o.Checkpoint, a.verifier)
		if err != nil {
			a.found.add(CheckCompared, "the checkpoint was not signed by this log, or is damaged")
		}
		a.kept = &cp
		a.agreed = err == nil && cp.Size == 0 || err != nil
	}
	return nil
}

// comparison says what came of the checkpoint from elsewhere.
func (a *audit) comparison() string {
	if a.kept == nil {
		return cutTail
	}
	if !a.agreed {
		if a.kept.Size > a.head.Size {
			a.found.add(CheckCompared, "the checkpoint is over %d entries, and there are %d: the end of the log was cut off", a.kept.Size, a.head.Size)
		} else {
			a.found.add(CheckCompared, "the first %d entries are not those of the checkpoint", a.kept.Size)
		}
	}
	return fmt.Sprintf("The log continues the checkpoint that was kept elsewhere, over %d entries.", a.kept.Size)
}

// step reports progress.
func (a *audit) step(n int64) {
	if done := a.done.Add(n); a.progress != nil {
		a.progress(done, max(a.tally.Leaves+a.tally.Subjects, done))
	}
}

// keys checks the signing keys.
func (a *audit) keys(ctx context.Context) error {
	return a.s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		keys, err := r.SigningKeys(ctx)
		if err != nil {
			return err
		}
		owners := map[string]bool{}
		for _, k := range keys {
			owners[k.Business] = true
			if id, err := evidence.KeyID(k.Public); err != nil || id != k.ID {
				a.found.add(CheckKeys, "key %s: its public half is another key's", k.ID)
			}
			private, err := a.s.inst.Master.UnwrapSecret(k.Context(), k.Wrapped)
			if err != nil || len(private) != ed25519.PrivateKeySize {
				a.found.add(CheckKeys, "key %s: its private half does not open", k.ID)
			} else if !slices.Equal(k.Public, []byte(ed25519.PrivateKey(private).Public().(ed25519.PublicKey))) {
				a.found.add(CheckKeys, "key %s: its halves do not belong together", k.ID)
			}
			if _, ok := a.s.directory.Tenant(k.Business); !ok {
				a.found.add(CheckKeys, "key %s: there is no such business", k.ID)
			}
			if k.Created.After(a.now.Add(clockMargin)) {
				a.found.add(CheckKeys, "key %s: made in the future", k.ID)
			}
		}
		for _, t := range a.s.directory.Tenants() {
			if !owners[t.ID] {
				a.found.add(CheckKeys, "business %s has no key", t.ID)
			}
		}
		return nil
	})
}

// clockMargin is how far an event's time may lie before its place in the log,
// and clocks of several processes apart.
const clockMargin = 5 * time.Minute
