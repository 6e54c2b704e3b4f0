package wire_test

import (
	"encoding/json"
	"testing"
	"time"

	"assent/whatsapp/wire"
)

func TestWord(t *testing.T) {
	for raw, want := range map[string]string{`"TIER_2K"`: "TIER_2K", `250`: "250", `null`: "", `1e3`: "1e3", `""`: ""} {
		var w wire.Word
		if err := json.Unmarshal([]byte(raw), &w); err != nil || string(w) != want {
			t.Errorf("%s is %q, %v", raw, w, err)
		}
	}
	for _, raw := range []string{`{}`, `[1]`, `true`} {
		var w wire.Word
		if json.Unmarshal([]byte(raw), &w) == nil {
			t.Errorf("%s is a word: %q", raw, w)
		}
	}
}

func TestParseAccount(t *testing.T) {
	e, err := wire.ParseAccount([]byte(`{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_UTILITY_TEMPLATES","expiration":"1795000000"}],"unknown":{"a":1}}`))
	if err != nil || e.Event != "ACCOUNT_RESTRICTION" || len(e.Restrictions) != 1 || !e.Restrictions[0].Expiration.Time().Equal(time.Unix(1_795_000_000, 0)) {
		t.Errorf("%+v, %v", e, err)
	}
	for _, raw := range []string{`[]`, `{"event":[]}`, `{"restriction_info":{}}`, ``, `{`} {
		if _, err := wire.ParseAccount([]byte(raw)); err == nil {
			t.Errorf("%s was read", raw)
		}
	}
}

func FuzzParseAccount(f *testing.F) {
	f.Add([]byte(`{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"April 17, 2025"}}`))
	f.Add([]byte(`{"max_daily_conversations_per_business":250}`))
	f.Add([]byte(`{"alert_info":{"alert_severity":null}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := wire.ParseAccount(raw); err == nil && !json.Valid(raw) {
			t.Errorf("no JSON was read: %q", raw)
		}
	})
}
