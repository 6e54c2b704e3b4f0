package business_test

import (
	"strings"
	"testing"

	"assent/business"
	"assent/fault"
)

func TestMenuCheck(t *testing.T) {
	command := func(name, hint string) business.Menu {
		return business.Menu{Commands: []business.Command{{Name: name, Hint: hint}}}
	}
	many := business.Menu{}
	for i := range 31 {
		many.Commands = append(many.Commands, business.Command{Name: strings.Repeat("x", i+1), Hint: "y"})
	}
	for name, tt := range map[string]struct {
		m     business.Menu
		field string
	}{
		"nothing":              {business.Menu{}, ""},
		"a command":            {command("stop", "Stop all messages"), ""},
		"in another script":    {command("إيقاف", "x"), ""},
		"with marks":           {command("सेटिंग", "x"), ""},
		"a slash":              {command("/stop", "x"), "commands"},
		"two words":            {command("stop all", "x"), "commands"},
		"too long":             {command(strings.Repeat("x", 33), "x"), "commands"},
		"without a hint":       {command("stop", ""), "commands"},
		"a hint that is long":  {command("stop", strings.Repeat("x", 257)), "commands"},
		"twice":                {business.Menu{Commands: []business.Command{{"stop", "x"}, {"STOP", "y"}}}, "commands"},
		"too many":             {many, "commands"},
		"a sentence":           {business.Menu{Prompts: []string{"How do I get offers?"}}, ""},
		"a picture":            {business.Menu{Prompts: []string{"Hello 🌻"}}, "prompts"},
		"an empty sentence":    {business.Menu{Prompts: []string{""}}, "prompts"},
		"a long sentence":      {business.Menu{Prompts: []string{strings.Repeat("x", 81)}}, "prompts"},
		"five sentences":       {business.Menu{Prompts: []string{"a", "b", "c", "d", "e"}}, "prompts"},
		"a line in a sentence": {business.Menu{Prompts: []string{"a\nb"}}, "prompts"},
	} {
		if err := tt.m.Check(); (err == nil) != (tt.field == "") || err != nil && fault.FieldOf(err) != tt.field {
			t.Errorf("%s: %v, want %q", name, err, tt.field)
		}
	}
	if !(business.Menu{}).Empty() || command("a", "b").Empty() {
		t.Error("empty")
	}
}
