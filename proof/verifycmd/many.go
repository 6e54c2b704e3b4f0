package verifycmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"assent/fault"
	"assent/proof"
)

// errUnwritten says that what was found could not be told.
var errUnwritten = fault.New(fault.Unavailable, "The result could not be written.")

// many checks an archive of bundles, writes what was found of each when it is
// found, and the verdict over all at the end.
func (c *Command) many(ctx context.Context, w io.Writer, name string, r io.ReaderAt, size int64, pins proof.Pins) (proof.ManyReport, error) {
	if !c.JSON {
		if _, err := fmt.Fprintf(w, "%s\n", name); err != nil {
			return proof.ManyReport{}, errUnwritten
		}
	}
	m, err := proof.VerifyMany(ctx, r, size, pins, func(bundle string, r proof.Report) error {
		if err := c.one(w, name+"/"+bundle, bundle, r); err != nil {
			return errUnwritten
		}
		return nil
	})
	if err != nil {
		return m, err
	}
	if c.JSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		err = e.Encode(struct {
			File string `json:"file"`
			proof.ManyReport
		}{name, m})
	} else {
		for _, d := range m.Detail {
			fmt.Fprintf(w, "  FAIL  %s\n", d)
		}
		_, err = fmt.Fprintf(w, "\n  %s\n", m.Words)
	}
	if err != nil {
		return m, errUnwritten
	}
	return m, nil
}

// one writes what was found of one bundle: a line where it holds, all of it where
// it does not.
func (c *Command) one(w io.Writer, path, bundle string, r proof.Report) error {
	switch {
	case c.JSON:
		return writeJSON(w, path, r)
	case r.ExitCode() == 0:
		sim := ""
		if r.Simulated > 0 {
			sim = "  SIMULATED"
		}
		_, err := fmt.Fprintf(w, "  ok    %s  %-10s  %d events, as of %s%s\n", bundle, r.Verdict, r.Events, r.AsOf.Format(time.RFC3339), sim)
		return err
	case len(r.Checks) == 0:
		_, err := fmt.Fprintf(w, "  FAIL  %s  %s\n", bundle, printable(r.Words))
		return err
	}
	return writeText(w, path, r, c.Strict)
}
