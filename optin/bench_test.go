package optin_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"assent/optin"
)

// BenchmarkSubmit measures a form from its fields to a durable, logged answer,
// without HTTP, 64 callers at once.
func BenchmarkSubmit(b *testing.B) {
	h := newBenchHouse(b)
	shown := h.shown("checkout", "en")
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			in := optin.Submission{Slug: "checkout", Lang: "en", Purposes: []string{"offers"}, Phone: fmt.Sprintf("+49151%08d", n.Add(1)), Name: "Load Test", Shown: shown}
			if _, err := h.optin.Submit(b.Context(), in); err != nil {
				b.Error(err)
			}
		}
	})
}
