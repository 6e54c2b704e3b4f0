package whatsapp

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"assent/fault"
)

func TestPublicAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"1.1.1.1": true, "157.240.1.60": true, "2a03:2880:f10c::1": true, "::ffff:8.8.8.8": true,
		"127.0.0.1": false, "127.8.8.8": false, "0.0.0.0": false, "0.1.2.3": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.0.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.127.1.1": false, "192.0.0.8": false, "198.19.1.1": false,
		"224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "::": false, "::1": false, "fc00::1": false, "fd00:ec2::254": false,
		"fe80::1%eth0": false, "fec0::1": false, "ff02::1": false, "::ffff:10.0.0.1": false, "::ffff:127.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
}

// A provider's address that an operator names may be any; nothing of this machine
// or its network is asked.
func TestProvidersArePublic(t *testing.T) {
	var asked atomic.Int64
	inner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte(`{"url":"https://example.com"}`))
	}))
	t.Cleanup(inner.Close)
	named := strings.Replace(inner.URL, "127.0.0.1", "localhost", 1)
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	for host, want := range map[string]error{
		inner.URL: errHost, named: errHost, "https://127.0.0.1:8443": errPrivate, "https://localhost": errPrivate, "https://[::1]": errPrivate, "https://10.0.0.8/x": errPrivate,
		"https://169.254.169.254": errPrivate, "https://[::ffff:192.168.1.1]": errPrivate, "https://u:p@1.1.1.1": errHost, "https://1.1.1.1?x=1": errHost, "https://": errHost,
		"ftp://1.1.1.1": errHost, "https://host.invalid": errUnknown, "https://1.1.1.1": nil, "https://1.1.1.1/waba": nil,
	} {
		if got := c.Reachable(t.Context(), host); !errors.Is(got, want) {
			t.Errorf("%s: %v", host, got)
		}
	}
	// A name that has led elsewhere when it was looked up is refused when it is dialled.
	for _, host := range []string{inner.URL, named} {
		if _, err := c.Webhook(t.Context(), Sender{Host: host, Token: "key"}); !fault.Is(err, fault.Unavailable) || !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
	tried, err := New(Options{Private: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tried.Close)
	for host, want := range map[string]error{inner.URL: nil, named: nil, "https://10.0.0.8": nil, "http://10.0.0.8": errHost, "http://example.com": errHost} {
		if got := tried.Reachable(t.Context(), host); !errors.Is(got, want) {
			t.Errorf("with the simulator, %s: %v", host, got)
		}
	}
	if got, err := tried.Webhook(t.Context(), Sender{Host: named, Token: "key"}); err != nil || got != "https://example.com" || asked.Load() != 1 {
		t.Errorf("with the simulator: %q, %v", got, err)
	}
}
