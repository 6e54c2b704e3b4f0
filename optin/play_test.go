package optin_test

import (
	"strconv"
	"time"

	"assent/optin"
)

// inbound is a message in a webhook of our own making. A nil removes a field.
func (h *house) inbound(id string, more map[string]any) {
	h.Helper()
	h.clock.pass(10 * time.Second)
	m := map[string]any{"id": id, "timestamp": strconv.FormatInt(h.clock.now().Unix(), 10)}
	for k, v := range more {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	h.webhook(map[string]any{"messages": []any{m}})
}

func text(body string) map[string]any { return map[string]any{"body": body} }

// entry is the text behind the printed code of the shop window.
func (h *house) entry() string {
	_, v, _ := h.manage.Directory().Funnel("window")
	return v.EntryPrefill("en", "MRG2W6H").Text()
}

// tasting posts the form whose confirmation is a template, and asks for it.
func (h *house) tasting(shown string) string {
	h.Helper()
	token := h.submit(optin.Submission{Slug: "tasting", Lang: "en", Purposes: []string{"offers"}, Phone: anna, Shown: shown})
	h.must(h.optin.AskTemplate(h.Context(), token, ""))
	h.settle()
	return token
}
