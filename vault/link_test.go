package vault_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assent/vault"
)

func TestLinkToken(t *testing.T) {
	key, other := [32]byte{1}, [32]byte{2}
	rapid.Check(t, func(t *rapid.T) {
		var id [16]byte
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		token := vault.SealID(key, id)
		if !vault.ValidToken(token) {
			t.Fatalf("%q is no token", token)
		}
		if got, ok := vault.OpenID(key, token); !ok || got != id {
			t.Fatalf("opened %x, %v", got, ok)
		}
		if got, _ := vault.OpenID(other, token); got == id {
			t.Fatal("another key opens it")
		}
	})
	// One bit of the id changes the token everywhere: ids of one moment do not
	// give each other away.
	a, b := vault.SealID(key, [16]byte{15: 1}), vault.SealID(key, [16]byte{15: 2})
	same := 0
	for i := range len(a) {
		if a[i] == b[i] {
			same++
		}
	}
	if same > len(a)/2 {
		t.Errorf("%s and %s are alike", a, b)
	}
}

func FuzzOpenID(f *testing.F) {
	key := [32]byte{3}
	f.Add("")
	f.Add(strings.Repeat("0", 26))
	f.Add(vault.SealID(key, [16]byte{7}))
	f.Fuzz(func(t *testing.T, token string) {
		if id, ok := vault.OpenID(key, token); ok && vault.SealID(key, id) != token {
			t.Errorf("%q has two spellings", token)
		}
	})
}
