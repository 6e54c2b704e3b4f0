// Assent-verify checks proof bundles offline. It is small on purpose: it holds
// what "assent verify" holds, and no database, web framework or font.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/alecthomas/kong"

	"assent/proof/verifycmd"
)

func main() {
	var command verifycmd.Command
	parser := kong.Must(&command, kong.Name("assent-verify"),
		kong.Description("Verify proofs of consent, offline."))
	if _, err := parser.Parse(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "assent-verify: %v; see assent-verify --help\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := command.Verify(ctx, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
