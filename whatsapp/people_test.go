package whatsapp_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"assent/fault"
	"assent/whatsapp"
)

func TestForgetContact(t *testing.T) {
	var got string
	answer := reply(200, `{"messaging_product":"whatsapp","success":true,"deleted":true}`)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Method + " " + r.URL.RequestURI() + " " + r.Header.Get("Authorization")
		answer(w, r)
	})
	deleted, err := c.ForgetContact(t.Context(), sender, "DE.A1")
	if err != nil || !deleted || got != "DELETE /v25.0/1002003/contact_book?bsuid=DE.A1&messaging_product=whatsapp Bearer secret-token" {
		t.Errorf("%q %v %v", got, deleted, err)
	}
	answer = reply(200, `{"messaging_product":"whatsapp","success":true,"deleted":false}`)
	if deleted, err := c.ForgetContact(t.Context(), sender, "DE.A1"); err != nil || deleted {
		t.Errorf("nothing there: %v %v", deleted, err)
	}
	answer = reply(200, `{"success":false}`)
	if _, err := c.ForgetContact(t.Context(), sender, "DE.A1"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("not done: %v", err)
	}
	answer = reply(400, graphError(131009))
	var refused *whatsapp.APIError
	if _, err := c.ForgetContact(t.Context(), sender, "DE.A1"); !errors.As(err, &refused) || refused.Code != 131009 || strings.Contains(err.Error(), "DE.A1") {
		t.Errorf("refused: %v", err)
	}
	if _, err := c.ForgetContact(t.Context(), whatsapp.Sender{Token: "x"}, "DE.A1"); !fault.Is(err, fault.Invalid) {
		t.Errorf("without an id: %v", err)
	}
	if _, err := client(t, "http://127.0.0.1:1").ForgetContact(t.Context(), sender, "DE.A1"); !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "DE.A1") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestBlockUser(t *testing.T) {
	var got string
	answer := reply(200, `{"messaging_product":"whatsapp","block_users":{"added_users":[{"input":"+491701234567","wa_id":"491701234567"}]}}`)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.URL.Path + " " + string(b)
		answer(w, r)
	})
	if err := c.BlockUser(t.Context(), sender, "+491701234567", "DE.A1"); err != nil || got != `POST /v25.0/1002003/block_users {"messaging_product":"whatsapp","block_users":[{"user":"+491701234567"}]}` {
		t.Errorf("%q %v", got, err)
	}
	if err := c.BlockUser(t.Context(), sender, "", "DE.A1"); err != nil || !strings.Contains(got, `[{"user_id":"DE.A1"}]`) {
		t.Errorf("by id: %q %v", got, err)
	}
	var refused *whatsapp.APIError
	for body, code := range map[string]int{
		`{"block_users":{"failed_users":[{"input":"x","errors":[{"message":"Re-engagement required","code":131047,"error_data":{"details":"User has not messaged in the last 24 hours"}}]}]},"error":{"message":"(#139100)","code":139100}}`: 131047,
		`{"error":{"message":"(#139101)","code":139101}}`: 139101,
		"<html>": 100,
	} {
		answer = reply(400, body)
		if err := c.BlockUser(t.Context(), sender, "+491701234567", ""); !errors.As(err, &refused) || int(refused.Code) != code {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, odd := range []http.HandlerFunc{reply(200, `{}`), reply(502, "<html>"), reply(200, "no"), hang} {
		answer = odd
		if err := c.BlockUser(t.Context(), sender, "+491701234567", ""); !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "170") {
			t.Errorf("odd: %v", err)
		}
	}
}
