package hook_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/consent"
	"assent/internal/apptest"
	"assent/tenant"
	"assent/web/hook"
	"assent/web/respond"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// inbox keeps what it is given.
type inbox struct {
	bodies     [][]byte
	authorised []string
	err        error
}

func (i *inbox) Accept(_ context.Context, body []byte, _ string, authorised []string) error {
	if i.err != nil {
		return i.err
	}
	i.bodies, i.authorised = append(i.bodies, body), authorised
	return nil
}

// directory has three senders: a and b share an app, b and c share the secret
// that is being rotated in, and c has a token of its own.
func directory() *tenant.Directory {
	sender := func(id, verify string, secrets ...string) *business.Sender {
		return &business.Sender{ID: id, Business: "b1", PhoneNumberID: "100" + id, Secrets: business.Secrets{AppSecrets: secrets, VerifyToken: verify}}
	}
	d := &tenant.Directory{}
	d.Replace(tenant.NewSnapshot([]*tenant.Tenant{
		{Business: business.Business{ID: "b1"}, Senders: []*business.Sender{sender("a", "verify-1", "old"), sender("b", "verify-1", "old", "new")}},
		{Business: business.Business{ID: "b2"}, Senders: []*business.Sender{sender("c", "verify-2", "new", ""), sender("d", "")}},
	}, nil, nil, nil))
	return d
}

func server(c hook.Config) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = respond.ErrorHandler(slog.New(slog.DiscardHandler), respond.Surface{Prefix: "/", Render: respond.Problem})
	h := hook.New(c)
	for _, path := range []string{"/webhooks/whatsapp", "/webhooks/whatsapp/:" + hook.SenderParam} {
		e.GET(path, h.Verify)
		e.POST(path, h.Receive)
	}
	return e
}

