package evidence

import (
	"bytes"
	"errors"
	"reflect"
	"strings"

	josejson "github.com/go-jose/go-jose/v4/json"
)

var errNull = errors.New("a member is null")

// Unmarshal reads JSON as docs/proof-format.md wants it: names are compared
// exactly, no object has a member twice, and what is named is absent or of its
// type, so that null is refused. Members that into does not name are passed over.
func Unmarshal(raw []byte, into any) error {
	if err := josejson.Unmarshal(raw, into); err != nil {
		return err
	}
	if !bytes.Contains(raw, []byte("null")) {
		return nil
	}
	var v any
	if err := josejson.Unmarshal(raw, &v); err != nil {
		return err
	}
	if hasNull(v, reflect.TypeOf(into)) {
		return errNull
	}
	return nil
}

// hasNull reports whether a value is null, or has null where t names something.
func hasNull(v any, t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		for _, one := range v {
			if t.Kind() == reflect.Slice && hasNull(one, t.Elem()) {
				return true
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return false
		}
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if one, ok := v[name]; f.Anonymous && hasNull(v, f.Type) || ok && hasNull(one, f.Type) {
				return true
			}
		}
	}
	return false
}
