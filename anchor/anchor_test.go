package anchor_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assent/anchor"
	"assent/fault"
	"assent/internal/outside"
	"assent/ledger"
)

// testLog is a small log in memory.
type testLog struct {
	t      *testing.T
	head   ledger.Head
	nodes  map[string]ledger.Hash
	signer *ledger.Signer
	key    ledger.Verifier
}

func newLog(t *testing.T, origin string) *testLog {
	t.Helper()
	secret, vkey, err := ledger.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return &testLog{t: t, nodes: map[string]ledger.Hash{}, signer: signer, key: key}
}

func (l *testLog) grow(leaves ...string) *testLog {
	for _, leaf := range leaves {
		nodes := l.head.Append(nil, ledger.LeafHash([]byte(leaf)))

		for _, n := range nodes {
			l.nodes[fmt.Sprint(n.Level, n.Index)] = n.Hash
		}
	}
	return l
}

// Hashes implements ledger.Hashes.
func (l *testLog) Hashes(_ context.Context, level int, first int64, count int) (out []ledger.Hash, err error) {
	for i := range int64(count) {
		h, ok := l.nodes[fmt.Sprint(level, first+i)]
		if !ok {
			return nil, fmt.Errorf("no node %d of level %d", first+i, level)
		}
		out = append(out, h)
	}
	return out, nil
}

func (l *testLog) checkpoint() []byte {
	l.t.Helper()
	b, err := l.signer.Sign(l.head.Size, l.head.Root())
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *testLog) prove(ctx context.Context, old int64) ([]ledger.Hash, error) {
	return ledger.Tree{Size: l.head.Size, Root: l.head.Root(), Hashes: l}.Consistency(ctx, old)
}

func witnessKey(t *testing.T, vkey string) ledger.Witness {
	t.Helper()
	w, err := ledger.ParseWitness(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func client() *anchor.Client { return anchor.NewClient(time.Now, rand.Reader) }

func TestCosignByLitewitness(t *testing.T) {
	log := newLog(t, "log.test/a").grow("one", "two", "three")
	w := litewitness(t, "log.test/a", log.signer.VerifierKey())
	ctx := t.Context()

	cosigned, by, err := client().Cosign(ctx, w, log.key, log.checkpoint(), 0, log.prove)
	if err != nil {
		t.Fatal(err)
	}
	if by.Witness != "witness.test/w1" || time.Since(by.At) > time.Minute {
		t.Errorf("cosigned by %q at %s", by.Witness, by.At)
	}
	if _, list, err := ledger.OpenCosigned(cosigned, log.key, w.Witness); err != nil || len(list) != 1 {
		t.Errorf("the cosigned checkpoint opens with %v, %v", list, err)
	}
	if plain, err := ledger.WithoutCosignatures(cosigned, log.key); err != nil || string(plain) != string(log.checkpoint()) {
		t.Errorf("without the cosignature it is not the log's checkpoint: %v", err)
	}

	t.Run("a size that is stale is asked again", func(t *testing.T) {
		log.grow("four", "five")
		for _, known := range []int64{0, 3, 99} {
			if _, _, err := client().Cosign(ctx, w, log.key, log.checkpoint(), known, log.prove); err != nil {
				t.Errorf("known %d: %v", known, err)
			}
		}
	})
	t.Run("the witness is ahead of a restored copy", func(t *testing.T) {
		old := &testLog{t: t, nodes: map[string]ledger.Hash{}, signer: log.signer, key: log.key}
		old.grow("one", "two")
		_, _, err := client().Cosign(ctx, w, log.key, old.checkpoint(), 2, old.prove)
		var ahead *anchor.AheadError
		if !errors.As(err, &ahead) || ahead.Known != 5 || ahead.Size != 2 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a split view is refused", func(t *testing.T) {
		other := &testLog{t: t, nodes: map[string]ledger.Hash{}, signer: log.signer, key: log.key}
		other.grow("one", "two", "three", "four", "5", "six")
		_, _, err := client().Cosign(ctx, w, log.key, other.checkpoint(), 5, other.prove)
		var split *anchor.SplitError
		if !errors.As(err, &split) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a log that it does not know", func(t *testing.T) {
		stranger := newLog(t, "log.test/b").grow("one")
		if _, _, err := client().Cosign(ctx, w, stranger.key, stranger.checkpoint(), 0, stranger.prove); err == nil || !strings.Contains(err.Error(), "does not know") {
			t.Errorf("got %v", err)
		}
	})
}

// A witness that answers wrongly must not be believed.
func TestCosignRefusesWrongAnswers(t *testing.T) {
	log := newLog(t, "log.test/a").grow("one", "two", "three")
	honest, foreign := outside.NewWitness("w.test", 1), outside.NewWitness("w.test", 2)
	cosign := func(w *outside.Witness, checkpoint []byte) string {
		text, _, _ := strings.Cut(string(checkpoint), "\n\n")
		return w.Cosign(text+"\n", time.Now())
	}
	good := cosign(honest, log.checkpoint())
	other := newLog(t, "log.test/a").grow("x").checkpoint()
	for _, tt := range []struct {
		name   string
		status int
		kind   string
		body   string
		want   string // in the error; empty for none
	}{
		{"right", 200, "", good, ""},
		{"right among others", 200, "", "— x.test AAAAAAAA\n" + good, ""},
		{"empty", 200, "", "", "did not sign"},
		{"no newline", 200, "", strings.TrimSuffix(good, "\n"), "did not sign"},
		{"another key", 200, "", cosign(foreign, log.checkpoint()), "did not sign"},
		{"another checkpoint", 200, "", cosign(honest, other), "invalid signature"},
		{"a page", 200, "text/html", "<html>", "did not sign"},
		{"too much", 200, "", strings.Repeat("x", 70<<10), "more than"},
		{"not a size", 409, "text/x.tlog.size", "many\n", "not which"},
		{"a size of another type", 409, "text/plain", "1\n", "not which"},
		{"sizes without end", 409, "text/x.tlog.size", "size\n", "keeps changing"},
		{"too many requests", 429, "", "", "status 429"},
		{"a redirect", 302, "", "", "status 302"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body) //nolint:errcheck // whatever it is
				asked++
				rw.Header().Set("Content-Type", tt.kind)
				rw.Header().Set("Location", "http://example.invalid/")
				rw.WriteHeader(tt.status)
				io.WriteString(rw, strings.ReplaceAll(tt.body, "size", fmt.Sprint(asked%2+1))) //nolint:errcheck // the client is gone if not
			}))
			defer srv.Close()
			w := anchor.Witness{Witness: witnessKey(t, honest.VerifierKey()), URL: srv.URL}
			_, _, err := client().Cosign(t.Context(), w, log.key, log.checkpoint(), 0, log.prove)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("a clock of its own", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { io.WriteString(rw, good) })) //nolint:errcheck // the client is gone if not
		defer srv.Close()
		w := anchor.Witness{Witness: witnessKey(t, honest.VerifierKey()), URL: srv.URL}
		late := anchor.NewClient(func() time.Time { return time.Now().Add(time.Hour) }, rand.Reader)
		if _, _, err := late.Cosign(t.Context(), w, log.key, log.checkpoint(), 0, log.prove); err == nil || !strings.Contains(err.Error(), "says that it is") {
			t.Errorf("got %v", err)
		}
	})
}

