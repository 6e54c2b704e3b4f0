// Package verifycmd is the command that verifies proof bundles offline, shared
// by "assent verify" and assent-verify.
package verifycmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/ledger"
	"assent/proof"
)

// Command is the command's arguments. The tags are kong's.
type Command struct {
	Files   []string `arg:"" name:"file" help:"Proof bundles (proof-….zip), or archives of many."`
	LogKey  string   `name:"log-key" placeholder:"KEY" help:"The log's verifier key that you got another way: the key itself, or a file that holds it."`
	JWKS    string   `name:"jwks" placeholder:"FILE" help:"The business's public keys that you got another way, as a JWK Set."`
	Witness []string `name:"witness" placeholder:"KEY" help:"A witness's verifier key that you got another way, or a file of such keys, one a line. May be repeated."`
	TSACA   []string `name:"tsa-ca" placeholder:"FILE" help:"Certificates in PEM that time-stamps have to descend from. May be repeated."`
	Strict  bool     `help:"Not valid unless both keys came another way than with the bundle."`
	JSON    bool     `name:"json" help:"One JSON object per bundle, on a line of its own."`
}

// Help is shown below the flags.
func (*Command) Help() string {
	return `Checks signatures, disclosures, what was shown, the place in the log, the order of events and the states, offline. An archive of many bundles
(assent export --format proofs) is checked bundle by bundle; one line stands for each that holds.

What is marked note or !! holds, but is no proof by itself: keys that came with the bundle, and simulated events.

Keys inside a bundle are only hints: compare them with those that the business publishes at /log/vkey and /b/…/.well-known/jwks.json, and those of
outside parties (witnesses, time-stamp authorities) with what these publish themselves.

Exit status: 0 valid, 1 not valid, 2 not readable.

Examples:
  assent verify proof-2026-11-23.zip
  assent verify --log-key log.vkey --jwks jwks.json --strict proof-*.zip
  assent verify --json proof-2026-11-23.zip | jq .verdict`
}

// maxKeyFile bounds a file of keys, in bytes.
const maxKeyFile = 1 << 20

// Verify checks the files and returns the exit status: the worst of theirs. What
// was found goes to stdout, what could not be read to stderr.
func (c *Command) Verify(ctx context.Context, stdout, stderr io.Writer) int {
	pins, err := c.pins()
	if err != nil {
		fmt.Fprintln(stderr, sentence(err))
		return 2
	}
	exit := 0
	for i, file := range c.Files {
		report, many, err := c.verifyFile(ctx, stdout, file, pins)
		if many != nil && err == nil {
			exit = max(exit, many.ExitCode())
			continue
		}
		if errors.Is(err, errUnwritten) {
			fmt.Fprintln(stderr, sentence(errUnwritten))
			return 2
		}
		if ctx.Err() != nil {
			fmt.Fprintln(stderr, "Stopped.")
			return 2
		}
		if err != nil {
			report = proof.UnreadableReport(err)
			fmt.Fprintf(stderr, "%s: %s\n", file, report.Words)
		}
		exit = max(exit, report.ExitCode())
		switch {
		case c.JSON:
			err = writeJSON(stdout, file, report)
		case err == nil:
			if i > 0 {
				fmt.Fprintln(stdout)
			}
			err = writeText(stdout, file, report, c.Strict)
		default:
			err = nil
		}
		if err != nil {
			fmt.Fprintln(stderr, sentence(errUnwritten))
			return 2
		}
	}
	return exit
}

func (c *Command) pins() (proof.Pins, error) {
	pins := proof.Pins{Strict: c.Strict}
	if c.LogKey != "" {
		text := c.LogKey
		// A verifier key has two plus signs; anything else is a file.
		if strings.Count(text, "+") < 2 {
			b, err := readKeyFile(text)
			if err != nil {
				return pins, err
			}
			text = string(b)
		}
		key, err := ledger.ParseVerifier(text)
		if err != nil {
			return pins, fault.Field("log-key", "The log key is neither a verifier key nor a file that holds one.").Because(err)
		}
		pins.LogKey = key
	}
	if c.JWKS != "" {
		b, err := readKeyFile(c.JWKS)
		if err != nil {
			return pins, err
		}
		keys, err := evidence.ParseKeySet(b)
		if err != nil {
			return pins, fault.Field("jwks", "%s holds no JWK Set of Ed25519 keys.", c.JWKS).Because(err)
		}
		pins.Keys = &keys
	}
	return pins, c.outside(&pins)
}

