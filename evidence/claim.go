package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// The names of the disclosed claims, for choosing among disclosures.
const (
	ClaimChoice        = "choices" // array elements
	ClaimSeq           = "seq"
	ClaimPrevious      = "prev"
	ClaimRequested     = "requested"
	ClaimMatch         = "match"
	ClaimPresentation  = "presentation"
	ClaimSubject       = "subject"
	ClaimTyped         = "typed"
	ClaimE164          = "e164"
	ClaimWAID          = "wa_id"
	ClaimBSUID         = "bsuid"
	ClaimParentBSUID   = "parent_bsuid"
	ClaimName          = "name"
	ClaimTime          = "time"
	ClaimAct           = "act"
	ClaimMethod        = "method"
	ClaimLanguage      = "language"
	ClaimFunnel        = "funnel"
	ClaimFunnelVersion = "funnel_version"
	ClaimEntryPoint    = "entry_point"
	ClaimPage          = "page"
	ClaimClientTime    = "client_time"
	ClaimMessageID     = "message_id"
	ClaimSender        = "sender"
	ClaimShown         = "shown"
	ClaimWebhook       = "webhook"
	ClaimIP            = "ip"
	ClaimUserAgent     = "user_agent"
	ClaimOperator      = "operator"
	ClaimEffects       = "effects"
	ClaimReason        = "reason"
	ClaimExport        = "export"
)

// claims is the one list of what is disclosed, in the order in which it is
// signed, used both ways.
var claims = []struct {
	name  string
	field func(*Event) any
}{
	{ClaimSeq, func(e *Event) any { return &e.Seq }},
	{ClaimPrevious, func(e *Event) any { return &e.Previous }},
	{ClaimRequested, func(e *Event) any { return &e.Requested }},
	{ClaimMatch, func(e *Event) any { return &e.Match }},
	{ClaimPresentation, func(e *Event) any { return &e.Presentation }},
	{ClaimSubject, func(e *Event) any { return &e.Subject }},
	{ClaimTyped, func(e *Event) any { return &e.Typed }},
	{ClaimE164, func(e *Event) any { return &e.E164 }},
	{ClaimWAID, func(e *Event) any { return &e.WAID }},
	{ClaimBSUID, func(e *Event) any { return &e.BSUID }},
	{ClaimParentBSUID, func(e *Event) any { return &e.ParentBSUID }},
	{ClaimName, func(e *Event) any { return &e.PersonName }},
	{ClaimTime, func(e *Event) any { return &e.Time }},
	{ClaimAct, func(e *Event) any { return &e.Act }},
	{ClaimMethod, func(e *Event) any { return &e.Method }},
	{ClaimLanguage, func(e *Event) any { return &e.Language }},
	{ClaimFunnel, func(e *Event) any { return &e.Funnel }},
	{ClaimFunnelVersion, func(e *Event) any { return &e.FunnelVersion }},
	{ClaimEntryPoint, func(e *Event) any { return &e.EntryPoint }},
	{ClaimPage, func(e *Event) any { return &e.Page }},
	{ClaimClientTime, func(e *Event) any { return &e.ClientTime }},
	{ClaimMessageID, func(e *Event) any { return &e.MessageID }},
	{ClaimSender, func(e *Event) any { return &e.Sender }},
	{ClaimShown, func(e *Event) any { return &e.Shown }},
	{ClaimWebhook, func(e *Event) any { return &e.Webhook }},
	{ClaimIP, func(e *Event) any { return &e.IP }},
	{ClaimUserAgent, func(e *Event) any { return &e.UserAgent }},
	{ClaimOperator, func(e *Event) any { return &e.Operator }},
	{ClaimEffects, func(e *Event) any { return &e.Effects }},
	{ClaimReason, func(e *Event) any { return &e.Reason }},
	{ClaimExport, func(e *Event) any { return &e.Export }},
}

var fieldOf = func() map[string]func(*Event) any {
	m := map[string]func(*Event) any{}
	for _, c := range claims {
		m[c.name] = c.field
	}
	return m
}()

// inClear are the claims that stand in the JWT itself; no disclosure may have
// their names, also where they are absent.
var inClear = []string{"iss", "iat", "jti", "event", "notice", "sim", "suppressions", "suppressions_ended", "choices",
	"_sd_alg", "_sd", "...", "sub", "aud", "exp", "nbf"}

// encodeClaim returns the JSON of a field, or nothing where it is zero.
func encodeClaim(field any) ([]byte, error) {
	switch v := field.(type) {
	case *string: // the most of them; no reflection
		if *v == "" {
			return nil, nil
		}
		return marshal(*v)
	case *time.Time:
		if v.IsZero() {
			return nil, nil
		}
		return Time{*v}.MarshalJSON()
	case *json.RawMessage:
		if len(*v) == 0 {
			return nil, nil
		}
		return compact(*v)
	case *Act:
		if v.IsZero() {
			return nil, nil
		}
		return marshal(v)
	}
	if v := reflect.ValueOf(field).Elem(); v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0 {
		return nil, nil
	}
	return marshal(field)
}

func decodeClaim(raw []byte, field any) error {
	if readPlain(raw, field) {
		return nil
	}
	switch v := field.(type) {
	case *time.Time:
		var t Time
		err := t.UnmarshalJSON(raw)
		*v = t.Time
		return err
	case *json.RawMessage:
		*v = slices.Clone(raw)
		return nil
	}
	return Unmarshal(raw, field)
}

// marshal writes JSON as it is read by people: without escapes for HTML.
func marshal(v any) ([]byte, error) {
	if s, ok := v.(string); ok && unescaped(s) {
		b := make([]byte, 0, len(s)+2)
		return append(append(append(b, '"'), s...), '"'), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// unescaped reports whether s needs no escape in JSON.
func unescaped(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	return true
}

// compact takes out space, so that the same value has the same bytes.
func compact(raw json.RawMessage) ([]byte, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return b.Bytes(), nil
}
