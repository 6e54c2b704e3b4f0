package api_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"assent/account"
	"assent/consent"
	"assent/internal/apptest"
)

func TestErase(t *testing.T) {
	r := newRig(t, nil)
	key := r.app.APIKey(account.Erase)
	const ada, bela = "+491701234567", "+491709876543"
	r.app.OptIn(ada, apptest.Offers)
	r.app.OptIn(bela, apptest.Offers)
	path := func(id string) string { return "/subjects/" + url.PathEscape(id) }
	for name, tt := range map[string]struct {
		path, key string
		status    int
	}{
		"without a key":           {path(ada), "", 401},
		"with another scope":      {path(ada), r.app.APIKey(account.Write), 403},
		"no number":               {path("+12"), key, 400},
		"nothing of the kind":     {path("somebody"), key, 400},
		"nobody":                  {path("+491700000001"), key, 404},
		"nobody's id":             {path("019cadcd-0320-7f7e-a4ed-1e23289de26b"), key, 404},
		"a reason with the name":  {path(ada) + "?reason=" + url.QueryEscape("is 0170 1234567"), key, 400},
		"a reason that is a book": {path(ada) + "?reason=" + strings.Repeat("x", 501), key, 400},
	} {
		t.Run(name, func(t *testing.T) {
			if w := r.call("DELETE", tt.path, tt.key, nil, ""); w.Code != tt.status || strings.Contains(w.Body.String(), "1234567") {
				t.Errorf("%d: %s", w.Code, w.Body)
			}
		})
	}
	w := r.call("DELETE", path(ada)+"?reason=ticket", key, nil, "")
	var out struct {
		Subject string  `json:"subject_id"`
		Event   string  `json:"event_id"`
		Forms   int     `json:"forms"`
		Locked  *string `json:"locked_until"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 || out.Subject == "" || out.Event == "" || out.Forms != 1 || out.Locked != nil {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	if got := r.app.Check(ada, apptest.Offers); got.Reason != consent.ReasonSuppressed {
		t.Errorf("%+v", got)
	}
	if got := r.app.Check(bela, apptest.Offers); !got.Allowed {
		t.Errorf("another was erased too: %+v", got)
	}
	for _, id := range []string{ada, out.Subject, strings.ToUpper(out.Subject)} {
		if w := r.call("DELETE", path(id), key, nil, ""); w.Code != 404 {
			t.Errorf("again: %d", w.Code)
		}
	}
}
