package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"assent/fault"
	"assent/manage"
)

type inboxCommands struct {
	List    inboxList    `cmd:"" help:"List webhooks that could not be handled."`
	Show    inboxShow    `cmd:"" help:"Print what one of them says; it holds personal data."`
	Replay  inboxReplay  `cmd:"" help:"Have one handled again."`
	Discard inboxDiscard `cmd:"" help:"Put away what nothing here will ever handle; what it says is deleted."`
}

// inboxMost bounds the list.
const inboxMost = 1000

type inboxList struct {
	databaseFlags
}

// Help is shown below the flags.
func (inboxList) Help() string {
	return `Examples:
  assent inbox list`
}

// Run lists parked webhooks, newest first.
func (c *inboxList) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		list, err := i.manage.ListParked(ctx, "", inboxMost)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tRECEIVED\tREASON")
		for _, d := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\n", d.ID, d.ReceivedAt.UTC().Format("2006-01-02 15:04:05"), d.Reason)
		}
		return w.Flush()
	})
}

type inboxShow struct {
	databaseFlags
	ID     string `arg:"" help:"The webhook's id, as the list shows it."`
	Reason string `help:"Why you look at it; it is recorded." required:"" placeholder:"TEXT"`
}

// Help is shown below the flags.
func (inboxShow) Help() string {
	return `That it was shown, and why, is an event in the log.

Examples:
  assent inbox show 0198f1c2-… --reason "ticket 4711"`
}

// Run prints the body.
func (c *inboxShow) Run(ctx context.Context, std streams) error {
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		body, err := i.manage.ShowParked(ctx, "", c.ID, c.Reason, operator())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(std.out, string(body))
		return err
	})
}

type inboxReplay struct {
	databaseFlags
	ID  string `arg:"" optional:"" help:"The webhook's id, as the list shows it."`
	All bool   `help:"All that are listed, once their cause is mended."`
}

// Help is shown below the flags.
func (inboxReplay) Help() string {
	return `A running server handles it within a second. What it holds twice is done once.

Examples:
  assent inbox replay 0198f1c2-…
  assent inbox replay --all`
}

// Run lets webhooks be handled again.
func (c *inboxReplay) Run(ctx context.Context, std streams) error {
	if c.All == (c.ID != "") {
		return fault.New(fault.Invalid, "Name one webhook, or say --all.")
	}
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		if c.All {
			n, err := i.manage.ReplayAllParked(ctx, "", operator())
			fmt.Fprintf(std.out, "Webhooks that will be handled again: %d.\n", n)
			return err
		}
		if err := i.manage.ReplayParked(ctx, "", c.ID, operator()); err != nil {
			return err
		}
		_, err := fmt.Fprintln(std.out, "It will be handled again.")
		return err
	})
}

type inboxDiscard struct {
	databaseFlags
	ID     string `arg:"" optional:"" help:"The webhook's id, as the list shows it."`
	AllFor string `help:"All that wait now for this reason, word for word as the list shows it." placeholder:"TEXT"`
	Reason string `help:"Why you put it away; it is recorded." required:"" placeholder:"TEXT"`
}

// Help is shown below the flags.
func (inboxDiscard) Help() string {
	return `What it says is deleted for good, and a stop in it is lost. That it was put away, and why, is
an event in the log, one for each. The alarm ends when none is left.

Examples:
  assent inbox discard 0198f1c2-… --reason "a product that we do not use, ticket 4711"
  assent inbox discard --all-for "a field that is not known here: flows" --reason "ticket 4711"`
}

// Run puts webhooks away.
func (c *inboxDiscard) Run(ctx context.Context, std streams) error {
	if (c.AllFor != "") == (c.ID != "") {
		return fault.New(fault.Invalid, "Name one webhook, or say --all-for with the reason for which it waits.")
	}
	if err := c.there(); err != nil {
		return err
	}
	return c.with(ctx, std, func(i *installation) error {
		if c.AllFor != "" {
			n, err := c.allFor(ctx, i)
			fmt.Fprintf(std.out, "Put away: %d.\n", n)
			return err
		}
		if err := i.manage.DiscardParked(ctx, "", c.ID, c.Reason, operator()); err != nil {
			return err
		}
		_, err := fmt.Fprintln(std.out, "It was put away.")
		return err
	})
}

// allFor puts away all that wait for the reason at the moment at which it begins.
func (c *inboxDiscard) allFor(ctx context.Context, i *installation) (n int, err error) {
	list, err := i.manage.ParkedReasons(ctx, "")
	if err != nil {
		return 0, err
	}
	newest := ""
	for _, p := range list {
		if p.Reason == c.AllFor {
			newest = p.Newest
		}
	}
	if newest == "" {
		return 0, fault.New(fault.NotFound, "Nothing waits for that reason. Copy it from assent inbox list.")
	}
	for {
		away, err := i.manage.DiscardParkedFor(ctx, "", c.AllFor, newest, c.Reason, operator())
		if n += away; err != nil || away < manage.DiscardMost {
			return n, err
		}
	}
}
