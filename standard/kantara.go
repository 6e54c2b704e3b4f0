package standard

import (
	"time"

	"assent/fault"
)

// receipt is a Kantara Consent Receipt 1.1.0. Members that the specification
// requires have no omitempty.
type receipt struct {
	Version          string       `json:"version"`
	Jurisdiction     string       `json:"jurisdiction"`
	ConsentTimestamp int64        `json:"consentTimestamp"` // seconds since 1970 (section 4.3.3)
	CollectionMethod string       `json:"collectionMethod"`
	ConsentReceiptID string       `json:"consentReceiptID"`
	Language         string       `json:"language,omitempty"`
	PIIPrincipalID   string       `json:"piiPrincipalId"`
	PIIControllers   []controller `json:"piiControllers"`
	PolicyURL        string       `json:"policyUrl"`
	Services         []service    `json:"services"`
	Sensitive        bool         `json:"sensitive"`
	SPICat           []string     `json:"spiCat"` // also where there is none
}

type controller struct {
	PIIController    string `json:"piiController"`
	OnBehalf         bool   `json:"onBehalf"`
	Contact          string `json:"contact"`
	Address          postal `json:"address"`
	Email            string `json:"email"`
	Phone            string `json:"phone"`
	PIIControllerURL string `json:"piiControllerUrl,omitempty"`
}

type postal struct {
	StreetAddress  string `json:"streetAddress"`
	AddressCountry string `json:"addressCountry,omitempty"`
}

type service struct {
	Service  string            `json:"service"`
	Purposes []receiptsPurpose `json:"purposes"`
}

type receiptsPurpose struct {
	Purpose              string   `json:"purpose"`
	PurposeCategory      []string `json:"purposeCategory"`
	ConsentType          string   `json:"consentType"`
	PIICategory          []string `json:"piiCategory"`
	Termination          string   `json:"termination"`
	ThirdPartyDisclosure bool     `json:"thirdPartyDisclosure"`
	ThirdPartyName       string   `json:"thirdPartyName,omitempty"` // required with a disclosure (section 4.5.11)
}

// ErrNoReceipt says that there is nothing to give a receipt for: no purpose was
// ever agreed to, or what the specification requires of the business or the act is
// not known. It is a NotFound fault.
var ErrNoReceipt = fault.New(fault.NotFound, "There is no receipt: nothing was agreed to, or the business's country or privacy notice is not known.")

// Kantara writes the receipt of Kantara 1.1.0 for everything that the person
// agreed to, also what has ended since: its member termination says so. A receipt
// knows no refusals and no contracts; see DPV for these. The bytes end in a
// newline. The error is ErrNoReceipt where there is nothing to write one for.
func Kantara(r Record) ([]byte, error) {
	b := r.Business
	out := receipt{
		Version: "KI-CR-v1.1.0", Jurisdiction: b.Country, ConsentReceiptID: r.ID, Language: r.Language,
		PIIPrincipalID: r.Principal.ID, PolicyURL: b.PolicyURL, SPICat: []string{},
		PIIControllers: []controller{{
			PIIController: b.LegalName, Contact: b.Contact, Address: postal{b.Address, b.Country}, Email: b.Email, Phone: b.Phone,
		}},
	}
	if web(b.ID) {
		out.PIIControllers[0].PIIControllerURL = b.ID
	}
	s := service{Service: "WhatsApp messages from " + b.LegalName, Purposes: []receiptsPurpose{}}
	var newest time.Time
	for _, p := range r.Purposes {
		yes, end := p.yes()
		if yes == nil || p.Contract {
			continue
		}
		s.Purposes = append(s.Purposes, agreed(p, yes, end, r.Recipient))
		if out.CollectionMethod == "" || yes.At.After(newest) {
			newest, out.CollectionMethod = yes.At, method(r, yes)
		}
	}
	if len(s.Purposes) == 0 || out.Jurisdiction == "" || out.PolicyURL == "" || out.PIIPrincipalID == "" || newest.Unix() < 0 {
		return nil, ErrNoReceipt
	}
	out.ConsentTimestamp, out.Services = newest.Unix(), []service{s}
	return write(out)
}

func method(r Record, yes *Status) string {
	how := "WhatsApp"
	if yes.Method != "" {
		how += ": " + yes.Method
	}
	if r.Simulated {
		how = simulated + " " + how
	}
	return how
}

func agreed(p Purpose, yes, end *Status, carrier string) receiptsPurpose {
	out := receiptsPurpose{Purpose: p.Title, PurposeCategory: []string{"2 - Contracted Service"}, ConsentType: "EXPLICIT",
		PIICategory: []string{"2 - Contact"}, Termination: "Until withdrawn", ThirdPartyDisclosure: carrier != "", ThirdPartyName: carrier}
	if p.Words != "" {
		out.Purpose = p.Words
	}
	if out.Purpose == "" {
		out.Purpose = p.Key
	}
	if p.Marketing {
		out.PurposeCategory = []string{"6 - Marketing"}
	}
	for _, d := range p.Data {
		if d == FullName {
			out.PIICategory = append([]string{"1 - Biographical"}, out.PIICategory...)
		}
	}
	switch {
	case end != nil:
		out.Termination = ended[end.State] + " on " + end.At.UTC().Format(time.RFC3339)
	case !yes.Until.IsZero():
		out.Termination = "Until withdrawn, at the latest on " + yes.Until.UTC().Format(time.RFC3339)
	}
	return out
}

// ended says how a yes ended.
var ended = map[State]string{Withdrawn: "Withdrawn", Expired: "Expired", Revoked: "Revoked by the business", Invalidated: "Invalidated"}
