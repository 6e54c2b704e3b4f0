package manage_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"assent/business"
	"assent/evidence"
	"assent/fault"
	"assent/store"
	"assent/store/storetest"
)

// deeds returns how often operators acted on the business's records.
func deeds(t *testing.T, db storetest.Database, id string) (n int) {
	t.Helper()
	s := db.Open(t, store.Options{})
	err := s.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.ActsOf(ctx, id, 100)
		n = len(list)
		for _, e := range list {
			if e.Name != string(evidence.OperatorActed) {
				t.Errorf("a deed is called %s", e.Name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What an operator says of a business is an event with its author, reaches who
// reads the business, and leaves alone what is not theirs to say.
func TestEditBusiness(t *testing.T) {
	m, _, db, id := open(t)
	tenant, _ := m.Directory().Tenant(id)
	b := tenant.Business
	b.Address, b.NoticeURLs, b.BareStop, b.Entity = " Weg 1,\n Berlin ", map[string]string{"de": "https://shop.example/datenschutz", "fr": ""}, business.StopMarketing, "Shop Holding"
	b.Slug, b.Issuer, b.Purposes = "other", "https://other.example", []business.Purpose{{Key: "x"}}
	for range 2 { // the second changes nothing
		if err := m.EditBusiness(t.Context(), b, "o1"); err != nil {
			t.Fatal(err)
		}
	}
	now, _ := m.Directory().Tenant(id)
	if now.Address != "Weg 1, Berlin" || now.Entity != "Shop Holding" || now.BareStop != business.StopMarketing || now.Slug != "shop" || now.Issuer != tenant.Issuer || len(now.Purposes) != 0 {
		t.Errorf("%+v", now.Business)
	}
	if now.Notice("de") != "https://shop.example/datenschutz" || now.Notice("fr") != "https://shop.example/privacy" || len(now.NoticeURLs) != 1 {
		t.Errorf("the notices are %v", now.NoticeURLs)
	}
	if n := deeds(t, db, id); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestEditBusinessRefuses(t *testing.T) {
	m, _, db, id := open(t)
	tenant, _ := m.Directory().Tenant(id)
	for field, wrong := range map[string]func(b *business.Business){
		"legal_name":    func(b *business.Business) { b.LegalName = " " },
		"address":       func(b *business.Business) { b.Address = strings.Repeat("x", 501) },
		"notice_url":    func(b *business.Business) { b.NoticeURL = "javascript:alert(1)" },
		"notice_url_de": func(b *business.Business) { b.NoticeURLs = map[string]string{"de": "shop.example"} },
		"notice_url_xx": func(b *business.Business) { b.NoticeURLs = map[string]string{"xx": "https://shop.example"} },
		"language":      func(b *business.Business) { b.Language = "xx" },
		"country":       func(b *business.Business) { b.Country = "Germany" },
		"colour":        func(b *business.Business) { b.Colour = "red" },
		"bare_stop":     func(b *business.Business) { b.BareStop = "none" },
	} {
		b := tenant.Business
		b.BareStop = business.StopAll
		wrong(&b)
		err := m.EditBusiness(t.Context(), b, "o1")
		found := slices.ContainsFunc(fault.All(err), func(f *fault.Error) bool { return f.Field == field })
		if !fault.Is(err, fault.Invalid) || !found {
			t.Errorf("%s: %v", field, err)
		}
	}
	if n := deeds(t, db, id); n != 0 {
		t.Errorf("%d events", n)
	}
}

func TestAddBusinessByAnOperator(t *testing.T) {
	m, _, db, _ := open(t)
	id, err := m.AddBusinessBy(t.Context(), business.Business{Slug: "laden", LegalName: "Laden KG", Language: "de", Country: "at"}, "o1")
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := m.Directory().Tenant(id); !ok || b.BrandName != "Laden KG" || b.Country != "AT" || b.BareStop != business.StopAll {
		t.Errorf("%+v", b)
	}
	if n := deeds(t, db, id); n != 1 {
		t.Errorf("%d events", n)
	}
	for slug, want := range map[string]string{"laden": "slug", "A b": "slug"} {
		if _, err := m.AddBusinessBy(t.Context(), business.Business{Slug: slug, LegalName: "X"}, "o1"); fault.FieldOf(err) != want {
			t.Errorf("%s: %v", slug, err)
		}
	}
}
