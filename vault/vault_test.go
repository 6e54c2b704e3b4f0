package vault_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assent/fault"
	"assent/vault"
)

func newMaster(t testing.TB) *vault.Master {
	t.Helper()
	m, _, err := vault.NewMaster(t.Context(), vault.MasterKey{1})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newDataKey(t testing.TB, m *vault.Master, id string) (vault.DataKey, []byte) {
	t.Helper()
	k, wrapped, err := m.NewDataKey(rand.Reader, id)
	if err != nil {
		t.Fatal(err)
	}
	return k, wrapped
}

func TestMasterReopens(t *testing.T) {
	kek := vault.MasterKey{7}
	m, sealed, err := vault.NewMaster(t.Context(), kek)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := m.WrapSecret("sender/1/token", []byte("s3cret"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := vault.OpenMaster(t.Context(), kek, sealed)
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.UnwrapSecret("sender/1/token", wrapped)
	if err != nil || string(got) != "s3cret" {
		t.Fatalf("UnwrapSecret = %q, %v", got, err)
	}
	if _, err := again.UnwrapSecret("sender/2/token", wrapped); err == nil {
		t.Error("a secret opened under another context")
	}
	if bytes.Contains(wrapped, []byte("s3cret")) {
		t.Error("the secret is in the clear")
	}
}

func TestOpenMasterRefuses(t *testing.T) {
	kek := vault.MasterKey{7}
	_, sealed, err := vault.NewMaster(t.Context(), kek)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)/2] ^= 1
	tests := []struct {
		name   string
		kek    vault.MasterKey
		sealed []byte
	}{
		{"another key", vault.MasterKey{8}, sealed},
		{"cut", kek, sealed[:len(sealed)/2]},
		{"empty", kek, nil},
		{"garbage", kek, []byte("not a keyset")},
		{"damaged", kek, damaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := vault.OpenMaster(t.Context(), tt.kek, tt.sealed)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), "ASSENT_MASTER_KEY") {
				t.Errorf("err = %v, want an invalid fault that names the setting", err)
			}
		})
	}
}

func TestParseMasterKey(t *testing.T) {
	key := bytes.Repeat([]byte{0xfb, 0xff}, 16)
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"standard", base64.StdEncoding.EncodeToString(key), true},
		{"url-safe, newline", base64.RawURLEncoding.EncodeToString(key) + "\n", true},
		{"short", base64.StdEncoding.EncodeToString(key[:31]), false},
		{"long", base64.StdEncoding.EncodeToString(append(bytes.Clone(key), 1)), false},
		{"hex", fmt.Sprintf("%x", key), false},
		{"empty", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := vault.ParseMasterKey(tt.text)
			if (err == nil) != tt.ok {
				t.Fatalf("err = %v", err)
			}
			if tt.ok && !bytes.Equal(got[:], key) {
				t.Errorf("got %x", got)
			}
			if !tt.ok && fault.FieldOf(err) != "master-key" {
				t.Errorf("field %q", fault.FieldOf(err))
			}
		})
	}
}

