package evidence

import (
	"time"

	"assent/evidence/plain"
)

// What is read here is read the quick way: JSON in plain form, and the claims that
// nearly every event has. False says that it must go the long way, which alone
// refuses; a fuzz test compares the two.

// readPlain is readAny for a payload in plain form.
func (v *Verified) readPlain(payload []byte) bool {
	e, choices := Event{IssuedAt: time.Unix(0, 0).UTC()}, 0
	ok := plain.Object(payload, func(name, value []byte) bool {
		switch string(name) {
		case "iss":
			return readPlain(value, &e.Issuer)
		case "iat":
			at, ok := plain.Int(value)
			e.IssuedAt = time.Unix(at, 0).UTC()
			return ok
		case "jti":
			return readPlain(value, &e.ID)
		case "event":
			name, ok := plain.Text(value)
			e.Name = Name(name)
			return ok
		case "notice":
			return readPlain(value, &e.Notice)
		case "sim":
			e.Simulated = string(value) == "true"
			return e.Simulated || string(value) == "false"
		case "suppressions":
			return readList(value, &e.Suppressions)
		case "suppressions_ended":
			return readList(value, &e.SuppressionsEnded)
		case "choices":
			return plain.Array(value, func([]byte) bool { choices++; return true })
		}
		return true
	})
	if ok {
		v.Event, v.HiddenChoices = e, choices
	}
	return ok
}

// readPlain is decodeClaim for a value in plain form. Where it says false, the
// field is as it was.
func readPlain(raw []byte, field any) bool {
	switch f := field.(type) {
	case *string:
		content, ok := plain.Text(raw)
		if ok {
			*f = string(content)
		}
		return ok
	case *int64:
		n, ok := plain.Int(raw)
		if ok {
			*f = n
		}
		return ok
	case *Digest:
		content, ok := plain.Text(raw)
		return ok && f.UnmarshalText(content) == nil
	case *Time:
		return f.UnmarshalJSON(raw) == nil
	case *[]string:
		return readList(raw, f)
	case *[]Shown:
		return readList(raw, f)
	case *Choice:
		return readMembers(raw, f, func(c *Choice, name string) any {
			switch name {
			case "purpose":
				return &c.Purpose
			case "scope":
				return &c.Scope
			case "outcome":
				return &c.Outcome
			case "basis":
				return &c.Basis
			case "grade":
				return &c.Grade
			case "valid_until":
				return &c.ValidUntil
			case "note":
				return &c.Note
			}
			return nil
		})
	case *Act:
		return readMembers(raw, f, func(a *Act, name string) any {
			switch name {
			case "kind":
				return &a.Kind
			case "ticked":
				return &a.Ticked
			case "unticked":
				return &a.Unticked
			case "text":
				return &a.Text
			case "payload":
				return &a.Payload
			case "title":
				return &a.Title
			}
			return nil
		})
	case *Shown:
		return readMembers(raw, f, func(s *Shown, name string) any {
			switch name {
			case "kind":
				return &s.Kind
			case "sha256":
				return &s.SHA256
			}
			return nil
		})
	case *Webhook:
		return readMembers(raw, f, func(w *Webhook, name string) any {
			switch name {
			case "slice":
				return &w.Slice
			case "body":
				return &w.Body
			case "offset":
				return &w.Offset
			}
			return nil
		})
	}
	return false
}

// readMembers reads an object, each member into the field of its name; nil says
// that there is none, and that the member tells us nothing.
func readMembers[T any](raw []byte, into *T, field func(*T, string) any) bool {
	got := *into
	ok := plain.Object(raw, func(name, value []byte) bool {
		f := field(&got, string(name))
		return f == nil || readPlain(value, f)
	})
	if ok {
		*into = got
	}
	return ok
}

// readList reads an array.
func readList[T any](raw []byte, into *[]T) bool {
	var got []T
	ok := plain.Array(raw, func(value []byte) bool {
		var one T
		ok := readPlain(value, &one)
		got = append(got, one)
		return ok
	})
	if ok {
		*into = got
	}
	return ok
}
