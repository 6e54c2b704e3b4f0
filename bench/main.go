// Command bench measures Assent beside what this machine can do at best, in
// one run, and prints ratios: seconds from another machine say nothing.
//
//	go run ./bench                       all of it, for some seconds each
//	go run ./bench -consents 1000000     with so many consents in the database
//	go run ./bench -database postgres://…  on PostgreSQL
//	go run ./bench -processes 2          PostgreSQL with several processes
//	go run ./bench -audit 1000000        an audit of so many events, and nothing else
//	go run ./bench -inbox 5m             2,000 events a second from WhatsApp for so long, and nothing else
//	go run ./bench -flood 1000000        so many events at once beside forms, and nothing else
//	go run ./bench -sends 30s            the pace of one number and of two for so long each, and nothing else
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type options struct {
	binary      string
	database    string
	consents    int
	data        string
	processes   int
	connections int
	each        time.Duration
	acts        int // of each seeded person; 0 means 1
	audit       int
	inbox       time.Duration
	flood       int
	sends       time.Duration
	profile     string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "", "the program; built if not given")
	flag.StringVar(&o.database, "database", "", "a postgres:// address; SQLite if not given")
	flag.IntVar(&o.consents, "consents", 0, "seed so many consents first")
	flag.StringVar(&o.data, "data", "", "a folder to keep the seeded SQLite database in, used again if it is there; a temporary one if not given")
	flag.IntVar(&o.processes, "processes", 1, "processes on one PostgreSQL database")
	flag.IntVar(&o.connections, "connections", 64, "connections of the load")
	flag.DurationVar(&o.each, "each", 5*time.Second, "how long each measurement takes")
	flag.IntVar(&o.audit, "audit", 0, "audit so many seeded events instead, and nothing else")
	flag.DurationVar(&o.inbox, "inbox", 0, "take 2,000 events a second from WhatsApp for so long instead, and nothing else")
	flag.IntVar(&o.flood, "flood", 0, "take so many events at once beside forms instead, and nothing else")
	flag.DurationVar(&o.sends, "sends", 0, "send from one number and from two for so long each instead, and nothing else")
	flag.StringVar(&o.profile, "profile", "", "write a processor profile of the audit to this file")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "assent-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.binary == "" {
		o.binary = filepath.Join(dir, "assent")
		build := exec.Command("go", "build", "-trimpath", "-o", o.binary, "./cmd/assent")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return err
		}
	}
	data := o.data
	if data == "" {
		data = filepath.Join(dir, "data")
	}
	switch {
	case o.audit > 0:
		return benchAudit(data, o)
	case o.inbox > 0:
		return benchInbox(data, o)
	case o.flood > 0:
		return benchFlood(data, o)
	case o.sends > 0:
		return errors.Join(benchSends(filepath.Join(dir, "one"), o, 1), benchSends(filepath.Join(dir, "two"), o, 2))
	}
	best, err := measureLimits(dir, o)
	if err != nil {
		return err
	}
	if err := benchServer(data, o, best); err != nil {
		return err
	}
	if o.database != "" || o.processes > 1 {
		return nil
	}
	return benchSingle(filepath.Join(dir, "single"), o)
}

func measureLimits(dir string, o options) (l limits, err error) {
	fmt.Println("this machine's limits, measured now")
	file := filepath.Join(dir, "limit.db")
	if l.grouped, err = commitLimit(file, 200, o.consents, o.each); err != nil {
		return l, err
	}
	fmt.Printf("  grouped commits  %8.0f rows/s (1.5 KiB, three indexes, durable, %d rows before)\n", l.grouped, o.consents)
	if l.single, err = commitLimit(filepath.Join(dir, "single.db"), 1, 0, o.each); err != nil {
		return l, err
	}
	fmt.Printf("  single commits   %8.0f rows/s\n", l.single)
	if l.echo, err = echoLimit(o.connections, o.each, answerOK); err != nil {
		return l, err
	}
	fmt.Printf("  constant answers %8.0f/s\n", l.echo)
	if l.lookup, err = lookupLimit(file, max(o.consents, 1000), o.connections, o.each); err != nil {
		return l, err
	}
	fmt.Printf("  one row, constant%8.0f/s (any of those rows by an index of 32 random bytes)\n", l.lookup)
	if l.batch, err = batchLimit(file, max(o.consents, 1000), min(o.connections, 8), o.each); err != nil {
		return l, err
	}
	fmt.Printf("  thousand rows    %8.0f rows/s (a thousand of them in each answer)\n", l.batch)
	return l, nil
}

