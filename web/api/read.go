package api

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"assent/consent"
	"assent/fault"
	"assent/permit"
)

// maxDepth bounds how deep a value that is passed over may nest.
const maxDepth = 32

// reader reads JSON (RFC 8259) from a body, front to back.
type reader struct {
	b    []byte
	i    int
	item int // index in items, or -1
}

// parseCheck reads {"items":[{"to"|"recipient":…,"purpose"|"scope":…}]} and
// appends the questions to items. Unknown members are refused, for a misspelt
// one would change what is asked; the last of two members with one name counts,
// names are matched exactly. Errors are Invalid and name the field; they never
// repeat what stands there.
func parseCheck(body []byte, items []permit.Item) ([]permit.Item, error) {
	r := &reader{b: body, item: -1}
	seen := false
	err := r.object("", func(name []byte) error {
		if string(name) != "items" {
			return r.unknown(name, "items")
		}
		seen = true
		items = items[:0]
		var err error
		items, err = r.items(items)
		return err
	})
	if err != nil {
		return items, err
	}
	if r.space(); r.i < len(r.b) {
		return items, r.broken()
	}
	if !seen || len(items) == 0 {
		return items, errNumberOfItems
	}
	return items, nil
}

var errNumberOfItems = fault.Field("items", "Send items, a list of 1 to %d questions: each has to or recipient, and purpose or scope.", permit.MaxItems)

func (r *reader) items(items []permit.Item) ([]permit.Item, error) {
	if r.space(); !r.take('[') {
		return items, r.wrongType("items", "a list")
	}
	defer func() { r.item = -1 }()
	if r.space(); r.take(']') {
		return items, nil
	}
	for {
		if len(items) == permit.MaxItems {
			return items, errNumberOfItems
		}
		r.item = len(items)
		var last permit.Item
		if r.item > 0 {
			last = items[r.item-1]
		}
		item, err := r.oneItem(&last)
		if err != nil {
			return items, err
		}
		items = append(items, item)
		r.space()
		switch {
		case r.take(','):
		case r.take(']'):
			return items, nil
		default:
			return items, r.broken()
		}
	}
}

// oneItem reads one question. last is the one before: its strings are used
// again, for most calls name one purpose.
func (r *reader) oneItem(last *permit.Item) (item permit.Item, err error) {
	err = r.object("", func(name []byte) (err error) {
		switch string(name) {
		case "to":
			item.To, err = r.text("to", "")
		case "recipient":
			item.Recipient, err = r.text("recipient", "")
		case "purpose":
			item.Purpose, err = r.text("purpose", last.Purpose)
			if err == nil && item.Purpose == "" {
				err = r.invalid("purpose", "Name a purpose, or leave it out and give a scope.")
			}
		case "scope":
			var s string
			s, err = r.text("scope", string(last.Scope))
			item.Scope = consent.Scope(s)
			if err == nil && !item.Scope.Valid() {
				err = r.invalid("scope", "A scope is marketing or transactional.")
			}
		default:
			err = r.unknown(name, "to, recipient, purpose and scope")
		}
		return err
	})
	switch {
	case err != nil:
	case item.Purpose == "" && item.Scope == "":
		err = r.invalid("purpose", "Name a purpose or a scope.")
	case item.Purpose != "" && item.Scope != "":
		err = r.invalid("scope", "Name a purpose or a scope, not both.")
	}
	return item, err
}

// field returns the path of a member.
func (r *reader) field(name string) string {
	if r.item < 0 {
		return name
	}
	path := "items[" + strconv.Itoa(r.item) + "]"
	if name == "" {
		return path
	}
	return path + "." + name
}

func (r *reader) invalid(name, message string) error {
	return fault.Field(r.field(name), "%s", message)
}

// wrongType tells a value of another type from what is no JSON.
func (r *reader) wrongType(name, want string) error {
	if err := r.skip(0); err != nil {
		return err
	}
	if name = r.field(name); name == "" {
		return fault.New(fault.Invalid, "The body must be %s with the field items.", want)
	}
	return fault.Field(name, "This must be %s.", want)
}

