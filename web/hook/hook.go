// Package hook takes what Meta sends: the check of the webhook's address (GET)
// and its events (POST). It reads nothing of an event: a body is durable before
// Meta has its answer, and is handled from there.
//
// Meta repeats a body for days where it gets anything but 200, with a thousand
// other people's updates in it. So nothing is refused but a bad signature
// (401), what is larger than anything that Meta sends (413), and what the
// database cannot keep right now (503), for then it shall come again.
package hook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"assent/business"
	"assent/fault"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// Inbox keeps bodies until they are handled; package optin does.
type Inbox interface {
	// Accept keeps a body. authorised are the ids of the senders for which its
	// signature speaks; signature is the header.
	Accept(ctx context.Context, body []byte, signature string, authorised []string) error
}

// Config is what a Handler is made of. Wake may be nil.
type Config struct {
	Directory *tenant.Directory
	Inbox     Inbox
	Wake      func() // is called after a body was kept; must not block
	Notes     Notes  // may be nil
}

// Notes remember that Meta reaches this address, by the ids of senders.
type Notes interface {
	Verified(ctx context.Context, senders []string) error
	// Unverified is told that the address was asked for with a verify token of nobody here.
	Unverified(ctx context.Context) error
	// Heard is told which app secret signed, by its mark; empty for a provider's body.
	Heard(ctx context.Context, senders []string, mark string) error

	// Unsigned is told in whose name, by phone_number_id, a body came that nothing
	// here signed.
	Unsigned(ctx context.Context, phoneNumberIDs []string) error
}

// Handler answers Meta.
type Handler struct{ c Config }

// New returns a handler.
func New(c Config) *Handler { return &Handler{c} }

// SenderParam is the path parameter that narrows a webhook to one sender, by
// its phone_number_id or its id here.
const SenderParam = "sender"

// senders returns the senders that the address speaks of: all, or the one that
// it names.
func (h *Handler) senders(c echo.Context) []*business.Sender {
	all := h.c.Directory.Senders()
	name := c.Param(SenderParam)
	if name == "" {
		return all
	}
	return slices.DeleteFunc(all, func(s *business.Sender) bool { return s.PhoneNumberID != name && s.ID != name })
}

// maxChallenge bounds what is echoed; Meta's challenges are short numbers.
const maxChallenge = 256

// Verify answers GET: Meta asks, with the verify token that an operator typed
// in at both ends, to have its challenge back.
func (h *Handler) Verify(c echo.Context) error {
	mode, token, challenge := c.QueryParam("hub.mode"), c.QueryParam("hub.verify_token"), c.QueryParam("hub.challenge")
	given := sha256.Sum256([]byte(token))
	var verified []string
	for _, s := range h.senders(c) {
		if s.Secrets.VerifyToken == "" {
			continue
		}
		want := sha256.Sum256([]byte(s.Secrets.VerifyToken))
		if subtle.ConstantTimeCompare(given[:], want[:]) == 1 {
			verified = append(verified, s.ID)
		}
	}
	if len(verified) == 0 || mode != "subscribe" {
		if h.c.Notes != nil && mode == "subscribe" && token != "" && challenge != "" {
			_ = h.c.Notes.Unverified(c.Request().Context()) // it is refused all the same
		}
		return fault.New(fault.Forbidden, "The verify token is not the one of a sender here.")
	}
	if challenge == "" || len(challenge) > maxChallenge || !plain(challenge) {
		return fault.Field("hub.challenge", "The challenge is missing or not plain.")
	}
	if h.c.Notes != nil {
		if err := h.c.Notes.Verified(c.Request().Context(), verified); err != nil {
			return fault.New(fault.Unavailable, "The verification could not be noted. Save the address again.").Because(err)
		}
	}
	return c.String(http.StatusOK, challenge)
}

// plain reports whether s is printable ASCII without markup.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf || s[i] == '<' || s[i] == '>' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// Receive answers POST.
func (h *Handler) Receive(c echo.Context) error {
	body, err := read(c)
	if err != nil {
		return err
	}
	signature := c.Request().Header.Get(wire.SignatureHeader)
	authorised, mark := authorise(signature, body, h.senders(c), h.c.Directory.Senders())
	if authorised == nil && c.Param(SenderParam) != "" {
		signature, authorised = "", passedOn(c.Request().Header.Get("Authorization"), h.senders(c))
	}
	if authorised == nil {
		h.unsigned(c.Request().Context(), body)
		return fault.New(fault.Unauthorized, "The signature is not that of an app of a sender here.")
	}
	if err := h.c.Inbox.Accept(c.Request().Context(), body, signature, authorised); err != nil {
		return fault.New(fault.Unavailable, "The body could not be kept. Send it again.").Because(err)
	}
	if h.c.Wake != nil {
		h.c.Wake()
	}
	if h.c.Notes != nil { // the body is kept, and handled whether or not this is noted
		_ = h.c.Notes.Heard(c.Request().Context(), authorised, mark)
	}
	return c.NoContent(http.StatusOK)
}

// What is read of a body that anybody may have written: so many bytes, for so many
// numbers.
const (
	maxUnsigned = 64 << 10
	maxNamed    = 8
)

// unsigned notes in whose name a body came that nothing here signed. It is not parsed:
// anybody can send such bodies, and many.
func (h *Handler) unsigned(ctx context.Context, body []byte) {
	if h.c.Notes == nil || len(body) > maxUnsigned {
		return
	}
	if names := wire.Named(body, maxNamed); len(names) > 0 {
		_ = h.c.Notes.Unsigned(ctx, names) // it is refused all the same
	}
}

// passedOn returns the senders of an address that the header speaks for, which a
// provider was told to send: such webhooks come without Meta's signature.
func passedOn(header string, candidates []*business.Sender) (ids []string) {
	given := sha256.Sum256([]byte(header))
	for _, s := range candidates {
		if s.Host == "" || s.Secrets.VerifyToken == "" {
			continue
		}
		want := sha256.Sum256([]byte(wire.HostAuthorization(s.Secrets.VerifyToken)))
		if subtle.ConstantTimeCompare(given[:], want[:]) == 1 {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// read reads the raw bytes of a body, of at most wire.MaxBody bytes.
func read(c echo.Context) ([]byte, error) {
	r := c.Request()
	if r.ContentLength > wire.MaxBody {
		return nil, fault.New(fault.TooLarge, "A webhook has at most %d bytes.", wire.MaxBody)
	}
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(r.Body, wire.MaxBody+1)); err != nil {
		return nil, fault.New(fault.Invalid, "The body ended too early.").Because(err)
	}
	if b.Len() > wire.MaxBody {
		return nil, fault.New(fault.TooLarge, "A webhook has at most %d bytes.", wire.MaxBody)
	}
	return b.Bytes(), nil
}

// authorise returns the ids of all senders that carry the secret by which the
// body was signed, with its mark, or nil where no secret of the candidates fits. A secret
// is an app's, so it may be that of senders of several businesses.
func authorise(signature string, body []byte, candidates, all []*business.Sender) (ids []string, mark string) {
	var secrets []string
	for _, s := range candidates {
		for _, secret := range s.Secrets.AppSecrets {
			if secret != "" && !slices.Contains(secrets, secret) {
				secrets = append(secrets, secret)
			}
		}
	}
	matched, ok := wire.VerifySignature(signature, body, secrets...)
	if !ok {
		return nil, ""
	}
	for _, s := range all {
		if slices.Contains(s.Secrets.AppSecrets, secrets[matched]) {
			ids = append(ids, s.ID)
		}
	}
	return ids, business.SecretMark(secrets[matched])
}
