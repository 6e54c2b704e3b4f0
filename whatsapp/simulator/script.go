package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"assent/fault"
)

// maxScript bounds the body of a script's request, in bytes.
const maxScript = 1 << 20

// Handler serves everything under /sim that is for programs:
//
//	POST     /sim/inbound                 a person acts; answers {"id": "wamid…"}
//	GET      /sim/chats/{person}          what businesses sent to a person
//	GET, PUT /sim/webhooks                how webhooks come back
//	POST     /sim/replay                  the last webhooks come again
//	POST     /sim/flood                   what was written during an outage, at once
//	GET, PUT /sim/numbers/{who}           what becomes of the next messages of a number
//	POST     /sim/flush                   waits until all webhooks are delivered
//	PUT      /sim/templates               Meta's review of a template, or a change
//	POST     /sim/fields                  any other webhook, by its value or by the name of an example
//	GET      /sim/examples                the names of those
//	PUT      /sim/app                     what an operator clicks in Meta's dashboard
//	POST     /sim/app/test                the dashboard's button that sends a sample
//	…        /sim/graph/…                 the Graph API; see Graph
//
// It asks nobody who they are: mount it only where the simulator is meant to be
// open.
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sim/inbound", s.serveInbound)
	mux.HandleFunc("GET /sim/chats/{person}", s.serveChat)
	mux.HandleFunc("GET /sim/webhooks", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, webhooksJSON(s.Webhooks()))
	})
	mux.HandleFunc("PUT /sim/webhooks", s.serveWebhooks)
	mux.HandleFunc("POST /sim/flush", func(w http.ResponseWriter, r *http.Request) {
		if err := s.Flush(r.Context()); err != nil {
			return // the caller has left
		}
		writeJSON(w, http.StatusOK, map[string]int{"dropped": s.Dropped()})
	})
	mux.HandleFunc("POST /sim/replay", s.serveReplay)
	mux.HandleFunc("POST /sim/flood", s.serveFlood)
	mux.HandleFunc("GET /sim/numbers/{who}", s.serveScript)
	mux.HandleFunc("PUT /sim/numbers/{who}", s.serveScript)
	mux.HandleFunc("PUT /sim/templates", s.servePutTemplate)
	mux.HandleFunc("POST /sim/fields", s.serveField)
	mux.HandleFunc("GET /sim/examples", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, Examples())
	})
	mux.HandleFunc("PUT /sim/app", s.serveApp)
	mux.HandleFunc("POST /sim/app/test", s.serveTest)
	mux.Handle("/sim/graph/", http.StripPrefix("/sim/graph", s.Graph()))
	return mux
}

func (s *Simulator) serveInbound(w http.ResponseWriter, r *http.Request) {
	var in Inbound
	if !readJSON(w, r, &in) {
		return
	}
	id, err := s.Act(in)
	if err != nil {
		problem(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"id": id})
}

// chatMessage is a message as scripts see it. The first four members are the
// contract; the others are more.
type chatMessage struct {
	ID      string       `json:"id"`
	Type    string       `json:"type"`
	Text    string       `json:"text"`
	Buttons []chatButton `json:"buttons"`

	Sender   string    `json:"sender"` // phone_number_id
	At       time.Time `json:"at"`
	State    string    `json:"state"`
	Error    int       `json:"error,omitempty"`
	Template string    `json:"template,omitempty"`
	Category string    `json:"category,omitempty"`
	Context  string    `json:"context,omitempty"`
	Tapped   string    `json:"tapped,omitempty"`
	Asks     bool      `json:"asks_number,omitempty"` // it has WhatsApp's own button that shares the number
}

type chatButton struct {
	Title   string `json:"title"`
	Payload string `json:"payload"`
}