// server is a running program.
type server struct {
	cmd   *exec.Cmd
	Base  string `json:"base"`
	Key   string `json:"api_key"`
	start time.Duration
}

func (s *server) host() string { return strings.TrimPrefix(s.Base, "http://") }

// startServer starts the demo and waits for its first answer.
func startServer(dir string, o options, args ...string) (*server, error) {
	args = append([]string{"demo", "--json", "--addr", "127.0.0.1:0", "--data", dir}, args...)
	if o.database != "" {
		args = append(args, "--database", o.database)
	}
	s := &server{cmd: exec.Command(o.binary, args...)}
	var logs bytes.Buffer
	s.cmd.Stderr = &logs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(out).Decode(s); err != nil {
		return nil, fmt.Errorf("the program did not start: %w\n%s", err, logs.String())
	}
	res, err := http.Get(s.Base + "/f/offers")
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	s.start = time.Since(began)
	return s, nil
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// memory returns the resident memory in MB.
func (s *server) memory() float64 {
	return statusOf(s.cmd.Process.Pid, "VmRSS:")
}

// processor returns how many seconds of processors the program has used.
func (s *server) processor() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(b), ") ") // behind the program's name
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	var user, system float64
	fmt.Sscan(fields[11], &user)   //nolint:errcheck // 0 where it is no number
	fmt.Sscan(fields[12], &system) //nolint:errcheck // as above
	return (user + system) / 100   // Linux counts for programs in hundredths, whatever its own clock
}

// statusOf returns what Linux says of a process's memory, in MB.
func statusOf(pid int, field string) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	var kb float64
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, field); ok {
			fmt.Sscan(rest, &kb)
		}
	}
	return kb / 1024
}