// unknown refuses a member that is not known, unless what stands there is no
// JSON at all.
func (r *reader) unknown(name []byte, known string) error {
	if err := r.skip(0); err != nil {
		return err
	}
	return unknownField(r.field(""), string(name), known)
}

func (r *reader) broken() error {
	return fault.New(fault.Invalid, "The body is not JSON: it cannot be read from byte %d on.", min(r.i, len(r.b)))
}

func (r *reader) space() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\n' || r.b[r.i] == '\t' || r.b[r.i] == '\r') {
		r.i++
	}
}

func (r *reader) take(c byte) bool {
	if r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

// object reads an object and calls member at each value.
func (r *reader) object(name string, member func(name []byte) error) error {
	if r.space(); !r.take('{') {
		return r.wrongType(name, "an object")
	}
	if r.space(); r.take('}') {
		return nil
	}
	for {
		r.space()
		raw, plain, err := r.raw()
		if err != nil {
			return err
		}
		if !plain {
			s, err := r.unescape(raw)
			if err != nil {
				return err
			}
			raw = []byte(s)
		}
		if r.space(); !r.take(':') {
			return r.broken()
		}
		if err := member(raw); err != nil {
			return err
		}
		r.space()
		switch {
		case r.take(','):
		case r.take('}'):
			return nil
		default:
			return r.broken()
		}
	}
}

// text reads a string. Where it equals again, that is returned.
func (r *reader) text(name, again string) (string, error) {
	r.space()
	if r.i >= len(r.b) || r.b[r.i] != '"' {
		return "", r.wrongType(name, "a text")
	}
	raw, plain, err := r.raw()
	switch {
	case err != nil:
		return "", err
	case !plain:
		return r.unescape(raw)
	case string(raw) == again:
		return again, nil
	}
	return string(raw), nil
}

// raw reads a string and returns what stands between its quotes, and whether
// that is the string itself.
func (r *reader) raw() (raw []byte, plain bool, err error) {
	if !r.take('"') {
		return nil, false, r.broken()
	}
	start, ascii := r.i, true
	plain = true
	for ; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; {
		case c == '"':
			raw = r.b[start:r.i]
			if !ascii && !utf8.Valid(raw) {
				return nil, false, fault.New(fault.Invalid, "The body is not UTF-8: see byte %d.", start)
			}
			r.i++
			return raw, plain, nil
		case c == '\\':
			plain = false
			r.i++
		case c < ' ':
			return nil, false, r.broken()
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false, r.broken()
}

func (r *reader) unescape(raw []byte) (s string, err error) {
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	if json.Unmarshal(quoted, &s) != nil {
		return "", r.broken()
	}
	return s, nil
}

// skip reads a value of any type.
func (r *reader) skip(depth int) error {
	r.space()
	if r.i >= len(r.b) || depth > maxDepth {
		return r.broken()
	}
	switch c := r.b[r.i]; {
	case c == '"':
		raw, plain, err := r.raw()
		if err == nil && !plain {
			_, err = r.unescape(raw)
		}
		return err
	case c == '{':
		return r.object("", func([]byte) error { return r.skip(depth + 1) })
	case c == '[':
		return r.list(depth)
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	for _, word := range [][]byte{[]byte("true"), []byte("false"), []byte("null")} {
		if bytes.HasPrefix(r.b[r.i:], word) {
			r.i += len(word)
			return nil
		}
	}
	return r.broken()
}

func (r *reader) list(depth int) error {
	r.i++
	if r.space(); r.take(']') {
		return nil
	}
	for {
		if err := r.skip(depth + 1); err != nil {
			return err
		}
		r.space()
		switch {
		case r.take(','):
		case r.take(']'):
			return nil
		default:
			return r.broken()
		}
	}
}

// number reads a number: RFC 8259, section 6.
func (r *reader) number() error {
	r.take('-')
	if !r.take('0') && !r.digits() {
		return r.broken()
	}
	if r.take('.') && !r.digits() {
		return r.broken()
	}
	if r.take('e') || r.take('E') {
		if !r.take('+') {
			r.take('-')
		}
		if !r.digits() {
			return r.broken()
		}
	}
	return nil
}

func (r *reader) digits() bool {
	start := r.i
	for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' {
		r.i++
	}
	return r.i > start
}
