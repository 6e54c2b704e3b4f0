package account_test

import (
	"bytes"
	"strings"
	"testing"

	"assent/account"
)

func TestPassword(t *testing.T) {
	hash := account.HashPassword("correct horse battery")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash is %q", hash)
	}
	if hash == account.HashPassword("correct horse battery") {
		t.Error("two hashes share a salt")
	}
	tests := []struct {
		name, hash, password string
		want                 bool
	}{
		{"right", hash, "correct horse battery", true},
		{"wrong", hash, "correct horse batterz", false},
		{"empty", hash, "", false},
		{"nobody", "", "", false},
		{"nobody with the filler's input", "", string(make([]byte, 32)), false},
		{"damaged", hash[:len(hash)-2], "correct horse battery", false},
		{"weaker parameters than ours", strings.Replace(hash, "t=2", "t=1", 1), "correct horse battery", false},
		{"not a hash", "plain", "plain", false},
		{"absurdly long", hash, strings.Repeat("x", 5000), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := account.VerifyPassword(tt.hash, tt.password); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestCheckPassword(t *testing.T) {
	if account.CheckPassword("short") == nil || account.CheckPassword(strings.Repeat("x", 201)) == nil || account.CheckPassword("zehn Zeichen") != nil {
		t.Error("the bounds are wrong")
	}
}

func TestSecrets(t *testing.T) {
	text, hash, hint := account.NewSecret()
	if !bytes.Equal(account.HashSecret(text), hash) || !strings.HasPrefix(text, strings.TrimSuffix(hint, "…")) || len(hint) > 15 {
		t.Errorf("text %d characters, hint %q", len(text), hint)
	}
	other, _, _ := account.NewSecret()
	if other == text {
		t.Error("two keys are the same")
	}
	k := account.APIKey{Scopes: []account.Scope{account.Check}}
	if !k.May(account.Check) || k.May(account.Write) {
		t.Error("a key may do what its scopes say")
	}
}
