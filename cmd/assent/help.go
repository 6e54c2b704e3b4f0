package main

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command, for example: user add."`
}

// Help is shown by assent help --help.
func (helpCommand) Help() string {
	return `Examples:
  assent help
  assent help serve
  assent help user add`
}

// Run shows the help of a command, or of the program.
func (c *helpCommand) Run(ctx context.Context, std streams) error {
	if code := run(ctx, append(slices.Clone(c.Command), "--help"), std); code != 0 {
		return exitCode(code)
	}
	return nil
}

// versionFlag is --version: it does what the version command does.
type versionFlag bool

// BeforeReset is called by kong before anything else is read.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	err := versionCommand{}.Run(streams{out: app.Stdout})
	app.Exit(0)
	return err
}

// helpOf is what the help says of a flag or argument: with its default, and the
// environment variable that sets it.
func helpOf(v *kong.Value) string {
	text := kong.DefaultHelpValueFormatter(v)
	if v.Default == "" || v.Target.Kind() == reflect.Bool {
		return text
	}
	return text + " Default: " + v.Default + "."
}

// walk follows the arguments through the commands. It returns the command that
// they name, and the first word that names none where a command must stand.
func walk(root *kong.Node, args []string) (at *kong.Node, stray string) {
	at = root
	for _, word := range args {
		if strings.HasPrefix(word, "-") || len(commandsOf(at)) == 0 {
			return at, ""
		}
		i := slices.IndexFunc(commandsOf(at), func(n *kong.Node) bool { return n.Name == word })
		if i < 0 {
			return at, word
		}
		at = commandsOf(at)[i]
	}
	return at, ""
}

func commandsOf(n *kong.Node) []*kong.Node {
	return slices.DeleteFunc(slices.Clone(n.Children), func(c *kong.Node) bool { return c.Type != kong.CommandNode || c.Hidden })
}

// noSuchCommand says that there is no command of that name below at, and which
// one was perhaps meant.
func noSuchCommand(at *kong.Node, stray string) string {
	text := fmt.Sprintf("There is no command %q", stray)
	if at.Parent != nil {
		text += " of " + at.FullPath()
	}
	if near := nearest(at, stray); len(near) > 0 {
		text += ". Did you mean `" + strings.Join(near, "`, or `") + "`?"
	} else {
		text += "."
	}
	return text + " `" + at.FullPath() + " --help` shows what there is."
}

// nearest returns the command that is spelt most like the word or, where none
// is, those that have it as their last word.
func nearest(at *kong.Node, word string) (near []string) {
	word = strings.ToLower(word)
	best := 2 + len(word)/4
	for _, c := range commandsOf(at) {
		d := distance(word, c.Name)
		if strings.HasPrefix(c.Name, word) || strings.HasPrefix(word, c.Name) {
			d = min(d, 1)
		}
		switch {
		case d < best:
			near, best = []string{c.FullPath()}, d
		case d == best && len(near) > 0:
			near = append(near, c.FullPath())
		}
	}
	if len(near) > 0 {
		return near
	}
	for _, c := range commandsOf(at) {
		for _, sub := range commandsOf(c) {
			if sub.Name == word {
				near = append(near, sub.FullPath())
			}
		}
	}
	return near
}

// distance is how many letters have to be added, taken away or exchanged to make
// a out of b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
