// Command assent is the opt-in funnel and consent record for WhatsApp: the
// server, a demo that needs nothing, and the operator's commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"assent/fault"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// commands is the command line.
type commands struct {
	Demo     demoCommand     `cmd:"" help:"Try everything on this machine: a sample business, a phone in the browser, nothing to set up."`
	Serve    serveCommand    `cmd:"" help:"Run the server."`
	Health   healthCommand   `cmd:"" help:"Ask a running server how it is."`
	User     userCommands    `cmd:"" help:"Let people sign in to the admin UI, or keep them out."`
	APIKey   apiKeyCommands  `cmd:"" name:"apikey" help:"Make and revoke API keys."`
	Keys     keysCommands    `cmd:"" help:"List and rotate keys."`
	Business businessCommand `cmd:"" help:"Add and list businesses."`
	Funnel   funnelCommands  `cmd:"" help:"Read a funnel as the lint does."`
	Inbox    inboxCommands   `cmd:"" help:"Look at webhooks that could not be handled, and have them handled again."`
	Export   exportCommand   `cmd:"" help:"Write consents as CSV, JSON Lines or proof bundles."`
	Verify   verifyCommand   `cmd:"" help:"Check proof bundles, offline."`
	Erase    eraseCommand    `cmd:"" help:"Destroy what is kept of a person."`
	Hold     holdCommand     `cmd:"" help:"Set or lift a legal hold, which stops erasure."`
	Retain   retainCommand   `cmd:"" help:"Erase now what its time has come for; a server does so daily."`
	Audit    auditCommand    `cmd:"" help:"Check a whole installation, offline."`
	Backup   backupCommand   `cmd:"" help:"Copy a running installation into one file."`
	Restore  restoreCommand  `cmd:"" help:"Make a database of a backup, erase again what was erased since, and audit it."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database up to date."`
	Version  versionCommand  `cmd:"" help:"Print version, commit and Go version."`
	Help     helpCommand     `cmd:"" help:"Show the help of a command."`

	ShowVersion versionFlag `name:"version" env:"-" help:"Print version, commit and Go version."`
}

// exitCode is an error that only sets the exit code: what there is to say was
// said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run runs the program with the arguments and returns its exit code.
func run(ctx context.Context, args []string, std streams) int {
	var cli commands
	code := -1
	parser, err := kong.New(&cli,
		kong.Name("assent"),
		kong.Description("Consent for WhatsApp that a third party can verify.\n\nStart with: assent demo"),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Writers(std.out, std.err),
		kong.Exit(func(c int) { code = c }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
		kong.DefaultEnvars("ASSENT"),
		kong.ValueFormatter(helpOf),
	)
	if err != nil {
		fmt.Fprintln(std.err, "assent:", err)
		return 2
	}
	named, stray := walk(parser.Model.Node, args)
	if stray != "" {
		fmt.Fprintln(std.err, "assent:", noSuchCommand(named, stray))
		return 2
	}
	parsed, err := parser.Parse(args)
	if code >= 0 { // --help, --version
		return code
	}
	if err != nil && len(commandsOf(named)) > 0 && !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "-") }) {
		run(ctx, append(slices.Clone(args), "--help"), streams{out: std.err, err: std.err}) // nothing was asked for yet
		return 2
	}
	if err != nil {
		fmt.Fprintf(std.err, "assent: %v. Run `%s --help` to see what there is.\n", err, named.FullPath())
		return 2
	}
	return report(parsed.Run(), std.err)
}

// report says in one sentence what went wrong, and returns the exit code.
func report(err error, w io.Writer) int {
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	message := fault.Message(err)
	var f *fault.Error
	if errors.As(err, &f) && f.Err != nil {
		message += " (" + f.Err.Error() + ")"
	}
	if message == "" {
		message = err.Error()
	}
	fmt.Fprintln(w, "assent:", message)
	return 1
}
