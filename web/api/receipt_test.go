package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"assent/account"
	"assent/internal/apptest"
)

func TestReceipt(t *testing.T) {
	r := newRig(t, nil)
	r.app.OptIn(person, apptest.Offers)
	key := r.app.APIKey(account.Read, account.Check)
	id := r.check(key, `{"items":[{"to":"+491701234567","purpose":"offers"}]}`).Results[0].ConsentID
	tests := []struct {
		name, query, media string
		says               []string
	}{
		{"by itself", "", "application/json", []string{`"KI-CR-v1.1.0"`, `"EXPLICIT"`}},
		{"Kantara", "?format=kantara", "application/json", []string{`"KI-CR-v1.1.0"`}},
		{"DPV", "?format=dpv", "application/ld+json", []string{`"dpv:ConsentRecord"`, `"dpv:ConsentGiven"`, `"dpv:ConsentRefused"`, person}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := r.call("GET", "/consents/"+id+"/receipt"+tt.query, key, nil, "")
			if w.Code != 200 || w.Header().Get("Content-Type") != tt.media || w.Header().Get("Cache-Control") != "no-store" || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
			}
			for _, s := range tt.says {
				if !strings.Contains(w.Body.String(), s) {
					t.Errorf("it does not say %s:\n%s", s, w.Body)
				}
			}
		})
	}
	for path, status := range map[string]int{
		"/consents/x/receipt": 404, "/consents/+491701234567/receipt": 404, "/consents/" + someID + "/receipt": 404,
		"/consents/" + id + "/receipt?format=pdf": 400, "/consents/" + id + "/receipt?format=": 200,
	} {
		if w := r.call("GET", path, key, nil, ""); w.Code != status {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
