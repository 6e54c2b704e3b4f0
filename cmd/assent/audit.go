package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"assent/certificate"
	"assent/fault"
	"assent/records"
	"assent/store"
)

// records returns the use cases of records for one of the operator's commands.
func (i *installation) records() *records.Service {
	return records.New(store.As[records.Reader, records.Writer](i.store), i.manage.Directory(), i.manage.Installation(), time.Now, rand.Reader).WithCertificates(certificate.Of)
}

type auditCommand struct {
	databaseFlags
	Checkpoint string `help:"A checkpoint that was kept elsewhere, to compare with." type:"path" placeholder:"FILE"`
	JSON       bool   `name:"json" help:"The report as one JSON object."`
}

// Help is shown below the flags.
func (auditCommand) Help() string {
	return `Checks the whole installation: every event against its signature and its place in the log, the log against its checkpoints, every person's chain, every consent and stop against the events that made it, every text against its hash. It changes nothing, and a server may go on meanwhile.

Only with a checkpoint that was kept somewhere else can it see that the end of the log was cut off.

Exit status: 0 everything holds, 1 something does not, 2 not readable.

Examples:
  assent audit
  assent audit --checkpoint yesterday.checkpoint
  assent audit --json | jq .checks`
}

// maxCheckpoint bounds what is read of a checkpoint, in bytes.
const maxCheckpoint = 64 << 10

// Run audits the installation.
func (c *auditCommand) Run(ctx context.Context, std streams) error {
	var o records.AuditOptions
	if c.Checkpoint != "" {
		f, err := os.Open(c.Checkpoint)
		if err != nil {
			fmt.Fprintf(std.err, "assent: %s cannot be opened; check that it is there and readable.\n", c.Checkpoint)
			return exitCode(2)
		}
		o.Checkpoint, err = io.ReadAll(io.LimitReader(f, maxCheckpoint+1))
		if err := errors.Join(err, f.Close()); err != nil || len(o.Checkpoint) > maxCheckpoint {
			fmt.Fprintf(std.err, "assent: %s is no checkpoint.\n", c.Checkpoint)
			return exitCode(2)
		}
	}
	if err := c.there(); err != nil {
		report(err, std.err)
		return exitCode(2)
	}
	meter := newMeter(std.err)
	o.Progress = meter.show
	defer debug.SetGCPercent(debug.SetGCPercent(records.AuditGC))
	var found records.Report
	err := c.with(ctx, std, func(i *installation) (err error) {
		found, err = i.records().Audit(ctx, o)
		return err
	})
	meter.clear()
	switch {
	case fault.Is(err, fault.Conflict): // it refuses to start with a log that contradicts what was signed
		found = records.Report{Words: "NOT VALID: " + fault.Message(err), Checks: []records.Check{{Name: records.CheckCheckpoints, Words: fault.Message(err)}}, At: time.Now().UTC()}
		if !c.JSON {
			fmt.Fprintln(std.out, found.Words)
			return exitCode(1)
		}
		fallthrough
	case err == nil && c.JSON:
		e := json.NewEncoder(std.out)
		e.SetEscapeHTML(false)
		err = e.Encode(found)
	case err != nil:
		report(err, std.err)
		return exitCode(2)
	default:
		err = writeReport(std.out, found)
	}
	if err != nil {
		return exitCode(2)
	}
	if code := found.ExitCode(); code != 0 {
		return exitCode(code)
	}
	return nil
}

// there refuses a SQLite file that is not there: an audit makes no database.
func (f databaseFlags) there() error {
	if strings.HasPrefix(f.Database, "postgres") {
		return nil
	}
	if _, err := os.Stat(f.Database); err != nil {
		return fault.New(fault.NotFound, "There is no database %s. Name it with --database.", f.Database)
	}
	return nil
}

func writeReport(w io.Writer, r records.Report) error {
	var b strings.Builder
	for _, c := range r.Checks {
		mark := "ok  "
		switch {
		case !c.OK:
			mark = "FAIL"
		case c.Name == records.CheckCompared && !r.Compared:
			mark = "note"
		}
		fmt.Fprintf(&b, "  %s  %s\n", mark, c.Words)
		for _, d := range c.Detail {
			fmt.Fprintf(&b, "          %s\n", d)
		}
	}
	fmt.Fprintf(&b, "\n  log        %s, %d entries\n  root       %s\n  log key    %s\n\n  %s\n", r.Origin, r.Size, r.Root, r.LogKey, r.Words)
	_, err := io.WriteString(w, b.String())
	return err
}

// meter shows on a terminal how far a long work is; elsewhere it says nothing.
type meter struct {
	mu   sync.Mutex
	w    io.Writer // nil where nobody looks
	last time.Time
}

func newMeter(w io.Writer) *meter {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &meter{w: w, last: time.Now()}
		}
	}
	return &meter{}
}

func (m *meter) show(done, total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.w == nil || time.Since(m.last) < 200*time.Millisecond || total == 0 {
		return
	}
	m.last = time.Now()
	const width = 30
	full := int(done * width / total)
	fmt.Fprintf(m.w, "\r  [%s%s] %d of %d", strings.Repeat("#", full), strings.Repeat(" ", width-full), done, total)
}

func (m *meter) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.w != nil {
		fmt.Fprint(m.w, "\r\x1b[K")
	}
}
