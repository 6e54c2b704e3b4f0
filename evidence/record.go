package evidence

import "time"

// Record is an event as it is kept: the signed JWT, which is its leaf in the
// log and says nothing personal, and its disclosures, sealed under the data
// key of the person whom they name.
type Record struct {
	ID       string // the jti, a UUIDv7
	Business string
	Subject  string // whose event it is; empty for a request's and for the business's own
	Request  string // the request that it belongs to, or empty
	Name     string // the event's name, for example consent.given
	JWT      []byte
	Key      string    // id of the data key that seals the disclosures
	Sealed   []byte    // the disclosures
	Raw      []byte    // the webhook slice behind it, sealed; nil where there is none
	Seq      int64     // this person's running number; 0 for none
	At       time.Time // when it was done
	Arrived  time.Time // when it reached us
}

// Logged is a record with its place in the log.
type Logged struct {
	Record
	Leaf int64
}
