package altcha_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"assent/altcha"
)

var (
	key = []byte("a key of tests")
	now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
)

// solved returns a challenge for the funnel with the answer of Solve.
func solved(t testing.TB) string {
	t.Helper()
	made, err := altcha.New(key, "funnel", now, bytes.NewReader(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	field, err := altcha.Solve(made)
	if err != nil {
		t.Fatal(err)
	}
	return field
}

// changed returns the payload with something else in it.
func changed(t *testing.T, field, old, new string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(field)
	if err != nil || !strings.Contains(string(raw), old) {
		t.Fatalf("%v: %s", err, raw)
	}
	return base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(raw), old, new, 1)))
}

func TestCheck(t *testing.T) {
	field := solved(t)
	proof, ok := altcha.Check(key, field, "funnel", now)
	if !ok || len(proof.Signature) != 64 || !proof.Until.Equal(now.Add(altcha.Life)) {
		t.Fatalf("%+v %v", proof, ok)
	}
	var p struct {
		Solution struct{ Counter int }
	}
	raw, _ := base64.StdEncoding.DecodeString(field)
	if err := json.Unmarshal(raw, &p); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		field, what string
		at          time.Time
		key         []byte
	}{
		"none":              {"", "funnel", now, key},
		"no base64":         {"!", "funnel", now, key},
		"no JSON":           {"e30", "funnel", now, key},
		"empty":             {"e30=", "funnel", now, key},
		"another funnel":    {field, "other", now, key},
		"too late":          {field, "funnel", now.Add(altcha.Life), key},
		"another key":       {field, "funnel", now, []byte("another")},
		"a longer life":     {changed(t, field, `"expiresAt":1`, `"expiresAt":2`), "funnel", now, key},
		"less work":         {changed(t, field, `"cost":5000`, `"cost":1`), "funnel", now, key},
		"an easier prefix":  {changed(t, field, `"keyPrefix":"00"`, `"keyPrefix":""`), "funnel", now, key},
		"another counter":   {changed(t, field, `"counter":`, `"counter":1`), "funnel", now, key},
		"another key found": {changed(t, field, `"derivedKey":"00`, `"derivedKey":"01`), "funnel", now, key},
		"too long":          {field + strings.Repeat("A", 2048), "funnel", now, key},
	} {
		if _, ok := altcha.Check(tt.key, tt.field, tt.what, tt.at); ok {
			t.Errorf("%s: taken", name)
		}
	}
}

// A challenge can be spent once only if it has one name, however it is written.
func TestOneNamePerChallenge(t *testing.T) {
	field := solved(t)
	want, _ := altcha.Check(key, field, "funnel", now)
	upper := changed(t, field, want.Signature, strings.ToUpper(want.Signature))
	if got, ok := altcha.Check(key, upper, "funnel", now); ok && got.Signature != want.Signature {
		t.Error("a challenge has two names")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(solved(f))
	f.Add("e30=")
	good := solved(f)
	want, _ := altcha.Check(key, good, "funnel", now)
	f.Fuzz(func(t *testing.T, field string) {
		if got, ok := altcha.Check(key, field, "funnel", now); ok && got != want {
			t.Errorf("%q is taken for %+v", field, got)
		}
	})
}
