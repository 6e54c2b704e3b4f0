package proof

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"assent/consent"
	"assent/evidence"
)

// The names of single files in a bundle.
const (
	readmeFile      = "README.txt"
	checkpointFile  = "checkpoint"
	manifestFile    = "manifest.json"
	keysFile        = "keys/jwks.json"
	logKeyFile      = "keys/log.vkey"
	declarationFile = "declaration.txt"
)

// Export is the claim of a proof.exported event.
type Export struct {
	Audience Audience        `json:"audience"`
	Manifest evidence.Digest `json:"manifest"` // SHA-256 of manifest.json
	Standing
}

// Standing is how a person stands: their events, and the state of each purpose
// that these did something to.
type Standing struct {
	Chain
	// Absorbed are the chains of others that turned out to be the same person;
	// they ended then.
	Absorbed []Chain `json:"absorbed,omitempty"`
	States   []State `json:"states"`
}

// Chain is a person's numbered events: how many, and the leaf hash of the last.
type Chain struct {
	Events int64           `json:"events"`
	Head   evidence.Digest `json:"head"`
}

// State is where one consent stands.
type State struct {
	Purpose string        `json:"purpose"`
	Scope   consent.Scope `json:"scope"`
	State   consent.State `json:"state"`
}

// manifest lists the files that an export event commits to, sorted by name.
type manifest struct {
	Files []listed `json:"files"`
}

type listed struct {
	Name   string          `json:"name"`
	Size   int64           `json:"size"`
	SHA256 evidence.Digest `json:"sha256"`
}

// committed reports whether the manifest must list the file, where export is
// the name of the export event's file.
func committed(name, export string) bool {
	return name != manifestFile && name != checkpointFile && name != export && !isProofName(name)
}

// The names of numbered and of hashed files.
var (
	eventName   = regexp.MustCompile(`^events/([0-9]{3,5})\.sd-jwt$`)
	proofName   = regexp.MustCompile(`^events/([0-9]{3,5})\.tlog-proof$`)
	shownName   = regexp.MustCompile(`^shown/(notice|page|form|message|asset)-([0-9a-f]{64})\.([a-z0-9]{1,8})$`)
	webhookName = regexp.MustCompile(`^webhooks/([0-9]{3,5})\.json$`)
	cleanName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)*$`)
)

func isProofName(name string) bool {
	return strings.HasPrefix(name, "events/") && proofName.MatchString(name)
}

func numbered(folder string, n int, ext string) string {
	return fmt.Sprintf("%s/%03d.%s", folder, n, ext)
}

// webhookFile is the content of webhooks/NNN.json. Bytes are in base64, because
// what is received need not be text.
type webhookFile struct {
	Event      string          `json:"event"` // jti
	Slice      []byte          `json:"slice"`
	BodySHA256 evidence.Digest `json:"body_sha256"`
	Body       []byte          `json:"body,omitempty"`      // only where it concerns this person alone
	Signature  string          `json:"signature,omitempty"` // X-Hub-Signature-256, as received
}

// parseExport reads an export claim.
func parseExport(raw json.RawMessage) (Export, error) {
	var e Export
	if err := evidence.Unmarshal(raw, &e); err != nil {
		return Export{}, fmt.Errorf("proof: the export claim cannot be read: %w", err)
	}
	return e, nil
}

// marshal writes JSON that ends in a newline, as text files do.
func marshal(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	return append(b, '\n'), nil
}
