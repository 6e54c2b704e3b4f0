package poster_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"

	"assent/fault"
	"assent/poster"
	"assent/qr"
)

// many makes a sheet's codes and checks them.
func many(t testing.TB, n int) (labels []poster.Label) {
	t.Helper()
	symbols := make([]*qr.Symbol, n)
	for i := range n {
		code := fmt.Sprintf("%07X", i*7919+1)
		s, err := qr.Compose("https://opt.example/q/"+code, qr.Plain(qr.H))
		if err != nil {
			t.Fatal(err)
		}
		symbols[i] = s
		labels = append(labels, poster.Label{Text: fmt.Sprintf("Shelf %d, كتب", i+1), Link: "opt.example/q/" + code, Symbol: s})
	}
	if err := poster.Check(t.Context(), symbols); err != nil {
		t.Fatal(err)
	}
	return labels
}

func TestSheet(t *testing.T) {
	labels := many(t, 23)
	var b bytes.Buffer
	if err := poster.WriteSheet(&b, "Shelves", "en", labels); err != nil {
		t.Fatal(err)
	}
	pages := raster(t, b.Bytes(), "72", "sheet")
	if len(pages) != 2 {
		t.Fatalf("%d pages", len(pages))
	}
	if err := poster.WriteSheet(io.Discard, "none", "en", nil); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	bad, err := qr.Compose(link, qr.Plain(qr.L))
	if err != nil {
		t.Fatal(err)
	}
	if err := poster.Check(t.Context(), []*qr.Symbol{labels[0].Symbol, bad, labels[1].Symbol}); fault.FieldOf(err) != "ec" {
		t.Errorf("a code that does not last is let out: %v", err)
	}
}

func TestWriteCode(t *testing.T) {
	var b bytes.Buffer
	if err := poster.WriteCode(&b, symbol(t, nil), 60); err != nil {
		t.Fatal(err)
	}
	if got := decode(t, raster(t, b.Bytes(), "150", "code")[0]); got != link {
		t.Errorf("says %q", got)
	}
	if err := poster.WriteCode(&b, symbol(t, nil), 10); fault.FieldOf(err) != "size" {
		t.Error(err)
	}
}

// BenchmarkSheet makes, checks and writes 1,000 codes: the limits are 20 seconds
// and 200 MB.
func BenchmarkSheet(b *testing.B) {
	for b.Loop() {
		if err := poster.WriteSheet(io.Discard, "Shelves", "en", many(b, 1000)); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/1e6, "MB-sys")
}
