package chat

import "time"

// Delivery is a webhook body as it was received, sealed under a day's key. It
// is durable before Meta has its 200, and handled from there.
type Delivery struct {
	ID         string
	Key        string // id of the day key
	Sealed     []byte
	Authorised []string // ids of the senders whose secret signed it
	Signature  string   // the header that signs it; empty where a provider passed it on
	State      DeliveryState
	ReceivedAt time.Time
	Reason     string // why it was parked; empty where it was not
}

// Parked are bodies that wait for the same reason.
type Parked struct {
	Reason     string
	Authorised []string // ids of the senders whose secret signed them
	N          int
	Newest     string // the id of the newest
}

// DeliveryState is how far the handling of a body is.
type DeliveryState string

// The states of a body.
const (
	DeliveryNew    DeliveryState = "new"
	DeliveryDone   DeliveryState = "done"
	DeliveryParked DeliveryState = "parked"
)

// Why a body is parked that another secret, or other ids of a number, may let be
// handled.
const (
	ParkedNumber        = "a number that is not set up here"
	ParkedAccount       = "an account that is not set up here"
	ParkedNumberSigner  = "the signature does not speak for this number"
	ParkedAccountSigner = "the signature does not speak for this account"
)

// Mendable reports whether a reason for which a body is parked may end when a number
// is connected, or its secret or ids are set right.
func Mendable(reason string) bool {
	switch reason {
	case ParkedNumber, ParkedAccount, ParkedNumberSigner, ParkedAccountSigner:
		return true
	}
	return false
}

// WasParked reports whether the body is parked, or was before it is handled again.
func (d Delivery) WasParked() bool { return d.Key == d.ParkedKey() }

// ParkedKey is the id of the key of its own that a parked body has.
func (d Delivery) ParkedKey() string { return "parked/" + d.ID }

// Context is the place to which the sealed body is bound.
func (d Delivery) Context() string { return "inbox/" + d.ID }
