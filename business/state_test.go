package business_test

import (
	"testing"
	"time"

	"assent/business"
	"assent/template"
)

func TestTierLimit(t *testing.T) {
	for tier, want := range map[string]int{
		"TIER_250": 250, "TIER_2K": 2000, "TIER_10K": 10_000, "TIER_100K": 100_000, "TIER_UNLIMITED": -1, "250": 250, "": -1, "TIER_NOT_SET": -1, "-1": -1, "tier_1k": 1000,
	} {
		if got := business.TierLimit(tier); got != want {
			t.Errorf("%q is %d, want %d", tier, got, want)
		}
	}
}

func TestPace(t *testing.T) {
	for rate, want := range map[int]time.Duration{0: 12_500 * time.Microsecond, 20: 50 * time.Millisecond, 1000: time.Millisecond} {
		if got := (&business.Sender{Rate: rate}).Pace(); got != want {
			t.Errorf("%d a second: every %s", rate, got)
		}
	}
}

func TestAboutToken(t *testing.T) {
	a, b := business.Sender{Secrets: business.Secrets{Token: "a"}}, business.Sender{Secrets: business.Secrets{Token: "b"}}
	if a.AboutToken() == b.AboutToken() || len(a.AboutToken()) != len("token/")+16 {
		t.Error(a.AboutToken(), b.AboutToken())
	}
}

func TestStateRemembersSoMuch(t *testing.T) {
	var s business.AccountState
	at := time.Unix(1_700_000_000, 0)
	for range 50 {
		s.Notify(business.Notice{Type: "x"})
	}
	if len(s.Notices) != 20 {
		t.Errorf("%d notices", len(s.Notices))
	}
	if !s.News("a", at) || s.News("a", at) || s.News("a", at.Add(-time.Hour)) || !s.News("a", at.Add(time.Hour)) || !s.News("b", at) || !s.News("a", time.Time{}) {
		t.Error("old news is news, or new is not")
	}
}

func TestTemplateAlarms(t *testing.T) {
	good := template.Template{WABA: "1", Name: "n", Lang: "de", Wanted: "UTILITY", Category: "UTILITY", Status: "APPROVED", Quality: "GREEN"}
	change := func(fn func(*template.Template)) template.Template { x := good; fn(&x); return x }
	for name, tt := range map[string]struct {
		before, after template.Template
		open          business.AlarmKind
		ended         business.AlarmKind
	}{
		"nothing":          {good, good, "", ""},
		"first seen":       {template.Template{}, good, "", business.AlarmTemplate},
		"moved":            {good, change(func(x *template.Template) { x.Category = "MARKETING" }), business.AlarmCategory, ""},
		"born moved":       {template.Template{}, change(func(x *template.Template) { x.Category, x.Status, x.Quality = "MARKETING", "", "" }), business.AlarmCategory, ""},
		"still moved":      {change(func(x *template.Template) { x.Category = "MARKETING" }), change(func(x *template.Template) { x.Category = "MARKETING" }), "", ""},
		"moved back":       {change(func(x *template.Template) { x.Category = "MARKETING" }), good, "", business.AlarmCategory},
		"announced":        {good, change(func(x *template.Template) { x.Announced = "MARKETING" }), business.AlarmCategory, ""},
		"elsewhere's move": {change(func(x *template.Template) { x.Wanted = "" }), change(func(x *template.Template) { x.Wanted, x.Category = "", "MARKETING" }), business.AlarmCategory, ""},
		"paused":           {good, change(func(x *template.Template) { x.Status = "PAUSED" }), business.AlarmTemplate, ""},
		"approved again":   {change(func(x *template.Template) { x.Status = "PAUSED" }), good, "", business.AlarmTemplate},
		"red":              {good, change(func(x *template.Template) { x.Quality = "RED" }), business.AlarmQuality, ""},
		"yellow":           {change(func(x *template.Template) { x.Quality = "RED" }), change(func(x *template.Template) { x.Quality = "YELLOW" }), "", business.AlarmQuality},
	} {
		open, ended := business.TemplateAlarms(tt.before, tt.after)
		var kind, end business.AlarmKind
		if len(open) == 1 {
			kind = open[0].Kind
		}
		if len(ended) > 0 {
			end = ended[0]
		}
		if kind != tt.open || end != tt.ended || len(open) > 1 {
			t.Errorf("%s: opens %+v, ends %v", name, open, ended)
		}
	}
}
