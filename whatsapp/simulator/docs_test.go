package simulator

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocs keeps docs/simulator.md true: its tables name every field and every
// special number, and the codes that come later.
func TestDocs(t *testing.T) {
	raw, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	for _, typ := range []reflect.Type{reflect.TypeFor[Inbound](), reflect.TypeFor[scriptWebhooks](), reflect.TypeFor[Look]()} {
		for i := range typ.NumField() {
			if name := typ.Field(i).Tag.Get("json"); name != "" && !strings.Contains(doc, "`"+name+"`") {
				t.Errorf("the field %s of %s is not documented", name, typ.Name())
			}
		}
	}
	for digits := range quirks {
		if !strings.Contains(doc, fmt.Sprintf("| `%d` |", digits)) {
			t.Errorf("the special number %d is not documented", digits)
		}
	}
	_, later, _ := strings.Cut(doc, "Codes that Meta mostly reports later")
	later, _, _ = strings.Cut(later, "The others come in the answer")
	for _, code := range laterCodes {
		if !strings.Contains(later, fmt.Sprint(int(code))) {
			t.Errorf("the code %d is not documented as coming later", code)
		}
	}
}
