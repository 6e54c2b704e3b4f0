// Package standard writes what is known of one person's consents in the forms of
// two standards: a consent record of ISO/IEC TS 27560:2023 in terms of W3C DPV 2.3
// (JSON-LD), and a consent receipt of Kantara 1.1.0 (JSON). Both are made from one
// plain model, a Record, and the same Record makes the same bytes.
//
// What a Record does not hold is left out of both. Where a standard calls a field
// mandatory that nobody told (where the data are stored, for how long), the file
// lacks it: it would have to be invented.
package standard

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"assent/fault"
)

// Record is one person's consents with one business.
type Record struct {
	ID        string    // a UUID; see UUID
	Created   time.Time // of the newest event that it covers
	Simulated bool      // it came about through a simulated sender, and proves nothing
	Language  string    // BCP 47, of the words; empty where it is not known
	Principal Principal
	Business  Business
	Recipient string // who carries the messages, by name; empty for nobody
	Notices   []Notice
	Purposes  []Purpose // each that was asked for, the refused ones too
}

// Principal is the person, as far as the reader may know.
type Principal struct {
	ID      string // a pseudonym, never a number
	Number  string // E.164
	Account string // WhatsApp's id of the account
	Name    string // as given
}

// Business is the controller.
type Business struct {
	ID        string // its issuer, an address
	LegalName string
	Address   string // postal, one line
	Contact   string // a person or a place to ask
	Email     string
	Phone     string
	Country   string // ISO 3166-1 alpha-2: the jurisdiction
	PolicyURL string // the privacy notice
	// StopAt is the address at which the person withdraws, and StopWords what they
	// do there.
	StopAt, StopWords string
}

// Notice is a text that was shown.
type Notice struct {
	SHA256    string // hexadecimal, of its bytes
	Language  string
	Version   string
	Published time.Time
}

// Purpose is one thing that the person was asked.
type Purpose struct {
	Key       string // unique in a record
	Title     string
	Words     string // the exact words that were shown; empty where they are not known
	Language  string // of the title and the words
	Marketing bool   // else it is about what the person ordered
	Contract  bool   // rests on a contract instead of consent
	Data      []Data
	State     State    // what the acts come to
	History   []Status // in the order of the acts
}

// Data is a kind of personal data.
type Data string

// The kinds of personal data.
const (
	Telephone Data = "TelephoneNumber"
	Account   Data = "AccountIdentifier"
	FullName  Data = "Name"
)

// State is what an act did to a purpose.
type State string

// The states that ISO/IEC TS 27560, annex B, and DPV know.
const (
	Unknown     State = "ConsentUnknown"
	Requested   State = "ConsentRequested"
	Deferred    State = "ConsentRequestDeferred"
	Refused     State = "ConsentRefused"
	Given       State = "ConsentGiven"
	Renewed     State = "RenewedConsentGiven"
	Withdrawn   State = "ConsentWithdrawn"
	Expired     State = "ConsentExpired"
	Revoked     State = "ConsentRevoked"
	Invalidated State = "ConsentInvalidated"
)

// Permits reports whether the state is a yes.
func (s State) Permits() bool { return s == Given || s == Renewed }

// Status is one act and what it did to a purpose.
type Status struct {
	State    State
	Event    string // its id, a UUID
	At       time.Time
	Until    time.Time // when a yes ends by itself; zero for never
	Method   string    // how it was said
	Business bool      // the business said so, not the person
	Note     string    // what the state alone does not say
}

// yes returns the newest yes of a purpose, and what ended it unless it is in force.
func (p Purpose) yes() (yes, end *Status) {
	for i := range p.History {
		switch s := &p.History[i]; s.State {
		case Given, Renewed:
			yes = s
		case Withdrawn, Expired, Revoked, Invalidated:
			end = s
		}
	}
	if p.State.Permits() {
		end = nil
	}
	return yes, end
}

// UUID returns the UUID of a name in a space of names (RFC 9562, section 5.8,
// version 8: the first 122 bits of a SHA-256). The same names have the same one.
func UUID(space string, names ...string) string {
	h := sha256.New()
	for _, s := range append([]string{space}, names...) {
		sum := sha256.Sum256([]byte(s))
		h.Write(sum[:])
	}
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	d := hex.EncodeToString(b)
	return d[:8] + "-" + d[8:12] + "-" + d[12:16] + "-" + d[16:20] + "-" + d[20:]
}

// Format is one of the two forms.
type Format string

// The forms.
const (
	FormatDPV     Format = "dpv"
	FormatKantara Format = "kantara"
)

// ParseFormat reads the name of a form; empty is Kantara's. The error is an
// Invalid fault.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case "":
		return FormatKantara, nil
	case FormatDPV, FormatKantara:
		return f, nil
	}
	return "", fault.Field("format", "The format is kantara or dpv.")
}

// MediaType returns the media type of the form.
func (f Format) MediaType() string {
	if f == FormatDPV {
		return "application/ld+json"
	}
	return "application/json"
}

// Write returns the record in the form. See DPV and Kantara for the errors.
func (f Format) Write(r Record) ([]byte, error) {
	if f == FormatDPV {
		return DPV(r)
	}
	return Kantara(r)
}

// simulated is what a simulated record says of itself.
const simulated = "SIMULATED: made with a simulated sender. It proves nothing about any person."