func benchServer(dir string, o options, best limits) (err error) {
	if err := seeded(dir, o); err != nil {
		return err
	}
	s, err := startServer(dir, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	time.Sleep(time.Second)
	fmt.Printf("\nthe program\n  start to first answer %s, idle memory %.0f MB\n", s.start.Round(time.Millisecond), s.memory())
	others, err := more(dir, o)
	if err != nil {
		return err
	}
	defer func() {
		for _, other := range others {
			err = errors.Join(err, other.stop())
		}
	}()
	if err := benchReads(s, o, best); err != nil {
		return err
	}
	return benchForms(append(others, s), o, best.grouped)
}

// more starts further processes on the same database.
func more(dir string, o options) (list []*server, err error) {
	for range o.processes - 1 {
		s, err := startServer(dir, o)
		if err != nil {
			return list, err
		}
		list = append(list, s)
	}
	return list, nil
}

func benchReads(s *server, o options, best limits) error {
	page := get(s.host(), "/f/offers", "Accept-Encoding: gzip, deflate, br", "Accept-Language: en-US,en;q=0.9") // as browsers ask
	r, err := load(s.host(), o.connections, o.each, http.StatusOK, always(page))
	if err != nil {
		return err
	}
	fmt.Printf("  landing page    %s  %4.0f %% of constant answers\n", r, 100*r.perSecond()/best.echo)
	auth := "Authorization: Bearer " + s.Key
	var n atomic.Int64
	// Anybody among those who are there: a step that shares no factor with
	// their count meets each once, in no order that a cache could like.
	anybody := func() int64 { return n.Add(1) * 7_368_787 % int64(max(o.consents, 100_000)) }
	one := post(s.host(), "/api/v1/consents/check", "application/json", `{"items":[{"to":"+4917#########","purpose":"offers"}]}`, auth)
	if r, err = load(s.host(), o.connections, o.each, http.StatusOK, numbered(one, anybody)); err != nil {
		return err
	}
	fmt.Printf("  check, 1 item   %s  %4.0f %% of constant answers, %.0f %% of one row\n", r, 100*r.perSecond()/best.echo, 100*r.perSecond()/best.lookup)
	bodies := make([][]byte, 64)
	for i := range bodies {
		var b strings.Builder
		for j := range 1000 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"to":"+4917%09d","purpose":"offers"}`, anybody())
		}
		bodies[i] = post(s.host(), "/api/v1/consents/check", "application/json", `{"items":[`+b.String()+`]}`, auth)
	}
	if r, err = load(s.host(), min(o.connections, 8), o.each, http.StatusOK, func(buf []byte) []byte { return append(buf, bodies[int(n.Add(1))%len(bodies)]...) }); err != nil {
		return err
	}
	fmt.Printf("  check, 1000     %s  %.0f items/s, %.0f %% of a thousand rows\n", r, 1000*r.perSecond(), 100*1000*r.perSecond()/best.batch)
	return nil
}

var shownField = regexp.MustCompile(`name="shown"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="shown"`)

// shown returns the signed field of the funnel's page.
func shown(s *server, slug string) (string, error) {
	res, err := http.Get(s.Base + "/f/" + slug)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		return "", err
	}
	m := shownField.FindSubmatch(b.Bytes())
	if m == nil {
		return "", errors.New("the page shows no signed field")
	}
	return string(m[1]) + string(m[2]), nil
}

// pageUses is how many forms are posted from one page that was served. More
// would be doubtful, as none of a person's is (docs/abuse.md).
const pageUses = 5

// pagesASecond is how many pages are fetched for each second of posting, so that
// the forms do not run out of them on any machine that is likely.
const pagesASecond = 2000

// visited returns the signed fields of so many visits of a page.
func visited(s *server, slug string, visits int) (fields []string, err error) {
	fields = make([]string, visits)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := w; i < visits && errs[w] == nil; i += len(errs) {
				fields[i], errs[w] = shown(s, slug)
			}
		})
	}
	wg.Wait()
	return fields, errors.Join(errs...)
}

// benchForms posts forms of new people only, each from a page that a visitor was
// served, and counts rows against answers.
func benchForms(servers []*server, o options, grouped float64) error {
	fields, err := visited(servers[0], "checkout", int(2*o.each.Seconds()*pagesASecond))
	if err != nil {
		return err
	}
	before, err := logSize(servers[0])
	if err != nil {
		return err
	}
	var n atomic.Int64
	n.Store(time.Now().Unix() % 1000 * 100000)
	results := make(chan result, len(servers))
	errs := make(chan error, len(servers))
	for _, s := range servers {
		go func() {
			forms := make([]func([]byte) []byte, len(fields))
			for i, field := range fields {
				form := "phone=%2B49151########&name=Load+Test&purpose=offers&shown=" + url.QueryEscape(field)
				one := post(s.host(), "/f/checkout", "application/x-www-form-urlencoded", form)
				forms[i] = numbered(one, func() int64 { return n.Add(1) })
			}
			var sent atomic.Int64
			next := func(buf []byte) []byte { return forms[sent.Add(1)/pageUses%int64(len(forms))](buf) }
			r, err := load(s.host(), o.connections/len(servers), 2*o.each, http.StatusSeeOther, next)
			results <- r
			errs <- err
		}()
	}
	var sum float64
	var answered int64
	for range servers {
		r := <-results
		if err := <-errs; err != nil {
			return err
		}
		fmt.Printf("  form post       %s  p99/p50 %.1f\n", r, float64(r.p99)/float64(r.p50))
		sum += r.perSecond()
		answered += r.requests
	}
	if grouped > 0 {
		fmt.Printf("  form posts      %8.0f/s in all, %.0f %% of grouped commits\n", sum, 100*sum/grouped)
	}
	time.Sleep(1500 * time.Millisecond) // for the checkpoint
	after, err := logSize(servers[0])
	if err != nil {
		return err
	}
	if after-before < answered {
		return fmt.Errorf("%d answers and only %d new leaves in the log", answered, after-before)
	}
	fmt.Printf("  counted         %8d answers, %d new leaves in the log\n", answered, after-before)
	return nil
}

// logSize reads the size of the log from its newest checkpoint.
func logSize(s *server) (size int64, err error) {
	res, err := http.Get(s.Base + "/log/checkpoint")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		return 0, err
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines) < 2 {
		return 0, fmt.Errorf("the checkpoint was answered with %q", b.String())
	}
	_, err = fmt.Sscan(lines[1], &size)
	return size, err
}

// benchSingle measures the same form post with a writer that takes one closure
// in each commit.
func benchSingle(dir string, o options) (err error) {
	s, err := startServer(dir, o, "--batch-rows", "1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	fmt.Println("\nthe same with batches of one")
	return benchForms([]*server{s}, o, 0)
}
