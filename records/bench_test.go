package records_test

import (
	"context"
	"io"
	"testing"
	"time"

	"assent/internal/apptest"
	"assent/proof"
	"assent/records"
)

// BenchmarkAudit audits an installation of a few hundred events.
func BenchmarkAudit(b *testing.B) {
	h := newHouse(b)
	for _, n := range []string{ada, bela, chidi} {
		for range 20 {
			h.OptIn(n, apptest.Offers)
			h.later(time.Minute)
			h.Say(n, "STOP")
			h.later(time.Minute)
		}
	}
	var events int64
	for b.Loop() {
		r, err := h.records.Audit(context.Background(), records.AuditOptions{})
		if err != nil || !r.OK {
			b.Fatal(err, failed(r))
		}
		events = r.Events
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkProof proves one person, end to end: to the moment when the checkpoint
// over the export's own event is signed, which happens at once here.
func BenchmarkProof(b *testing.B) {
	h := newHouse(b)
	h.sign()
	h.OptIn(ada, apptest.Offers)
	person := h.person(ada)
	for name, service := range map[string]*records.Service{"certificate": h.App.Records, "none": h.records} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := service.ProofOfPerson(context.Background(), h.Business, person, proof.Court, "mia", io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkList reads a page of 50 rows.
func BenchmarkList(b *testing.B) {
	h := newHouse(b)
	h.fill(5000)
	for b.Loop() {
		if _, err := h.records.List(context.Background(), records.Query{Business: h.Business}); err != nil {
			b.Fatal(err)
		}
	}
}
