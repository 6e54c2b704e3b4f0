package certificate

import (
	"reflect"
	"strings"
	"testing"

	"assent/locale"
)

func TestNoLabelIsMissing(t *testing.T) {
	en := reflect.ValueOf(languages["en"]).Elem()
	for _, tag := range locale.Tags() {
		w, ok := languages[tag]
		if !ok {
			t.Errorf("no labels in %s", tag)
			continue
		}
		v := reflect.ValueOf(w).Elem()
		for i := range v.NumField() {
			got, want := v.Field(i).String(), en.Field(i).String()
			if got == "" || strings.Count(got, "{}") != strings.Count(want, "{}") {
				t.Errorf("%s: %s is %q", tag, v.Type().Field(i).Name, got)
			}
		}
	}
}