func post(h http.Handler, path, signature string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, body)
	if signature != "" {
		r.Header.Set(wire.SignatureHeader, signature)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestVerify(t *testing.T) {
	h := server(hook.Config{Directory: directory(), Inbox: &inbox{}})
	ask := func(mode, token, challenge string) url.Values {
		return url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
	}
	for _, tt := range []struct {
		name, path string
		query      url.Values
		status     int
	}{
		{"any sender's token", "", ask("subscribe", "verify-1", "1158201444"), 200},
		{"another sender's token", "", ask("subscribe", "verify-2", "1158201444"), 200},
		{"the sender's own", "/100c", ask("subscribe", "verify-2", "1158201444"), 200},
		{"the sender's own, by our id", "/c", ask("subscribe", "verify-2", "1158201444"), 200},
		{"a foreign token for a sender", "/100c", ask("subscribe", "verify-1", "1158201444"), 403},
		{"no such sender", "/100x", ask("subscribe", "verify-1", "1158201444"), 403},
		{"a sender without a token", "/100d", ask("subscribe", "", "1158201444"), 403},
		{"a wrong token", "", ask("subscribe", "verify-3", "1158201444"), 403},
		{"no token", "", ask("subscribe", "", "1158201444"), 403},
		{"a very long token", "", ask("subscribe", strings.Repeat("v", 10000), "1158201444"), 403},
		{"another mode", "", ask("unsubscribe", "verify-1", "1158201444"), 403},
		{"nothing at all", "", nil, 403},
		{"no challenge", "", ask("subscribe", "verify-1", ""), 400},
		{"markup as challenge", "", ask("subscribe", "verify-1", "<script>"), 400},
		{"control characters", "", ask("subscribe", "verify-1", "1\r\nX: 2"), 400},
		{"too long a challenge", "", ask("subscribe", "verify-1", strings.Repeat("1", 257)), 400},
		{"broken encoding", "", ask("subscribe", "verify-1", "\xff\xfe"), 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/webhooks/whatsapp"+tt.path+"?"+tt.query.Encode(), nil))
			if w.Code != tt.status {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if tt.status == 200 && (w.Body.String() != "1158201444" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain")) {
				t.Errorf("answered %q as %s", w.Body, w.Header().Get("Content-Type"))
			}
			if tt.status != 200 && (strings.Contains(w.Body.String(), "verify-") || strings.Contains(w.Body.String(), "<script>")) {
				t.Errorf("the refusal tells %s", w.Body)
			}
		})
	}
}

func TestReceive(t *testing.T) {
	body := []byte(`{"object":"whatsapp_business_account","entry":[]}`)
	for _, tt := range []struct {
		name, path, signature string
		body                  []byte
		status                int
		authorised            []string
	}{
		{"an app of two senders", "", wire.Sign("old", body), body, 200, []string{"a", "b"}},
		{"a secret across businesses", "", wire.Sign("new", body), body, 200, []string{"b", "c"}},
		{"at a sender's own address", "/100c", wire.Sign("new", body), body, 200, []string{"b", "c"}},
		{"a foreign secret at a sender's own address", "/100c", wire.Sign("old", body), body, 401, nil},
		{"no such sender", "/100x", wire.Sign("old", body), body, 401, nil},
		{"an empty secret", "", wire.Sign("", body), body, 401, nil},
		{"unknown secret", "", wire.Sign("other", body), body, 401, nil},
		{"no signature", "", "", body, 401, nil},
		{"a signature without its name", "", strings.TrimPrefix(wire.Sign("old", body), "sha256="), body, 401, nil},
		{"a byte changed", "", wire.Sign("old", append(slices.Clone(body), ' ')), body, 401, nil},
		{"no JSON, well signed", "", wire.Sign("old", []byte("\x00\xff{")), []byte("\x00\xff{"), 200, []string{"a", "b"}},
		{"empty, well signed", "", wire.Sign("old", nil), nil, 200, []string{"a", "b"}},
		{"as large as it may be", "", wire.Sign("old", bytes.Repeat([]byte{' '}, wire.MaxBody)), bytes.Repeat([]byte{' '}, wire.MaxBody), 200, []string{"a", "b"}},
		{"too large", "", wire.Sign("old", bytes.Repeat([]byte{' '}, wire.MaxBody+1)), bytes.Repeat([]byte{' '}, wire.MaxBody+1), 413, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept, woken := &inbox{}, 0
			h := server(hook.Config{Directory: directory(), Inbox: kept, Wake: func() { woken++ }})
			// Once with the length told, once without.
			for i, r := range []io.Reader{bytes.NewReader(tt.body), struct{ io.Reader }{bytes.NewReader(tt.body)}} {
				w := post(h, "/webhooks/whatsapp"+tt.path, tt.signature, r)
				if w.Code != tt.status {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				if tt.status != 200 {
					if len(kept.bodies) > 0 || woken > 0 {
						t.Error("a refused body was kept")
					}
					continue
				}
				if w.Body.Len() > 0 || len(kept.bodies) != i+1 || !bytes.Equal(kept.bodies[i], tt.body) || woken != i+1 {
					t.Errorf("answered %q, kept %d bodies, woken %d times", w.Body, len(kept.bodies), woken)
				}
				if d := cmp.Diff(tt.authorised, kept.authorised); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

func TestWhatCannotBeKeptComesAgain(t *testing.T) {
	body := []byte("{}")
	woken := false
	h := server(hook.Config{Directory: directory(), Inbox: &inbox{err: errors.New("SQL: disk full")}, Wake: func() { woken = true }})
	w := post(h, "/webhooks/whatsapp", wire.Sign("old", body), bytes.NewReader(body))
	if w.Code != 503 || strings.Contains(w.Body.String(), "SQL") || woken {
		t.Errorf("%d %s, woken %v", w.Code, w.Body, woken)
	}
	broken := io.MultiReader(strings.NewReader("{"), errReader{})
	if w := post(h, "/webhooks/whatsapp", wire.Sign("old", body), broken); w.Code != 400 {
		t.Errorf("a body that ends too early: %d", w.Code)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestFromThePhoneToTheRecord runs the whole way, with duplicates and a forgery.
func TestFromThePhoneToTheRecord(t *testing.T) {
	const person = "+491701234567"
	a := apptest.New(t)
	a.Simulator.SetWebhooks(simulator.Webhooks{Duplicate: 1, Batch: 10})
	a.OptIn(person, apptest.Offers)
	if n := len(a.Received(person)); n != 1 {
		t.Errorf("%d messages after a duplicated webhook, want one receipt", n)
	}
	h := server(hook.Config{Directory: a.Directory(), Inbox: a.Optin})
	forged := []byte(`{"object":"whatsapp_business_account","entry":[{"id":"` + apptest.WABA + `","changes":[{"field":"messages","value":{"messaging_product":"whatsapp",
		"metadata":{"display_phone_number":"4915735990000","phone_number_id":"` + apptest.PhoneNumberID + `"},"contacts":[{"profile":{"name":"x"},"wa_id":"491701234567"}],
		"messages":[{"from":"491701234567","id":"wamid.forged","timestamp":"1772442000","type":"text","text":{"body":"STOP"}}]}}]}]}`)
	if w := post(h, "/webhooks/whatsapp", wire.Sign("not the secret", forged), bytes.NewReader(forged)); w.Code != 401 {
		t.Errorf("a forgery: %d", w.Code)
	}
	a.Settle()
	if got := a.State(person, apptest.Offers); got != consent.Given {
		t.Errorf("after a forged STOP: %s", got)
	}
	if w := post(h, "/webhooks/whatsapp/"+apptest.PhoneNumberID, wire.Sign(apptest.AppSecret, forged), bytes.NewReader(forged)); w.Code != 200 {
		t.Errorf("the same with the secret: %d", w.Code)
	}
	a.Settle()
	if got := a.State(person, apptest.Offers); got != consent.Withdrawn {
		t.Errorf("after a true STOP: %s", got)
	}
}

// notes counts what it is told.
type notes struct{ unsigned [][]string }

func (*notes) Unverified(context.Context) error              { return nil }
func (*notes) Verified(context.Context, []string) error      { return nil }
func (*notes) Heard(context.Context, []string, string) error { return nil }
func (n *notes) Unsigned(_ context.Context, names []string) error {
	n.unsigned = append(n.unsigned, names)
	return nil
}

// Whoever knows a number's id could have a body of 64 KiB parsed with each refused
// webhook. It is looked through once, so broken ones are told of too, and at most eight
// numbers of one.
func TestRefusedBodiesAreNotParsed(t *testing.T) {
	n := &notes{}
	h := server(hook.Config{Directory: directory(), Inbox: &inbox{}, Notes: n})
	many := strings.Repeat(`"phone_number_id":"1",`, 3)
	for i := range 20 {
		many += `"phone_number_id":"2` + strings.Repeat("0", i) + `",`
	}
	for _, tt := range []struct {
		body string
		want int
	}{
		{`{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"100a"}}}]}]}`, 1},
		{`{{{"phone_number_id" : "7"`, 1},
		{many, 8},
		{`{}`, 0},
		{`{"phone_number_id":"7"` + strings.Repeat(" ", 64<<10), 0},
	} {
		n.unsigned = nil
		if w := post(h, "/webhooks/whatsapp", wire.Sign("nobody's", []byte(tt.body)), strings.NewReader(tt.body)); w.Code != 401 {
			t.Fatalf("%d", w.Code)
		}
		got := 0
		for _, names := range n.unsigned {
			got += len(names)
		}
		if got != tt.want {
			t.Errorf("%.60s: told of %d numbers, want %d", tt.body, got, tt.want)
		}
	}
}