// serveChat lists what was sent to a person (number, with or without plus, or
// BSUID), newest last; with ?sender= by one business only. Messages that failed
// are not on the phone, so they are listed with ?failed=1 only.
func (s *Simulator) serveChat(w http.ResponseWriter, r *http.Request) {
	messages, err := s.Messages(r.PathValue("person"), r.URL.Query().Get("sender"))
	if err != nil {
		problem(w, err)
		return
	}
	all := []chatMessage{}
	for _, m := range messages {
		if m.Inbound || m.State == Failed && r.URL.Query().Get("failed") == "" {
			continue
		}
		shown := chatMessage{
			ID: m.ID, Type: m.Type, Text: m.Text, Buttons: []chatButton{}, Sender: m.Sender, At: m.At.UTC(), State: m.State,
			Error: m.ErrorCode, Template: m.Template, Category: m.Category, Context: m.ReplyTo, Tapped: m.Tapped, Asks: m.AsksNumber,
		}
		for _, b := range m.Buttons {
			shown.Buttons = append(shown.Buttons, chatButton(b))
		}
		all = append(all, shown)
	}
	writeJSON(w, http.StatusOK, all)
}

// scriptWebhooks is Webhooks with times in milliseconds.
type scriptWebhooks struct {
	Batch     int     `json:"batch"`
	Linger    int64   `json:"linger_ms"`
	Duplicate float64 `json:"duplicate"`
	Forged    float64 `json:"forged"`
	Shuffle   bool    `json:"shuffle"`
	Outage    bool    `json:"outage"`
	Delay     int64   `json:"delay_ms"`
	Jitter    int64   `json:"jitter_ms"`
	Attempts  int     `json:"attempts"`
	Backoff   int64   `json:"backoff_ms"`
	Look
}

func webhooksJSON(w Webhooks) scriptWebhooks {
	return scriptWebhooks{w.Batch, w.Linger.Milliseconds(), w.Duplicate, w.Forged, w.Shuffle, w.Outage, w.Delay.Milliseconds(), w.Jitter.Milliseconds(), w.Attempts, w.Backoff.Milliseconds(), w.Look}
}

func (s *Simulator) serveWebhooks(w http.ResponseWriter, r *http.Request) {
	j := webhooksJSON(s.Webhooks())
	if !readJSON(w, r, &j) {
		return
	}
	set, err := j.webhooks()
	if err != nil {
		problem(w, err)
		return
	}
	s.SetWebhooks(set)
	writeJSON(w, http.StatusOK, j)
}

// webhooks checks what a script sets.
func (j scriptWebhooks) webhooks() (Webhooks, error) {
	const most = int64(time.Minute / time.Millisecond)
	for _, ms := range []int64{j.Linger, j.Delay, j.Jitter, j.Backoff} {
		if ms < 0 || ms > most {
			return Webhooks{}, fault.New(fault.Invalid, "Times are from 0 to %d milliseconds.", most)
		}
	}
	if j.Batch < 0 || j.Batch > 1000 || j.Attempts < 0 || j.Attempts > 20 {
		return Webhooks{}, fault.New(fault.Invalid, "batch is at most 1000, attempts at most 20.")
	}
	for _, chance := range []float64{j.Duplicate, j.Forged} {
		if !(chance >= 0 && chance <= 1) { // not a number is no chance either
			return Webhooks{}, fault.New(fault.Invalid, "duplicate and forged are chances from 0 to 1.")
		}
	}
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	return Webhooks{j.Batch, ms(j.Linger), j.Duplicate, j.Forged, j.Shuffle, j.Outage, ms(j.Delay), ms(j.Jitter), j.Attempts, ms(j.Backoff), j.Look}, nil
}

// readJSON reads a request's body strictly, so that a misspelled field in a
// script is found. It reports false after it has answered with the problem.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxScript))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil && d.Decode(&struct{}{}) != io.EOF {
		err = errors.New("more than one value")
	}
	if err == nil {
		return true
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		problem(w, fault.New(fault.TooLarge, "The body is too large."))
		return false
	}
	what := "it is not the JSON expected"
	if field, ok := strings.CutPrefix(err.Error(), "json: "); ok && strings.HasPrefix(field, "unknown field") {
		what = field
	}
	problem(w, fault.New(fault.Invalid, "The body cannot be read: %s.", what))
	return false
}

// problem answers with an error as RFC 9457 writes it.
func problem(w http.ResponseWriter, err error) {
	status := map[fault.Kind]int{fault.Invalid: 422, fault.NotFound: 404, fault.Conflict: 409, fault.TooLarge: 413}[fault.KindOf(err)]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": fault.KindOf(err).String(), "detail": fault.Message(err), "field": fault.FieldOf(err)})
}
