// Package manage holds what the people who run an installation do: they start
// it, add businesses, senders and funnels, and let people in.
package manage

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"assent/account"
	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/ledger"
	"assent/template"
	"assent/tenant"
	"assent/vault"
)

// Store is what managing needs of the database.
type Store interface {
	ReadOnly(ctx context.Context, fn func(context.Context, Reader) error) error
	ReadWrite(ctx context.Context, fn func(context.Context, Writer) error) error
}

// Reader reads one consistent state.
type Reader interface {
	Setting(ctx context.Context, name string) ([]byte, error)
	Businesses(ctx context.Context, each func(b business.Business, wrapped []byte) error) error
	SigningKeys(ctx context.Context) ([]tenant.SigningKey, error)
	Senders(ctx context.Context, each func(s business.Sender, sealed []byte) error) error
	Funnels(ctx context.Context) ([]funnel.Funnel, error)
	Versions(ctx context.Context, each func(v *funnel.Version, event string, defective bool) error) error
	AgreedTo(ctx context.Context, business, funnelID string) ([]consent.Agreed, error)
	EntryPoints(ctx context.Context) ([]funnel.EntryPoint, error)
	EntryVersions(ctx context.Context, entry string) ([]funnel.EntryVersion, error)
	Signups(ctx context.Context) ([]funnel.Signup, error)
	ShortLink(ctx context.Context, entry string) (l funnel.ShortLink, ok bool, err error)
	ShownByPrefix(ctx context.Context, kind, digits string) (funnel.Document, bool, error)
	Drafts(ctx context.Context, businessID string) ([]funnel.Draft, error)
	LogHead(ctx context.Context) (ledger.Head, error)
	LastCheckpoint(ctx context.Context) (ledger.Signed, bool, error)
	CheckpointBefore(ctx context.Context, at time.Time) (ledger.Signed, bool, error)
	NewestAnchors(ctx context.Context) ([]ledger.Anchor, error)
	ledger.Hashes
	DestructionsAfter(ctx context.Context, key string, limit int) ([]vault.Destruction, error)
	WrappedAfter(ctx context.Context, table, id string, limit int) ([]vault.Wrapped, error)
	OperatorByLogin(ctx context.Context, login string) (account.Operator, string, bool, error)
	Operators(ctx context.Context) ([]account.Operator, error)
	SessionOperator(ctx context.Context, hash []byte, now time.Time) (account.Operator, bool, error)
	APIKeyByHash(ctx context.Context, hash []byte) (account.APIKey, bool, error)
	APIKeys(ctx context.Context) ([]account.APIKey, error)
	Alarms(ctx context.Context, businessID string, limit int) ([]business.Alarm, error)
	OpenAlarms(ctx context.Context, businessID string) ([]business.Alarm, error)
	Template(ctx context.Context, waba, name, lang string) (template.Template, bool, error)
	Templates(ctx context.Context, waba string) ([]template.Template, error)
	AccountState(ctx context.Context, about string) ([]byte, error)
	SendCounts(ctx context.Context, sender string, since time.Time) ([]chat.SendCount, error)
	ParkedDeliveries(ctx context.Context, before string, limit int) ([]chat.Delivery, error)
	OldestParked(ctx context.Context, after string, limit int) ([]chat.Delivery, error)
	ParkedReasons(ctx context.Context) ([]chat.Parked, error)
	ParkedDelivery(ctx context.Context, id string) (chat.Delivery, bool, error)
	Delivery(ctx context.Context, id string) (chat.Delivery, error)
	HasParked(ctx context.Context, senders []string) (bool, error)
	DayKey(ctx context.Context, id string) ([]byte, error)
	CountsByDay(ctx context.Context, q funnel.CountQuery) ([]funnel.CountRow, error)
	CountsByHour(ctx context.Context, q funnel.CountQuery) ([]funnel.CountRow, error)
	CountsByPart(ctx context.Context, q funnel.CountQuery) ([]funnel.CountRow, error)
	CountRows(ctx context.Context, q funnel.CountQuery) ([]funnel.CountRow, error)
}

