package api

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"assent/account"
	"assent/fault"
)

// Replays keeps answers to calls that carried an Idempotency-Key.
type Replays interface {
	ReadOnly(ctx context.Context, fn func(context.Context, ReplayReader) error) error
	ReadWrite(ctx context.Context, fn func(context.Context, ReplayWriter) error) error
}

// ReplayReader reads kept answers.
type ReplayReader interface {
	Replay(ctx context.Context, apiKey string, hash []byte) (account.Replay, bool, error)
}

// ReplayWriter keeps answers.
type ReplayWriter interface {
	KeepReplay(ctx context.Context, apiKey string, hash []byte, r account.Replay, now time.Time) error
}

// maxIdempotencyKey bounds the key, in bytes.
const maxIdempotencyKey = 255

// replayedHeader marks the answer to an earlier call.
const replayedHeader = "Idempotent-Replayed"

// Idempotent answers a repeated call as the first one was answered, where both
// carry one Idempotency-Key. Another request with that key is a Conflict, and
// so is a repetition while the first is under way. Only successes are kept: a
// call that failed changed nothing and may be made again. Bodies hold numbers,
// so what is kept of a request is a keyed hash.
func (h *Handler) Idempotent(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return readError(err)
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON) // whatever it says, it is read as JSON
		name, ok := r.Header["Idempotency-Key"]
		if !ok {
			return next(c)
		}
		if len(name) != 1 || !plainKey(name[0]) {
			return fault.Field("Idempotency-Key", "The key is 1 to %d printable ASCII characters, once.", maxIdempotencyKey)
		}
		key := caller(c).ID
		hash, request := h.hash("key", key, []byte(name[0])), h.hash("request", r.Method+" "+c.Path(), body)
		if !h.busy.enter(string(hash)) {
			return fault.New(fault.Conflict, "A call with this Idempotency-Key is under way. Wait for its answer.")
		}
		defer h.busy.leave(string(hash))
		if done, err := h.replay(c, key, hash, request); done || err != nil {
			return err
		}
		return h.record(c, next, key, hash, request)
	}
}

// replay answers from what was kept, if something was.
func (h *Handler) replay(c echo.Context, key string, hash, request []byte) (done bool, err error) {
	var kept account.Replay
	err = h.c.Replays.ReadOnly(c.Request().Context(), func(ctx context.Context, r ReplayReader) error {
		kept, done, err = r.Replay(ctx, key, hash)
		return err
	})
	if err != nil || !done {
		return false, err
	}
	if !hmac.Equal(kept.Request, request) {
		return true, fault.New(fault.Conflict, "This Idempotency-Key was used for another request. Use a new one.")
	}
	c.Response().Header().Set(replayedHeader, "true")
	return true, c.Blob(kept.Status, echo.MIMEApplicationJSON, kept.Body)
}

// record runs the handler and keeps its answer before it is given: an answer
// that was given can be repeated.
func (h *Handler) record(c echo.Context, next echo.HandlerFunc, key string, hash, request []byte) error {
	res := c.Response()
	direct := res.Writer
	held := &holder{header: direct.Header()}
	res.Writer = held
	err := next(c)
	res.Writer = direct
	if err != nil {
		res.Committed = false // nothing has left yet
		return err
	}
	if held.status >= 200 && held.status < 300 {
		kept := account.Replay{Request: request, Status: held.status, Body: held.body.Bytes()}
		err := h.c.Replays.ReadWrite(c.Request().Context(), func(ctx context.Context, w ReplayWriter) error {
			return w.KeepReplay(ctx, key, hash, kept, h.c.Now())
		})
		if err != nil {
			res.Committed, res.Status, res.Size = false, 0, 0
			return err
		}
	}
	direct.WriteHeader(held.status)
	_, err = direct.Write(held.body.Bytes())
	return err
}

// holder holds an answer back.
type holder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *holder) Header() http.Header { return h.header }

func (h *holder) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

func (h *holder) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(p)
}

func (h *Handler) hash(kind, context string, value []byte) []byte {
	m := hmac.New(sha256.New, h.c.Secret)
	m.Write([]byte("assent idempotency " + kind + "\x00" + context + "\x00"))
	m.Write(value)
	return m.Sum(nil)
}

func plainKey(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxIdempotencyKey
}

// inFlight knows which keys are in use at this moment in this process.
type inFlight struct {
	mu   sync.Mutex
	keys map[string]struct{}
}

func (f *inFlight) enter(key string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, busy := f.keys[key]; busy {
		return false
	}
	if f.keys == nil {
		f.keys = map[string]struct{}{}
	}
	f.keys[key] = struct{}{}
	return true
}

func (f *inFlight) leave(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.keys, key)
}
