package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Unix is a time in seconds since 1970. Meta writes it as a string in messages
// and statuses and as an integer elsewhere; both are read.
type Unix int64

// maxUnix is the year 5138, below which a count of milliseconds never falls.
const maxUnix = 99_999_999_999

// UnmarshalJSON reads an integer or a string of one; what is neither is no time. It
// never fails, for an error would keep what stands behind it from being read.
func (u *Unix) UnmarshalJSON(raw []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err == nil && n > 0 && n <= maxUnix {
		*u = Unix(n)
	}
	return nil
}

// Time returns the time in UTC, or the zero time for 0.
func (u Unix) Time() time.Time {
	if u == 0 {
		return time.Time{}
	}
	return time.Unix(int64(u), 0).UTC()
}

// Code is one of WhatsApp's error codes; see Behaviour.
type Code int

// CodeNone stands for a code that is missing or cannot be read. 0 is a code of its own.
const CodeNone Code = -1

// UnmarshalJSON reads an integer or a string of one. It never fails; see Unix.
func (c *Code) UnmarshalJSON(raw []byte) error {
	*c = CodeNone
	if n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 32); err == nil {
		*c = Code(n)
	}
	return nil
}

// UnmarshalJSON reads what fits of an error, and never fails; see Unix.
func (e *Error) UnmarshalJSON(raw []byte) error {
	type plain Error
	p := plain{Code: CodeNone}
	_ = decode(raw, &p)
	*e = Error(p)
	return nil
}

// Errors is a list of errors. One that stands alone is a list of one.
type Errors []Error

// UnmarshalJSON never fails; see Unix.
func (l *Errors) UnmarshalJSON(raw []byte) error {
	*l = nil
	if raw[0] == '[' {
		return json.Unmarshal(raw, (*[]Error)(l))
	}
	if raw[0] == '{' {
		*l = make(Errors, 1)
		return (*l)[0].UnmarshalJSON(raw)
	}
	return nil
}

// Deciding returns the error that decides what becomes of a message: the first, but
// that somebody stopped marketing counts wherever it stands. Where there is none its
// code is CodeNone.
func (l Errors) Deciding() Error {
	for _, e := range l {
		if e.Code == CodePlatformStop {
			return e
		}
	}
	if len(l) == 0 {
		return Error{Code: CodeNone}
	}
	return l[0]
}

// Flag is a boolean that reads leniently: what is not plainly true is false.
type Flag bool

// UnmarshalJSON never fails.
func (f *Flag) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	*f = s == "true" || s == "1"
	return nil
}

// decode reads one element. If a value is a number or a boolean where text was
// expected, it is read as that text. A remaining mismatch is returned after all
// that fits has been read.
func decode(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if err == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	if d.Decode(&tree) != nil {
		return err
	}
	again, marshalErr := json.Marshal(numbersToText(tree))
	if marshalErr != nil {
		return err
	}
	return json.Unmarshal(again, into)
}

func numbersToText(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case []any:
		for i := range v {
			v[i] = numbersToText(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbersToText(v[k])
		}
	}
	return v
}

// describe says what an error of decode was about without repeating a value:
// values are people's.
func describe(err error) string {
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &mismatch) && mismatch.Field != "":
		return "wrong type at " + mismatch.Field
	case errors.As(err, &mismatch):
		return "wrong type"
	}
	return "not readable"
}
