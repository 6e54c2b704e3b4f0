package whatsapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"assent/fault"
	"assent/whatsapp"
	"assent/whatsapp/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var sender = whatsapp.Sender{PhoneNumberID: "1002003", WABA: "900100", Token: "secret-token"}

func client(t *testing.T, base string) *whatsapp.Client {
	t.Helper()
	c, err := whatsapp.New(whatsapp.Options{BaseURL: base, Timeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *whatsapp.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return client(t, s.URL)
}

func hello() wire.Send { return wire.NewText("hello").ToNumber("+5511987654321") }

const accepted = `{"messaging_product":"whatsapp","contacts":[{"input":"+5511987654321","wa_id":"551187654321"}],"messages":[{"id":"wamid.A","message_status":"accepted"}]}`

func TestSend(t *testing.T) {
	var got struct{ method, path, token, contentType, body string }
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got.method, got.path, got.token, got.contentType, got.body = r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(b)
		fmt.Fprint(w, accepted)
	})
	a, err := c.Send(context.Background(), sender, hello())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whatsapp.Accepted{ID: "wamid.A", Status: "accepted", WAID: "551187654321"}, a); diff != "" {
		t.Error(diff)
	}
	want, _ := hello().Marshal()
	if got.method != "POST" || got.path != "/v25.0/1002003/messages" || got.token != "Bearer secret-token" || got.contentType != "application/json" || got.body != string(want) {
		t.Errorf("request: %+v", got)
	}
}

