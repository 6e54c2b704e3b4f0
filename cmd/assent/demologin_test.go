package main

import (
	"os"
	"path/filepath"
	"testing"

	"assent/account"
	"assent/internal/apptest"
)

func TestDemoKeepsItsKeyAndPassword(t *testing.T) {
	a := apptest.New(t)
	file := filepath.Join(t.TempDir(), "assent.db.demo")
	enter := func() demoAccess {
		t.Helper()
		got, err := admit(t.Context(), a.Manage, a.Business, file)
		if err != nil {
			t.Fatal(err)
		}
		session, _, err := a.Manage.SignIn(t.Context(), demoName, got.Password)
		if err != nil {
			t.Fatalf("the password does not open: %v", err)
		}
		if err := a.Manage.SignOut(t.Context(), session); err != nil {
			t.Fatal(err)
		}
		if k, ok, err := a.Manage.APIKey(t.Context(), got.APIKey); err != nil || !ok || k.Business != a.Business {
			t.Fatalf("the key is not in force: %v", err)
		}
		return got
	}
	inForce := func() (n int) {
		t.Helper()
		keys, err := a.Manage.APIKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if k.Name == demoName && k.RevokedAt.IsZero() {
				n++
			}
		}
		return n
	}
	first := enter()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for range 3 {
		if again := enter(); again != first {
			t.Error("another start makes other secrets")
		}
	}
	if keys, err := a.Manage.APIKeys(t.Context()); err != nil || len(keys) != 1 {
		t.Errorf("%d keys after four starts (%v)", len(keys), err)
	}

	// What is not known any more is replaced, and nothing else.
	if err := a.Manage.SetOperator(t.Context(), demoName, "a password of somebody", false); err != nil {
		t.Fatal(err)
	}
	second := enter()
	if second.Password == first.Password || second.APIKey != first.APIKey {
		t.Error("the password was changed elsewhere: it and nothing else is made anew")
	}
	for name, spoil := range map[string]func() error{
		"gone":    func() error { return os.Remove(file) },
		"garbage": func() error { return os.WriteFile(file, []byte("\x00{"), 0o600) },
	} {
		before := second
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if second = enter(); second == before || inForce() != 1 {
			t.Errorf("%s: %d keys in force", name, inForce())
		}
	}
	// A key of another name is none of the demo's.
	if _, err := a.Manage.AddAPIKey(t.Context(), a.Business, "shop", account.Scopes); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	enter()
	if keys, err := a.Manage.APIKeys(t.Context()); err != nil || inForce() != 1 || len(keys) < 3 {
		t.Errorf("%v", err)
	}
}