// Writer writes; what is written together is durable together.
type Writer interface {
	Reader
	FixSetting(ctx context.Context, name string, value []byte) ([]byte, error)
	ReplaceSetting(ctx context.Context, name string, old, value []byte) error
	Rewrap(ctx context.Context, table, id string, old, wrapped []byte) (bool, error)
	InsertBusiness(ctx context.Context, b business.Business, wrapped []byte, now time.Time) error
	InsertSigningKey(ctx context.Context, k tenant.SigningKey) error
	InsertSender(ctx context.Context, s business.Sender, sealed []byte, now time.Time) error
	SetSender(ctx context.Context, s business.Sender, sealed []byte) error
	ReplayDelivery(ctx context.Context, id string) error
	DiscardDelivery(ctx context.Context, id string) error
	PutTemplate(ctx context.Context, t template.Template) error
	DropTemplates(ctx context.Context, waba string, before time.Time) error
	SetAccountState(ctx context.Context, about string, doc []byte, now time.Time) error
	RaiseAlarm(ctx context.Context, a business.Alarm, now time.Time) (fresh bool, err error)
	ResolveAlarm(ctx context.Context, businessID, id, by string, now time.Time) (bool, error)
	ResolveAlarmsAbout(ctx context.Context, kind business.AlarmKind, about string, now time.Time) error
	InsertFunnel(ctx context.Context, f funnel.Funnel, now time.Time) error
	SetFunnel(ctx context.Context, f funnel.Funnel) error
	SetOrigins(ctx context.Context, funnelID string, origins []string) error
	InsertVersion(ctx context.Context, v *funnel.Version, event string) error
	MarkDefective(ctx context.Context, version string, now time.Time) error
	InsertEntryPoint(ctx context.Context, e funnel.EntryPoint) error
	SetEntryPoint(ctx context.Context, e funnel.EntryPoint) error
	InsertEntryVersion(ctx context.Context, v funnel.EntryVersion) error
	InsertDraft(ctx context.Context, d funnel.Draft) error
	SetDraft(ctx context.Context, d funnel.Draft, was int) error
	DeleteDraft(ctx context.Context, id string, revision int) error
	EditBusiness(ctx context.Context, id string, edit func(*business.Business) error) error
	KeepShown(ctx context.Context, d funnel.Document, now time.Time) error
	InsertSignup(ctx context.Context, s funnel.Signup) error
	InsertSignupVersion(ctx context.Context, v funnel.SignupVersion) error
	PutShortLink(ctx context.Context, l funnel.ShortLink) error
	DeleteShortLink(ctx context.Context, entry string) error
	InsertEvent(ctx context.Context, r evidence.Record) error
	InsertCheckpoint(ctx context.Context, c ledger.Signed, after int64) error
	InsertAnchor(ctx context.Context, a ledger.Anchor, now time.Time) error
	InsertOperator(ctx context.Context, o account.Operator, password string) error
	SetOperator(ctx context.Context, login, password string, disabled bool) error
	InsertSession(ctx context.Context, hash []byte, operator string, now, expires time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	DropSessions(ctx context.Context, now time.Time) error
	InsertAPIKey(ctx context.Context, k account.APIKey, hash []byte) error
	RevokeAPIKey(ctx context.Context, id string, now time.Time) error
	HoldMessages(ctx context.Context) (int64, error)
	EndRestore(ctx context.Context) error
	AddCounts(ctx context.Context, counts map[funnel.Count]int) error
}

// Service is the use cases of managing. It is safe for concurrent use.
type Service struct {
	store     Store
	directory *tenant.Directory
	inst      *tenant.Installation
	log       *slog.Logger
	now       func() time.Time
	rand      io.Reader
	keys      keyCache
	kms       vault.Wrapper
	keyset    keysetState
	counts    counts
	anchors   anchors

	aheadSince atomic.Int64 // when the log was first seen without a checkpoint over all of it; 0 for not
}

// Config is what a Service is made of. Every field but the last is required.
type Config struct {
	Store     Store
	Directory *tenant.Directory
	Log       *slog.Logger
	Now       func() time.Time
	Rand      io.Reader
	Restoring bool // open a database into which a backup is being restored
}

// Directory returns the snapshot in memory that Reload keeps up to date.
func (s *Service) Directory() *tenant.Directory { return s.directory }

// Installation returns what is fixed for the whole installation.
func (s *Service) Installation() *tenant.Installation { return s.inst }

func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

func (s *Service) newID() (string, error) { return evidence.NewID(s.clock(), s.rand) }