func TestDataKeyBelongsToItsID(t *testing.T) {
	m := newMaster(t)
	k, wrapped := newDataKey(t, m, "subject-1")
	sealed := k.Seal("event/1/disclosures", []byte("+491701234567"))

	again, err := m.OpenDataKey("subject-1", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open("event/1/disclosures", sealed); err != nil || string(got) != "+491701234567" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := m.OpenDataKey("subject-2", wrapped); err == nil {
		t.Error("a data key opened under another id")
	}
	if _, err := newMaster(t).OpenDataKey("subject-1", wrapped); err == nil {
		t.Error("a data key opened in another installation")
	}
	secret, err := m.WrapSecret("subject-1", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.OpenDataKey("subject-1", secret); err == nil {
		t.Error("a secret passed for a data key")
	}
}

func TestSealOpen(t *testing.T) {
	m := newMaster(t)
	k, _ := newDataKey(t, m, "a")
	other, _ := newDataKey(t, m, "a")
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		context := rapid.String().Draw(t, "context")
		sealed := k.Seal(context, plain)
		if len(sealed) != len(plain)+vault.Overhead {
			t.Fatalf("%d bytes sealed to %d", len(plain), len(sealed))
		}
		got, err := k.Open(context, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %x, %v", got, err)
		}
		if _, err := k.Open(context+"x", sealed); err == nil {
			t.Fatal("opened in another place")
		}
		if _, err := other.Open(context, sealed); err == nil {
			t.Fatal("opened under another key")
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "i")
		sealed[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := k.Open(context, sealed); err == nil {
			t.Fatalf("opened with byte %d changed", i)
		}
		if _, err := k.Open(context, sealed[:i]); err == nil {
			t.Fatalf("opened when cut to %d bytes", i)
		}
	})
}

func TestSealNeverRepeats(t *testing.T) {
	k, _ := newDataKey(t, newMaster(t), "a")
	if bytes.Equal(k.Seal("c", []byte("x")), k.Seal("c", []byte("x"))) {
		t.Error("two seals are equal: the nonce repeats")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	m := newMaster(t)
	k, _ := newDataKey(t, m, "a")
	x := vault.NewIndex([32]byte{3})
	for _, v := range []any{m, k, x} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if s := fmt.Sprintf(format, v); !strings.HasPrefix(s, "vault.") || len(s) > 20 {
				t.Errorf("%s of %T prints %q", format, v, s)
			}
		}
	}
}

func TestIndexSeparatesKindsAndKeys(t *testing.T) {
	x, y := vault.NewIndex([32]byte{1}), vault.NewIndex([32]byte{2})
	first := x.Hash("e164", "+49")
	if again := x.Hash("e164", "+49"); first != again {
		t.Error("a hash does not repeat")
	}
	seen := map[[32]byte]string{}
	for _, in := range [][2]string{{"e164", "+49"}, {"e16", "4+49"}, {"", "e164+49"}, {"e164+49", ""}, {"wa_id", "+49"}} {
		for name, index := range map[string]*vault.Index{"x": x, "y": y} {
			h := index.Hash(in[0], in[1])
			at := fmt.Sprint(name, in)
			if before, ok := seen[h]; ok {
				t.Errorf("%s and %s hash alike", before, at)
			}
			seen[h] = at
		}
	}
}

func TestIndexConcurrent(t *testing.T) {
	x := vault.NewIndex([32]byte{1})
	want := x.Hash("e164", "+491701234567")
	done := make(chan bool)
	for range 8 {
		go func() {
			same := true
			for i := range 500 {
				x.Hash("e164", fmt.Sprint(i))
				same = same && x.Hash("e164", "+491701234567") == want
			}
			done <- same
		}()
	}
	for range 8 {
		if !<-done {
			t.Error("a hash changed under load")
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	k, _ := newDataKey(b, newMaster(b), "a")
	plain := make([]byte, 1500)
	b.SetBytes(1500)
	b.ReportAllocs()
	for b.Loop() {
		k.Seal("event/018f0000-0000-7000-8000-000000000000/disclosures", plain)
	}
}

func BenchmarkOpen(b *testing.B) {
	k, _ := newDataKey(b, newMaster(b), "a")
	sealed := k.Seal("c", make([]byte, 1500))
	b.SetBytes(1500)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Open("c", sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewDataKey(b *testing.B) {
	m := newMaster(b)
	b.ReportAllocs()
	for b.Loop() {
		newDataKey(b, m, "018f0000-0000-7000-8000-000000000000")
	}
}

func BenchmarkIndexHash(b *testing.B) {
	x := vault.NewIndex([32]byte{1})
	b.ReportAllocs()
	for b.Loop() {
		x.Hash("e164", "+491701234567")
	}
}
