package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

// Serializer is echo's JSONSerializer with errors that name the field and
// repeat nothing of the body.
type Serializer struct{ echo.DefaultJSONSerializer }

// Deserialize reads one JSON value and nothing after it.
func (Serializer) Deserialize(c echo.Context, into any) error {
	d := json.NewDecoder(c.Request().Body)
	err := d.Decode(into)
	if err == nil {
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return fault.New(fault.Invalid, "The body holds more than one JSON value.")
		}
		return nil
	}
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case tooLarge(err):
		return err
	case errors.As(err, &wrong) && wrong.Field != "":
		return fault.Field(wrong.Field, "This must be a %s.", kindOf(wrong))
	case errors.As(err, &wrong):
		return fault.New(fault.Invalid, "The body must be a JSON object.")
	case errors.As(err, &syntax):
		return fault.New(fault.Invalid, "The body is not JSON: it cannot be read from byte %d on.", syntax.Offset)
	}
	return fault.New(fault.Invalid, "The body is not JSON, or ended too early.")
}

// kindOf names the JSON type that was wanted.
func kindOf(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "slice":
		return "list"
	case "struct", "map":
		return "object"
	}
	return "number"
}

// tooLarge reports that a body was over the limit of its route.
func tooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}
