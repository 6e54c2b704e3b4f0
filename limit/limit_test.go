package limit_test

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"assent/limit"
)

func TestOne(t *testing.T) {
	rule := limit.Rule{Kind: "posts", Every: time.Hour, Max: 3}
	at := time.Date(2026, 11, 23, 10, 59, 59, 999999000, time.UTC)
	use := rule.One([]byte("key"), "203.0.113.0/24", at)
	if want := at.Truncate(time.Hour).Add(time.Hour); use.N != 1 || !use.Until.Equal(want) || len(use.Hash) != 16 {
		t.Fatalf("%+v, want an end at %v", use, want)
	}
	same := rule.One([]byte("key"), "203.0.113.0/24", at.Truncate(time.Hour))
	if !bytes.Equal(same.Hash, use.Hash) {
		t.Error("one window has two names")
	}
	for name, other := range map[string]limit.Use{
		"the next window": rule.One([]byte("key"), "203.0.113.0/24", use.Until),
		"another key":     rule.One([]byte("yek"), "203.0.113.0/24", at),
		"another network": rule.One([]byte("key"), "203.0.114.0/24", at),
		"another kind":    limit.Rule{Kind: "templates", Every: time.Hour}.One([]byte("key"), "203.0.113.0/24", at),
	} {
		if bytes.Equal(other.Hash, use.Hash) {
			t.Errorf("%s is counted with it", name)
		}
	}
}

func TestNetwork(t *testing.T) {
	for addr, want := range map[string]string{
		"203.0.113.77":          "203.0.113.0/24",
		"::ffff:203.0.113.1":    "203.0.113.0/24",
		"2001:db8:1:2ff:3::4":   "2001:db8:1:200::/56",
		"fe80::1%eth0":          "fe80::/56",
		"2001:db8:1:200:ffff::": "2001:db8:1:200::/56",
	} {
		if got := limit.Network(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
	if a, b := limit.Network(netip.Addr{}), limit.Network(netip.Addr{}); a != b {
		t.Error("what is no address is not counted together")
	}
}
