package whatsapp

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"assent/fault"
)

// A provider's host is named by an operator, and whoever may name a host can have
// this server ask it. So such requests leave for public addresses only: otherwise
// an operator could reach what only this machine, or its network, is meant to.

var (
	errHost    = fault.Field("host", "Give the provider's address as https://waba-v2.360dialog.io.")
	errUnknown = fault.Field("host", "There is no such address. Check how the provider writes it.")
	errPrivate = fault.Field("host", "This address is in a private network. A provider's is public.")
)

// Reachable says why a provider's address may not be asked, if so: because it is no
// address of a provider, cannot be found, or is not public.
func (c *Client) Reachable(ctx context.Context, host string) error {
	u, err := url.Parse(host)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errHost
	}
	switch {
	case u.Scheme != "https" && !(c.private && u.Scheme == "http" && loopback(u.Hostname())):
		return errHost
	case c.private:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil || len(found) == 0 {
		return errUnknown
	}
	for _, a := range found {
		if !public(a) {
			return errPrivate
		}
	}
	return nil
}

// loopback reports whether a host is this machine, on the way to which nobody listens.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// closed are the networks that are neither private by name nor public.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // behind a carrier's NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // measurements
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // these two lead to addresses of the older kind
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// public reports whether an address is one that everybody reaches.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// outward makes connections to providers. It looks at the address that is dialled,
// for a name may lead elsewhere than when it was looked up.
type outward struct{ direct, proxied *http.Transport }

func newOutward() outward {
	o := outward{newTransport(), newTransport()}
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		if a, err := netip.ParseAddrPort(address); err != nil || !public(a.Addr()) {
			return errPrivate
		}
		return nil
	}}
	o.direct.DialContext = dialer.DialContext
	o.direct.Proxy = nil
	return o
}

// RoundTrip goes by the proxy where there is one: it is the proxy that dials then,
// and to it that the rule is left.
func (o outward) RoundTrip(r *http.Request) (*http.Response, error) {
	if proxy, err := http.ProxyFromEnvironment(r); err != nil || proxy != nil {
		return o.proxied.RoundTrip(r)
	}
	return o.direct.RoundTrip(r)
}

// CloseIdleConnections closes both kinds.
func (o outward) CloseIdleConnections() {
	o.direct.CloseIdleConnections()
	o.proxied.CloseIdleConnections()
}
