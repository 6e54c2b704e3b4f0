// Package verify holds the verifier in JavaScript, for the page that runs it in
// a browser.
package verify

import (
	_ "embed"
	"regexp"
	"strings"
)

//go:embed format.mjs
var format string

//go:embed signed.mjs
var signed string

//go:embed verify.mjs
var verify string

var between = regexp.MustCompile(`(?m)^import \{.*\n|^export `)

// Source returns the three modules as one, without the command at their end.
func Source() string {
	rules, _, _ := strings.Cut(verify, "\n// The command.")
	return between.ReplaceAllString(format+signed+rules, "")
}
