package public

import (
	"encoding/json"
	"net/url"
	"reflect"
	"testing"
	"unicode/utf8"
)

func TestParseForm(t *testing.T) {
	for _, tt := range []struct {
		body string
		want url.Values // nil: refused
	}{
		{`{}`, url.Values{}}, {` {"a":"b"} `, url.Values{"a": {"b"}}}, {`{"a":[],"b":["x","y"]}`, url.Values{"a": {}, "b": {"x", "y"}}}, {`{"ä":"\ud83d\ude00"}`, url.Values{"ä": {"😀"}}},
		{``, nil}, {`[]`, nil}, {`"a"`, nil}, {`null`, nil}, {`{"a":1}`, nil}, {`{"a":true}`, nil}, {`{"a":null}`, nil}, {`{"a":{}}`, nil}, {`{"a":[["b"]]}`, nil}, {`{"a":[1]}`, nil},
		{`{"a":"b","a":"c"}`, nil}, {`{"a":"b"}{}`, nil}, {`{"a":"b"}x`, nil}, {`{"a":"b"`, nil}, {`{"a":["b"`, nil}, {`{a:"b"}`, nil}, {"{\"a\":\"\xff\"}", nil}, {`{"a" "b"}`, nil}, {`{"a":"b",}`, nil},
	} {
		got, ok := parseForm([]byte(tt.body))
		if ok != (tt.want != nil) || ok && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v %v", tt.body, got, ok)
		}
	}
}

// What is taken is JSON that says the same to any other reader.
func FuzzParseForm(f *testing.F) {
	for _, s := range []string{`{"purpose":["offers"],"phone":"0170"}`, `{"a":["b","c"],"d":""}`, `{"a":"\u0000"}`, `{`, `[]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		values, ok := parseForm(body)
		if !ok {
			return
		}
		var other map[string]any
		if err := json.Unmarshal(body, &other); err != nil || len(other) != len(values) {
			t.Fatalf("%q is no JSON to others: %v", body, err)
		}
		for key, list := range values {
			for _, v := range list {
				if !utf8.ValidString(key) || !utf8.ValidString(v) {
					t.Fatalf("%q holds what is no text", body)
				}
			}
		}
		_ = formOf(values)
	})
}
