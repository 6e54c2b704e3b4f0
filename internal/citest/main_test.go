package main

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	in := `{"Action":"run","Package":"a","Test":"T1"}
{"Action":"output","Package":"a","Test":"T1","Output":"quiet\n"}
{"Action":"pass","Package":"a","Test":"T1"}
{"Action":"output","Package":"a","Test":"T2","Output":"loud\n"}
{"Action":"fail","Package":"a","Test":"T2"}
{"Action":"output","Package":"a","Test":"T3","Output":"no database\n"}
{"Action":"skip","Package":"a","Test":"T3"}
# a
main.go:1: compiler
{"Action":"fail","Package":"a"}
`
	var out strings.Builder
	got, err := read(strings.NewReader(in), &out)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tally{1, 2, 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, want := range []string{"loud", "no database", "compiler"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "quiet") {
		t.Error("what passed is told")
	}
}
