package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"

	"assent/whatsapp/wire"
)

// maxSend bounds the body of a send, in bytes.
const maxSend = 256 << 10

// Graph plays the Graph API under its own paths, without a prefix:
//
//	POST /{version}/{phone_number_id}/messages
//	GET  /{version}/{waba}/message_templates
func (s *Simulator) Graph() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{version}/{id}/messages", s.serveSend)
	mux.HandleFunc("GET /{version}/{id}/message_templates", s.serveTemplates)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, graphError{code: 100, subcode: 33, details: "Unsupported request. The simulator plays messages and message_templates."})
	})
	return mux
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

// serveTemplates lists the WABA's templates whose name contains `name`, in
// pages of `limit` with `after`.
func (s *Simulator) serveTemplates(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var all []wire.TemplateInfo
	s.mu.Lock()
	from, refused := s.authorize(r, func(from *Sender) string { return from.WABA })
	if refused == nil {
		for _, t := range s.templates[from.WABA] {
			if strings.Contains(t.Name, query.Get("name")) {
				all = append(all, wire.TemplateInfo{Name: t.Name, Language: t.Language, Category: t.Category, Status: t.Status})
			}
		}
	}
	s.mu.Unlock()
	if refused != nil {
		refuse(w, *refused)
		return
	}
	sort.Slice(all, func(i, j int) bool {
		return templateKey(all[i].Name, all[i].Language) < templateKey(all[j].Name, all[j].Language)
	})
	start, _ := strconv.Atoi(query.Get("after"))
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 {
		limit = 25
	}
	start = min(max(0, start), len(all))
	end := min(start+limit, len(all))
	page := wire.TemplatePage{Data: append([]wire.TemplateInfo{}, all[start:end]...)}
	if end > start {
		page.Paging.Cursors.Before, page.Paging.Cursors.After = strconv.Itoa(start), strconv.Itoa(end)
	}
	if end < len(all) {
		query.Set("after", strconv.Itoa(end))
		page.Paging.Next = "https://graph.facebook.com" + r.URL.Path + "?" + query.Encode()
	}
	writeJSON(w, http.StatusOK, page)
}
