package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"assent/whatsapp/wire"
)

// maxSend bounds the body of a send, in bytes.
const maxSend = 256 << 10

// Graph plays the Graph API under its own paths, without a prefix:
//
//	POST /{version}/{phone_number_id}/messages
//	GET, POST, DELETE /{version}/{waba}/message_templates
//	GET  /{version}/{phone_number_id}
//	POST /{version}/{phone_number_id}/register
//	GET  /{version}/{waba}/phone_numbers
//	GET, POST, DELETE /{version}/{waba}/subscribed_apps
//	GET  /{version}/{app}/subscriptions
//	GET  /{version}/debug_token
//	DELETE /{version}/{phone_number_id}/contact_book
//	POST, DELETE /{version}/{phone_number_id}/block_users
//	…    sign-up links, short links, what a chat offers: chatlink.go
func (s *Simulator) Graph() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{version}/{id}/messages", s.serveSend)
	mux.HandleFunc("GET /{version}/{id}/message_templates", s.serveTemplates)
	mux.HandleFunc("POST /{version}/{id}/message_templates", s.serveCreate)
	mux.HandleFunc("DELETE /{version}/{id}/message_templates", s.serveDelete)
	mux.HandleFunc("GET /{version}/{id}", s.serveNumber)
	mux.HandleFunc("POST /{version}/{id}/register", s.serveRegister)
	mux.HandleFunc("GET /{version}/{id}/phone_numbers", s.serveNumbers)
	mux.HandleFunc("GET /{version}/{id}/subscribed_apps", s.serveSubscribed)
	mux.HandleFunc("POST /{version}/{id}/subscribed_apps", s.serveSubscribe(true))
	mux.HandleFunc("DELETE /{version}/{id}/subscribed_apps", s.serveSubscribe(false))
	mux.HandleFunc("GET /{version}/{id}/subscriptions", s.serveSubscriptions)
	mux.HandleFunc("GET /{version}/debug_token", s.serveDebug)
	mux.HandleFunc("DELETE /{version}/{id}/contact_book", s.serveForget)
	mux.HandleFunc("POST /{version}/{id}/block_users", s.serveBlock(true))
	mux.HandleFunc("DELETE /{version}/{id}/block_users", s.serveBlock(false))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, graphError{code: 100, subcode: 33, details: "Unsupported request. The simulator plays messages and message_templates."})
	})
	return s.handleLinks(mux)
}

// graphError is an answer of Meta's other than 200.
type graphError struct {
	code    wire.Code
	subcode int
	status  int // 0 means 400
	details string
}

// refuse writes an error as the Graph API does.
func refuse(w http.ResponseWriter, e graphError) {
	title := e.code.Behaviour().Meaning
	type body struct {
		Message string    `json:"message"`
		Type    string    `json:"type"`
		Code    wire.Code `json:"code"`
		Subcode int       `json:"error_subcode,omitempty"`
		Data    any       `json:"error_data,omitempty"`
		Trace   string    `json:"fbtrace_id"`
	}
	b := body{Message: "(#" + strconv.Itoa(int(e.code)) + ") " + title, Type: "OAuthException", Code: e.code, Subcode: e.subcode, Trace: "ASimulatedTrace0000000"}
	if e.code != wire.CodeTokenInvalid {
		b.Data = wire.ErrorData{MessagingProduct: "whatsapp", Details: e.details}
	}
	status := e.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	writeJSON(w, status, struct {
		Error body `json:"error"`
	}{b})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a reader that left gets nothing
}

// authorize finds the sender that the request is for. Like Meta it judges the
// token first and the object second.
func (s *Simulator) authorize(r *http.Request, own func(*Sender) string) (*Sender, *graphError) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var holder bool
	for _, from := range s.senders {
		if !ok || from.Token != token {
			continue
		}
		holder = true
		if own(from) == r.PathValue("id") {
			return from, nil
		}
	}
	if !holder {
		return nil, &graphError{code: wire.CodeTokenInvalid, status: http.StatusUnauthorized}
	}
	return nil, &graphError{code: wire.CodeParameter, subcode: 33, details: "Unsupported request. The object does not exist, or the token has no permission for it."}
}

func (s *Simulator) serveSend(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSend))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		refuse(w, graphError{code: wire.CodeParameter, status: http.StatusRequestEntityTooLarge, details: "The body is too large."})
		return
	}
	s.mu.Lock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.PhoneNumberID })
	if refused != nil {
		s.mu.Unlock()
		refuse(w, *refused)
		return
	}
	send, err := wire.ParseSend(raw)
	if err != nil {
		s.mu.Unlock()
		refuse(w, graphError{code: wire.CodeParameter, details: err.Error()})
		return
	}
	if !s.wirings[from].registered {
		s.mu.Unlock()
		refuse(w, graphError{code: 133010, details: "The phone number is not registered."})
		return
	}
	out, refused := s.send(from, send)
	s.mu.Unlock()
	switch {
	case refused != nil:
		refuse(w, *refused)
	case out.quirk == htmlError:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "<html><body>Sorry, something went wrong.</body></html>")
	case out.quirk == noAnswer:
		panic(http.ErrAbortHandler) // net/http cuts the connection
	default:
		writeJSON(w, http.StatusOK, out.answer)
	}
}
