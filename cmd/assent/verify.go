package main

import (
	"context"

	"assent/proof/verifycmd"
)

type verifyCommand struct{ verifycmd.Command }

// Run verifies proof bundles.
func (c *verifyCommand) Run(ctx context.Context, std streams) error {
	if code := c.Verify(ctx, std.out, std.err); code != 0 {
		return exitCode(code)
	}
	return nil
}
