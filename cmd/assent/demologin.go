package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"assent/account"
	"assent/fault"
	"assent/manage"
	"assent/vault"
)

// demoAccess is how one gets into a demo. It is kept beside the demo's
// database, readable by its owner only, so that a demo on the same folder can
// be entered as the time before. No other command keeps a password.
type demoAccess struct {
	Password string `json:"password"`
	APIKey   string `json:"api_key"`
}

// demoName is the login of who signs in to the demo's admin UI, and the name of
// its API key.
const demoName = "demo"

// demoAccessFile is where a demo in the folder keeps how to get into it.
func demoAccessFile(folder string) string { return filepath.Join(folder, "assent.db.demo") }

// admit makes sure that there are a log-in and an API key whose secrets are
// known: those of the time before where they still hold, else new ones.
func admit(ctx context.Context, m *manage.Service, businessID, file string) (a demoAccess, err error) {
	before, err := readAccess(file)
	if err != nil {
		return a, err
	}
	if a.Password, err = demoPassword(ctx, m, before.Password); err != nil {
		return a, err
	}
	if a.APIKey, err = demoKey(ctx, m, businessID, before.APIKey); err != nil {
		return a, err
	}
	if a == before {
		return a, nil
	}
	return a, writeAccess(file, a)
}

// readAccess reads the file. One that is not there, or is none of ours, tells
// nothing.
func readAccess(file string) (a demoAccess, err error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return a, fault.New(fault.Unavailable, "The file %s cannot be read.", file).Because(err)
	}
	if json.Unmarshal(b, &a) != nil {
		return demoAccess{}, nil
	}
	return a, nil
}

// writeAccess replaces the file in one step: a demo beside this one reads the
// old secrets or the new ones.
func writeAccess(file string, a demoAccess) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+"-*") // of mode 0600
	if err == nil {
		_, err = f.Write(append(b, '\n'))
		err = errors.Join(err, f.Close())
		if err == nil {
			err = os.Rename(f.Name(), file)
		}
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}
	if err != nil {
		return fault.New(fault.Unavailable, "The file %s cannot be written.", file).Because(err)
	}
	return nil
}

// demoPassword returns the password of the demo's user: the one from before
// where it still opens, else a new one.
func demoPassword(ctx context.Context, m *manage.Service, before string) (string, error) {
	if before != "" {
		session, _, err := m.SignIn(ctx, demoName, before)
		if err == nil {
			return before, m.SignOut(ctx, session)
		}
		if !errors.Is(err, account.ErrSignIn) {
			return "", err
		}
	}
	password, err := vault.NewToken(rand.Reader)
	if err != nil {
		return "", err
	}
	err = m.AddOperator(ctx, demoName, "Demo", password)
	if fault.Is(err, fault.Conflict) {
		err = m.SetOperator(ctx, demoName, password, false)
	}
	return password, err
}

// demoKey returns the text of the demo's API key: the one from before where it
// is in force, else a new one, in place of those whose text nobody knows.
func demoKey(ctx context.Context, m *manage.Service, businessID, before string) (string, error) {
	if before != "" {
		if k, ok, err := m.APIKey(ctx, before); err != nil || ok && k.Business == businessID {
			return before, err
		}
	}
	keys, err := m.APIKeys(ctx)
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if k.Business == businessID && k.Name == demoName && k.RevokedAt.IsZero() {
			if err := m.RevokeAPIKey(ctx, k.ID); err != nil && !fault.Is(err, fault.NotFound) {
				return "", err
			}
		}
	}
	return m.AddAPIKey(ctx, businessID, demoName, account.Scopes)
}
