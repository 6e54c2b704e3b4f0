// Package plain reads JSON in the plain form in which Assent writes it, and
// makes nothing of it but slices: no space, no escape, no empty array or object,
// whole numbers from zero on, no null, names of ASCII, none of them twice. It is
// for who reads very much. Whatever is not plain is not wrong: it is for a decoder
// that knows all of JSON, which alone may refuse.
package plain

import (
	"bytes"
	"unicode/utf8"
)

const (
	maxDepth   = 8
	maxMembers = 32
)

// Is reports whether b is one plain value.
func Is(b []byte) bool { return len(b) > 0 && end(b, maxDepth) == len(b) }

// Object reads the members of b. It reports whether b is one plain object and
// each said yes to every member; that may be known only after some were told.
func Object(b []byte, each func(name, value []byte) bool) bool {
	return len(b) > 0 && object(b, maxDepth, each) == len(b)
}

// Array is Object for the elements of an array.
func Array(b []byte, each func(value []byte) bool) bool {
	return len(b) > 0 && array(b, maxDepth, each) == len(b)
}

// Text returns what stands in b, which is one plain string.
func Text(b []byte) (content []byte, ok bool) {
	n := len(b)
	if n < 2 || text(b) != n || !utf8.Valid(b) {
		return nil, false
	}
	return b[1 : n-1], true
}

// Int returns the whole number that b is.
func Int(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 18 || number(b) != len(b) {
		return 0, false
	}
	for _, c := range b {
		n = 10*n + int64(c-'0')
	}
	return n, true
}

// CutName returns the name that b begins with, in quotes, and what follows it.
func CutName(b []byte) (name, rest []byte, ok bool) {
	n := nameEnd(b)
	if n == 0 {
		return nil, nil, false
	}
	return b[1 : n-1], b[n:], true
}

// end returns how long the plain value is that b begins with, 0 where none does.
func end(b []byte, depth int) int {
	if len(b) == 0 || depth == 0 {
		return 0
	}
	switch c := b[0]; {
	case c == '"':
		return text(b)
	case c == '{':
		return object(b, depth, nil)
	case c == '[':
		return array(b, depth, nil)
	case c >= '0' && c <= '9':
		return number(b)
	case bytes.HasPrefix(b, []byte("true")):
		return len("true")
	case bytes.HasPrefix(b, []byte("false")):
		return len("false")
	}
	return 0
}

func text(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < 0x20 || c == '\\':
			return 0
		}
	}
	return 0
}

// nameEnd is text for a name.
func nameEnd(b []byte) int {
	n := text(b)
	for i := 1; i < n-1; i++ {
		if b[i] >= 0x7f {
			return 0
		}
	}
	return n
}

func number(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	if n > 1 && b[0] == '0' || n < len(b) && (b[n] == '.' || b[n] == 'e' || b[n] == 'E') {
		return 0
	}
	return n
}

func object(b []byte, depth int, each func(name, value []byte) bool) int {
	if b[0] != '{' {
		return 0
	}
	var names [maxMembers][]byte
	for i, members := 1, 0; ; members++ {
		name, rest, ok := CutName(b[i:])
		if !ok || members == maxMembers || len(rest) == 0 || rest[0] != ':' {
			return 0
		}
		for _, other := range names[:members] {
			if bytes.Equal(other, name) {
				return 0
			}
		}
		names[members] = name
		i += len(name) + len(`"":`)
		n := end(b[i:], depth-1)
		if n == 0 || i+n >= len(b) || each != nil && !each(name, b[i:i+n]) {
			return 0
		}
		switch i += n + 1; b[i-1] {
		case '}':
			return i
		case ',':
		default:
			return 0
		}
	}
}

func array(b []byte, depth int, each func(value []byte) bool) int {
	if b[0] != '[' {
		return 0
	}
	for i := 1; ; {
		n := end(b[i:], depth-1)
		if n == 0 || i+n >= len(b) || each != nil && !each(b[i:i+n]) {
			return 0
		}
		switch i += n + 1; b[i-1] {
		case ']':
			return i
		case ',':
		default:
			return 0
		}
	}
}
