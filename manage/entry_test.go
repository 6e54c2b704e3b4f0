package manage_test

import (
	"strings"
	"testing"

	"assent/fault"
	"assent/funnel"
	"assent/internal/apptest"
)

// What a code leads to changes under an event of its author; each state is kept.
func TestEntryVersions(t *testing.T) {
	a := apptest.New(t)
	business := a.Business
	made, err := a.Manage.AddEntries(t.Context(), business, apptest.Chat, []string{"till 1", "till 2", "till 1"}, funnel.EntryPoint{}, "mia")
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != 3 || made[0] != made[2] || made[0].Code == made[1].Code || made[0].Chat {
		t.Fatalf("%+v", made)
	}
	again, err := a.Manage.AddEntries(t.Context(), business, apptest.Chat, []string{"till 2"}, funnel.EntryPoint{}, "mia")
	if err != nil || again[0] != made[1] {
		t.Errorf("a list that is sent twice makes new codes: %+v, %v", again, err)
	}
	code := made[0].Code
	to := funnel.EntryPoint{Label: "till 1, upstairs", Chat: true, Text: "Hello from the till"}
	if err := a.Manage.ChangeEntry(t.Context(), business, code, apptest.Numbered, to, "leo"); err != nil {
		t.Fatal(err)
	}
	to.Off = true
	if err := a.Manage.ChangeEntry(t.Context(), business, code, apptest.Numbered, to, "mia"); err != nil {
		t.Fatal(err)
	}
	if err := a.Manage.ChangeEntry(t.Context(), business, code, apptest.Numbered, to, "mia"); err != nil {
		t.Fatal(err) // nothing changes, so nothing is kept
	}
	list, err := a.Manage.EntryVersions(t.Context(), business, code)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if v := list[0]; !v.Off || v.Author != "mia" || v.Event == "" || v.At.IsZero() || v.Number != 3 {
		t.Errorf("%+v", v)
	}
	if v := list[1]; v.Off || v.Text != to.Text || v.Author != "leo" || v.Funnel == list[2].Funnel {
		t.Errorf("%+v", v)
	}
	if e, _ := a.Directory().Entry(code); !e.Off || e.Label != to.Label {
		t.Errorf("%+v", e)
	}
}

func TestEntryRefusals(t *testing.T) {
	a := apptest.New(t)
	for name, tt := range map[string]struct {
		business, slug, code string
		to                   funnel.EntryPoint
		kind                 fault.Kind
		field                string
	}{
		"another business":  {"none", apptest.Chat, apptest.PrintedCode, funnel.EntryPoint{Label: "x"}, fault.NotFound, ""},
		"no such funnel":    {a.Business, "none", apptest.PrintedCode, funnel.EntryPoint{Label: "x"}, fault.NotFound, ""},
		"no such code":      {a.Business, apptest.Chat, "NOSUCH", funnel.EntryPoint{Label: "x"}, fault.NotFound, ""},
		"no label":          {a.Business, apptest.Chat, apptest.PrintedCode, funnel.EntryPoint{}, fault.Invalid, "label"},
		"a long label":      {a.Business, apptest.Chat, apptest.PrintedCode, funnel.EntryPoint{Label: strings.Repeat("x", 81)}, fault.Invalid, "label"},
		"somebody's number": {a.Business, apptest.Chat, apptest.PrintedCode, funnel.EntryPoint{Label: "for +49 170 1234567"}, fault.Invalid, "label"},
		"a stop":            {a.Business, apptest.Chat, apptest.PrintedCode, funnel.EntryPoint{Label: "x", Text: "STOP"}, fault.Invalid, "text"},
		"two lines":         {a.Business, apptest.Chat, apptest.PrintedCode, funnel.EntryPoint{Label: "x", Text: "a\nb"}, fault.Invalid, "text"},
		"a long text":       {a.Business, apptest.Chat, apptest.PrintedCode, funnel.EntryPoint{Label: "x", Text: strings.Repeat("a", 161)}, fault.Invalid, "text"},
	} {
		err := a.Manage.ChangeEntry(t.Context(), tt.business, tt.code, tt.slug, tt.to, "mia")
		if !fault.Is(err, tt.kind) || fault.FieldOf(err) != tt.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.Manage.EntryVersions(t.Context(), "none", apptest.PrintedCode); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	for _, labels := range [][]string{nil, make([]string, 2001), {""}, {"mia@rosa.example"}} {
		if _, err := a.Manage.AddEntries(t.Context(), a.Business, apptest.Chat, labels, funnel.EntryPoint{}, "mia"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%d labels: %v", len(labels), err)
		}
	}
}
