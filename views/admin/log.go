package admin

import (
	"time"

	"assent/views/layout"
)

// Log is the page of the installation's log.
type Log struct {
	Frame      layout.Admin
	Now        time.Time
	Origin     string
	Key        string // verifier key
	Size       int64
	Short      string // of the newest checkpoint, as receipts print it; empty before the first
	Root       string // base64
	SignedAt   time.Time
	Checkpoint string // its address
	Public     bool   // strangers may see the log's hashes
	Outsiders  []Outsider
}

// Outsider is a party that vouches for the log.
type Outsider struct {
	Kind    string // witness or timestamp
	Name    string
	Size    int64     // entries that it last vouched for; 0 for none
	At      time.Time // when
	Failed  int       // times in a row since
	Problem string    // why
	Alarm   bool      // it saw another log, or more of this one
}

// state returns how it stands with the outsider, as the signs of state say it.
func (o Outsider) state() string {
	switch {
	case o.Alarm:
		return "withdrawn"
	case o.Failed > 0 || o.Size == 0:
		return "requested"
	}
	return "given"
}

func (o Outsider) stateKey() string {
	switch {
	case o.Alarm:
		return "admin.log.alarm"
	case o.Failed > 0:
		return "admin.log.failing"
	case o.Size == 0:
		return "admin.log.waiting"
	}
	return "admin.log.vouches"
}
