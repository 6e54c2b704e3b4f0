package simulator_test

import (
	"strings"
	"testing"
	"time"

	"assent/whatsapp/simulator"
)

// An entry of the contact book is there from the first message on, goes by its
// user id, and comes again with the next message.
func TestContactBook(t *testing.T) {
	w := newWorld(t, nil)
	w.act(simulator.Inbound{From: anna, Text: "hello"})
	p, err := w.sim.Person(anna)
	if err != nil {
		t.Fatal(err)
	}
	portfolio := ""
	for portfolio = range p.UserIDs {
	}
	id := p.UserIDs[portfolio]
	forget := func(query string) (int, string) {
		return w.call("DELETE", "/sim/graph/v25.0/1001/contact_book?"+query, token, "")
	}
	for query, code := range map[string]string{
		"bsuid=" + id: `"code":100`, "messaging_product=whatsapp&bsuid=" + strings.TrimPrefix(anna, "+"): `"code":131009`,
		"messaging_product=whatsapp&bsuid=DE.ENT.123": `"code":131009`, "messaging_product=whatsapp": `"code":131009`,
	} {
		if status, raw := forget(query); status != 400 || !strings.Contains(raw, code) {
			t.Errorf("%s: %d %s", query, status, raw)
		}
	}
	if !w.sim.InContactBook(anna, portfolio) {
		t.Error("she is not in it")
	}
	for _, deleted := range []string{`"deleted":true`, `"deleted":false`} {
		if status, raw := forget("messaging_product=whatsapp&bsuid=" + id); status != 200 || !strings.Contains(raw, `"success":true`) || !strings.Contains(raw, deleted) {
			t.Errorf("%d %s, want %s", status, raw, deleted)
		}
	}
	if w.sim.InContactBook(anna, portfolio) {
		t.Error("she is in it")
	}
	w.pass(time.Second)
	w.act(simulator.Inbound{From: anna, Text: "hello again"})
	if !w.sim.InContactBook(anna, portfolio) {
		t.Error("she is not in it again")
	}
	if status, raw := w.call("DELETE", "/sim/graph/v25.0/1001/contact_book?messaging_product=whatsapp&bsuid="+id, "wrong", ""); status != 401 {
		t.Errorf("%d %s", status, raw)
	}
}

// Who wrote within a day can be blocked: then nothing goes either way.
func TestBlockUsers(t *testing.T) {
	w := newWorld(t, nil)
	block := func(method, body string) (int, string) {
		return w.call(method, "/sim/graph/v25.0/1001/block_users", token, body)
	}
	one := func(field, value string) string {
		return `{"messaging_product":"whatsapp","block_users":[{"` + field + `":"` + value + `"}]}`
	}
	if status, raw := block("POST", one("user", anna)); status != 400 || !strings.Contains(raw, "131047") || !strings.Contains(raw, "139100") {
		t.Errorf("who never wrote: %d %s", status, raw)
	}
	w.act(simulator.Inbound{From: anna, Text: "hello"})
	if status, raw := block("POST", one("user", anna)); status != 200 || !strings.Contains(raw, `"added_users":[{"input":"+491701234567"`) {
		t.Errorf("%d %s", status, raw)
	}
	if !w.sim.BlockedBy(anna, "1001") {
		t.Error("not blocked")
	}
	if _, err := w.sim.Act(simulator.Inbound{From: anna, Text: "are you there?"}); err == nil {
		t.Error("she could write")
	}
	if _, code := w.post(`{"messaging_product":"whatsapp","to":"+491701234567","type":"text","text":{"body":"x"}}`); code != 130403 {
		t.Errorf("a send gives %d", code)
	}
	if status, raw := block("DELETE", one("user", anna)); status != 200 || !strings.Contains(raw, "removed_users") || w.sim.BlockedBy(anna, "1001") {
		t.Errorf("%d %s", status, raw)
	}
	p, _ := w.sim.Person(anna)
	for _, id := range p.UserIDs {
		if status, raw := block("POST", one("user_id", id)); status != 200 {
			t.Errorf("by user id: %d %s", status, raw)
		}
	}
	w.pass(25 * time.Hour)
	if status, raw := block("POST", one("user", anna)); status != 400 || !strings.Contains(raw, "131047") {
		t.Errorf("a day later: %d %s", status, raw)
	}
	for _, body := range []string{`{}`, `{"messaging_product":"whatsapp","block_users":[]}`, `no`} {
		if status, raw := block("POST", body); status != 400 || !strings.Contains(raw, `"code":100`) {
			t.Errorf("%s: %d %s", body, status, raw)
		}
	}
}
