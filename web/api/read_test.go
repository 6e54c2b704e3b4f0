package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/fault"
	"assent/permit"
)

func TestParseCheck(t *testing.T) {
	many := func(n int) string {
		return `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"to":"+491701234567","purpose":"offers"},`, n), ",") + `]}`
	}
	one := permit.Item{To: "+491701234567", Purpose: "offers"}
	tests := []struct {
		name, body string
		want       []permit.Item
		field      string // of the error
		message    string
	}{
		{"a number and a purpose", `{"items":[{"to":"+491701234567","purpose":"offers"}]}`, []permit.Item{one}, "", ""},
		{"an account and a scope", `{"items":[{"recipient":"DE.1","scope":"marketing"}]}`, []permit.Item{{Recipient: "DE.1", Scope: consent.Marketing}}, "", ""},
		{"white space", " {\n\t\"items\" : [ { \"to\" : \"+491701234567\" , \"purpose\" : \"offers\" } ] } \r\n", []permit.Item{one}, "", ""},
		{"escapes", `{"\u0069tems":[{"t\u006f":"\u002b491701234567","purpose":"off\u0065rs"}]}`, []permit.Item{one}, "", ""},
		{"other scripts", `{"items":[{"to":"٤٩","purpose":"عروض"}]}`, []permit.Item{{To: "٤٩", Purpose: "عروض"}}, "", ""},
		{"the last of two members", `{"items":[{"to":"1","purpose":"a"},{"to":"2","purpose":"b"}],"items":[{"to":"9","to":"+491701234567","purpose":"x","purpose":"offers"}]}`, []permit.Item{one}, "", ""},
		{"no identifier is the check's matter", `{"items":[{"purpose":"offers"}]}`, []permit.Item{{Purpose: "offers"}}, "", ""},
		{"a control character in a number", `{"items":[{"to":"+49\u0000","purpose":"offers"}]}`, []permit.Item{{To: "+49\x00", Purpose: "offers"}}, "", ""},

		{"an unknown member", `{"items":[{"to":"1","purpose":"a"}],"dry_run":true}`, nil, "dry_run", "no field dry_run here. Known are items."},
		{"a misspelt purpose", `{"items":[{"to":"1","purpose":"a"},{"to":"1","scope":"marketing","purpos":"offers"}]}`, nil, "items[1].purpos", "no field purpos here. Known are to, recipient, purpose and scope."},
		{"other letters", `{"items":[{"to":"1","Purpose":"a"}]}`, nil, "items[0].Purpose", "no field Purpose"},
		{"an unknown member with escapes", `{"items":[{"n\u0061me":"x"}]}`, nil, "items[0].name", "no field name"},
		{"an unknown member of any kind", `{"items":[{"x":[1,-0.5e+3,true,false,null,{"a":{"b":[]}},"x\n"]}]}`, nil, "items[0].x", "no field x"},
		{"a number as a name", `{"items":[{"+491701234567":"offers"}]}`, nil, "items[0]", "A field here is not known"},
		{"a name as a name", `{"Anna Müller":"offers"}`, nil, "", "A field here is not known. Known are items."},

		{"no items", `{}`, nil, "items", "1 to 1000 questions: each has to or recipient, and purpose or scope"},
		{"an empty list", `{"items":[]}`, nil, "items", "1 to 1000"},
		{"one too many", many(1001), nil, "items", "1 to 1000"},
		{"items is a text", `{"items":"x"}`, nil, "items", "a list"},
		{"items is null", `{"items":null}`, nil, "items", "a list"},
		{"an item is a number", `{"items":[{"to":"1","purpose":"a"},7]}`, nil, "items[1]", "an object"},
		{"a number is a number", `{"items":[{"to":491701234567,"purpose":"offers"}]}`, nil, "items[0].to", "a text"},
		{"a number is null", `{"items":[{"to":null,"purpose":"offers"}]}`, nil, "items[0].to", "a text"},
		{"a purpose is a list", `{"items":[{"to":"1","purpose":["offers"]}]}`, nil, "items[0].purpose", "a text"},
		{"a purpose is empty", `{"items":[{"to":"1","purpose":""}]}`, nil, "items[0].purpose", "Name a purpose"},
		{"neither purpose nor scope", `{"items":[{"to":"1","purpose":"a"},{"to":"1"}]}`, nil, "items[1].purpose", "a purpose or a scope"},
		{"purpose and scope", `{"items":[{"to":"1","purpose":"a","scope":"marketing"}]}`, nil, "items[0].scope", "not both"},
		{"another scope", `{"items":[{"to":"1","scope":"Marketing"}]}`, nil, "items[0].scope", "marketing or transactional"},
		{"the body is a list", `[]`, nil, "", "an object"},
		{"the body is null", `null`, nil, "", "an object"},
		{"nothing", ``, nil, "", "not JSON"},
		{"only space", " \n", nil, "", "not JSON"},
		{"broken off", `{"items":[{"to":"+49`, nil, "", "not JSON"},
		{"a second value", many(1) + `{}`, nil, "", "not JSON"},
		{"a comma too many", `{"items":[{"to":"1","purpose":"a"},]}`, nil, "", "not JSON"},
		{"single quotes", `{'items':[]}`, nil, "", "not JSON"},
		{"a bare control character", "{\"items\":[{\"to\":\"1\n\",\"purpose\":\"a\"}]}", nil, "", "not JSON"},
		{"a wrong escape", `{"items":[{"to":"\x","purpose":"a"}]}`, nil, "", "not JSON"},
		{"not UTF-8", "{\"items\":[{\"to\":\"\xff\",\"purpose\":\"a\"}]}", nil, "", "not UTF-8"},
		{"UTF-16", "\xff\xfe{\x00}\x00", nil, "", "not JSON"},
		{"a form", "to=%2B491701234567&purpose=offers", nil, "", "not JSON"},
		{"a number that is none", `{"x":[01]}`, nil, "", "not JSON"},
		{"deep nesting", `{"x":` + strings.Repeat("[", 100000), nil, "", "not JSON"},
		{"deep objects", `{"x":` + strings.Repeat(`{"a":`, 100000), nil, "", "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseCheck([]byte(tt.body), nil)
			if tt.want != nil {
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Error(d)
				}
				return
			}
			if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != tt.field {
				t.Fatalf("field %q, error %v", fault.FieldOf(err), err)
			}
			if !strings.Contains(fault.Message(err), tt.message) {
				t.Errorf("message %q lacks %q", fault.Message(err), tt.message)
			}
			if strings.Contains(err.Error(), "4917") {
				t.Errorf("the error repeats a number: %v", err)
			}
		})
	}
	if got, err := parseCheck([]byte(many(1000)), nil); err != nil || len(got) != 1000 || got[999] != one {
		t.Errorf("1000 items: %d, %v", len(got), err)
	}
}

