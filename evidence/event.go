package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Name is what an event says that happened.
type Name string

// The events. One act is one event, whatever it did; where it did several
// things the name is the first that applies of consent.withdrawn,
// platform.stopped, suppression.added, and the rest stands in Effects.
const (
	ConsentRequested      Name = "consent.requested"
	ConfirmationSent      Name = "confirmation.sent"
	ConfirmationDelivered Name = "confirmation.delivered"
	ConsentGiven          Name = "consent.given"
	ConsentRenewed        Name = "consent.renewed"
	ConsentRefused        Name = "consent.refused"
	ConsentDeferred       Name = "consent.deferred"
	ConsentWithdrawn      Name = "consent.withdrawn"
	ConsentExpired        Name = "consent.expired"
	ConsentRevoked        Name = "consent.revoked"
	ConsentInvalidated    Name = "consent.invalidated"
	PlatformStopped       Name = "platform.stopped"
	PlatformResumed       Name = "platform.resumed"
	IdentityLinked        Name = "identity.linked"
	IdentityChanged       Name = "identity.changed"
	RecordImported        Name = "record.imported"
	SubjectErased         Name = "subject.erased"
	SubjectLocked         Name = "subject.locked"
	NoticePublished       Name = "notice.published"
	FunnelPublished       Name = "funnel.published"
	SuppressionAdded      Name = "suppression.added"
	SuppressionEnded      Name = "suppression.ended"
	ReceiptSent           Name = "receipt.sent"
	ReceiptDelivered      Name = "receipt.delivered"
	ProofExported         Name = "proof.exported"
	OperatorActed         Name = "operator.acted"
)

// Names lists every event, in the order of their story.
func Names() []Name {
	return []Name{ConsentRequested, ConfirmationSent, ConfirmationDelivered, ConsentGiven, ConsentRenewed, ConsentRefused,
		ConsentDeferred, ConsentWithdrawn, ConsentExpired, ConsentRevoked, ConsentInvalidated, PlatformStopped, PlatformResumed,
		IdentityLinked, IdentityChanged, RecordImported, SubjectErased, SubjectLocked, NoticePublished, FunnelPublished,
		SuppressionAdded, SuppressionEnded, ReceiptSent, ReceiptDelivered, ProofExported, OperatorActed}
}

// Known reports whether n is one of Names.
func (n Name) Known() bool { return known[n] }

var known = func() map[Name]bool {
	m := map[Name]bool{}
	for _, n := range Names() {
		m[n] = true
	}
	return m
}()

// Digest is a SHA-256, written as 64 lower-case hexadecimal digits, as sha256sum
// prints it. The zero value stands for none.
type Digest [sha256.Size]byte

// Sum returns the digest of data.
func Sum(data []byte) Digest { return sha256.Sum256(data) }

// IsZero reports whether d is none.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns the digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes the digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 lower-case digits.
func (d *Digest) UnmarshalText(b []byte) error {
	got, err := ParseDigest(string(b))
	if err == nil {
		*d = got
	}
	return err
}

// ParseDigest reads 64 lower-case hexadecimal digits.
func ParseDigest(s string) (d Digest, err error) {
	if len(s) != 2*len(d) || strings.ContainsAny(s, "ABCDEF") {
		return d, errDigest
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, errDigest
	}
	return d, nil
}

var errDigest = errors.New("evidence: a digest is 64 lower-case hexadecimal digits")

// RawJSON is a JSON value as it was signed.
type RawJSON = json.RawMessage

// Choice is what an event did to one purpose: one disclosure each.
type Choice struct {
	Purpose string `json:"purpose"`         // the purpose's key
	Scope   string `json:"scope"`           // marketing or transactional
	Outcome string `json:"outcome"`         // requested, given, renewed, refused, withdrawn …
	Basis   string `json:"basis,omitempty"` // consent or contract
	Grade   string `json:"grade,omitempty"` // A to E
	// ValidUntil is when the consent ends by itself; zero is never.
	ValidUntil Time `json:"valid_until,omitzero"`
	// Note says what the outcome alone does not, such as "after a stop".
	Note string `json:"note,omitempty"`
}

// EffectReassigned stands in the effects of an event after which it is doubtful
// whether what was given was given by who has the account or number now. A yes
// ends the doubt.
const EffectReassigned = "what was given waits until this account confirms it"

// EffectUnsure stands in the effects of an event after which it is unsure whether
// WhatsApp still keeps marketing from the person, for they said yes to it since.
const EffectUnsure = "WhatsApp's own marketing stop is now unsure"

