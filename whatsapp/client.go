// Package whatsapp sends messages through WhatsApp's Cloud API and reads
// templates back from it. The bodies are those of package wire.
//
// A send ends in one of three ways, which callers must keep apart because the
// API has no idempotency key and a question asked twice is spam:
//
//	nil error     accepted: there is a wamid; whether it arrives, a status tells
//	*APIError     refused: nothing went out, unless MaybeSent says otherwise
//	*UnclearError nobody knows: the request was written and no answer was read
//
// Any other error means that no request left this machine.
package whatsapp

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"assent/fault"
	"assent/whatsapp/wire"
)

// Defaults of Options.
const (
	DefaultBaseURL = "https://graph.facebook.com"
	DefaultVersion = "v25.0"
	DefaultTimeout = 20 * time.Second
)

// maxAnswer bounds what is read of an answer, in bytes. Answers to sends have a
// few hundred, a page of templates some hundred thousand.
const maxAnswer = 4 << 20

// Options say where the Graph API is. The zero value means Meta's own.
type Options struct {
	BaseURL string        // without a trailing slash
	Version string        // "v25.0"
	Timeout time.Duration // of one request, from dialling to the last byte
	// Transport makes the connections; nil means a transport of this client's
	// own. Redirects are never followed: they would carry the token elsewhere.
	Transport http.RoundTripper
	// Private lets providers be asked that are on this machine or in its network,
	// as they are where the simulator runs.
	Private bool
}

// Client calls the Graph API. It is safe for use by several goroutines.
type Client struct {
	http    *http.Client // to Meta
	hosts   *http.Client // to providers
	private bool
	base    string
	timeout time.Duration
}

// Sender is a WhatsApp business number, as far as the API needs it.
type Sender struct {
	PhoneNumberID string
	WABA          string
	Token         string `json:"-"` // keep it out of logs
	// Host is the address of a provider that passes the API on; empty for Meta's
	// own. A provider knows the number by its key, which goes in a header of its own.
	Host string
}

// HostHeader is the header in which a provider takes its key.
const HostHeader = "D360-API-KEY"

// at returns the address of a path of the API for the sender.
func (c *Client) at(from Sender, path string) string {
	if from.Host != "" {
		return strings.TrimRight(from.Host, "/") + "/" + path
	}
	return c.base + "/" + path
}

// String names the sender without its token.
func (s Sender) String() string { return "sender " + s.PhoneNumberID }

// GoString is String: %#v shows no token either.
func (s Sender) GoString() string { return s.String() }

// LogValue is String.
func (s Sender) LogValue() slog.Value { return slog.StringValue(s.String()) }

var (
	versionForm = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)
	idForm      = regexp.MustCompile(`^[0-9]{1,64}$`)
)

// New returns a client. The error is a fault of kind Invalid.
func New(o Options) (*Client, error) {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	if o.Version == "" {
		o.Version = DefaultVersion
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fault.Field("graph-url", "The address of the Graph API is not an http or https address.")
	}
	if !versionForm.MatchString(o.Version) {
		return nil, fault.Field("graph-version", "The version of the Graph API is not like v25.0.")
	}
	hosts := o.Transport
	if o.Transport == nil {
		o.Transport = newTransport()
		if hosts = o.Transport; !o.Private {
			hosts = newOutward()
		}
	}
	return &Client{
		http: staying(o.Transport), hosts: staying(hosts), private: o.Private,
		base:    strings.TrimRight(o.BaseURL, "/") + "/" + o.Version,
		timeout: o.Timeout,
	}, nil
}

// staying is a client that follows no redirect.
func staying(t http.RoundTripper) *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  15 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    16,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}
}

// Close closes idle connections.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	c.hosts.CloseIdleConnections()
}

// Accepted is the answer to a send that was taken on.
type Accepted struct {
	ID     string // wamid
	Status string // "accepted", "held_for_quality_assessment", "paused", or empty
	WAID   string // the recipient as WhatsApp knows it; may differ from the number dialled
	UserID string // the recipient's BSUID, for sends to one
}

// APIError is a refusal by the API.
type APIError struct {
	Code    wire.Code
	Details string // error_data.details; for operators, not for logs: it may repeat what was sent
	HTTP    int    // the status of the answer
	TraceID string // Meta's, for its support
}

// Error tells codes only. Details may hold a number.
func (e *APIError) Error() string {
	return fmt.Sprintf("whatsapp: error %d (HTTP %d, trace %s): %s", e.Code, e.HTTP, e.TraceID, e.Behaviour().Meaning)
}

// Behaviour returns what the error asks for.
func (e *APIError) Behaviour() wire.Behaviour { return e.Code.Behaviour() }