// FuzzParseCheck compares with encoding/json: what one takes for JSON, the
// other does too, and both read the same.
func FuzzParseCheck(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"to":"+491701234567","purpose":"offers"}]}`, `{"items":[{"recipient":"DE.1","scope":"marketing","x":[1.5e-3,{}]}]}`,
		`{"items":[{"to":"\ud83d\ude00\u0000","purpose":"\"\\"}],"items":[]}`, `{"a":-0,"b":[null,true]}`, `[`, `{"items":null}`, "{\"\xff\":1}", `{"x":01}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parseCheck(body, nil)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || fault.Message(err) == "" {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !utf8.Valid(body) || !json.Valid(body) {
			t.Fatalf("taken, but no JSON: %q", body)
		}
		var top map[string]json.RawMessage
		var list []map[string]json.RawMessage
		if err := json.Unmarshal(body, &top); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(top["items"], &list); err != nil || len(list) != len(got) {
			t.Fatalf("%d items, want %d: %v", len(got), len(list), err)
		}
		for i, members := range list {
			read := func(name string) (s string) {
				if raw, ok := members[name]; ok {
					if err := json.Unmarshal(raw, &s); err != nil {
						t.Fatal(err)
					}
				}
				return s
			}
			want := permit.Item{To: read("to"), Recipient: read("recipient"), Purpose: read("purpose"), Scope: consent.Scope(read("scope"))}
			if got[i] != want {
				t.Fatalf("item %d is %+v, want %+v", i, got[i], want)
			}
		}
	})
}

func BenchmarkParseCheck(b *testing.B) {
	for _, n := range []int{1, 1000} {
		body := []byte(`{"items":[` + strings.TrimSuffix(strings.Repeat(`{"to":"+491701234567","purpose":"offers"},`, n), ",") + `]}`)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			var items []permit.Item
			for b.Loop() {
				var err error
				if items, err = parseCheck(body, items[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
