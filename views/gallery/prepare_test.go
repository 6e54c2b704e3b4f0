package gallery

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"assent/locale"
	"assent/views/public"
)

func TestPrepared(t *testing.T) {
	for _, tag := range locale.Tags() {
		p := landingFull(locale.For(tag))
		prepared, err := public.Prepare(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(prepared.Canonical(), render(t, public.LandingPage(p.Canonical()))) {
			t.Errorf("%s: not the canonical bytes", tag)
		}
		for _, e := range []public.Entry{{}, {Shown: "a.b"}, {Shown: `"><b>&'`}, {Shown: "a.b", EntryCode: "7KX2"}, {Shown: "x", EntryCode: `"><b>`}} {
			var got bytes.Buffer
			if err := prepared.Write(&got, e.Shown, e.EntryCode); err != nil {
				t.Fatal(err)
			}
			q := p
			q.Entry = e
			if want := render(t, public.LandingPage(q)); !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s: %+v differs from the page", tag, e)
			}
			if e.Shown == "" {
				continue
			}
			packed, err := gzip.NewReader(bytes.NewReader(prepared.AppendGzip(nil, e.Shown, e.EntryCode)))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(packed)
			if err != nil || !bytes.Equal(plain, got.Bytes()) {
				t.Errorf("%s: %+v is another page when compressed (%v)", tag, e, err)
			}
		}
	}
}

func BenchmarkLanding(b *testing.B) {
	p := landingFull(locale.For("en"))
	b.Run("rendered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			render(b, public.LandingPage(p))
		}
	})
	b.Run("prepared", func(b *testing.B) {
		prepared, err := public.Prepare(b.Context(), p)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := prepared.Write(io.Discard, "a.b", ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compressed", func(b *testing.B) {
		prepared, err := public.Prepare(b.Context(), p)
		if err != nil {
			b.Fatal(err)
		}
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			out = prepared.AppendGzip(out[:0], "a.b", "")
		}
	})
}
