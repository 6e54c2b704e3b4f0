package web

import (
	"net"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

// ClientIPBehind returns how to tell a caller's address where proxies stand
// before the server: the newest address in X-Forwarded-For that none of the
// networks (in CIDR form) holds. Nobody else's header is believed. Without
// networks it is the address of the connection.
func ClientIPBehind(networks []string) (echo.IPExtractor, error) {
	if len(networks) == 0 {
		return echo.ExtractIPDirect(), nil
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, cidr := range networks {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return nil, fault.New(fault.Invalid, "The proxy network %q cannot be read. Write it as 10.0.0.0/8 or 127.0.0.1/32.", cidr)
		}
		trust = append(trust, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(trust...), nil
}
