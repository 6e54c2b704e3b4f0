package vault_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assent/vault"
)

func TestNewToken(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"zero", make([]byte, 16), "00000000000000000000000000"},
		{"all ones", bytes.Repeat([]byte{0xff}, 16), "7zzzzzzzzzzzzzzzzzzzzzzzzz"},
		{"last bit", append(make([]byte, 15), 1), "00000000000000000000000001"},
		{"across the words", append([]byte{0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 8)...), strings.Repeat("0", 13) + "g" + strings.Repeat("0", 12)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := vault.NewToken(bytes.NewReader(tt.in))
			if err != nil || got != tt.want {
				t.Errorf("NewToken = %q, %v, want %q", got, err, tt.want)
			}
			if !vault.ValidToken(got) {
				t.Errorf("%q is not valid", got)
			}
		})
	}
	if _, err := vault.NewToken(bytes.NewReader(make([]byte, 15))); err == nil {
		t.Error("a token of too few random bytes")
	}
	a, _ := vault.NewToken(rand.Reader)
	b, _ := vault.NewToken(rand.Reader)
	first := vault.HashToken(a)
	if again := vault.HashToken(a); a == b || first == vault.HashToken(b) || first != again {
		t.Error("tokens or their hashes collide")
	}
}

func TestValidTokenRefuses(t *testing.T) {
	good := "0123456789abcdefghjkmnpqrs"
	if !vault.ValidToken(good) {
		t.Fatal("a good token is refused")
	}
	for _, bad := range []string{"", good[1:], good + "0", "8" + good[1:], strings.ToUpper(good), good[:25] + "u", good[:25] + "i", good[:24] + "é"} {
		if vault.ValidToken(bad) {
			t.Errorf("%q passes for a token", bad)
		}
	}
}

func TestCode(t *testing.T) {
	key := [32]byte{5}
	code := vault.Code(key, "token", 1)
	if len(code) != vault.CodeLength || strings.ContainsAny(code, "ILOU") || strings.ToUpper(code) != code {
		t.Errorf("code %q", code)
	}
	if vault.Code(key, "token", 1) != code {
		t.Error("a code cannot be shown again")
	}
	for _, other := range []string{vault.Code(key, "token", 2), vault.Code(key, "tokem", 1), vault.Code([32]byte{6}, "token", 1)} {
		if other == code {
			t.Error("codes collide")
		}
	}
}

func TestFoldCode(t *testing.T) {
	tests := []struct {
		name, in, want string
		ok             bool
	}{
		{"as it is", "0123456789", "0123456789", true},
		{"lower", "abcdefghjk", "ABCDEFGHJK", true},
		{"look-alikes", "iIlLoO0000", "1111000000", true},
		{"grouped", " ABCD-EFGH–JK\n", "ABCDEFGHJK", true},
		{"full width", "ＡＢＣＤＥ１２３４５", "ABCDE12345", true},
		{"arabic digits", "ABCDE٠١٢٣٤", "ABCDE01234", true},
		{"devanagari digits", "ABCDE०१२३९", "ABCDE01239", true},
		{"bidi marks", "\u200eABCDE\u206612345\u2069", "ABCDE12345", true},
		{"U is no letter of it", "ABCDEFGHJU", "", false},
		{"short", "ABCDEFGHJ", "", false},
		{"long", "ABCDEFGHJKM", "", false},
		{"other letters", "ABCDEÄ1234", "", false},
		{"broken encoding", "ABCDE\xff1234", "", false},
		{"empty", "", "", false},
		{"endless", strings.Repeat(" ", 1<<20), "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := vault.FoldCode(tt.in)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("FoldCode = %q, %v, want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestFoldCodeKeepsEveryCode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := vault.Code([32]byte{1}, rapid.String().Draw(t, "token"), rapid.Int().Draw(t, "attempt"))
		for _, typed := range []string{code, strings.ToLower(code), code[:5] + " " + code[5:]} {
			if got, ok := vault.FoldCode(typed); !ok || got != code {
				t.Fatalf("FoldCode(%q) = %q, %v", typed, got, ok)
			}
		}
	})
}

func FuzzFoldCode(f *testing.F) {
	for _, s := range []string{"ABCDE12345", "٠١٢٣٤٥٦٧٨٩", "\xff\xfe", "iIlLoO-–—  "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := vault.FoldCode(s)
		if !ok {
			return
		}
		if again, ok := vault.FoldCode(code); !ok || again != code {
			t.Errorf("FoldCode(%q) = %q folds on to %q", s, code, again)
		}
	})
}