func TestStampByOpenSSL(t *testing.T) {
	a := opensslAuthority(t, "10")
	data := newLog(t, "log.test/a").grow("one").checkpoint()
	response, token, err := client().Stamp(t.Context(), a, data)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(token.Authority, "Test authority") || time.Since(token.Time) > time.Minute {
		t.Errorf("a token of %q at %s", token.Authority, token.Time)
	}
	if err := opensslVerifies(t, data, response, a.PEM); err != nil {
		t.Errorf("openssl refuses it: %v", err)
	}
	again, err := ledger.ParseToken(response)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Verify(data, a.Roots); err != nil {
		t.Error(err)
	}
	if err := again.Verify(data, nil); err != nil {
		t.Errorf("without roots: %v", err)
	}
	if err := again.Verify([]byte("other"), a.Roots); err == nil || !strings.Contains(err.Error(), "other bytes") {
		t.Errorf("other bytes: %v", err)
	}
	if err := again.Verify(data, opensslAuthority(t, "10").Roots); err == nil || !strings.Contains(err.Error(), "not of an authority") {
		t.Errorf("another root: %v", err)
	}
	t.Run("changed bytes", func(t *testing.T) {
		for i := range response {
			changed := append([]byte{}, response...)
			changed[i] ^= 0x10
			token, err := ledger.ParseToken(changed)
			if err != nil {
				continue
			}
			if token.Verify(data, a.Roots) == nil && token.Time != again.Time {
				t.Errorf("byte %d changed the time", i)
			}
		}
	})
}

func TestStampRefusesWrongAnswers(t *testing.T) {
	a := opensslAuthority(t, "10")
	data := []byte("a checkpoint")
	old, _, err := client().Stamp(t.Context(), a, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, kind string
		status     int
		body       []byte
		want       string
	}{
		{"an old token", "application/timestamp-reply", 200, old, "another question"},
		{"another type", "text/html", 200, old, "status 200"},
		{"a failure", "application/timestamp-reply", 500, old, "status 500"},
		{"empty", "application/timestamp-reply", 200, nil, "ledger: time-stamp"},
		{"cut", "application/timestamp-reply", 200, old[:len(old)/2], "ledger: time-stamp"},
		{"refused", "application/timestamp-reply", 200, []byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02}, "ledger: time-stamp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				w.Write(tt.body) //nolint:errcheck // the client is gone if not
			}))
			defer srv.Close()
			wrong := a
			wrong.URL = srv.URL
			if _, _, err := client().Stamp(t.Context(), wrong, data); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("a root that is not trusted", func(t *testing.T) {
		other := opensslAuthority(t, "10")
		other.Roots = a.Roots
		if _, _, err := client().Stamp(t.Context(), other, data); err == nil || !strings.Contains(err.Error(), "not of an authority") {
			t.Errorf("got %v", err)
		}
	})
}

func TestParse(t *testing.T) {
	good := outside.NewWitness("w.test", 1).VerifierKey()
	for _, tt := range []struct {
		in string
		ok bool
	}{
		{good + " https://w.test/x/", true},
		{good, false},
		{"w.test+00000000+AAAA https://w.test", false},
		{good + " ftp://w.test", false},
		{good + " https://user:secret@w.test", false},
		{good + " https://w.test/?a=b", false},
	} {
		w, err := anchor.ParseWitness(tt.in)
		if (err == nil) != tt.ok || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", tt.in, err)
		}
		if tt.ok && w.URL != "https://w.test/x" {
			t.Errorf("the address is %q", w.URL)
		}
	}
	for in, ok := range map[string]bool{"free https://tsa.test/q": true, "Free https://tsa.test": false, "free": false, "../x https://tsa.test": false} {
		if _, err := anchor.ParseAuthority(in, nil); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
	if _, err := anchor.ParseAuthority("free https://tsa.test", []byte("no certificate")); err == nil {
		t.Error("a chain of nonsense was taken")
	}
}
