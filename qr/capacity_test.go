package qr_test

import (
	"strings"
	"testing"

	"assent/qr"
)

// The table of capacities says what the encoder does.
func TestVersionFor(t *testing.T) {
	for _, level := range []qr.Level{qr.L, qr.M, qr.Q, qr.H} {
		for _, version := range []int{1, 9, 10, 20, 40} {
			n := qr.Capacity(version, level)
			for bytes, want := range map[int]int{n: version, n + 1: version + 1} {
				if got := qr.VersionFor(bytes, level); got != want {
					t.Errorf("%d bytes at %d: version %d, want %d", bytes, level, got, want)
				}
				code, err := qr.New(strings.Repeat("a", bytes), level)
				if (err == nil) != (want <= 40) || err == nil && code.Size() != 17+4*want {
					t.Errorf("%d bytes at %d: the encoder disagrees: %v", bytes, level, err)
				}
			}
		}
	}
}
