package plain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	josejson "github.com/go-jose/go-jose/v4/json"

	"assent/evidence/plain"
)

// strict reads JSON as the decoder does that knows all of it: no member twice, no
// byte left, numbers as they are written.
func strict(b []byte) (v any, err error) {
	if !json.Valid(b) {
		return nil, fmt.Errorf("not one JSON value")
	}
	d := josejson.NewDecoder(bytes.NewReader(b))
	d.SetNumberType(josejson.UnmarshalJSONNumber)
	return v, d.Decode(&v)
}

func nested(open, inside, end string, depth int) string {
	return strings.Repeat(open, depth) + inside + strings.Repeat(end, depth)
}

func members(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"m%d":%d`, i, i))
	}
	return "{" + strings.Join(list, ",") + "}"
}

func TestIs(t *testing.T) {
	for _, s := range []string{
		`""`, `"a"`, `"é"`, `"日本語 🙂"`, "\"\x7f\"", "\"\u2028\"", `0`, `7`, `18446744073709551616`, `true`, `false`,
		`{"a":1}`, `{"a":1,"A":2}`, `{"":""}`, `{"a":{"a":{"a":[true,"x",0]}}}`, `[1]`, `["a",["b"],{"c":false}]`,
		nested("[", "1", "]", 7), nested(`{"a":`, "1", "}", 7), members(32),
	} {
		if !plain.Is([]byte(s)) {
			t.Errorf("%s is not plain", s)
		}
		if _, err := strict([]byte(s)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for name, list := range map[string][]string{
		"nothing, or not whole":  {``, `"`, `"a`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `[`, `[1`, `[1,`, `t`, `tru`, `fals`, `-`},
		"more than one value":    {`1 2`, `""""`, `"a"b`, `{"a":1}{`, `{"a":1}}`, `[1]]`, `truefalse`, `truex`, `1,`, `"a",`, "1\x00"},
		"space":                  {` 1`, `1 `, "1\n", `{ "a":1}`, `{"a" :1}`, `{"a": 1}`, `{"a":1 }`, `[ 1]`, `[1 ,2]`, `[1, 2]`, "\ufeff1"},
		"twice":                  {`{"a":1,"a":1}`, `{"a":{"b":1,"b":2}}`, `[{"a":1,"a":2}]`, `{"a":1,"b":2,"a":3}`, `{"":1,"":2}`},
		"escapes":                {`"\u0061"`, `"\n"`, `"a\"b"`, `{"\u0061":1}`, `{"a":1,"\u0061":2}`, `"\ud800"`, `"\`},
		"bytes of control":       {"\"\n\"", "\"\x00\"", "{\"\t\":1}", "\"\x1f\""},
		"names beyond ASCII":     {`{"é":1}`, "{\"\x7f\":1}", "{\"\xff\":1}"},
		"numbers of other forms": {`-1`, `-0`, `01`, `00`, `1.0`, `1e3`, `1E3`, `+1`, `.5`, `0x1`, `{"a":1.0}`, `[1e3]`, `{"a":01}`},
		"null":                   {`null`, `{"a":null}`, `[null]`, `nul`},
		"empty":                  {`{}`, `[]`, `{"a":{}}`, `[[]]`},
		"commas":                 {`{"a":1,}`, `{,"a":1}`, `[1,]`, `[,1]`, `[1,,2]`, `{"a":1;"b":2}`},
		"no names":               {`{1:2}`, `{true:1}`, `{"a",1}`, `["a":1]`},
		"too deep or too many":   {nested("[", "1", "]", 8), nested(`{"a":`, "1", "}", 8), nested("[", "1", "]", 100_000), members(33)},
		"capitals":               {`True`, `TRUE`, `False`},
	} {
		for _, s := range list {
			if plain.Is([]byte(s)) {
				t.Errorf("%s: %.40q is plain", name, s)
			}
		}
	}
}

func TestParts(t *testing.T) {
	var got []string
	tell := func(name, value []byte) bool { got = append(got, string(name)+"="+string(value)); return true }
	if !plain.Object([]byte(`{"a":"x","b":[1,{"c":2}],"d":{"e":true}}`), tell) || !reflect.DeepEqual(got, []string{`a="x"`, `b=[1,{"c":2}]`, `d={"e":true}`}) {
		t.Errorf("the members are %q", got)
	}
	got = nil
	if !plain.Array([]byte(`["x",[1,2],{"c":2}]`), func(value []byte) bool { return tell(nil, value) }) || !reflect.DeepEqual(got, []string{`="x"`, `=[1,2]`, `={"c":2}`}) {
		t.Errorf("the elements are %q", got)
	}
	no := func([]byte) bool { return false }
	for name, ok := range map[string]bool{
		"an object whose member is refused":  plain.Object([]byte(`{"a":1}`), func(_, value []byte) bool { return no(value) }),
		"an array whose element is refused":  plain.Array([]byte(`[1]`), no),
		"an array as object":                 plain.Object([]byte(`[1]`), tell),
		"an object as array":                 plain.Array([]byte(`{"a":1}`), func([]byte) bool { return true }),
		"nothing as object":                  plain.Object(nil, tell),
		"nothing as array":                   plain.Array(nil, func([]byte) bool { return true }),
		"an object with a byte behind it":    plain.Object([]byte(`{"a":1}x`), tell),
		"an array with a byte behind it":     plain.Array([]byte(`[1]x`), func([]byte) bool { return true }),
		"an object that repeats itself late": plain.Object([]byte(`{"a":1,"b":2,"a":3}`), tell),
	} {
		if ok {
			t.Errorf("%s is read", name)
		}
	}
}

func TestScalars(t *testing.T) {
	for s, want := range map[string]string{`""`: "", `"a"`: "a", `"Zoë 🙂"`: "Zoë 🙂"} {
		if got, ok := plain.Text([]byte(s)); !ok || string(got) != want {
			t.Errorf("%s reads %q, %v", s, got, ok)
		}
	}
	for _, s := range []string{``, `"`, `a`, `"a`, `"a"b`, `"\n"`, "\"\xff\"", "\"\xed\xa0\x80\"", `7`} {
		if got, ok := plain.Text([]byte(s)); ok {
			t.Errorf("%q reads %q", s, got)
		}
	}
	for s, want := range map[string]int64{`0`: 0, `7`: 7, `1795428000`: 1795428000, `999999999999999999`: 999999999999999999} {
		if got, ok := plain.Int([]byte(s)); !ok || got != want {
			t.Errorf("%s reads %d, %v", s, got, ok)
		}
	}
	for _, s := range []string{``, `-1`, `01`, `1.0`, `1e3`, `7 `, ` 7`, `7x`, `x`, `"7"`, `1000000000000000000`, `9223372036854775808`} {
		if got, ok := plain.Int([]byte(s)); ok {
			t.Errorf("%q reads %d", s, got)
		}
	}
	if name, rest, ok := plain.CutName([]byte(`"a","b"`)); !ok || string(name) != "a" || string(rest) != `,"b"` {
		t.Errorf("cut into %q and %q, %v", name, rest, ok)
	}
	for _, s := range []string{``, `a`, `"a`, `"é"`, `"\u0061"`} {
		if name, _, ok := plain.CutName([]byte(s)); ok {
			t.Errorf("%q begins with the name %q", s, name)
		}
	}
}

// Whatever is plain, the strict decoder reads in the same way.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{
		`{"a":"x","b":[1,{"c":2}],"d":{"e":true}}`, `["x",[1,2],{"c":2}]`, `"é"`, "\"\xff\"", `7`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":01}`, `[1,]`, `1 2`, `{"a":-1}`,
		`{"_sd":["x"],"choices":[{"...":"x"}]}`, nested("[", "1", "]", 8), members(33),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		want, err := strict(b)
		if got, ok := read(b); ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Errorf("%q reads %#v, and strictly %#v, %v", b, got, want, err)
		} else if ok != plain.Is(b) && bytes.Equal(b, bytes.ToValidUTF8(b, nil)) {
			t.Errorf("%q: plain %v, read %v", b, plain.Is(b), ok)
		} else if plain.Is(b) && err != nil {
			t.Errorf("%q is plain: %v", b, err)
		}
	})
}

// read makes of plain JSON what the strict decoder makes of it.
func read(b []byte) (v any, ok bool) {
	if text, ok := plain.Text(b); ok {
		return string(text), true
	}
	object := map[string]any{}
	if plain.Object(b, func(name, value []byte) bool {
		v, ok := read(value)
		object[string(name)] = v
		return ok
	}) {
		return object, true
	}
	var list []any
	if plain.Array(b, func(value []byte) bool {
		v, ok := read(value)
		list = append(list, v)
		return ok
	}) {
		return list, true
	}
	switch {
	case !plain.Is(b) || b[0] == '"' || b[0] == '{' || b[0] == '[':
		return nil, false
	case b[0] == 't' || b[0] == 'f':
		return b[0] == 't', true
	}
	return josejson.Number(b), true
}