// EffectDelivered stands in the effects of a platform.resumed that nobody asked
// WhatsApp for: it ends the doubt of EffectUnsure, and nothing else.
const EffectDelivered = "WhatsApp delivered marketing that was sent after the yes"

// EffectUnder returns what stands in the effects of the first event that does
// something to a purpose, for each earlier stop that bears on where the person
// stood on it: whether a number was still theirs then, and a stop that somebody
// said from it with it, cannot be told from their events alone.
func EffectUnder(stop, purpose string) string { return "under the stop " + stop + " for " + purpose }

// EffectParted returns what stands in the effects of an event by which an
// operator took back a join: who the other is, by id.
func EffectParted(other string) string { return "parted from subject " + other }

// MethodParted is the method of such an event, an identity.changed.
const MethodParted = "parted"

// Shown names bytes that the person saw.
type Shown struct {
	Kind   string `json:"kind"` // notice, page, form or message
	SHA256 Digest `json:"sha256"`
}

// Kinds of what was shown.
const (
	ShownNotice  = "notice"
	ShownPage    = "page"
	ShownForm    = "form"
	ShownMessage = "message"
)

// Act is what somebody did, in their own terms.
type Act struct {
	Kind     string   `json:"kind"`               // post, message, button, reaction, api, operator, import …
	Ticked   []string `json:"ticked,omitempty"`   // purposes' keys of the boxes ticked
	Unticked []string `json:"unticked,omitempty"` // and of those left alone
	Text     string   `json:"text,omitempty"`     // the words sent
	Payload  string   `json:"payload,omitempty"`  // a button's payload
	Title    string   `json:"title,omitempty"`    // a button's words
}

// IsZero reports whether nothing was done.
func (a Act) IsZero() bool {
	return a.Kind == "" && a.Text == "" && a.Payload == "" && a.Title == "" && a.Ticked == nil && a.Unticked == nil
}

// Webhook names the raw bytes that brought an act.
type Webhook struct {
	Slice  Digest `json:"slice"`            // SHA-256 of the person's slice of the body
	Body   Digest `json:"body"`             // SHA-256 of the whole body
	Offset int64  `json:"offset,omitempty"` // where the slice begins in the body
}

// Event is everything that one event says. The first group is signed in the
// clear and holds nothing personal; everything else is a disclosure of its own,
// left out where it is zero.
type Event struct {
	Issuer    string    // the business's iss, fixed for ever
	IssuedAt  time.Time // to the second
	ID        string    // UUIDv7, lower case
	Name      Name
	Notice    Digest // SHA-256 of the notice's text; zero if none was in play
	Simulated bool   // from a simulated sender: grade C at most
	// Suppressions added and ended, as Commit made them: in the clear, because
	// they must be checked after the person's key is destroyed.
	Suppressions      []Digest
	SuppressionsEnded []Digest

	Choices []Choice

	Seq           int64   // this person's running number, from 1
	Previous      Digest  // leaf hash of this person's previous event
	Requested     string  // jti of the consent.requested that this confirms
	Match         string  // same, differs or unknown: typed against confirming number
	Presentation  RawJSON // how the boxes stood, reported by the browser
	Subject       string  // subject id
	Typed         string  // number as typed
	E164          string
	WAID          string // wa_id as received
	BSUID         string
	ParentBSUID   string
	PersonName    string
	Time          time.Time // of the act: Meta's time, or ours for web acts; milliseconds
	Act           Act
	Method        string // how the confirmation came about
	Language      string // BCP 47, of what was shown
	Funnel        string // id of the funnel
	FunnelVersion string
	EntryPoint    string
	Page          string    // address of the page
	ClientTime    time.Time // the browser's or device's own clock
	MessageID     string    // wamid; holds the number
	Sender        string    // id of the business's sender
	Shown         []Shown
	Webhook       Webhook
	IP            string
	UserAgent     string
	Operator      string
	Effects       []string // what the act did beyond its name
	Reason        string
	Export        RawJSON // of proof.exported: see package proof
	// Extra are further disclosures by name; names of the fields above are
	// refused.
	Extra map[string]RawJSON
}

// Time is an instant that marshals as RFC 3339 in UTC with milliseconds.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON writes the instant.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(t.UTC().Format(`"` + timeLayout + `"`)), nil
}

// UnmarshalJSON reads an instant, in UTC.
func (t *Time) UnmarshalJSON(b []byte) error {
	n := len(b)
	if n < 2 || b[0] != '"' || b[n-1] != '"' {
		return errTime
	}
	got, err := time.Parse(time.RFC3339Nano, string(b[1:n-1]))
	if err != nil {
		return errTime
	}
	t.Time = got.UTC()
	return nil
}

var errTime = errors.New("evidence: a time is not RFC 3339")
