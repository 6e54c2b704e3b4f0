package public

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"assent/fault"
	"assent/limit"
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

// missesPerMinute is how many addresses that lead nowhere a network may ask for:
// codes and tokens are not to be guessed by the thousand.
const missesPerMinute = 60

var errTooMany = fault.New(fault.TooMany, "There were too many tries from your network. Wait a few minutes, then try again.")

// take takes one of the bucket, or says when there is one again.
func take(bucket *rate.Limiter, now time.Time) error {
	r := bucket.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	return errTooMany.After(wait)
}

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
type allowance struct{ proven, unproven, misses *rate.Limiter }

func newLimits(l Limit, key []byte, now func() time.Time) *limits {
	if l.PerMinute <= 0 {
		l.PerMinute = defaultPerMinute
	}
	return &limits{key: key, now: now, perMinute: l.PerMinute, loopback: l.Loopback}
}

// network returns the network of the caller, or the empty string for this
// machine, which is not limited.
func (l *limits) network(c echo.Context) string {
	addr, err := netip.ParseAddr(c.RealIP())
	if err == nil && addr.IsLoopback() && !l.loopback {
		return ""
	}
	return limit.Network(addr)
}

// allow reports whether the caller may post now.
func (l *limits) allow(c echo.Context, proven bool) error {
	network := l.network(c)
	if network == "" {
		return nil
	}
	now := l.now()
	a := l.of(network, now)
	if proven {
		return take(a.proven, now)
	}
	return take(a.unproven, now)
}

// guessing reports whether the caller has asked for too many addresses that lead
// nowhere: then none is answered, so that a guess that is right is not told.
func (l *limits) guessing(c echo.Context) error {
	network := l.network(c)
	if network == "" {
		return nil
	}
	now := l.now()
	if a := l.of(network, now); a.misses.TokensAt(now) < 1 {
		return errTooMany.After(time.Minute / missesPerMinute)
	}
	return nil
}

// missed counts an address that led nowhere.
func (l *limits) missed(c echo.Context) {
	if network := l.network(c); network != "" {
		now := l.now()
		l.of(network, now).misses.AllowN(now, 1)
	}
}

// Guessed is the middleware of addresses that hold a code or a token.
func (h *Handler) Guessed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := h.limits.guessing(c); err != nil {
			return err
		}
		err := next(c)
		if fault.Is(err, fault.NotFound) {
			h.limits.missed(c)
		}
		return err
	}
}

func (l *limits) of(network string, now time.Time) *allowance {
	day := now.Unix() / (24 * 60 * 60)
	hash := prefixHash(limit.Rule{Kind: "posts", Every: 24 * time.Hour}.One(l.key, network, now).Hash)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil || l.day != day || len(l.all) >= maxLimiters {
		l.day, l.all = day, map[prefixHash]*allowance{}
	}
	a := l.all[hash]
	if a == nil {
		a = &allowance{newBucket(l.perMinute), newBucket(l.perMinute / unprovenShare), newBucket(missesPerMinute)}
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
	return take(bucket, now)
}

// newBucket allows so many a minute, half of them at once.
func newBucket(perMinute int) *rate.Limiter {
	perMinute = max(perMinute, 1)
	return rate.NewLimiter(rate.Limit(float64(perMinute)/60), max(1, perMinute/2))
}
