package wire_test

import (
	"strings"
	"testing"

	"assent/whatsapp/wire"
)

func TestSign(t *testing.T) {
	// RFC 4231 test case 2.
	got := wire.Sign("Jefe", []byte("what do ya want for nothing?"))
	if want := "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestVerifySignature(t *testing.T) {
	body := []byte(`{"a":"\u00e9"}`)
	good := wire.Sign("s1", body)
	tests := []struct {
		name, header string
		body         []byte
		secrets      []string
		matched      int
		ok           bool
	}{
		{"one secret", good, body, []string{"s1"}, 0, true},
		{"the second secret", good, body, []string{"s0", "s1"}, 1, true},
		{"the same twice", good, body, []string{"s1", "s1"}, 0, true},
		{"capitals", "sha256=" + strings.ToUpper(good[7:]), body, []string{"s1"}, 0, true},
		{"another secret", good, body, []string{"s2"}, -1, false},
		{"no secret", good, body, nil, -1, false},
		{"an empty secret", wire.Sign("", body), body, []string{""}, -1, false},
		{"no header", "", body, []string{"s1"}, -1, false},
		{"no prefix", good[7:], body, []string{"s1"}, -1, false},
		{"the old header", "sha1=" + good[7:], body, []string{"s1"}, -1, false},
		{"cut off", good[:40], body, []string{"s1"}, -1, false},
		{"too long", good + "00", body, []string{"s1"}, -1, false},
		{"not hexadecimal", "sha256=" + strings.Repeat("zz", 32), body, []string{"s1"}, -1, false},
		{"one bit of the body", good, []byte(`{"a":"\u00e8"}`), []string{"s1"}, -1, false},
		{"written anew", good, []byte(`{"a":"é"}`), []string{"s1"}, -1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if matched, ok := wire.VerifySignature(tt.header, tt.body, tt.secrets...); matched != tt.matched || ok != tt.ok {
				t.Errorf("got %d %v, want %d %v", matched, ok, tt.matched, tt.ok)
			}
		})
	}
}