// UnclearError means that a message may or may not have gone out: the request
// was written and no answer that could be read came back. Wait for a status
// (found by biz_opaque_callback_data) before anything else.
type UnclearError struct {
	HTTP int // the status of the answer, or 0 if none came
	Err  error
}

func (e *UnclearError) Error() string {
	if e.HTTP != 0 {
		return fmt.Sprintf("whatsapp: it is unclear whether the message went out (HTTP %d)", e.HTTP)
	}
	return fmt.Sprintf("whatsapp: it is unclear whether the message went out: %v", e.Err)
}

// Unwrap returns the cause.
func (e *UnclearError) Unwrap() error { return e.Err }

// Send posts one message. See the package comment for how it ends; a message
// over the limits or a sender without an id is a fault of kind Invalid.
func (c *Client) Send(ctx context.Context, from Sender, message wire.Send) (Accepted, error) {
	body, err := message.Marshal()
	if err != nil {
		return Accepted{}, err
	}
	path := "messages" // a provider knows the number by its key
	if from.Host == "" {
		if !idForm.MatchString(from.PhoneNumberID) {
			return Accepted{}, fault.Field("phone_number_id", "The sender has no phone number id.")
		}
		path = from.PhoneNumberID + "/messages"
	}
	a, written, err := c.do(ctx, http.MethodPost, from, path, body)
	switch {
	case err != nil && written:
		return Accepted{}, &UnclearError{HTTP: a.status, Err: err}
	case err != nil:
		return Accepted{}, fault.New(fault.Unavailable, "WhatsApp cannot be reached.").Because(err)
	case a.status != http.StatusOK:
		return Accepted{}, refusal(a)
	}
	var answer wire.SendAnswer
	if err := json.Unmarshal(a.body, &answer); err != nil || len(answer.Messages) != 1 || answer.Messages[0].ID == "" {
		return Accepted{}, &UnclearError{HTTP: a.status, Err: errors.New("the answer names no message")}
	}
	accepted := Accepted{ID: answer.Messages[0].ID, Status: answer.Messages[0].Status}
	if len(answer.Contacts) == 1 {
		accepted.WAID, accepted.UserID = answer.Contacts[0].WAID, answer.Contacts[0].UserID
	}
	return accepted, nil
}

// refusal reads a Graph error. An answer of another shape, as proxies and load
// balancers write, is an APIError too if it is a 4xx, which says that the
// request was not taken; any other may have come after the message went out.
func refusal(a answer) error {
	var e wire.ErrorAnswer
	// A body without "error" leaves the code at 0, which is a code of its own.
	e.Error.Code = -1
	if err := json.Unmarshal(a.body, &e); err == nil && e.Error.Code != -1 {
		return &APIError{Code: e.Error.Code, Details: e.Error.Data.Details, HTTP: a.status, TraceID: e.Error.TraceID}
	}
	switch {
	case a.status == http.StatusUnauthorized:
		return &APIError{Code: wire.CodeTokenInvalid, HTTP: a.status}
	case a.status == http.StatusTooManyRequests:
		return &APIError{Code: 130429, HTTP: a.status}
	case a.status >= 400 && a.status < 500:
		return &APIError{Code: wire.CodeParameter, HTTP: a.status}
	}
	return &UnclearError{HTTP: a.status, Err: errors.New("the answer is not the API's")}
}

type answer struct {
	status int
	body   []byte
}

// do makes one request. written tells whether any of it may have reached the
// other side. The error never holds the URL's query nor the body.
func (c *Client) do(ctx context.Context, method string, from Sender, path string, body []byte) (a answer, written bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return a, false, err
	}
	var traced, sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { traced.Store(true) },
		// From the first header on, the server may have acted.
		WroteHeaderField: func(string, []string) { sent.Store(true) },
		WroteRequest:     func(httptrace.WroteRequestInfo) { sent.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, method, c.at(from, path), bytes.NewReader(body))
	if err != nil {
		return a, false, errors.New("the address cannot be used")
	}
	client := c.http
	if from.Host != "" {
		client = c.hosts
		req.Header.Set(HostHeader, from.Token)
	} else {
		req.Header.Set("Authorization", "Bearer "+from.Token)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "assent")
	if method == http.MethodPost || len(body) > 0 {
		// The transport repeats a POST by itself only if not a byte of it, or
		// by the server's own word nothing of it, was taken.
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := client.Do(req)
	if err != nil {
		// A transport that does not say what it does may have done anything.
		return a, sent.Load() || !traced.Load(), bare(err)
	}
	defer func() { _ = res.Body.Close() }()
	a.status = res.StatusCode
	a.body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return a, true, bare(err)
	case len(a.body) > maxAnswer:
		return a, true, errors.New("the answer is too long")
	}
	return a, true, nil
}

// bare takes the address away from an error of net/http.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
