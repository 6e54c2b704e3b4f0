package records

import (
	"context"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/ledger"
	"assent/subject"
	"assent/tenant"
	"assent/vault"
)

// Tally is how many rows an audit must meet, of one state of the database.
// Strays are rows that name a row which is not there.
type Tally struct {
	Edge                                                                                                  []byte // of the log's head row
	Events, Leaves, Nodes, Subjects                                                                       int64
	StrayEvents, StrayConsents, StrayIdentifiers, StraySuppressions, StrayHashes, StrayEnds, StrayAnchors int64
}

// Leaf is a leaf of the log as its row says it.
type Leaf struct {
	N     int64
	Event string
	Hash  []byte
}

// End is the end of a suppression for a purpose.
type End struct{ Purpose, Event string }

// ShownRow is a shown text as it is kept.
type ShownRow struct {
	SHA256, Kind, ContentType string
	Body                      []byte
	CreatedAt                 time.Time
}

// VersionRow is a funnel version as it is kept.
type VersionRow struct {
	ID, Funnel  string
	Number      int64
	Doc         []byte
	Event       string
	PublishedAt time.Time

	sum       evidence.Digest // of Doc
	published bool            // its event was met
}

// AuditReader is what an audit reads beside what everybody does.
type AuditReader interface {
	Tally(ctx context.Context) (Tally, error)
	Leaves(ctx context.Context, n int64, limit int) ([]Leaf, error)
	Node(ctx context.Context, level int, n int64) ([]byte, error)
	SubjectIDs(ctx context.Context, after string, limit int) ([]string, error)
	Crowd(ctx context.Context, first, last string) (Crowd, error)
	SuppressingHashes(ctx context.Context, hashes [][]byte) ([][]byte, error)
	ConsentStates(ctx context.Context, subjectID string) (map[string]consent.State, error)
	SuppressionsByHash(ctx context.Context, business string, hashes [][]byte) ([]subject.Suppression, error)
	SuppressionsEndedBy(ctx context.Context, event string) ([]subject.Suppression, error)
	DestructionsAfter(ctx context.Context, key string, limit int) ([]vault.Destruction, error)
	SuppressionDetail(ctx context.Context, id string) (hashes [][]byte, ends []End, err error)
	ShownAfter(ctx context.Context, sha256 string) (ShownRow, bool, error)
	ShownKind(ctx context.Context, sha256 string) (string, bool, error)
	EntryPoints(ctx context.Context) ([]funnel.EntryPoint, error)
	SignupVersionsAfter(ctx context.Context, entry string, number, limit int) ([]funnel.SignupVersion, error)
	EntryVersionsAfter(ctx context.Context, entry string, number, limit int) ([]funnel.EntryVersion, error)
	VersionsAfter(ctx context.Context, id string, limit int) ([]VersionRow, error)
	PartingsAfter(ctx context.Context, event string, limit int) ([]subject.Parting, error)
	SigningKeys(ctx context.Context) ([]tenant.SigningKey, error)
	LeafOf(ctx context.Context, event string) (int64, error)
	FindLeaf(ctx context.Context, event string) (n int64, ok bool, err error)
	AnchorsAfter(ctx context.Context, size int64, party string, limit int) ([]ledger.Anchor, error)
}
