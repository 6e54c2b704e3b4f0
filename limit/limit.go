// Package limit says how often something may happen within a window of time, and
// under what it is counted. A count is named by a keyed hash that tells neither
// whom it is of nor what, and that is another one in the next window, so counts
// of one network or number on two days cannot be joined (rule 29).
package limit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"
)

// Rule is how often something may happen.
type Rule struct {
	Kind  string // what is counted: a word of ours
	Every time.Duration
	Max   int
}

// Use is that something happens so many more times, in the window that ends at
// Until.
type Use struct {
	Hash  []byte
	N     int
	Until time.Time
}

// One returns that it happens once more to whom, in the window that holds now.
// Windows begin at whole multiples of their length since 1970.
func (r Rule) One(key []byte, whom string, now time.Time) Use {
	every := r.Every.Microseconds()
	window := now.UnixMicro() / every
	m := hmac.New(sha256.New, key)
	m.Write(binary.BigEndian.AppendUint64([]byte("limit\n"+r.Kind+"\n"), uint64(window)))
	m.Write([]byte(whom))
	return Use{Hash: m.Sum(nil)[:16], N: 1, Until: time.UnixMicro((window + 1) * every).UTC()}
}

// Network returns the network of an address: the /24 of IPv4, the /56 of IPv6,
// which is what one household gets. An invalid address has one too, which all of
// them share.
func Network(addr netip.Addr) string {
	addr = addr.Unmap()
	bits := 56
	if addr.Is4() {
		bits = 24
	}
	prefix, _ := addr.WithZone("").Prefix(bits)
	return prefix.String()
}
