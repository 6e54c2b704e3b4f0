package public

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"assent/fault"
)

// Limit is how much one network may post.
type Limit struct {
	PerMinute int  // posts a minute from one address prefix; 0: 60
	Loopback  bool // limit this machine too; without it tests and load runs are not slowed
}

const (
	defaultPerMinute = 60
	unprovenShare    = 6       // a post that does not prove what it showed gets one part in so many
	maxLimiters      = 100_000 // in memory at once, about 20 MB
)

var errTooMany = fault.New(fault.TooMany, "There were too many tries from your network. Wait a few minutes, then try again.")

// limits counts posts by keyed hashes of address prefixes. The key of the hash
// is mixed with the day, and all is forgotten at the day's end (rule 29).
type limits struct {
	key       []byte
	now       func() time.Time
	perMinute int
	loopback  bool

	mu    sync.Mutex
	day   int64
	all   map[prefixHash]*allowance
	links map[prefixHash]*linkAllowance
}

type prefixHash [16]byte

// allowance is what one prefix has left.
type allowance struct{ proven, unproven *rate.Limiter }

func newLimits(l Limit, key []byte, now func() time.Time) *limits {
	if l.PerMinute <= 0 {
		l.PerMinute = defaultPerMinute
	}
	return &limits{key: key, now: now, perMinute: l.PerMinute, loopback: l.Loopback}
}

// allow reports whether the caller may post now.
func (l *limits) allow(c echo.Context, proven bool) error {
	addr, err := netip.ParseAddr(c.RealIP())
	if err == nil && addr.IsLoopback() && !l.loopback {
		return nil
	}
	now := l.now()
	a := l.of(addr, now)
	bucket := a.unproven
	if proven {
		bucket = a.proven
	}
	if !bucket.AllowN(now, 1) {
		return errTooMany
	}
	return nil
}

func (l *limits) of(addr netip.Addr, now time.Time) *allowance {
	day := now.Unix() / (24 * 60 * 60)
	hash := l.hash(addr, day)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil || l.day != day || len(l.all) >= maxLimiters {
		l.day, l.all = day, map[prefixHash]*allowance{}
	}
	a := l.all[hash]
	if a == nil {
		a = &allowance{newBucket(l.perMinute), newBucket(l.perMinute / unprovenShare)}
		l.all[hash] = a
	}
	return a
}

// How often one link to a person's settings may act.
const (
	stopsPerMinute = 20
	asksAtOnce     = 3                // messages into the chat
	askEvery       = 10 * time.Minute // and then one each
)

// linkAllowance is what one link has left.
type linkAllowance struct{ stops, asks *rate.Limiter }

// allowLink reports whether a link that works may act now: whoever got hold of it
// can neither fill the person's record nor their chat.
func (l *limits) allowLink(token string, asks bool) error {
	now := l.now()
	m := hmac.New(sha256.New, l.key)
	m.Write([]byte("links\n" + token))
	var hash prefixHash
	copy(hash[:], m.Sum(nil))
	l.mu.Lock()
	if l.links == nil || len(l.links) >= maxLimiters {
		l.links = map[prefixHash]*linkAllowance{}
	}
	a := l.links[hash]
	if a == nil {
		a = &linkAllowance{newBucket(stopsPerMinute), rate.NewLimiter(rate.Every(askEvery), asksAtOnce)}
		l.links[hash] = a
	}
	l.mu.Unlock()
	bucket := a.stops
	if asks {
		bucket = a.asks
	}
	if !bucket.AllowN(now, 1) {
		return errTooMany
	}
	return nil
}

// newBucket allows so many a minute, half of them at once.
func newBucket(perMinute int) *rate.Limiter {
	perMinute = max(perMinute, 1)
	return rate.NewLimiter(rate.Limit(float64(perMinute)/60), max(1, perMinute/2))
}

// hash names the network of an address without telling it: the /24 of IPv4, the
// /56 of IPv6, which is what one household gets.
func (l *limits) hash(addr netip.Addr, day int64) (out prefixHash) {
	addr = addr.Unmap()
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	prefix, _ := addr.WithZone("").Prefix(bits) // an invalid address has the zero prefix, which is limited too
	m := hmac.New(sha256.New, l.key)
	m.Write(binary.BigEndian.AppendUint64([]byte("public posts\n"), uint64(day)))
	m.Write([]byte(prefix.String()))
	copy(out[:], m.Sum(nil))
	return out
}
