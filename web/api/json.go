package api

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

// Serializer is echo's JSONSerializer with errors that name the field and
// repeat nothing of the body.
type Serializer struct{ echo.DefaultJSONSerializer }

// Deserialize reads one JSON value and nothing after it. Names are matched
// exactly, and a name that into does not have is refused: a misspelt purpose
// would otherwise stop everything.
func (Serializer) Deserialize(c echo.Context, into any) error {
	d := json.NewDecoder(c.Request().Body)
	var body json.RawMessage
	if err := d.Decode(&body); err != nil {
		return malformed(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "The body holds more than one JSON value.")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return malformed(err)
	}
	return knownOnly("", body, reflect.TypeOf(into))
}

func malformed(err error) error {
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

// knownOnly refuses names in value that the type does not have, in whatever
// depth. The value was read into the type before.
func knownOnly(path string, value json.RawMessage, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil { // bytes, which stand as a text
			return nil
		}
		for i, one := range list {
			if err := knownOnly(path+"["+strconv.Itoa(i)+"]", one, t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Struct:
		var members map[string]json.RawMessage
		if json.Unmarshal(value, &members) != nil { // a type that reads itself
			return nil
		}
		fields, known := fieldsOf(t)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			f, ok := fields[name]
			if !ok {
				return unknownField(path, name, known)
			}
			if err := knownOnly(under(path, name), members[name], f); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldsOf returns the fields of a type by their names in JSON, and those names
// in a sentence.
func fieldsOf(t reflect.Type) (fields map[string]reflect.Type, known string) {
	fields = map[string]reflect.Type{}
	var names []string
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name], names = f.Type, append(names, name)
		}
	}
	if last := len(names) - 1; last > 0 {
		return fields, strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return fields, strings.Join(names, "")
}

// unknownField refuses a member of the object at path. Its name is repeated
// where it looks like one: a number or a person's name may stand there too.
func unknownField(path, name, known string) error {
	if !nameForm.MatchString(name) {
		return fault.Field(path, "A field here is not known. Known are %s.", known)
	}
	return fault.Field(under(path, name), "There is no field %s here. Known are %s.", name, known)
}

// nameForm is what names of fields look like: no number has so few digits.
var nameForm = regexp.MustCompile(`^[A-Za-z_-]{1,40}[0-9]{0,2}$`)

func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
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
