package manage_test

import (
	"context"
	"slices"
	"testing"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/store"
)

func TestAllowOrigins(t *testing.T) {
	a := apptest.New(t)
	sites := func() []string {
		f, _, _ := a.Directory().Funnel(apptest.Chat)
		return f.Origins
	}
	entries := func() (n int) {
		f, _, _ := a.Directory().Funnel(apptest.Chat)
		for _, e := range a.Directory().Entries(f.ID) {
			if e.Kind == funnel.EntryEmbed {
				n++
			}
		}
		return n
	}
	if len(sites()) > 0 || entries() > 0 {
		t.Fatalf("a new funnel stands on %q by %d entry points", sites(), entries())
	}
	before := acts(t, a)
	for _, want := range [][]string{{"https://a.example"}, {"https://a.example", "https://b.example"}, {"https://a.example", "https://b.example"}, {}} {
		if err := a.Manage.AllowOrigins(t.Context(), a.Business, apptest.Chat, want, "mia"); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(sites(), want) || entries() != 1 {
			t.Errorf("%q: %q by %d entry points", want, sites(), entries())
		}
	}
	if got := acts(t, a) - before; got != 3 { // saying the same again is no deed
		t.Errorf("%d events", got)
	}
	for _, tt := range []struct{ business, slug string }{{a.Business, "none"}, {"another", apptest.Chat}} {
		if err := a.Manage.AllowOrigins(context.Background(), tt.business, tt.slug, []string{"https://c.example"}, "mia"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// acts counts the events of operators.
func acts(t *testing.T, a *apptest.App) (n int) {
	t.Helper()
	err := a.Store.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.EventsFrom(ctx, 0, 10_000)
		for _, e := range list {
			if e.Name == string(evidence.OperatorActed) {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
