package public

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// readJSON reads the form of the script.
func readJSON(c echo.Context) (f form, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, MaxForm))
	if err != nil {
		return f, err
	}
	values, ok := parseForm(body)
	if !ok {
		return f, errForm
	}
	return formOf(values), nil
}

// parseForm reads a form as JSON (RFC 8259): one object whose members are
// strings or arrays of strings, by the names of the fields. A name stands in it
// once, and nothing comes behind it.
func parseForm(body []byte) (url.Values, bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, false
	}
	values := url.Values{}
	for d.More() {
		name, err := d.Token()
		key, ok := name.(string)
		if err != nil || !ok || values.Has(key) {
			return nil, false
		}
		if values[key], ok = stringsOf(d); !ok {
			return nil, false
		}
	}
	if last, err := d.Token(); err != nil || last != json.Delim('}') {
		return nil, false
	}
	_, err := d.Token()
	return values, err == io.EOF
}

// stringsOf reads a string or an array of strings.
func stringsOf(d *json.Decoder) (list []string, ok bool) {
	list = []string{}
	t, err := d.Token()
	if err != nil {
		return nil, false
	}
	if one, ok := t.(string); ok {
		return append(list, one), true
	}
	if t != json.Delim('[') {
		return nil, false
	}
	for d.More() {
		t, err := d.Token()
		one, ok := t.(string)
		if err != nil || !ok {
			return nil, false
		}
		list = append(list, one)
	}
	t, err = d.Token()
	return list, err == nil && t == json.Delim(']')
}
