package subject

import (
	"regexp"
	"strings"
)

// ClaimUsername names, in the event of an account that shows no number, the username
// of its profile at that moment. It can be changed at any time and taken by somebody
// else, so nobody is known by it.
const ClaimUsername = "username"

// WhatsApp's are 3 to 35 characters long.
var username = regexp.MustCompile(`^[A-Za-z0-9._]{1,40}$`)

// Username returns a profile's username with its @, or nothing where it is none.
func Username(s string) string {
	if s = strings.TrimPrefix(s, "@"); !username.MatchString(s) {
		return ""
	}
	return "@" + s
}
