package api

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"assent/fault"
)

// TestDeserializeRefusesUnknownFields looks at bodies deeper than those of
// today's calls.
func TestDeserializeRefusesUnknownFields(t *testing.T) {
	type place struct {
		City string `json:"city"`
	}
	type body struct {
		Name   *string `json:"name,omitempty"`
		Raw    []byte  `json:"raw"`
		Home   *place  `json:"home"`
		Places []place `json:"places"`
	}
	for _, tt := range []struct{ name, body, field, message string }{
		{"known", `{"name":"x","raw":"YQ==","home":{"city":"x"},"places":[{"city":"x"},{}]}`, "", ""},
		{"nothing", `{}`, "", ""},
		{"null inside", `{"home":null,"places":null}`, "", ""},
		{"at the top", `{"nam":"x"}`, "nam", "There is no field nam here. Known are name, raw, home and places."},
		{"in an object", `{"home":{"town":"x"}}`, "home.town", "There is no field town here. Known are city."},
		{"in a list", `{"places":[{"city":"x"},{"City":"x"}]}`, "places[1].City", "There is no field City here."},
		{"the wrong type first", `{"nam":1,"name":2}`, "name", "This must be a text."},
		{"digits", `{"home":{"x491701234567":1}}`, "home", "A field here is not known."},
		{"markup", `{"<b>":1}`, "", "A field here is not known."},
		{"long", `{"` + strings.Repeat("x", 41) + `":1}`, "", "A field here is not known."},
		{"no JSON", `{"nam":}`, "", "The body is not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := echo.New().NewContext(httptest.NewRequest("POST", "/", strings.NewReader(tt.body)), nil)
			err := Serializer{}.Deserialize(c, new(body))
			if fault.FieldOf(err) != tt.field || !strings.HasPrefix(fault.Message(err), tt.message) || (err == nil) != (tt.message == "") {
				t.Errorf("field %q: %v", fault.FieldOf(err), err)
			}
		})
	}
}
