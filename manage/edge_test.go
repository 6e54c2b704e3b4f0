package manage_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"assent/account"
	"assent/business"
	"assent/manage"
	"assent/store"
	"assent/store/storetest"
	"assent/tenant"
	"assent/vault"
)

// trouble is a store that meets trouble before it writes.
type trouble struct {
	manage.Store
	before func() error
}

func (s *trouble) ReadWrite(ctx context.Context, fn func(context.Context, manage.Writer) error) error {
	if s.before != nil {
		if err := s.before(); err != nil {
			return err
		}
	}
	return s.Store.ReadWrite(ctx, fn)
}

func open(t *testing.T) (*manage.Service, *trouble, storetest.Database, string) {
	t.Helper()
	db := storetest.Default(t)
	log := slog.New(slog.DiscardHandler)
	s := &trouble{Store: store.As[manage.Reader, manage.Writer](db.Open(t, store.Options{Log: log}))}
	m, err := manage.Open(t.Context(), vault.MasterKey{1}, "https://consent.example", manage.Config{Store: s, Directory: &tenant.Directory{}, Log: log, Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	id, err := m.AddBusiness(t.Context(), business.Business{Slug: "shop", LegalName: "Shop GmbH", NoticeURL: "https://shop.example/privacy"})
	if err != nil {
		t.Fatal(err)
	}
	return m, s, db, id
}

// connect gives the business a number, without which nothing is published.
func connect(t *testing.T, m *manage.Service, id string) (sender string) {
	t.Helper()
	sender, err := m.AddSender(t.Context(), business.Sender{
		Business: id, PhoneNumberID: "1" + id, WABA: "2", Number: "+494055501234", Simulated: true, Secrets: business.Secrets{Token: "t", AppSecrets: []string{"s"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func TestCountsSurviveAFailedWrite(t *testing.T) {
	m, s, db, _ := open(t)
	m.Count("f", "", "en", "view")
	s.before = func() error { return errors.New("disk full") }
	if m.FlushCounts(t.Context()) == nil {
		t.Fatal("no error")
	}
	s.before = nil
	m.Count("f", "", "en", "view")
	if err := m.FlushCounts(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Raw(t).QueryRow("SELECT sum(n) FROM counts").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d views, %v; want 2", n, err)
	}
}

// A key that is looked up while it is being revoked is not believed afterwards.
func TestRevokedKeyIsForgotten(t *testing.T) {
	m, s, _, id := open(t)
	text, err := m.AddAPIKey(t.Context(), id, "key", account.Scopes)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := m.APIKeys(t.Context())
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	s.before = func() error { _, _, err := m.APIKey(t.Context(), text); return err }
	if err := m.RevokeAPIKey(t.Context(), keys[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := m.APIKey(t.Context(), text); ok || err != nil {
		t.Errorf("the key is still believed: %v", err)
	}
}

// That a webhook came was written twice a minute: once as the number's state, once to end
// an alarm.
func TestHeardWritesOnceAMinute(t *testing.T) {
	m, s, _, id := open(t)
	sender := connect(t, m, id)
	numbers := m.Templates(nil).Connections(nil)
	writes := 0
	s.before = func() error { writes++; return nil }
	for range 3 {
		if err := numbers.Heard(t.Context(), []string{sender}, business.SecretMark("s")); err != nil {
			t.Fatal(err)
		}
	}
	if writes != 1 {
		t.Errorf("%d writes, want 1", writes)
	}
	state, err := m.AccountState(t.Context(), (&business.Sender{ID: sender}).AboutSender())
	if err != nil || state.EventAt.IsZero() || state.LastSigner([]string{"other", "s"}) != 1 || state.LastSigner([]string{"other"}) != -1 {
		t.Errorf("it is not known: %v", err)
	}
}
