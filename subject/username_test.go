package subject

import (
	"strings"
	"testing"
)

func TestUsername(t *testing.T) {
	for in, want := range map[string]string{
		"anna.k": "@anna.k", "@anna_k": "@anna_k", "Kim7": "@Kim7", "": "", "@": "", "@@anna": "", "anna k": "", "anna\n": "",
		"<b>": "", "\u202eanna": "", "анна": "", "+491701234567": "", strings.Repeat("a", 41): "",
	} {
		if got := Username(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
