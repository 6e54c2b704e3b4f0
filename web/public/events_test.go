package public_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/internal/apptest"
	"assent/web/public"
)

// listen opens a stream of a waiting page and returns its lines.
func (s *site) listen(ctx context.Context, path, last string) (int, <-chan string) {
	s.T.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+path, nil)
	if err != nil {
		s.T.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.T.Fatal(err)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer res.Body.Close()
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	return res.StatusCode, lines
}

// next returns the next line that is not a comment.
func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return "(the end)"
			}
			if line != "" && !strings.HasPrefix(line, ":") {
				return line
			}
		case <-time.After(10 * time.Second):
			return "(nothing)"
		}
	}
}

func TestWaitingPageTurns(t *testing.T) {
	s := newSite(t, public.Limit{})
	at := s.submit(apptest.Chat, form("purpose", apptest.Offers))
	page := s.get(at)
	_, events, _ := strings.Cut(page.body, `data-live="`)
	events, _, _ = strings.Cut(events, `"`)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	status, lines := s.listen(ctx, events, "")
	if status != 200 {
		t.Fatalf("%d", status)
	}
	_, text := s.chatLink(page)
	s.Say(person, text)
	if got := next(t, lines); got != "event: state" {
		t.Errorf("the stream says %q", got)
	}
	id := next(t, lines)
	if got := next(t, lines); got != `data: {"state":"confirmed"}` {
		t.Errorf("the stream says %q", got)
	}
	// Who was away when it happened is told at once; who was told is not told again.
	_, late := s.listen(ctx, events, "")
	if got := next(t, late); got != "event: state" {
		t.Errorf("late: %q", got)
	}
	_, told := s.listen(ctx, events, strings.TrimPrefix(id, "id: "))
	s.handler.Close()
	for _, l := range []<-chan string{lines, told} {
		if got := next(t, l); got != "(the end)" {
			t.Errorf("after the server has stopped: %q", got)
		}
	}
}

func TestStreamsOfOneRequest(t *testing.T) {
	s := newSite(t, public.Limit{})
	at := s.submit(apptest.Chat, form("purpose", apptest.Offers))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range 4 {
		status, _ := s.listen(ctx, at+"/events", "")
		if want := map[bool]int{true: 200, false: 429}[i < 3]; status != want {
			t.Errorf("stream %d: %d, want %d", i, status, want)
		}
	}
	cancel()
	deadline := time.Now().Add(10 * time.Second)
	for {
		ctx, cancel := context.WithCancel(t.Context())
		status, _ := s.listen(ctx, at+"/events", "")
		cancel()
		if status == 200 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("streams that were left are still counted")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
