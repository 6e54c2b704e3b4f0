package funnel

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"assent/fault"
)

// MaxOrigins bounds on how many sites the forms of one funnel may stand.
const MaxOrigins = 50

// maxOrigin bounds one origin: a host name has at most 253 characters (RFC
// 1035, section 2.3.4).
const maxOrigin = 300

// ParseOrigin reads the address of a site as people write it and returns its
// origin as browsers send it (RFC 6454, section 6.2): "https://shop.example".
// Only whole sites under https have a name of their own that nobody on the way
// can borrow. Where local is true, pages of this machine may use http: that is
// for trying things out on an installation which is on this machine itself.
func ParseOrigin(site string, local bool) (string, error) {
	site = strings.TrimSpace(site)
	u, err := url.Parse(site)
	switch {
	case err == nil && u.Scheme == "" && !strings.HasPrefix(site, "/") && site != "":
		return "", fault.Field("origins", "The https:// at its beginning is missing.")
	case err != nil || len(site) > maxOrigin || u.Host == "" || u.User != nil || u.Opaque != "":
		return "", fault.Field("origins", "Write each site as https:// and its name, for example https://shop.example.")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Path != "" && u.Path != "/" || strings.HasSuffix(site, "#"):
		return "", fault.Field("origins", "Leave out what stands behind the name: a site is allowed with all of its pages.")
	}
	host, err := hostName(u.Hostname())
	if err != nil {
		return "", fault.Field("origins", "The name of a site has letters, digits, hyphens and dots only. A * stands for nothing: list each site.")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !local || !Loopback(host)) {
		return "", fault.Field("origins", "Only sites under https:// can be allowed.")
	}
	port := u.Port()
	if port == "" && strings.HasSuffix(u.Host, ":") || !validPort(port) {
		return "", fault.Field("origins", "A port is a number from 1 to 65535.")
	}
	if port != "" && port != map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		return u.Scheme + "://" + net.JoinHostPort(host, port), nil
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + host, nil
}

// WrongOrigin says which site of several is wrong, and why.
type WrongOrigin struct {
	Line int // from 1
	Site string
	Err  error
}

func (w *WrongOrigin) Error() string { return fmt.Sprintf("line %d, %s: %v", w.Line, w.Site, w.Err) }

// Unwrap returns why.
func (w *WrongOrigin) Unwrap() error { return w.Err }

// ParseOrigins reads sites that stand on lines of their own or between spaces,
// and returns each origin once, in alphabetical order. The error is a *WrongOrigin
// where one of them is wrong.
func ParseOrigins(text string, local bool) (list []string, err error) {
	list = []string{}
	for i, line := range strings.Split(text, "\n") {
		for _, site := range strings.FieldsFunc(line, func(r rune) bool { return r <= ' ' || r == ',' || r == ';' }) {
			origin, err := ParseOrigin(site, local)
			if err != nil {
				return nil, &WrongOrigin{i + 1, site, err}
			}
			list = append(list, origin)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if len(list) > MaxOrigins {
		return nil, fault.Field("origins", "A funnel can stand on at most %d sites.", MaxOrigins)
	}
	return list, nil
}

var errNoHost = errors.New("no host name")

// hostName returns a host as browsers write it: small letters, other scripts in
// their ASCII form (RFC 5891).
func hostName(host string) (string, error) {
	if ip := net.ParseIP(host); ip != nil {
		return ip.String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || ascii == "" || strings.ContainsFunc(ascii, func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		return "", errNoHost
	}
	return ascii, nil
}

// validPort reports whether a port may stand in an origin; none may.
func validPort(port string) bool {
	if port == "" {
		return true
	}
	n := 0
	for _, r := range port {
		if n = n*10 + int(r-'0'); r < '0' || r > '9' || n > 65535 {
			return false
		}
	}
	return n > 0 && port[0] != '0'
}

// Loopback reports whether a host is this machine whoever asks.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Local reports whether an installation with the base URL is on this machine.
func Local(baseURL string) bool {
	u, err := url.Parse(baseURL)
	return err == nil && Loopback(u.Hostname())
}

// Allows reports whether forms of the funnel may stand on pages of the origin.
func (f *Funnel) Allows(origin string) bool { return slices.Contains(f.Origins, origin) }