// outside reads what is trusted of outside parties.
func (c *Command) outside(pins *proof.Pins) error {
	for _, text := range c.Witness {
		if strings.Count(text, "+") < 2 {
			b, err := readKeyFile(text)
			if err != nil {
				return err
			}
			text = string(b)
		}
		for line := range strings.Lines(strings.TrimSpace(text)) {
			w, err := ledger.ParseWitness(line)
			if err != nil {
				return fault.Field("witness", "The witness is neither a verifier key nor a file of such keys.").Because(err)
			}
			pins.Witnesses = append(pins.Witnesses, w)
		}
	}
	for _, name := range c.TSACA {
		b, err := readKeyFile(name)
		if err != nil {
			return err
		}
		roots, err := ledger.ParseCertificates(b)
		if err != nil {
			return fault.Field("tsa-ca", "%s holds no certificates in PEM.", name).Because(err)
		}
		pins.Roots = append(pins.Roots, roots...)
	}
	return nil
}

func readKeyFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, cannotOpen(name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, cannotOpen(name, err)
	}
	if len(b) > maxKeyFile {
		return nil, fault.New(fault.TooLarge, "%s is too large for a file of keys.", name)
	}
	return b, nil
}

func cannotOpen(name string, err error) error {
	return fault.New(fault.NotFound, "%s cannot be opened; check that it is there and readable.", name).Because(err)
}

// verifyFile checks a bundle, or an archive of bundles: then what it finds is
// written as it goes, and the report is that of the whole.
func (c *Command) verifyFile(ctx context.Context, stdout io.Writer, name string, pins proof.Pins) (proof.Report, *proof.ManyReport, error) {
	f, err := os.Open(name)
	if err != nil {
		return proof.Report{}, nil, fault.New(fault.NotFound, "It cannot be opened; check that it is there and readable.").Because(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return proof.Report{}, nil, fault.New(fault.Invalid, "It is no regular file.")
	}
	if proof.IsMany(f, info.Size()) {
		many, err := c.many(ctx, stdout, name, f, info.Size(), pins)
		return proof.Report{}, &many, err
	}
	report, err := proof.Verify(ctx, f, info.Size(), pins)
	return report, nil, err
}

// sentence returns what a person is told of an error.
func sentence(err error) string {
	if m := fault.Message(err); m != "" {
		return m
	}
	return "The file could not be read."
}

func writeJSON(w io.Writer, file string, r proof.Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		File string `json:"file"`
		proof.Report
	}{file, r})
}

// mark returns what stands before a check. What holds but proves nothing by
// itself is no success, and is not marked as one.
func mark(c proof.Check, r proof.Report, strict bool) string {
	switch {
	case !c.OK, c.Name == proof.CheckKeys && !r.Pinned && strict:
		return "FAIL"
	case c.Name == proof.CheckSimulated:
		return "!!  "
	case c.Name == proof.CheckKeys && !r.Pinned, c.Name == proof.CheckAnchors && !slices.ContainsFunc(r.Anchors, func(a proof.AnchorReport) bool { return a.Pinned }):
		return "note"
	}
	return "ok  "
}

func writeText(w io.Writer, file string, r proof.Report, strict bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", file)
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "  %s  %s\n", mark(c, r, strict), printable(c.Words))
		for _, d := range c.Detail {
			fmt.Fprintf(&b, "          %s\n", printable(d))
		}
	}
	fmt.Fprintf(&b, "\n  business   %s\n", orNone(printable(r.Issuer)))
	if !r.AsOf.IsZero() {
		fmt.Fprintf(&b, "  as of      %s\n", r.AsOf.Format(time.RFC3339))
	}
	fmt.Fprintf(&b, "  log key    %s\n", orNone(printable(r.LogKey)))
	fmt.Fprintf(&b, "  keys       %s\n", orNone(strings.Join(r.KeyIDs, ", ")))
	fmt.Fprintf(&b, "\n  %s\n", r.Words)
	_, err := io.WriteString(w, b.String())
	return err
}

// printable takes control characters out of what a bundle says of itself, so
// that it cannot write on the terminal what was not found.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
