// Command citest reads what `go test -json` prints, shows what failed, and
// counts. It fails where a test failed or, unless told otherwise, was skipped:
// in CI nothing may be skipped.
//
//	go test -json ./... | go run ./internal/citest -counts counts.txt
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

type event struct {
	Action, Package, Test, Output string
}

// tally is what was counted.
type tally struct{ passed, failed, skipped int }

func main() {
	counts := flag.String("counts", "", "append the counts to this file")
	maySkip := flag.Bool("may-skip", false, "a skipped test is no failure")
	flag.Parse()
	t, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "citest:", err)
		os.Exit(1)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	if *counts != "" {
		f, err := os.OpenFile(*counts, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			fmt.Fprintln(f, t.passed, t.failed, t.skipped)
			err = f.Close()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "citest:", err)
			os.Exit(1)
		}
	}
	if t.failed > 0 || t.passed == 0 || t.skipped > 0 && !*maySkip {
		os.Exit(1)
	}
}

// read counts the events and writes the output of what failed or was skipped.
func read(r io.Reader, w io.Writer) (t tally, err error) {
	output := map[string]*strings.Builder{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(w, lines.Text()) // what the compiler says
			continue
		}
		key := e.Package + " " + e.Test
		if output[key] == nil {
			output[key] = &strings.Builder{}
		}
		switch e.Action {
		case "output", "build-output":
			output[key].WriteString(e.Output)
			continue
		case "pass":
			if e.Test != "" {
				t.passed++
			} else {
				fmt.Fprintf(w, "ok   %s\n", e.Package)
			}
		case "skip":
			if e.Test != "" {
				t.skipped++
				fmt.Fprintf(w, "SKIP %s\n%s", key, output[key])
			}
		case "fail", "build-fail":
			t.failed++
			fmt.Fprintf(w, "FAIL %s\n%s", key, output[key])
		default:
			continue
		}
		delete(output, key)
	}
	return t, lines.Err()
}
