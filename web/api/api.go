// Package api is the interface for programs, under /api/v1. The file
// openapi.yaml says what it does and is the source of api.gen.go; openapi.json
// is the same file as it is served.
//
// The check is apart: it is called before every message that a business sends,
// so its body is read and its answer written by hand (check.go, read.go).
package api

import (
	"context"
	_ "embed"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"assent/account"
	"assent/optin"
	"assent/permit"
	"assent/proof"
	"assent/records"
	"assent/standard"
)

//go:generate go run -modfile=tools/go.mod github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config oapi-codegen.yaml openapi.yaml
//go:generate go test -run=TestDescriptionIsCurrent -update .

//go:embed openapi.json
var description []byte

// Keys finds API keys; package manage does.
type Keys interface {
	// APIKey returns the key with the text, and whether it is in force.
	APIKey(ctx context.Context, text string) (account.APIKey, bool, error)
}

// Checker answers the check; package permit does.
type Checker interface {
	Check(ctx context.Context, businessID string, items []permit.Item) ([]permit.Answer, error)
}

// Withdrawer stops messages; package optin does.
type Withdrawer interface {
	Withdraw(ctx context.Context, w optin.Withdrawal) (optin.Withdrawn, error)
}

// Prover writes proof bundles and receipts; package records does. It writes nothing before
// all has been found, so that its error can still become an answer.
type Prover interface {
	Proof(ctx context.Context, businessID, consentID string, audience proof.Audience, actor string, w io.Writer) error
	// ConsentReceipt returns the record or receipt of the person behind a consent.
	ConsentReceipt(ctx context.Context, businessID, consentID string, format standard.Format) ([]byte, error)
	Eraser
}

// Eraser erases people; package records does.
type Eraser interface {
	Erase(ctx context.Context, e records.Erasure) (records.Erased, error)
}

// Limits are how many calls of one key are taken in a second; twice as many
// may come at once. They are there to keep a runaway program from taking the
// server from others, not to ration.
type Limits struct {
	Checks int // 0 means 50,000
	Calls  int // of everything else; 0 means 200
}

// Config is what a Handler is made of. All but Limits is required.
type Config struct {
	Keys    Keys
	Check   Checker
	Optin   Withdrawer
	Proof   Prover
	Replays Replays
	Secret  []byte // authenticates what is kept for idempotency
	Now     func() time.Time
	Rand    io.Reader
	Limits  Limits
}

// Handler answers programs.
type Handler struct {
	c         Config
	checks    limiter
	calls     limiter
	busy      inFlight
	Generated // Withdraw, GetProof, GetReceipt, EraseSubject
}

// Generated is what api.gen.go makes of the strict handlers.
type Generated = ServerInterfaceWrapper

// New returns a handler.
func New(c Config) *Handler {
	if c.Limits.Checks <= 0 {
		c.Limits.Checks = 50_000
	}
	if c.Limits.Calls <= 0 {
		c.Limits.Calls = 200
	}
	h := &Handler{c: c, checks: limiter{perSecond: c.Limits.Checks}, calls: limiter{perSecond: c.Limits.Calls}}
	h.Generated.Handler = NewStrictHandler(strict{c}, []StrictMiddlewareFunc{withCaller})
	return h
}

// Description answers with openapi.json.
func (h *Handler) Description(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "application/json", description)
}

// limiter holds a token bucket for each key.
type limiter struct {
	perSecond int
	keys      sync.Map // key's id → *rate.Limiter
}

func (l *limiter) allow(key string, now time.Time) bool {
	b, ok := l.keys.Load(key)
	if !ok {
		b, _ = l.keys.LoadOrStore(key, rate.NewLimiter(rate.Limit(l.perSecond), 2*l.perSecond))
	}
	return b.(*rate.Limiter).AllowN(now, 1)
}
