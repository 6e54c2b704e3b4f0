package wire

import (
	"bytes"
	"encoding/json"
	"slices"
)

// span is a place in a body, from its first byte to after its last.
type span struct{ start, end int }

func (s span) of(body []byte) []byte { return body[s.start:s.end] }

func (s span) empty() bool { return s.start == s.end }

// The functions below walk JSON that json.Valid has passed, so they need not
// check, and give the place of each value, which encoding/json does not tell.

func skipSpace(body []byte, i int) int {
	for i < len(body) {
		switch body[i] {
		case ' ', '\t', '\r', '\n':
			i++
		default:
			return i
		}
	}
	return i
}

// skipString returns the place after the string that begins at i.
func skipString(body []byte, i int) int {
	for i++; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(body)
}

// skipValue returns the place after the value that begins at i, and how deep
// it nests.
func skipValue(body []byte, i int) (end, depth int) {
	open := 0
	for i < len(body) {
		switch body[i] {
		case '"':
			i = skipString(body, i)
		case '{', '[':
			open++
			depth = max(depth, open)
			i++
		case '}', ']':
			open--
			i++
		case ',', ':', ' ', '\t', '\r', '\n':
			i++
			continue // inside a container; outside the value has ended
		default:
			for i < len(body) && !endsLiteral(body[i]) {
				i++
			}
		}
		if open <= 0 {
			return i, depth
		}
	}
	return i, depth
}

func endsLiteral(c byte) bool {
	switch c {
	case ',', '}', ']', ':', ' ', '\t', '\r', '\n', '"', '{', '[':
		return true
	}
	return false
}

// valueAt returns the span of the value at or after i.
func valueAt(body []byte, i int) (v span, depth int) {
	i = skipSpace(body, i)
	end, depth := skipValue(body, i)
	return span{i, end}, depth
}

// isObject and isArray look at the first byte.
func isObject(body []byte, v span) bool { return !v.empty() && body[v.start] == '{' }
func isArray(body []byte, v span) bool  { return !v.empty() && body[v.start] == '[' }

// members calls f with each member of the object at v, in order.
func members(body []byte, v span, f func(key string, value span)) {
	i := skipSpace(body, v.start+1)
	for i < v.end && body[i] == '"' {
		keyEnd := skipString(body, i)
		key := text(body, span{i, keyEnd})
		i = skipSpace(body, keyEnd) + 1 // the colon
		value, _ := valueAt(body, i)
		f(key, value)
		i = skipSpace(body, value.end)
		if i >= v.end || body[i] != ',' {
			return
		}
		i = skipSpace(body, i+1)
	}
}

// elements calls f with each element of the array at v, in order.
func elements(body []byte, v span, f func(index int, value span, depth int)) {
	i := skipSpace(body, v.start+1)
	for n := 0; i < v.end && body[i] != ']'; n++ {
		value, depth := valueAt(body, i)
		f(n, value, depth)
		i = skipSpace(body, value.end)
		if i >= v.end || body[i] != ',' {
			return
		}
		i = skipSpace(body, i+1)
	}
}

// text returns a scalar as text: a string without quotes and escapes, a number
// or a boolean as it is written, and nothing for null and containers.
func text(body []byte, v span) string {
	if v.empty() {
		return ""
	}
	raw := v.of(body)
	switch raw[0] {
	case '"':
		inner := raw[1 : len(raw)-1]
		for _, c := range inner {
			if c == '\\' || c >= 0x80 {
				var s string
				if json.Unmarshal(raw, &s) != nil {
					return ""
				}
				return s
			}
		}
		return string(inner)
	case '{', '[', 'n':
		return ""
	}
	return string(raw)
}

// Named returns the phone_number_ids that a body of anybody names, up to limit of
// them, without parsing it: in one pass, and whether it is JSON or not.
func Named(body []byte, limit int) (ids []string) {
	for looks := 0; len(ids) < limit && looks < maxLooks; looks++ {
		at := bytes.Index(body, numberKey)
		if at < 0 {
			break
		}
		body = body[at+len(numberKey):]
		rest := bytes.TrimLeft(body, " \t\r\n")
		if len(rest) == 0 || rest[0] != ':' {
			continue
		}
		rest = bytes.TrimPrefix(bytes.TrimLeft(rest[1:], " \t\r\n"), []byte(`"`))
		n := 0
		for n < len(rest) && n < maxNumberID && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if id := string(rest[:n]); n > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

var numberKey = []byte(`"phone_number_id"`)

// maxLooks is how many places Named looks at: an honest body has one for each change.
const maxLooks = 256

// maxNumberID is far over the longest id of a number that Meta gives.
const maxNumberID = 64
