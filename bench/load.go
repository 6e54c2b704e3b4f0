package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// result is what a load run came to.
type result struct {
	requests int64
	failed   int64
	took     time.Duration
	p50, p99 time.Duration
}

func (r result) perSecond() float64 { return float64(r.requests) / r.took.Seconds() }

func (r result) String() string {
	return fmt.Sprintf("%8.0f/s  p50 %6.2f ms  p99 %7.2f ms  failed %d", r.perSecond(), ms(r.p50), ms(r.p99), r.failed)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// load sends requests over as many connections for the time, each connection
// one request after the other, and accepts answers with the wanted status. It
// speaks just enough HTTP/1.1 to cost little beside what it measures, and for
// the same reason request appends the next request to a buffer that is used again.
func load(addr string, connections int, d time.Duration, want int, request func(buf []byte) []byte) (result, error) {
	var r result
	var n, failed atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var firstErr error
	stop := time.Now().Add(d)
	start := time.Now()
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			var mine []time.Duration
			err := func() error {
				c, err := dial(addr)
				if err != nil {
					return err
				}
				defer c.Close()
				var buf []byte
				for t := time.Now(); t.Before(stop); t = time.Now() {
					buf = request(buf[:0])
					status, err := c.do(buf)
					if err != nil {
						return err
					}
					if status != want {
						failed.Add(1)
						continue
					}
					n.Add(1)
					mine = append(mine, time.Since(t))
				}
				return nil
			}()
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			if err != nil && firstErr == nil {
				firstErr = err
			}
		})
	}
	wg.Wait()
	r.took, r.requests, r.failed = time.Since(start), n.Load(), failed.Load()
	if len(all) == 0 {
		return r, errors.Join(firstErr, fmt.Errorf("no request was answered with %d", want))
	}
	slices.Sort(all)
	r.p50, r.p99 = all[len(all)/2], all[len(all)*99/100]
	return r, firstErr
}

// maxTries is how often a request is sent that is not answered as wanted.
const maxTries = 100

// steady sends requests at so many a second until the time is over or stop is
// closed, and again what is not answered as wanted, as Meta does. How long an
// answer took counts from when its request was due, whatever held it up.
func steady(addr string, connections int, rate float64, d time.Duration, want int, stop <-chan struct{}, request func(i int) []byte) (result, error) {
	var r result
	var next, failed atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var errs error
	start := time.Now()
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			var mine []time.Duration
			err := func() error {
				c, err := dial(addr)
				if err != nil {
					return err
				}
				defer c.Close()
				for {
					i := next.Add(1) - 1
					after := time.Duration(float64(i) / rate * float64(time.Second))
					if after >= d || !waits(stop, time.Until(start.Add(after))) {
						return nil
					}
					one := request(int(i))
					for tries := 1; ; tries++ {
						status, err := c.do(one)
						if err != nil {
							return err
						}
						if status == want {
							break
						}
						if failed.Add(1); tries == maxTries {
							return fmt.Errorf("a request was answered with %d and not with %d", status, want)
						}
						time.Sleep(50 * time.Millisecond)
					}
					mine = append(mine, time.Since(start.Add(after)))
				}
			}()
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			errs = errors.Join(errs, err)
		})
	}
	wg.Wait()
	r.took, r.requests, r.failed = time.Since(start), int64(len(all)), failed.Load()
	if len(all) == 0 {
		return r, errors.Join(errs, errors.New("nothing was answered"))
	}
	slices.Sort(all)
	r.p50, r.p99 = all[len(all)/2], all[len(all)*99/100]
	return r, errs
}

// waits sleeps, and reports false if it was stopped.
func waits(stop <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-stop:
		return false
	case <-t.C:
		return true
	}
}

// connection is a kept-alive HTTP/1.1 connection.
type connection struct {
	net.Conn
	r *bufio.Reader
}

func dial(addr string) (*connection, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &connection{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

// do sends a request and reads the whole answer. It returns the status.
func (c *connection) do(request []byte) (status int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil || len(line) < 12 {
		return 0, errors.Join(err, errors.New("no status line"))
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := 0, false
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
		if err != nil {
			return 0, err
		}
	}
	if chunked {
		return status, c.skipChunks()
	}
	_, err = io.CopyN(io.Discard, c.r, int64(length))
	return status, err
}

func (c *connection) skipChunks() error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, c.r, n+2); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
	}
}

// always returns the same request each time.
func always(request []byte) func([]byte) []byte {
	return func(buf []byte) []byte { return append(buf, request...) }
}

// numbered returns requests that differ only in their number, of as many digits
// as there are # in the request.
func numbered(request []byte, next func() int64) func([]byte) []byte {
	at, digits := bytes.IndexByte(request, '#'), bytes.Count(request, []byte("#"))
	return func(buf []byte) []byte {
		buf = append(buf, request...)
		for i, n := digits-1, next(); i >= 0; i, n = i-1, n/10 {
			buf[at+i] = byte('0' + n%10)
		}
		return buf
	}
}

// get returns the bytes of a GET.
func get(host, path string, headers ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", path, host)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// post returns the bytes of a POST.
func post(host, path, contentType, body string, headers ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n", path, host, contentType, len(body))
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}
