package chat

import "time"

// Delivery is a webhook body as it was received, sealed under a day's key. It
// is durable before Meta has its 200, and handled from there.
type Delivery struct {
	ID         string
	Key        string // id of the day key
	Sealed     []byte
	Authorised []string // ids of the senders whose secret signed it
	ReceivedAt time.Time
	Reason     string // why it was parked; empty where it was not
}

// Context is the place to which the sealed body is bound.
func (d Delivery) Context() string { return "inbox/" + d.ID }
