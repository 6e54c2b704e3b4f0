// Package anchor asks parties that nobody here runs to vouch for the log's
// head: witnesses, which cosign it (c2sp.org/tlog-witness) and so can tell that
// the log was never split or cut, and time-stamp authorities (RFC 3161).
//
// Nothing here is in the way of a capture: callers ask again later.
package anchor

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/digitorus/timestamp"

	"assent/fault"
	"assent/ledger"
)

// Limits of what a party may answer with, and how long it may take.
const (
	maxAnswer = 64 << 10
	Patience  = 20 * time.Second
	// maxDrift is how far a party's clock may be from ours.
	maxDrift = 10 * time.Minute
)

// Client talks to witnesses and authorities. It is safe for concurrent use.
type Client struct {
	http *http.Client
	now  func() time.Time
	rand io.Reader
}

// NewClient returns a client. It follows no redirects: a party is who its
// address says. random makes nonces.
func NewClient(now func() time.Time, random io.Reader) *Client {
	return &Client{now: now, rand: random, http: &http.Client{
		Timeout:       Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Witness is a witness with its address, to which "/add-checkpoint" is added.
type Witness struct {
	ledger.Witness
	URL string
}

// ParseWitness reads "VKEY URL", as settings have it. The error is an Invalid
// fault that says what is wrong.
func ParseWitness(text string) (w Witness, err error) {
	key, address, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok {
		return w, fault.Field("witness", "A witness is written as its verifier key, a space, and its address.")
	}
	if w.Witness, err = ledger.ParseWitness(key); err != nil {
		return w, fault.Field("witness", "The witness's verifier key cannot be read. It looks like name+1a2b3c4d+BASE64.").Because(err)
	}
	w.URL, err = webAddress(address, "witness")
	return w, err
}

// Authority is a time-stamp authority.
type Authority struct {
	Name  string // [a-z0-9-], names its files in bundles
	URL   string
	Roots []*x509.Certificate // of its chain; without them its tokens make no grade
	PEM   []byte              // the same, as configured
}

// maxNonce bounds nonces: 64 bits.
var maxNonce = new(big.Int).Lsh(big.NewInt(1), 64)

var authorityName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// ParseAuthority reads "NAME URL", as settings have it, with the chain's
// certificates in PEM; these may be empty. The error is an Invalid fault.
func ParseAuthority(text string, chain []byte) (a Authority, err error) {
	name, address, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok || !authorityName.MatchString(name) {
		return a, fault.Field("timestamp-authority", "A time-stamp authority is written as a short name of a to z, 0 to 9 and -, a space, and its address.")
	}
	if a.URL, err = webAddress(address, "timestamp-authority"); err != nil {
		return a, err
	}
	a.Name = name
	if len(bytes.TrimSpace(chain)) > 0 {
		if a.Roots, err = ledger.ParseCertificates(chain); err != nil {
			return a, fault.Field("timestamp-ca", "The certificates of the time-stamp authority %s cannot be read; they have to be in PEM.", name).Because(err)
		}
		a.PEM = chain
	}
	return a, nil
}

// webAddress checks an address: HTTPS, or HTTP on this machine or where tokens
// and cosignatures, which are signed, travel over it anyway.
func webAddress(text, field string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fault.Field(field, "%q is no web address.", text)
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

// AheadError says that a witness has seen more of the log than there is: the
// database is an old copy, or somebody else signs with the log's key.
type AheadError struct {
	Witness string
	Known   int64 // entries that the witness saw
	Size    int64 // entries that there are
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("anchor: witness %s has seen %d entries of the log, and there are %d", e.Witness, e.Known, e.Size)
}

// SplitError says that a witness saw another log of the same name: its entries
// are not the beginning of this one.
type SplitError struct {
	Witness string
	Known   int64
}

func (e *SplitError) Error() string {
	return fmt.Sprintf("anchor: the first %d entries of the log are not those that witness %s has seen", e.Known, e.Witness)
}

// Cosign asks a witness to cosign a checkpoint, which must be signed by the log.
// known is how many entries the witness last cosigned, as far as it is
// remembered; where the witness knows better, it is asked again. prove returns
// the consistency proof from a smaller tree: ledger.Tree.Consistency.
//
// It returns the checkpoint with the log's signature and the witness's. Errors
// that asking again will not mend are *AheadError and *SplitError.
func (c *Client) Cosign(ctx context.Context, w Witness, log ledger.Verifier, signed []byte, known int64, prove func(context.Context, int64) ([]ledger.Hash, error)) ([]byte, ledger.Cosignature, error) {
	cp, err := ledger.OpenCheckpoint(signed, log)
	if err != nil {
		return nil, ledger.Cosignature{}, err
	}
	known = min(known, cp.Size)
	for range 3 { // another process may be asking too
		proof, err := prove(ctx, known)
		if err != nil {
			return nil, ledger.Cosignature{}, err
		}
		status, kind, answer, err := c.post(ctx, w.URL+"/add-checkpoint", "text/plain; charset=utf-8", addCheckpoint(known, proof, signed))
		if err != nil {
			return nil, ledger.Cosignature{}, err
		}
		switch status {
		case http.StatusOK:
			both, cosigned, err := ledger.AddCosignature(signed, answer, log, w.Witness)
			if err == nil && c.drifts(cosigned.At) {
				err = fmt.Errorf("anchor: witness %s says that it is %s", w.Name(), cosigned.At.Format(time.RFC3339))
			}
			return both, cosigned, err
		case http.StatusConflict:
			size, err := strconv.ParseInt(strings.TrimSuffix(string(answer), "\n"), 10, 64)
			if err != nil || size < 0 || kind != "text/x.tlog.size" {
				return nil, ledger.Cosignature{}, fmt.Errorf("anchor: witness %s says that the size is another, and not which", w.Name())
			}
			if size > cp.Size {
				return nil, ledger.Cosignature{}, &AheadError{w.Name(), size, cp.Size}
			}
			if size == known {
				return nil, ledger.Cosignature{}, &SplitError{w.Name(), size}
			}
			known = size
		case http.StatusUnprocessableEntity:
			return nil, ledger.Cosignature{}, &SplitError{w.Name(), known}
		case http.StatusNotFound:
			return nil, ledger.Cosignature{}, fmt.Errorf("anchor: witness %s does not know the log %s", w.Name(), log.Name())
		default:
			return nil, ledger.Cosignature{}, fmt.Errorf("anchor: witness %s answered with status %d", w.Name(), status)
		}
	}
	return nil, ledger.Cosignature{}, fmt.Errorf("anchor: the size that witness %s knows keeps changing", w.Name())
}

// addCheckpoint writes the body of a request (c2sp.org/tlog-witness).
func addCheckpoint(known int64, proof []ledger.Hash, signed []byte) []byte {
	b := fmt.Appendf(nil, "old %d\n", known)
	for _, h := range proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), signed...)
}

// Stamp asks an authority for a token over the bytes and returns its response as
// received, and what it says.
func (c *Client) Stamp(ctx context.Context, a Authority, data []byte) ([]byte, ledger.Token, error) {
	var t ledger.Token
	nonce, err := rand.Int(c.rand, maxNonce)
	if err != nil {
		return nil, t, fmt.Errorf("anchor: %w", err)
	}
	request, err := timestamp.CreateRequest(bytes.NewReader(data), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true, Nonce: nonce})
	if err != nil {
		return nil, t, fmt.Errorf("anchor: %w", err)
	}
	status, kind, answer, err := c.post(ctx, a.URL, "application/timestamp-query", request)
	if err != nil {
		return nil, t, err
	}
	if status != http.StatusOK || kind != "application/timestamp-reply" {
		return nil, t, fmt.Errorf("anchor: authority %s answered with status %d and %q", a.Name, status, kind)
	}
	if t, err = ledger.ParseToken(answer); err != nil {
		return nil, t, err
	}
	if err := t.Verify(data, a.Roots); err != nil {
		return nil, t, err
	}
	if t.Nonce == nil || t.Nonce.Cmp(nonce) != 0 {
		return nil, t, fmt.Errorf("anchor: authority %s answered another question", a.Name)
	}
	if c.drifts(t.Time) {
		return nil, t, fmt.Errorf("anchor: authority %s says that it is %s", a.Name, t.Time.Format(time.RFC3339))
	}
	return answer, t, nil
}

func (c *Client) drifts(t time.Time) bool {
	d := c.now().Sub(t)
	return d > maxDrift || d < -maxDrift
}

// post sends and reads within the limits. Errors name the host and no more.
func (c *Client) post(ctx context.Context, address, kind string, body []byte) (status int, answerKind string, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, "", nil, fmt.Errorf("anchor: %w", err)
	}
	req.Header.Set("Content-Type", kind)
	res, err := c.http.Do(req)
	if err != nil {
		return 0, "", nil, fmt.Errorf("anchor: %w", err)
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return 0, "", nil, fmt.Errorf("anchor: %s: %w", req.URL.Host, err)
	}
	if len(answer) > maxAnswer {
		return 0, "", nil, fmt.Errorf("anchor: %s answers with more than %d bytes", req.URL.Host, maxAnswer)
	}
	answerKind, _, _ = mime.ParseMediaType(res.Header.Get("Content-Type"))
	return res.StatusCode, answerKind, answer, nil
}
