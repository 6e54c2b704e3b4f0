package vault_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assent/fault"
	"assent/vault"
)

// service is a key management service that keeps its keys to itself: what it
// seals is a number under which it remembers.
type service struct {
	kept map[string][]byte
	down bool
}

func (s *service) Seal(_ context.Context, plaintext, context []byte) ([]byte, error) {
	handle := fmt.Sprintf("handle %d", len(s.kept))
	s.kept[handle+string(context)] = bytes.Clone(plaintext)
	return []byte(handle), nil
}

func (s *service) Open(_ context.Context, sealed, context []byte) ([]byte, error) {
	if s.down {
		return nil, fault.New(fault.Unavailable, "The service does not answer.")
	}
	if b, ok := s.kept[string(sealed)+string(context)]; ok {
		return bytes.Clone(b), nil
	}
	return nil, errors.New("no such handle")
}

func TestAnyServiceHoldsTheMasterKey(t *testing.T) {
	kms := &service{kept: map[string][]byte{}}
	m, sealed, err := vault.NewMaster(t.Context(), kms)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := m.WrapSecret("a", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := vault.OpenMaster(t.Context(), kms, sealed)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.UnwrapSecret("a", wrapped); err != nil || string(got) != "secret" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := vault.OpenMaster(t.Context(), vault.MasterKey{1}, sealed); !fault.Is(err, fault.Invalid) {
		t.Errorf("another key: %v", err)
	}
	kms.down = true
	if _, err := vault.OpenMaster(t.Context(), kms, sealed); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a service that is down: %v", err)
	}
	// From one to the other, and what was wrapped still opens.
	moved, err := m.Seal(t.Context(), vault.MasterKey{9})
	if err != nil {
		t.Fatal(err)
	}
	if again, err = vault.OpenMaster(t.Context(), vault.MasterKey{9}, moved); err != nil {
		t.Fatal(err)
	}
	if got, err := again.UnwrapSecret("a", wrapped); err != nil || string(got) != "secret" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOpenKMS(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, sealed, err := vault.NewMaster(t.Context(), vault.MasterKey(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	kms, err := vault.OpenKMS("file:" + file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenMaster(t.Context(), kms, sealed); err != nil {
		t.Error(err)
	}
	if s := fmt.Sprintf("%v %#v", kms, kms); strings.Contains(s, "7") {
		t.Errorf("it prints %s", s)
	}
	if err := os.WriteFile(file+"2", []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, says := range map[string]string{"": "file:PATH", "file:": "file:PATH", "aws-kms://key": "file:PATH", "file:" + file + "3": "is not there", "file:" + file + "2": "32 bytes", "file:" + filepath.Dir(file): "cannot be read"} {
		if _, err := vault.OpenKMS(address); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Message(err), says) {
			t.Errorf("%q: got %v, want one that says %q", address, err, says)
		}
	}
}

func TestKeysetRotates(t *testing.T) {
	m := newMaster(t)
	old, wrapped := newDataKey(t, m, "s/p")
	sealed := old.Seal("c", []byte("x"))
	secret, err := m.WrapSecret("a", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	next, id, err := m.WithNewKey()
	if err != nil {
		t.Fatal(err)
	}
	if keys := next.Keys(); len(m.Keys()) != 1 || len(keys) != 2 || !keys[0].Primary || keys[1].Primary || keys[1].ID != id {
		t.Fatalf("%v and %v", m.Keys(), keys)
	}
	if _, early := newDataKey(t, next, "s/q"); !m.Current(early) {
		t.Error("the new key is used before others know it")
	}
	primary, err := next.WithPrimary(id)
	if err != nil {
		t.Fatal(err)
	}
	_, fresh := newDataKey(t, primary, "s/q")
	if vault.WrappedBy(fresh) != id || !primary.Current(fresh) || primary.Current(wrapped) {
		t.Errorf("wrapped by %d, want %d", vault.WrappedBy(fresh), id)
	}
	if _, err := m.OpenDataKey("s/q", fresh); err == nil {
		t.Error("a key opened what it never knew")
	}
	if _, err := next.OpenDataKey("s/q", fresh); err != nil {
		t.Errorf("a process that knows the key, though not as primary: %v", err)
	}
	anew, err := primary.RewrapDataKey("s/p", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	again, err := primary.OpenDataKey("s/p", anew)
	if err != nil || !primary.Current(anew) {
		t.Fatalf("%v", err)
	}
	if got, err := again.Open("c", sealed); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := primary.RewrapDataKey("s/q", wrapped); err == nil {
		t.Error("a data key was wrapped anew under another id")
	}
	if anew, err = primary.RewrapSecret("a", secret); err != nil || !primary.Current(anew) {
		t.Error(err)
	}
	if _, err := primary.WithPrimary(id + 1); err == nil {
		t.Error("a key that is not there became the primary one")
	}
	m.Adopt(primary)
	if _, err := m.OpenDataKey("s/q", fresh); err != nil {
		t.Errorf("after taking the keys over: %v", err)
	}
}

func TestWrappedByReadsAnything(t *testing.T) {
	for _, b := range [][]byte{nil, {1}, {1, 2, 3, 4}, {2, 0, 0, 0, 1, 9}} {
		if id := vault.WrappedBy(b); id != 0 {
			t.Errorf("%x is wrapped by %d", b, id)
		}
	}
	if id := vault.WrappedBy([]byte{1, 0, 0, 1, 2}); id != 258 {
		t.Errorf("wrapped by %d", id)
	}
	if _, err := newMaster(t).RewrapSecret("a", []byte{1, 0, 0, 1, 2}); err == nil {
		t.Error("noise was wrapped anew")
	}
	if _, _, err := newMaster(t).NewDataKey(rand.Reader, "a"); err != nil {
		t.Error(err)
	}
}
