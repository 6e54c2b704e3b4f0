// Package subject holds who a consent is about: a Subject, which is a person
// as far as evidence joins identifiers, the Identifiers themselves, and the
// Suppressions that outlive both.
package subject

import (
	"encoding/hex"
	"slices"
	"time"

	"assent/consent"
)

// Subject is a person, as far as evidence joins identifiers. What names the
// person is sealed under the key in Wrapped; the row itself says nothing.
type Subject struct {
	ID         string
	Business   string
	Wrapped    []byte // the person's data key, wrapped by the master keyset
	Seq        int64  // the running number of the newest event, from 1
	Head       string // the leaf hash of the newest event, hex
	Lang       string // in which the person was last spoken to
	Country    string // of the account: from the number, or the BSUID's prefix
	Platform   consent.PlatformFlag
	PlatformAt time.Time
	// Reassigned says that it is doubtful whether what was given was given by who
	// has the account or number now: nothing may be sent until it is confirmed by
	// it (rule 24).
	Reassigned bool
	MergedInto string    // the subject that this one turned out to be
	Sender     string    // the sender that the person last wrote to
	WindowAt   time.Time // when the person last wrote, by Meta's clock
	CreatedAt  time.Time
	// LockedUntil is when a person who asked to be erased is; zero where they did
	// not, or are.
	LockedUntil time.Time
	Held        bool // a legal hold stands against erasure and retention
}

// Erased reports whether the person's data key was destroyed.
func (s *Subject) Erased() bool { return len(s.Wrapped) == 0 }

// Locked reports whether the person waits to be erased, and is shown to nobody
// but an operator with a reason.
func (s *Subject) Locked() bool { return !s.LockedUntil.IsZero() }

// KeyID returns the id of the subject's data key.
func (s *Subject) KeyID() string { return KeyID(s.ID) }

// KeyID returns the id of the data key of the subject with the id.
func KeyID(id string) string { return "s/" + id }

// WindowOpen reports whether free-form messages may go to the person: 24 hours
// from their newest message, less a minute for clocks.
func (s *Subject) WindowOpen(now time.Time) bool {
	return !s.WindowAt.IsZero() && now.Before(s.WindowAt.Add(24*time.Hour-time.Minute))
}

// Kind is a kind of identifier.
type Kind string

// The kinds of identifier. A number is looked up by its line, so that every
// spelling of it finds the same person.
const (
	Line        Kind = "line"
	WAID        Kind = "wa_id"
	BSUID       Kind = "bsuid"
	ParentBSUID Kind = "parent_bsuid"
)

// Identifier is something by which a person is known on WhatsApp.
type Identifier struct {
	Business string
	Hash     []byte // keyed, of the kind and the value to be matched
	Kind     Kind
	Subject  string
	Scope    string // the portfolio of a BSUID; else empty
	Sealed   []byte // the value as received, under the person's key
	Event    string // the event that joined it to the subject
	SeenAt   time.Time
	// LeftAt is when the person gave it up, by Meta's clock, and LeftEvent the
	// event that says so; zero and empty for what they are known by now.
	LeftAt    time.Time
	LeftEvent string
}

// Theirs reports whether the identifier was the person's at the time.
func (i *Identifier) Theirs(at time.Time) bool { return i.LeftAt.IsZero() || !at.After(i.LeftAt) }

// Parting says that an operator took back a join: what two were known by does
// not belong to one person (rule 22). Each has an event of it in their own chain.
type Parting struct {
	Business   string
	Subject    string // who kept the record
	Other      string // who has one of their own since
	Event      string // of Subject's
	OtherEvent string
	At         time.Time
}

// Of returns the other one of the two, and the subject's own event of it.
func (p *Parting) Of(subjectID string) (other, event string) {
	if subjectID == p.Subject {
		return p.Other, p.Event
	}
	return p.Subject, p.OtherEvent
}

// Reason is why a suppression stands.
type Reason string

// The reasons for a suppression.
const (
	ByPerson   Reason = "stop"      // the person said so
	NotMe      Reason = "not_me"    // the account's owner did not ask for this
	ByPlatform Reason = "platform"  // WhatsApp's own stop
	ByOperator Reason = "operator"  // entered by a person at the business
	ByAPI      Reason = "api"       // told by the business's own systems
	Complaint  Reason = "complaint" // ended by an operator only
	Minor      Reason = "minor"     // ended by an operator only
	Legal      Reason = "legal"     // ended by an operator only
	ByErasure  Reason = "erased"    // what was kept of the person was erased, or is locked until it is
)

// EndsByAct reports whether a later confirmed act of the person ends a
// suppression of this reason (rule 18).
func (r Reason) EndsByAct() bool { return r != Complaint && r != Minor && r != Legal }

// Suppression is a stop that outlives erasure: keyed hashes of every spelling
// of the number and of the BSUID, and how far it reaches.
type Suppression struct {
	ID       string
	Business string
	Subject  string
	Scope    consent.Scope // of what it stops; empty for everything
	Purpose  string        // set where it stops one purpose only
	Reason   Reason
	At       time.Time
	Salt     []byte
	Event    string
	Hashes   [][]byte
	Ended    []string // keys of the purposes for which a later act ended it
}

// Covers reports whether the suppression is in force for the purpose.
func (s *Suppression) Covers(p consent.Purpose) bool {
	for _, ended := range s.Ended {
		if ended == p.Key {
			return false
		}
	}
	act := consent.Act{Purpose: s.Purpose, Scope: s.Scope}
	return act.Touches(p)
}

// Like reports whether the other is the same stop, kept for other identifiers.
func (s *Suppression) Like(o *Suppression) bool {
	return s.Business == o.Business && s.Scope == o.Scope && s.Purpose == o.Purpose && s.Reason == o.Reason && s.At.Equal(o.At)
}

// Fields returns the suppression's row, to which the event that added it
// commits by a salted digest: a change of the row shows, also after the
// person's key is destroyed.
func (s *Suppression) Fields() []string {
	fields := []string{"assent suppression v1", s.ID, s.Business, string(s.Scope), s.Purpose, string(s.Reason), s.At.UTC().Format(time.RFC3339Nano)}
	hashes := make([]string, len(s.Hashes))
	for i, h := range s.Hashes {
		hashes[i] = hex.EncodeToString(h)
	}
	slices.Sort(hashes)
	return append(fields, hashes...)
}

// EndFields returns the row of a suppression's end for a purpose, to which the
// event that ended it commits with the suppression's salt.
func EndFields(suppression, purpose string) []string {
	return []string{"assent suppression end v1", suppression, purpose}
}

// SealContext is the place to which a sealed identifier is bound.
func SealContext(subjectID string, kind Kind) string {
	return "subject/" + subjectID + "/" + string(kind)
}
