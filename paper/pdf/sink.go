package pdf

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// sink is a PDF on its way out: objects in any order, then where each begins.
type sink struct {
	w    io.Writer
	sum  hash.Hash
	at   int64
	err  error // the first
	from map[int]int64
}

// Stream has the content of each page leave for w as soon as the next one begins,
// so that a document of any length takes the memory of a page. Write then ends
// it. A page that has left cannot be drawn on any more.
func (d *Document) Stream(w io.Writer) {
	d.out = &sink{w: w, sum: sha256.New(), from: map[int]int64{}}
	d.out.write([]byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"))
}

// flush lets the newest page's content leave.
func (d *Document) flush() {
	if d.out == nil || len(d.pages) == 0 {
		return
	}
	p := d.pages[len(d.pages)-1]
	p.written = d.stream("", p.content.Bytes())
	d.out.object(p.written, d.objects[p.written-1])
	d.objects[p.written-1] = nil
	p.content.Reset()
}

func (s *sink) write(b []byte) {
	if s.err != nil {
		return
	}
	s.sum.Write(b) //nolint:errcheck // a hash takes everything
	n, err := s.w.Write(b)
	s.at, s.err = s.at+int64(n), err
}

// object writes an object, unless it has left before.
func (s *sink) object(n int, body []byte) {
	if _, left := s.from[n]; left {
		return
	}
	s.from[n] = s.at
	s.write(fmt.Appendf(nil, "%d 0 obj\n", n))
	s.write(body)
	s.write([]byte("\nendobj\n"))
}

// end writes the cross-reference table and the trailer.
func (s *sink) end(objects, catalog, info int) error {
	id := s.sum.Sum(nil)
	xref := s.at
	s.write(fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", objects+1))
	for n := 1; n <= objects; n++ {
		s.write(fmt.Appendf(nil, "%010d 00000 n \n", s.from[n]))
	}
	s.write(fmt.Appendf(nil, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%x> <%x>] >>\nstartxref\n%d\n%%%%EOF\n",
		objects+1, catalog, info, id[:16], id[:16], xref))
	return s.err
}
