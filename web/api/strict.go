package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"assent/consent"
	"assent/fault"
	"assent/optin"
	"assent/phone"
	"assent/proof"
	"assent/tenant"
	"assent/vault"
	"assent/whatsapp/wire"
)

// strict answers the calls that api.gen.go reads.
type strict struct{ c Config }

var _ StrictServerInterface = strict{}

// Withdraw answers POST /withdrawals.
func (s strict) Withdraw(ctx context.Context, request WithdrawRequestObject) (WithdrawResponseObject, error) {
	w, err := withdrawalOf(request.Body)
	if err != nil {
		return nil, err
	}
	w.Business = callerOf(ctx).Business
	out, err := s.c.Optin.Withdraw(ctx, w)
	if err != nil {
		return nil, err
	}
	purposes := out.Purposes
	if purposes == nil {
		purposes = []string{}
	}
	return Withdraw201JSONResponse{Body: Withdrawn{EventId: out.Event, Purposes: purposes}}, nil
}

// Limits of what is kept of a withdrawal's own words, in characters.
const (
	maxChannel = 100
	maxWords   = 2000
)

func withdrawalOf(b *Withdrawal) (w optin.Withdrawal, err error) {
	if w.Account, err = accountOf(text(b.To), text(b.Recipient)); err != nil {
		return w, err
	}
	w.Purpose = text(b.Purpose)
	if b.Scope != nil {
		if w.Scope = consent.Scope(*b.Scope); !w.Scope.Valid() {
			return w, fault.Field("scope", "A scope is marketing or transactional. Leave it out to stop everything.")
		}
		if w.Purpose != "" {
			return w, fault.Field("scope", "Name a purpose or a scope, not both.")
		}
	}
	if b.Purpose != nil && !plainText(w.Purpose, 1, 100) {
		return w, fault.Field("purpose", "Name one of the business's purposes, or leave it out to stop everything.")
	}
	if w.Channel = text(b.Channel); !plainText(w.Channel, 0, maxChannel) {
		return w, fault.Field("channel", "The channel is at most %d characters of plain text, for example telephone.", maxChannel)
	}
	if w.Words = text(b.Words); !plainText(w.Words, 0, maxWords) {
		return w, fault.Field("words", "The words are at most %d characters of plain text.", maxWords)
	}
	if b.At != nil {
		if w.At, err = time.Parse(time.RFC3339, *b.At); err != nil || w.At.Year() < 2000 {
			return w, fault.Field("at", "The time must look like 2026-03-02T09:00:00Z.")
		}
	}
	return w, nil
}

func accountOf(to, recipient string) (a tenant.Account, err error) {
	switch {
	case (to == "") == (recipient == ""):
		return a, fault.Field("to", "Name the account by to or by recipient, one of them.")
	case to != "":
		if a.Number, err = phone.ParseE164(to); err != nil {
			return a, fault.Field("to", "Give the number with + and its country code, without anything else.")
		}
	case !wire.IsBSUID(recipient):
		return a, fault.Field("recipient", "A recipient is a WhatsApp user id: a country code, a full stop, letters and digits.")
	default:
		a.BSUID = recipient
	}
	return a, nil
}

func text[T ~string](s *T) string {
	if s == nil {
		return ""
	}
	return string(*s)
}

// plainText reports whether s has from least to most characters, none of them
// a control character but new lines and tabs.
func plainText(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= least && n <= most && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

var idForm = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// GetProof answers GET /consents/{id}/proof.
func (s strict) GetProof(ctx context.Context, request GetProofRequestObject) (GetProofResponseObject, error) {
	audience, err := proof.ParseAudience(text(request.Params.Audience))
	if err != nil {
		return nil, err
	}
	if !idForm.MatchString(request.Id) {
		return nil, fault.New(fault.NotFound, "There is no such consent.")
	}
	name, err := vault.NewToken(s.c.Rand)
	if err != nil {
		return nil, err
	}
	key := callerOf(ctx)
	return bundle(func(w http.ResponseWriter) error {
		return s.c.Proof.Proof(ctx, key.Business, request.Id, audience, "api key "+key.ID, &download{w: w, name: "proof-" + strings.ToLower(name) + ".zip"})
	}), nil
}

// bundle streams a proof bundle.
type bundle func(w http.ResponseWriter) error

// VisitGetProofResponse implements GetProofResponseObject.
func (b bundle) VisitGetProofResponse(w http.ResponseWriter) error { return b(w) }

// download is a file for the caller. Its header goes out with its first byte:
// until then an error can still be told.
type download struct {
	w       http.ResponseWriter
	name    string
	started bool
}

var _ io.Writer = (*download)(nil)

// writeTime is how long a reader may take for one piece of a bundle.
const writeTime = time.Minute

// Write implements io.Writer.
func (d *download) Write(p []byte) (int, error) {
	if !d.started {
		d.started = true
		h := d.w.Header()
		h.Set("Content-Type", "application/zip")
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", d.name))
		h.Set("Cache-Control", "no-store")
	}
	err := http.NewResponseController(d.w).SetWriteDeadline(time.Now().Add(writeTime))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return d.w.Write(p)
}
