package main

import (
	"context"
	"fmt"

	"assent/fault"
	"assent/funnel/lint"
	"assent/locale"
)

type funnelCommands struct {
	Lint funnelLint `cmd:"" help:"Read a published funnel, and say what laws, WhatsApp's policy and the rules want otherwise."`
}

type funnelLint struct {
	databaseFlags
	Funnel string `arg:"" help:"Short name of the funnel."`
}

// Help is shown below the flags.
func (funnelLint) Help() string {
	return `The exit code is 1 where there are errors: such a version could not be published today.

Examples:
  assent funnel lint spring-offers`
}

// Run prints what there is to say of a funnel.
func (c *funnelLint) Run(ctx context.Context, std streams) error {
	return c.with(ctx, std, func(i *installation) error {
		_, v, ok := i.manage.Directory().Funnel(c.Funnel)
		if !ok {
			return fault.New(fault.NotFound, "There is no funnel %s.", c.Funnel)
		}
		findings := i.manage.Lint(v.Version)
		english := locale.ForOperator("en")
		for _, f := range findings {
			fmt.Fprintf(std.out, "%-7s  %s: %s %s\n         %s (%s)\n", f.Severity, f.Where, f.Says(english), f.Offers(english), f.Code, f.WantedBy())
		}
		errors := lint.Count(findings, lint.Error)
		fmt.Fprintf(std.out, "%d errors, %d warnings, %d hints.\n", errors, lint.Count(findings, lint.Warning), lint.Count(findings, lint.Hint))
		if errors > 0 {
			return exitCode(1)
		}
		return nil
	})
}
