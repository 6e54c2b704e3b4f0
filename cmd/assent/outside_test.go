package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/rogpeppe/go-internal/testscript"

	"assent/fault"
	"assent/internal/outside"
	"assent/ledger"
)

// cmdOutsiders starts a witness and a time-stamp authority of others and sets
// WITNESS and TSA to what --witness and --tsa take; witness.vkey and ca.pem are
// what a verifier pins.
func cmdOutsiders(ts *testscript.TestScript, neg bool, args []string) {
	t := scriptTB{ts: ts}
	w := outside.NewWitness("witness.test/w", 1)
	a := outside.NewAuthority(t, time.Now().AddDate(-1, 0, 0), time.Now().AddDate(1, 0, 0), outside.TimestampingOnly)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		_, checkpoint, _ := strings.Cut(string(body), "\n\n")
		text, _, _ := strings.Cut(checkpoint, "\n\n")
		io.WriteString(rw, w.Cosign(text+"\n", time.Now())) //nolint:errcheck // the program is gone if not
	})
	mux.HandleFunc("POST /tsa", func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		q, err := timestamp.ParseRequest(body)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		rw.Header().Set("Content-Type", "application/timestamp-reply")
		rw.Write(a.Answer(t, q.HashedMessage, q.Nonce, time.Now())) //nolint:errcheck // the program is gone if not
	})
	srv := httptest.NewServer(mux)
	ts.Defer(srv.Close)
	ts.Setenv("WITNESS", w.VerifierKey()+" "+srv.URL)
	ts.Setenv("TSA", "free "+srv.URL+"/tsa")
	ts.Check(os.WriteFile(ts.MkAbs("witness.vkey"), []byte(w.VerifierKey()+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), a.Chain(), 0o600))
}

// scriptTB lets test helpers fail a script.
type scriptTB struct {
	testing.TB
	ts *testscript.TestScript
}

func (scriptTB) Helper()             {}
func (t scriptTB) Fatal(args ...any) { t.ts.Fatalf("%v", args) }

func TestOutsideFlags(t *testing.T) {
	secret, vkey, err := ledger.GenerateKey(bytes.NewReader(make([]byte, 64)), "log.test/a")
	if err != nil || secret == "" {
		t.Fatal(err)
	}
	log, err := ledger.ParseVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	chain := dir + "/ca.pem"
	a := outside.NewAuthority(t, time.Now(), time.Now().AddDate(1, 0, 0), outside.TimestampingOnly)
	if err := os.WriteFile(chain, a.Chain(), 0o600); err != nil {
		t.Fatal(err)
	}
	witness := outside.NewWitness("w.test", 1).VerifierKey() + " https://w.test"
	for _, tt := range []struct {
		name  string
		flags outsideFlags
		n     int
		field string // of the fault; empty for none
	}{
		{"nobody", outsideFlags{}, 0, ""},
		{"all", outsideFlags{Witness: []string{witness, witness}, TSA: []string{"free https://tsa.test"}, TSACA: []string{"free=" + chain}}, 3, ""},
		{"an authority without certificates", outsideFlags{TSA: []string{"free https://tsa.test"}}, 1, ""},
		{"no key", outsideFlags{Witness: []string{"https://w.test"}}, 0, "witness"},
		{"no name", outsideFlags{TSA: []string{"https://tsa.test"}}, 0, "tsa"},
		{"certificates of nobody", outsideFlags{TSACA: []string{"free=" + chain}}, 0, "tsa-ca"},
		{"certificates that are not there", outsideFlags{TSA: []string{"free https://tsa.test"}, TSACA: []string{"free=" + dir + "/none"}}, 0, "tsa-ca"},
		{"certificates without a name", outsideFlags{TSACA: []string{chain}}, 0, "tsa-ca"},
		{"too often", outsideFlags{AnchorEvery: time.Millisecond}, 0, "anchor-every"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.flags.AnchorEvery == 0 {
				tt.flags.AnchorEvery = time.Minute
			}
			list, err := tt.flags.parties(log)
			if tt.field == "" {
				if err != nil || len(list) != tt.n {
					t.Errorf("%d parties, %v", len(list), err)
				}
				return
			}
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
		})
	}
}
