package simulator_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// FuzzRequests throws bodies at both doors. Whatever is answered, the
// simulator lives, and what it then tells the business parses.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		`{"messaging_product":"whatsapp","to":"+491701234567","type":"text","text":{"body":"x"}}`,
		`{"messaging_product":"whatsapp","to":"+491701234567","type":"template","template":{"name":"t","language":{"code":"de"},"components":[{"type":"body","parameters":[{"type":"text","text":"a"}]},{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"p"}]}]}}`,
		`{"messaging_product":"whatsapp","recipient":"DE.1","type":"interactive","interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"1"}}]}}}`,
		`{"from":"+491701234567","text":"\ud800 \u0000 👍"}`,
		`{"user_id":"DE.1","change_number":"+491701234568"}`,
		`{"from":"+491701234567","text":"x","referral":{"source_type":"ad","source_id":"1","headline":"\u202e","welcome_message":{"text":"x"}}}`,
		`{"from":"+491701234567","reaction":"x","context":"wamid.x","duplicates":3}`,
	} {
		f.Add(body)
	}
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		b, err := wire.Parse(body)
		if err != nil {
			panic(err)
		}
		for _, e := range b.Elements {
			if e.Kind == wire.KindMalformed || e.Kind == wire.KindUnknown {
				panic(e.Reason + " " + string(body))
			}
		}
	}))
	f.Cleanup(hook.Close)
	f.Fuzz(func(t *testing.T, body string) {
		s := simulator.New(simulator.Options{Now: func() time.Time { return time.Unix(1790000000, 0) }})
		defer s.Close()
		if err := s.AddSender(simulator.Sender{PhoneNumberID: "1", WABA: "2", Portfolio: "p", Number: number, Token: "t", AppSecret: "s", WebhookURL: hook.URL,
			Templates: []simulator.Template{{Name: "t", Language: "de", Category: "UTILITY", Body: "{{1}}", Buttons: []string{"A"}}}}); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/sim/inbound", "/sim/graph/v25.0/1/messages"} {
			req := httptest.NewRequest("POST", path, strings.NewReader(body))
			req.Header.Set("Authorization", "Bearer t")
			func() {
				defer func() {
					if p := recover(); p != nil && p != http.ErrAbortHandler {
						panic(p)
					}
				}()
				rec := httptest.NewRecorder()
				s.Handler().ServeHTTP(rec, req)
				if rec.Code == http.StatusInternalServerError && !strings.Contains(rec.Header().Get("Content-Type"), "html") && !strings.Contains(rec.Body.String(), `"code":`) {
					t.Fatalf("%s: %s", path, rec.Body)
				}
			}()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
