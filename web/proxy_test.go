package web_test

import (
	"net/http/httptest"
	"testing"

	"assent/fault"
	"assent/web"
)

func TestClientIPBehind(t *testing.T) {
	tests := []struct {
		name     string
		networks []string
		peer     string
		header   string
		want     string
	}{
		{"no proxy: a header is not believed", nil, "203.0.113.9:1", "198.51.100.7", "203.0.113.9"},
		{"behind the proxy", []string{"127.0.0.1/32"}, "127.0.0.1:1", "198.51.100.7", "198.51.100.7"},
		{"past the proxy: a header is not believed", []string{"127.0.0.1/32"}, "203.0.113.9:1", "198.51.100.7", "203.0.113.9"},
		{"what the caller put before is not believed", []string{"127.0.0.1/32"}, "127.0.0.1:1", "6.6.6.6, 198.51.100.7", "198.51.100.7"},
		{"two proxies", []string{"127.0.0.1/32", "10.0.0.0/8"}, "127.0.0.1:1", "198.51.100.7, 10.1.2.3", "198.51.100.7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			extract, err := web.ClientIPBehind(tt.networks)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header.Set("X-Forwarded-For", tt.header)
			if got := extract(r); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	if _, err := web.ClientIPBehind([]string{"everywhere"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}
