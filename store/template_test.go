package store_test

import (
	"context"

	"assent/chat"
	"assent/fault"
	"assent/store"
	"assent/template"
)

func (s *site) putTemplate(waba, name, lang string, checked int64) template.Template {
	s.Helper()
	x := filled[template.Template](waba + name)
	x.WABA, x.Name, x.Lang, x.CreatedAt, x.CheckedAt = waba, name, lang, at(1), at(checked)
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTemplate(ctx, x) })
	return x
}

func (s *site) templates(waba string) []template.Template {
	s.Helper()
	return read(s, func(ctx context.Context, tx *store.Tx) ([]template.Template, error) { return tx.Templates(ctx, waba) })
}

var templateMethods = methods{
	"PutTemplate": func(s *site) {
		x := s.putTemplate("1", "a", "de", 5)
		same(s, s.templates("1"), []template.Template{x})
		next := x
		next.Status, next.Category, next.Announced, next.Quality, next.Reason, next.MetaID, next.Text.Body, next.CheckedAt = "s", "c", "a", "q", "r", "m", "b", at(9)
		again := next
		again.Library, again.Wanted, again.CreatedAt = "other", "other", at(7)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.PutTemplate(ctx, again) })
		same(s, s.templates("1"), []template.Template{next})
	},
	"Template": func(s *site) {
		x, _ := s.putTemplate("1", "a", "de", 5), s.putTemplate("1", "a", "en", 5)
		get := func(lang string) *template.Template {
			return find(s, func(ctx context.Context, tx *store.Tx) (template.Template, bool, error) {
				return tx.Template(ctx, "1", "a", lang)
			})
		}
		same(s, get("de"), &x)
		if get("fr") != nil {
			s.Error("a language that there is not")
		}
	},
	"Templates": func(s *site) {
		b, a, e := s.putTemplate("1", "b", "de", 5), s.putTemplate("1", "a", "en", 5), s.putTemplate("1", "a", "de", 5)
		s.putTemplate("2", "a", "de", 5)
		same(s, s.templates("1"), []template.Template{e, a, b})
		same(s, s.templates("3"), []template.Template{})
	},
	"DropTemplates": func(s *site) {
		s.putTemplate("1", "a", "de", 4)
		x := s.putTemplate("1", "b", "de", 5)
		y := s.putTemplate("2", "a", "de", 4)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.DropTemplates(ctx, "1", at(5)) })
		same(s, s.templates("1"), []template.Template{x})
		same(s, s.templates("2"), []template.Template{y})
	},
	"ParkedDeliveries": func(s *site) {
		list := func(limit int) []chat.Delivery {
			return read(s, func(ctx context.Context, tx *store.Tx) ([]chat.Delivery, error) {
				return tx.ParkedDeliveries(ctx, "", limit)
			})
		}
		for _, id := range []string{"a", "bb", "ccc"} {
			d := s.addDelivery(id, "day/1", at(1))
			if id != "a" {
				d.Reason, d.Key = "poison", "parked/"+id
				s.park(d)
			}
		}
		want := []chat.Delivery{s.delivery("ccc"), s.delivery("bb")}
		for i := range want {
			want[i].Sealed = nil // a list of them says nothing of what they say
		}
		same(s, list(9), want)
		same(s, list(1), want[:1])
	},
	"ReplayDelivery": func(s *site) {
		d := s.addDelivery("a", "day/1", at(1))
		s.refused(fault.Stale, func(ctx context.Context, tx *store.Tx) error { return tx.ReplayDelivery(ctx, "a") })
		d.Reason, d.Key = "poison", "parked/a"
		s.park(d)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.ReplayDelivery(ctx, "a") })
		d.Reason = ""
		same(s, s.delivery("a"), d)
		same(s, s.waiting("", 9), []string{"a"})
	},
}
