// Package records holds what is done with consents once they are kept: they
// are listed and searched, shown as a story, exported, proven and audited.
package records

import (
	"context"
	"errors"
	"io"
	"time"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/ledger"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// Store is what records need of the database.
type Store interface {
	ReadOnly(ctx context.Context, fn func(context.Context, Reader) error) error
	ReadWrite(ctx context.Context, fn func(context.Context, Writer) error) error
}

// Reader reads one consistent state.
type Reader interface {
	ledger.Hashes
	AuditReader
	Subject(ctx context.Context, id string) (subject.Subject, error)
	MergedInto(ctx context.Context, id string) ([]string, error)
	IdentifierByHash(ctx context.Context, business string, hash []byte) (subject.Identifier, bool, error)
	IdentifiersOf(ctx context.Context, subjectID string) ([]subject.Identifier, error)
	Consent(ctx context.Context, id string) (consent.Consent, error)
	ConsentsOf(ctx context.Context, subjectID string) ([]consent.Consent, error)
	Consents(ctx context.Context, f consent.Filter) ([]consent.Consent, error)
	ConsentsByID(ctx context.Context, f consent.Filter) ([]consent.Consent, error)
	CountMatching(ctx context.Context, f consent.Filter) (int, error)
	SubjectsMatching(ctx context.Context, f consent.Filter, after string, limit int) ([]string, error)
	FindConsent(ctx context.Context, id string) (consent.Consent, bool, error)
	FindSubject(ctx context.Context, id string) (subject.Subject, bool, error)
	FindEvent(ctx context.Context, id string) (evidence.Record, bool, error)
	FindShown(ctx context.Context, sha256 string) (funnel.Document, bool, error)
	ShownByPrefix(ctx context.Context, kind, digits string) (funnel.Document, bool, error)
	WrappedKey(ctx context.Context, id string) ([]byte, error)
	SuppressionsOf(ctx context.Context, subjectID string) ([]subject.Suppression, error)
	PartingsOf(ctx context.Context, subjectID string) ([]subject.Parting, error)
	Request(ctx context.Context, id string) (funnel.Request, error)
	Event(ctx context.Context, id string) (evidence.Logged, error)
	EventsOf(ctx context.Context, subjectID string) ([]evidence.Logged, error)
	EventsOfRequest(ctx context.Context, request string) ([]evidence.Logged, error)
	EventsFrom(ctx context.Context, n int64, limit int) ([]evidence.Logged, error)
	Shown(ctx context.Context, sha256 string) (funnel.Document, error)
	LogHead(ctx context.Context) (ledger.Head, error)
	LastCheckpoint(ctx context.Context) (ledger.Signed, bool, error)
	Checkpoints(ctx context.Context, size int64, limit int) ([]ledger.Signed, error)
	NewestCheckpoints(ctx context.Context, limit int) ([]ledger.Signed, error)
	AnchorsFrom(ctx context.Context, size int64) ([]ledger.Anchor, error)
	ActsOf(ctx context.Context, businessID string, limit int) ([]evidence.Logged, error)
	Destruction(ctx context.Context, key string) (vault.Destruction, bool, error)
	RequestsOf(ctx context.Context, subjectID string) ([]funnel.Request, error)
	RequestsAsked(ctx context.Context, subjectID string) ([]funnel.Request, error)
	RequestsByLine(ctx context.Context, business string, line []byte) ([]funnel.Request, error)
	UnconfirmedBefore(ctx context.Context, business string, before time.Time, after string, limit int) ([]funnel.Request, error)
	EndedBefore(ctx context.Context, business string, before time.Time, after string, limit int) ([]string, error)
	LockedBefore(ctx context.Context, business string, before time.Time, after string, limit int) ([]string, error)
}

// Writer writes; what is written together is durable together.
type Writer interface {
	Reader
	InsertEvent(ctx context.Context, r evidence.Record) error
	AdvanceSubject(ctx context.Context, s subject.Subject, wasSeq int64) error
	InsertSubject(ctx context.Context, s subject.Subject) error
	JoinIdentifier(ctx context.Context, i subject.Identifier, from string) error
	InsertParting(ctx context.Context, p subject.Parting) error
	DeleteConsents(ctx context.Context, subjectID string) error
	KeepShown(ctx context.Context, d funnel.Document, now time.Time) error
	SetKeeping(ctx context.Context, businessID string, k business.Keeping) error
	PutConsent(ctx context.Context, c consent.Consent) error
	EmptySubject(ctx context.Context, s subject.Subject, wasSeq int64) error
	DropIdentifiers(ctx context.Context, subjectID string) error
	EmptyRequest(ctx context.Context, id string) error
	UnlineRequest(ctx context.Context, id string) error
	EmptyChat(ctx context.Context, subjectID string) error
	DropTemplateAsks(ctx context.Context, line []byte, business string) error
	ForgetConsents(ctx context.Context, subjectID string) error
	InsertDestruction(ctx context.Context, d vault.Destruction) error
	InsertSuppression(ctx context.Context, s subject.Suppression) error
	InsertErrand(ctx context.Context, e subject.Errand) error
}

// Service is the use cases of records. It is safe for concurrent use.
type Service struct {
	store     Store
	directory *tenant.Directory
	inst      *tenant.Installation
	now       func() time.Time
	rand      io.Reader
	certify   Certifier // nil: no certificates
}

// New returns the use cases.
func New(store Store, directory *tenant.Directory, inst *tenant.Installation, now func() time.Time, rand io.Reader) *Service {
	return &Service{store: store, directory: directory, inst: inst, rand: rand,
		now: func() time.Time { return now().UTC().Truncate(time.Millisecond) }}
}

// keyring opens the keys that events are sealed under, each once.
type keyring struct {
	s    *Service
	r    Reader
	t    *tenant.Tenant
	open map[string]vault.DataKey
}

func (s *Service) keyring(r Reader, t *tenant.Tenant) *keyring {
	return &keyring{s, r, t, map[string]vault.DataKey{t.KeyID(): t.Key}}
}

// key returns the key with the id: of a person, a request or the business.
func (k *keyring) key(ctx context.Context, id string) (key vault.DataKey, err error) {
	if key, ok := k.open[id]; ok {
		return key, nil
	}
	wrapped, err := k.r.WrappedKey(ctx, id)
	if err != nil {
		return key, err
	}
	return k.unwrap(id, wrapped)
}

// unwrap opens a wrapped key and keeps it.
func (k *keyring) unwrap(id string, wrapped []byte) (key vault.DataKey, err error) {
	if key, ok := k.open[id]; ok {
		return key, nil
	}
	if len(wrapped) == 0 {
		return key, errDestroyed
	}
	if key, err = k.s.inst.Master.OpenDataKey(id, wrapped); err == nil {
		k.open[id] = key
	}
	return key, err
}

// errDestroyed says that nothing sealed under a key can be read any more.
var errDestroyed = errors.New("records: the data key was destroyed")

// personKey opens the key of a person whose row was read.
func (s *Service) personKey(ring *keyring, sub *subject.Subject) (vault.DataKey, error) {
	return ring.unwrap(sub.KeyID(), sub.Wrapped)
}

// signed opens an event's disclosures and puts them back to its JWT.
func (k *keyring) signed(ctx context.Context, e evidence.Record) (evidence.Signed, error) {
	key, err := k.key(ctx, e.Key)
	if err != nil {
		return evidence.Signed{}, err
	}
	disclosed, err := key.Open(tenant.DisclosureContext(e.ID), e.Sealed)
	if err != nil {
		return evidence.Signed{}, err
	}
	return evidence.WithDisclosed(string(e.JWT), disclosed)
}

// read opens an event: its disclosures, checked against its signature, and the
// webhook slice behind it, if any.
func (k *keyring) read(ctx context.Context, e evidence.Logged) (v *evidence.Verified, raw []byte, err error) {
	signed, err := k.signed(ctx, e.Record)
	if err != nil {
		return nil, nil, err
	}
	if v, err = evidence.Verify(signed, k.t.Keys); err != nil {
		return nil, nil, err
	}
	if e.Raw != nil {
		key, err := k.key(ctx, e.Key)
		if err != nil {
			return nil, nil, err
		}
		if raw, err = key.Open(tenant.RawContext(e.ID), e.Raw); err != nil {
			return nil, nil, err
		}
	}
	return v, raw, nil
}
