package manage_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/manage"
	"assent/proof"
	"assent/records"
	"assent/store"
	"assent/store/storetest"
	"assent/tenant"
	"assent/vault"
)

const ada = "+491701234567"

// another opens the installation as a second process does.
func another(t *testing.T, a *apptest.App, kms vault.Wrapper) (*manage.Service, error) {
	t.Helper()
	return manage.Open(t.Context(), kms, apptest.BaseURL, manage.Config{
		Store: store.As[manage.Reader, manage.Writer](a.Store), Directory: &tenant.Directory{}, Log: slog.New(slog.DiscardHandler), Now: a.Clock.Now, Rand: rand.Reader,
	})
}

func masterKey() (k vault.MasterKey) { copy(k[:], "a key of tests, and of tests only"); return k }

func audited(t *testing.T, a *apptest.App) {
	t.Helper()
	a.Settle()
	report, err := a.Records.Audit(t.Context(), records.AuditOptions{})
	if err != nil || !report.OK {
		t.Errorf("%v, %+v", err, report)
	}
}

// bundle exports the proof of somebody.
func bundle(t *testing.T, a *apptest.App, number string) *zip.Reader {
	t.Helper()
	a.RunCheckpoints()
	var ids []string
	err := a.Records.EachPerson(t.Context(), records.Query{Business: a.Business, Search: number}, func(id string) error { ids = append(ids, id); return nil })
	if err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	var b bytes.Buffer
	if err := a.Records.ProofOfPerson(t.Context(), a.Business, ids[0], proof.Audience("court"), "mia", &b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// eachEvent calls fn with every event of a bundle that verifies under the keys.
func verified(t *testing.T, z *zip.Reader, keys evidence.KeySet) (kids map[string]bool) {
	t.Helper()
	kids = map[string]bool{}
	for _, f := range z.File {
		if len(f.Name) < 11 || f.Name[len(f.Name)-7:] != ".sd-jwt" {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		signed, err := evidence.Parse(b.String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := evidence.Verify(signed, keys); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		kids[f.Name] = true
	}
	if len(kids) == 0 {
		t.Error("the bundle holds no event")
	}
	return kids
}

func TestSigningKeyRotates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		a := apptest.NewWith(t, apptest.Options{Database: db.Name})
		a.OptIn(ada, apptest.Offers)
		before := bundle(t, a, ada)
		old := a.Tenant().Signer.KeyID()
		running, err := another(t, a, masterKey())
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 { // also within one millisecond
			made, err := a.Manage.RotateSigning(t.Context(), "mia", "all")
			if err != nil || len(made) != 1 || a.Tenant().Signer.KeyID() != made[0].ID || made[0].ID == old {
				t.Fatalf("rotation %d: %v, %v", n, made, err)
			}
		}
		if err := running.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		if other, _ := running.Directory().Tenant(a.Business); other.Signer.KeyID() != a.Tenant().Signer.KeyID() {
			t.Error("a running process signs with an old key")
		}
		a.OptIn("+491701234568", apptest.Offers)
		after := bundle(t, a, "+491701234568")
		published := a.Tenant().Keys
		verified(t, before, published)
		verified(t, after, published)
		list, err := a.Manage.ListKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		inForce, signing := 0, 0
		for _, k := range list {
			if k.Kind == manage.KeySigning {
				signing++
				if k.InForce {
					inForce++
				}
			}
		}
		if signing != 4 || inForce != 1 {
			t.Errorf("%d signing keys, %d in force", signing, inForce)
		}
		if _, err := a.Manage.RotateSigning(t.Context(), "mia", "nobody"); !fault.Is(err, fault.NotFound) {
			t.Errorf("rotated nobody's key: %v", err)
		}
		audited(t, a)
	})
}

func TestKeysetRotatesUnderARunningProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.Database) {
		a := apptest.NewWith(t, apptest.Options{Database: db.Name})
		a.OptIn(ada, apptest.Offers)
		other, err := another(t, a, masterKey())
		if err != nil {
			t.Fatal(err)
		}
		waited := false
		id, err := other.RotateKeyset(t.Context(), "mia", func(ctx context.Context) error {
			waited = true
			return a.Manage.Reload(ctx) // what running processes do within seconds
		})
		if err != nil || !waited {
			t.Fatalf("%v", err)
		}
		// Wrapped by the new key, and opened by the process that knows it since the wait.
		n, err := other.Rewrap(t.Context(), nil)
		if err != nil || n < 5 {
			t.Fatalf("%d wrapped anew, %v", n, err)
		}
		if n, err := other.Rewrap(t.Context(), nil); n != 0 || err != nil {
			t.Errorf("wrapped anew twice: %d, %v", n, err)
		}
		a.Say(ada, "STOP")
		a.OptIn("+491701234568", apptest.Offers)
		audited(t, a)
		if err := a.Manage.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		keys := a.Manage.Installation().Master.Keys()
		if len(keys) != 2 || keys[1].ID != id || !keys[1].Primary {
			t.Errorf("%v", keys)
		}
		list, err := a.Manage.ListKeys(t.Context())
		if err != nil || list[2].Made.IsZero() || !list[2].InForce || list[1].InForce {
			t.Errorf("%+v, %v", list[:3], err)
		}
		if _, err := another(t, a, masterKey()); err != nil {
			t.Errorf("a new start: %v", err)
		}
	})
}

func TestMasterKeyRotates(t *testing.T) {
	a := apptest.New(t)
	a.OptIn(ada, apptest.Offers)
	if err := a.Manage.RotateMaster(t.Context(), "mia", vault.MasterKey{42}); err != nil {
		t.Fatal(err)
	}
	if _, err := another(t, a, masterKey()); !fault.Is(err, fault.Invalid) {
		t.Errorf("the old key still opens: %v", err)
	}
	again, err := another(t, a, vault.MasterKey{42})
	if err != nil {
		t.Fatal(err)
	}
	// A process that runs with the old key goes on.
	if err := again.RotateMaster(t.Context(), "mia", vault.MasterKey{43}); err != nil {
		t.Fatal(err)
	}
	if err := a.Manage.Reload(t.Context()); err != nil {
		t.Errorf("a running process: %v", err)
	}
	a.Say(ada, "STOP")
	audited(t, a)
}

// An operator's act was signed at one instant and named by the next, and the audit
// accused it where a millisecond went by between the two.
func TestAuditAccusedAnActOfTwoInstants(t *testing.T) {
	var ticks atomic.Int64
	clock := func() time.Time { return apptest.Start.Add(time.Duration(ticks.Add(1)) * 997 * time.Microsecond) }
	a := apptest.NewWith(t, apptest.Options{Clock: clock})
	for range 5 {
		if _, err := a.Manage.RotateSigning(t.Context(), "mia", "all"); err != nil {
			t.Fatal(err)
		}
	}
	audited(t, a)
}
