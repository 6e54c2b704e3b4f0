package standard_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"assent/fault"
	"assent/standard"
)

// constraints are those of Kantara Consent Receipt 1.1.0, sections 4.3 to 4.5, in
// words of our own.
const constraints = `{
 "type": "object",
 "required": ["version", "jurisdiction", "consentTimestamp", "collectionMethod", "consentReceiptID", "piiPrincipalId", "piiControllers", "policyUrl", "services", "sensitive", "spiCat"],
 "additionalProperties": false,
 "properties": {
  "version": {"type": "string", "enum": ["KI-CR-v1.1.0"]},
  "jurisdiction": {"type": "string", "minLength": 1},
  "consentTimestamp": {"type": "integer", "minimum": 0},
  "collectionMethod": {"type": "string", "minLength": 1},
  "consentReceiptID": {"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
  "language": {"type": "string", "minLength": 1},
  "piiPrincipalId": {"type": "string", "minLength": 1},
  "policyUrl": {"type": "string", "minLength": 1},
  "sensitive": {"type": "boolean", "enum": [false]},
  "spiCat": {"type": "array", "maxItems": 0, "items": {"type": "string"}},
  "piiControllers": {"type": "array", "minItems": 1, "items": {
   "type": "object", "additionalProperties": false,
   "required": ["piiController", "contact", "address", "email", "phone"],
   "properties": {
    "piiController": {"type": "string"}, "onBehalf": {"type": "boolean"}, "contact": {"type": "string"},
    "address": {"type": "object"}, "email": {"type": "string"}, "phone": {"type": "string"},
    "piiControllerUrl": {"type": "string", "minLength": 1}}}},
  "services": {"type": "array", "minItems": 1, "items": {
   "type": "object", "additionalProperties": false, "required": ["service", "purposes"],
   "properties": {
    "service": {"type": "string", "minLength": 1},
    "purposes": {"type": "array", "minItems": 1, "items": {
     "type": "object", "additionalProperties": false,
     "required": ["purposeCategory", "consentType", "piiCategory", "termination", "thirdPartyDisclosure"],
     "properties": {
      "purpose": {"type": "string"},
      "purposeCategory": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["2 - Contracted Service", "6 - Marketing"]}},
      "consentType": {"type": "string", "enum": ["EXPLICIT"]},
      "piiCategory": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["1 - Biographical", "2 - Contact"]}},
      "primaryPurpose": {"type": "boolean"},
      "termination": {"type": "string", "minLength": 1},
      "thirdPartyDisclosure": {"type": "boolean"},
      "thirdPartyName": {"type": "string", "minLength": 1}},
     "oneOf": [
      {"required": ["thirdPartyName"], "properties": {"thirdPartyDisclosure": {"enum": [true]}}},
      {"not": {"required": ["thirdPartyName"]}, "properties": {"thirdPartyDisclosure": {"enum": [false]}}}]}}}}}}
}`

var schema = func() *openapi3.Schema {
	s := &openapi3.Schema{}
	if err := json.Unmarshal([]byte(constraints), s); err != nil {
		panic(err)
	}
	return s
}()

func checkReceipt(receipt []byte) error {
	var v any
	if err := json.Unmarshal(receipt, &v); err != nil {
		return err
	}
	return schema.VisitJSON(v)
}

func TestReceiptsValidate(t *testing.T) {
	receipt, err := standard.Kantara(example())
	if err != nil {
		t.Fatal(err)
	}
	if err := checkReceipt(receipt); err != nil {
		t.Error(err)
	}
	breaks := []struct{ name, old, new string }{
		{"a time in words", `"consentTimestamp": 1`, `"consentTimestamp": "1`},
		{"another version", "KI-CR-v1.1.0", "KI-CR-v1.1.O"},
		{"no third party's name", `"thirdPartyName"`, `"thirdParty"`},
		{"no spiCat", `"spiCat": []`, `"spicat": []`},
		{"one category", `"piiCategory": [`, `"piiCategory": [[`},
		{"another member", `"policyUrl"`, `"policyURL"`},
	}
	for _, tt := range breaks {
		t.Run(tt.name, func(t *testing.T) {
			broken := strings.Replace(string(receipt), tt.old, tt.new, 1)
			if broken == string(receipt) || checkReceipt([]byte(broken)) == nil {
				t.Errorf("the schema takes it:\n%s", broken)
			}
		})
	}
}

func TestReceiptOf(t *testing.T) {
	tests := []struct {
		name   string
		change func(*standard.Record)
		want   []string // stand in it
		not    []string
		none   bool
	}{
		{"yes, no, contract", func(*standard.Record) {}, []string{"Angebote", "Bestellinfos", "Withdrawn on 2026-11-23T10:30:12Z", "at the latest on 2026-11-23T10:59:12Z"}, []string{"Neues", "Lieferung", "+491701234567"}, false},
		{"no receipt for a no", func(r *standard.Record) { r.Purposes = r.Purposes[1:2] }, nil, nil, true},
		{"no receipt for a contract", func(r *standard.Record) { r.Purposes = r.Purposes[3:] }, nil, nil, true},
		{"no country", func(r *standard.Record) { r.Business.Country = "" }, nil, nil, true},
		{"no policy", func(r *standard.Record) { r.Business.PolicyURL = "" }, nil, nil, true},
		{"nobody", func(r *standard.Record) { r.Principal.ID = "" }, nil, nil, true},
		{"in force again", func(r *standard.Record) { r.Purposes[0].State = standard.Renewed }, []string{"Until withdrawn"}, []string{"Withdrawn on"}, false},
		{"simulated", func(r *standard.Record) { r.Simulated = true }, []string{`"collectionMethod": "SIMULATED`}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := example()
			tt.change(&r)
			got, err := standard.Kantara(r)
			if tt.none != fault.Is(err, fault.NotFound) {
				t.Fatalf("%v\n%s", err, got)
			}
			for _, s := range tt.want {
				if !strings.Contains(string(got), s) {
					t.Errorf("%q is not in\n%s", s, got)
				}
			}
			for _, s := range tt.not {
				if strings.Contains(string(got), s) {
					t.Errorf("%q is in\n%s", s, got)
				}
			}
		})
	}
}
