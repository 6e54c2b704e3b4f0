package evidence

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	josejson "github.com/go-jose/go-jose/v4/json"
)

// What the quick way reads, the long way reads in the same way.
func FuzzQuick(f *testing.F) {
	digest := Sum(nil).String()
	for _, s := range []string{
		`{"iss":"i","iat":17,"jti":"a","event":"consent.given","notice":"` + digest + `","sim":true,"suppressions":["` + digest + `"],"choices":[{"...":"x"}],"_sd":["x"]}`,
		`{"iss":"i","iss":"j"}`, `{"iat":-1}`, `{"iat":1e3}`, `{"iat":1.0}`, `{"sim":false}`, `{"sim":null}`, `{"sim":1}`, `{"notice":"` + digest[1:] + `"}`, `{"choices":[]}`, `{"ISS":"i"}`, `{}`, `[]`,
		`"text"`, `"t\u00e9xt"`, `"t\xffxt"`, `17`, `007`, `9223372036854775808`, `"` + digest + `"`, `["a","b"]`, `["a",1]`, `null`, `"2026-01-02T03:04:05.678Z"`, `"2026-01-02T03:04:05+01:00"`,
		`{"purpose":"offers","scope":"marketing","outcome":"given","basis":"consent","grade":"B","valid_until":"2026-01-02T03:04:05.678Z","note":"n"}`, `{"purpose":"a","purpose":"b"}`,
		`{"kind":"message","ticked":["a"],"unticked":["b"],"text":"x","payload":"p","title":"t","more":1}`, `{"kind":"message","ticked":null}`, `{"Kind":"message"}`,
		`[{"kind":"page","sha256":"` + digest + `"}]`, `{"slice":"` + digest + `","body":"` + digest + `","offset":7}`, `{"offset":"7"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var quick, long Verified
		if quick.readPlain(raw) {
			if err := long.readAny(raw); err != nil || !reflect.DeepEqual(quick, long) {
				t.Errorf("%q: quick %+v, long %+v, %v", raw, quick.Event, long.Event, err)
			}
		}
		if !json.Valid(raw) {
			return // a disclosed value is JSON: sdjwt saw to it
		}
		for _, fields := range [][2]any{{new(string), new(string)}, {new(int64), new(int64)}, {new(Digest), new(Digest)}, {new(Time), new(Time)}, {new([]string), new([]string)},
			{new([]Shown), new([]Shown)}, {new(Choice), new(Choice)}, {new(Act), new(Act)}, {new(Shown), new(Shown)}, {new(Webhook), new(Webhook)}} {
			if !readPlain(raw, fields[0]) {
				if !reflect.ValueOf(fields[0]).Elem().IsZero() {
					t.Errorf("%q: %T was left half read", raw, fields[0])
				}
				continue
			}
			if err := josejson.Unmarshal(raw, fields[1]); err != nil || !reflect.DeepEqual(fields[0], fields[1]) {
				t.Errorf("%q: quick %+v, long %+v, %v", raw, fields[0], fields[1], err)
			}
		}
	})
}

// What nearly every event has goes the quick way.
func TestQuickIsTaken(t *testing.T) {
	for s, field := range map[string]any{
		`{"purpose":"offers","scope":"marketing","outcome":"given"}`: new(Choice), `{"kind":"message","text":"Zoë, ja"}`: new(Act), `["a","b"]`: new([]string), `7`: new(int64),
		`{"slice":"` + Sum(nil).String() + `"}`: new(Webhook), `[{"kind":"page"}]`: new([]Shown),
	} {
		if !readPlain([]byte(s), field) || reflect.ValueOf(field).Elem().IsZero() {
			t.Errorf("%s is not read the quick way", s)
		}
	}
	var v Verified
	if !v.readPlain([]byte(`{"iss":"i","iat":17,"jti":"a","event":"consent.given","choices":[{"...":"x"}]}`)) || v.HiddenChoices != 1 || v.Issuer != "i" {
		t.Errorf("a payload is not read the quick way: %+v", v)
	}
}

// Every member of what is read the quick way is known there: one that was put in
// later, and only read the long way, would be passed over.
func TestQuickKnowsEveryMember(t *testing.T) {
	odd := `[[["x"]]]` // is nothing's value, and plain
	for _, field := range []any{new(Choice), new(Act), new(Shown), new(Webhook)} {
		if !readPlain([]byte(`{"nobody's":`+odd+`}`), field) {
			t.Errorf("%T: a member that is not known is read", field)
		}
		of := reflect.TypeOf(field).Elem()
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if name == "" || readPlain([]byte(`{"`+name+`":`+odd+`}`), field) {
				t.Errorf("%s of %T is not read", of.Field(i).Name, field)
			}
		}
	}
	for _, name := range inClear[:9] {
		if v := new(Verified); v.readPlain([]byte(`{"` + name + `":{"a":"x"}}`)) {
			t.Errorf("%s is not read", name)
		}
	}
}