func TestSendToUser(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"contacts":[{"input":"BR.1A","user_id":"BR.1A"}],"messages":[{"id":"wamid.B"}],"new":{"in":"2027"}}`)
	})
	a, err := c.Send(context.Background(), sender, wire.NewText("x").ToUser("BR.1A"))
	if err != nil || a != (whatsapp.Accepted{ID: "wamid.B", UserID: "BR.1A"}) {
		t.Errorf("%+v %v", a, err)
	}
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func graphError(code int) string {
	return fmt.Sprintf(`{"error":{"message":"(#%d) to +5511987654321","type":"OAuthException","code":%d,"error_data":{"messaging_product":"whatsapp","details":"about +5511987654321"},"fbtrace_id":"AbC"}}`, code, code)
}

// hang reads the request and never answers.
func hang(w http.ResponseWriter, r *http.Request) {
	_, _ = io.ReadAll(r.Body)
	<-r.Context().Done()
}

func TestSendFaults(t *testing.T) {
	const unclear = -2
	tests := []struct {
		name    string
		handler http.HandlerFunc
		code    wire.Code // or unclear
		http    int
	}{
		{"token", reply(401, graphError(190)), 190, 401},
		{"window", reply(400, graphError(131047)), 131047, 400},
		{"platform stop", reply(400, graphError(131050)), 131050, 400},
		{"service down", reply(500, graphError(131016)), 131016, 500},
		{"code zero", reply(401, graphError(0)), 0, 401},
		{"a code of the future", reply(400, graphError(139999)), 139999, 400},
		{"code as text", reply(400, `{"error":{"code":"131009"}}`), 131009, 400},
		{"401 without a body", reply(401, ""), 190, 401},
		{"429 of a proxy", reply(429, "<html>slow down</html>"), 130429, 429},
		{"404 of a proxy", reply(404, "not found"), 100, 404},
		{"400 without a code", reply(400, `{"error":{"message":"x"}}`), 100, 400},
		{"502 of a proxy", reply(502, "<html>bad gateway</html>"), unclear, 502},
		{"503 empty", reply(503, ""), unclear, 503},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, unclear, 307},
		{"200 without JSON", reply(200, "OK"), unclear, 200},
		{"200 without a message", reply(200, `{"messages":[]}`), unclear, 200},
		{"200 without an id", reply(200, `{"messages":[{"id":""}]}`), unclear, 200},
		{"202", reply(202, accepted), unclear, 202},
		{"an endless answer", reply(200, strings.Repeat(" ", 5<<20)), unclear, 200},
		{"no answer", hang, unclear, 0},
		{"an answer that stops", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			w.Header().Set("Content-Length", "500")
			fmt.Fprint(w, accepted[:20])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, unclear, 200},
		{"the line goes dead", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			panic(http.ErrAbortHandler)
		}, unclear, 0},
		{"an answer that drips", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}, unclear, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, tt.handler).Send(context.Background(), sender, hello())
			var api *whatsapp.APIError
			var lost *whatsapp.UnclearError
			switch {
			case tt.code == unclear:
				if !errors.As(err, &lost) || lost.HTTP != tt.http {
					t.Errorf("got %v, want an unclear outcome with HTTP %d", err, tt.http)
				}
			case !errors.As(err, &api) || api.Code != tt.code || api.HTTP != tt.http:
				t.Errorf("got %v, want code %d with HTTP %d", err, tt.code, tt.http)
			case cmp.Diff(tt.code.Behaviour(), api.Behaviour()) != "":
				t.Error("another behaviour than the table's")
			}
			if err != nil && leaks(fmt.Sprintf("%v %+v", err, err)) {
				t.Errorf("the error leaks: %v", err)
			}
		})
	}
}

func leaks(s string) bool {
	return strings.Contains(s, "5511987654321") || strings.Contains(s, "secret-token") || strings.Contains(s, "hello")
}

func TestNothingSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = client(t, address).Send(context.Background(), sender, hello())
	var lost *whatsapp.UnclearError
	if fault.KindOf(err) != fault.Unavailable || errors.As(err, &lost) || leaks(err.Error()) {
		t.Errorf("nobody listens: %v", err)
	}
	var calls atomic.Int32
	c := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	both := hello()
	both.Recipient = "BR.1"
	for _, m := range []wire.Send{both, wire.NewText(""), wire.NewText("x").ToNumber("5511987654321")} {
		if _, err := c.Send(context.Background(), sender, m); fault.KindOf(err) != fault.Invalid {
			t.Errorf("got %v", err)
		}
	}
	if _, err := c.Send(context.Background(), whatsapp.Sender{PhoneNumberID: "../1"}, hello()); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a path as an id: %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Send(cancelled, sender, hello()); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	if calls.Load() != 0 {
		t.Errorf("%d requests left", calls.Load())
	}
}

type mute struct{}

func (mute) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func TestForeignTransport(t *testing.T) {
	c, err := whatsapp.New(whatsapp.Options{Transport: mute{}})
	if err != nil {
		t.Fatal(err)
	}
	var lost *whatsapp.UnclearError
	if _, err := c.Send(context.Background(), sender, hello()); !errors.As(err, &lost) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a transport that tells nothing: %v", err)
	}
}

func TestRedirectKeepsTheToken(t *testing.T) {
	var stolen atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen.Store(true) }))
	defer thief.Close()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, thief.URL, http.StatusFound) })
	if _, err := c.Send(context.Background(), sender, hello()); err == nil {
		t.Error("a redirect was taken for success")
	}
	if _, err := c.Templates(context.Background(), sender, ""); err == nil {
		t.Error("a redirect was taken for a list")
	}
	if stolen.Load() {
		t.Error("the redirect was followed")
	}
}

func TestSenderHidesItsToken(t *testing.T) {
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", sender, "nested", struct{ S whatsapp.Sender }{sender})
	raw, _ := json.Marshal(sender)
	fmt.Fprintf(&out, "%v %+v %#v %s %s", sender, sender, sender, sender, raw)
	if leaks(out.String()) {
		t.Errorf("leaked: %s", out.String())
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []whatsapp.Options{{BaseURL: "ftp://x"}, {BaseURL: "graph"}, {BaseURL: "https://u:p@x"}, {BaseURL: "https://x/?a=b"}, {BaseURL: "://"}, {Version: "25"}, {Version: "v25.0/../x"}} {
		if _, err := whatsapp.New(o); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
	c, err := whatsapp.New(whatsapp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestTemplates(t *testing.T) {
	var queries []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		if r.URL.Path != "/v25.0/900100/message_templates" || r.Header.Get("Authorization") != "Bearer secret-token" {
			t.Errorf("request %s", r.URL.Path)
		}
		if r.URL.Query().Get("after") == "" {
			fmt.Fprint(w, `{"data":[{"name":"confirm_optin_long","language":"de","category":"MARKETING","status":"APPROVED","id":"1"},{"name":"confirm_optin","language":"en_US","category":"MARKETING","status":"PAUSED","id":"2"}],
				"paging":{"cursors":{"before":"b","after":"CUR"},"next":"https://evil.example/?access_token=x"}}`)
			return
		}
		fmt.Fprint(w, `{"data":[{"name":"confirm_optin","language":"de","category":"UTILITY","status":"APPROVED","id":"3"}],"paging":{"cursors":{"after":"END"}}}`)
	})
	got, err := c.Template(context.Background(), sender, "confirm_optin", "de")
	if err != nil || cmp.Diff(wire.TemplateInfo{ID: "3", Name: "confirm_optin", Language: "de", Category: "UTILITY", Status: "APPROVED"}, got) != "" {
		t.Errorf("%+v %v", got, err)
	}
	want := []string{"fields=id%2Cname%2Clanguage%2Ccategory%2Cstatus%2Crejected_reason%2Ccorrect_category%2Cquality_score%2Ccomponents&limit=100&name=confirm_optin", "after=CUR&fields=id%2Cname%2Clanguage%2Ccategory%2Cstatus%2Crejected_reason%2Ccorrect_category%2Cquality_score%2Ccomponents&limit=100&name=confirm_optin"}
	if diff := cmp.Diff(want, queries); diff != "" {
		t.Error(diff)
	}
	if _, err := c.Template(context.Background(), sender, "confirm_optin", "fr"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a language that is not there: %v", err)
	}
	if _, err := c.Template(context.Background(), whatsapp.Sender{}, "x", "de"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("no WABA: %v", err)
	}
}

func TestTemplateFaults(t *testing.T) {
	n := 0
	tests := []struct {
		name    string
		handler http.HandlerFunc
		kind    fault.Kind
		code    wire.Code
	}{
		{"token", reply(401, graphError(190)), fault.Internal, 190},
		{"bad gateway", reply(502, "x"), fault.Unavailable, 0},
		{"not JSON", reply(200, "x"), fault.Unavailable, 0},
		{"no answer", hang, fault.Unavailable, 0},
		{"a list without end", func(w http.ResponseWriter, r *http.Request) {
			n++
			fmt.Fprintf(w, `{"data":[],"paging":{"cursors":{"after":"%d"},"next":"x"}}`, n)
		}, fault.Unavailable, 0},
		{"a list in a circle", reply(200, `{"data":[],"paging":{"cursors":{"after":"same"},"next":"x"}}`), fault.NotFound, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := serve(t, tt.handler).Template(context.Background(), sender, "x", "de")
			var api *whatsapp.APIError
			if fault.KindOf(err) != tt.kind || errors.As(err, &api) != (tt.code != 0) || api != nil && api.Code != tt.code {
				t.Errorf("got %v", err)
			}
		})
	}
}
