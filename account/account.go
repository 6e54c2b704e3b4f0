// Package account holds who may use an installation: Operators, who sign in
// with a password, and API keys, which belong to a business.
package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"assent/fault"
)

// Role is what an operator may do.
type Role string

// The roles in use. An owner may do everything.
const Owner Role = "owner"

// Operator is a person who works with the admin UI.
type Operator struct {
	ID        string
	Login     string
	Name      string
	Role      Role
	Disabled  bool
	CreatedAt time.Time
}

// ErrLoginTaken says that another operator has the login.
var ErrLoginTaken = fault.New(fault.Conflict, "Somebody has that login already. Choose another.")

// ErrSignIn is the one answer to every failed sign-in: it does not tell whether
// the login exists.
var ErrSignIn = fault.New(fault.Unauthorized, "That login and password do not match.")

// Argon2id as OWASP and RFC 9106 recommend for interactive sign-in: 19 MiB,
// two passes, one lane.
const (
	argonTime   = 2
	argonMemory = 19 * 1024
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// hashing bounds how many passwords are hashed at once: each costs 19 MiB and
// a core.
var hashing = make(chan struct{}, max(1, runtime.NumCPU()))

// CheckPassword returns what is wrong with a new password, or nil.
func CheckPassword(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < 10:
		return fault.Field("password", "Choose a password of at least 10 characters.")
	case n > 200:
		return fault.Field("password", "Choose a password of at most 200 characters.")
	}
	return nil
}

// HashPassword returns what is stored of a password, in the PHC format:
//
//	$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
func HashPassword(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt) //nolint:errcheck // crypto/rand never fails
	return formatHash(salt, derive(password, salt))
}

func derive(password string, salt []byte) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
}

func formatHash(salt, key []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, enc.EncodeToString(salt), enc.EncodeToString(key))
}

// noHash is compared with where there is no operator, so that an unknown login
// takes as long as a wrong password.
var noHash = formatHash(make([]byte, argonSalt), make([]byte, argonKey))

// VerifyPassword reports whether the password is the one that was hashed. An
// empty hash matches nothing, and takes as long.
func VerifyPassword(hash, password string) bool {
	known := hash != ""
	if !known {
		hash = noHash
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(password) > 1024 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || formatHash(salt, key) != hash {
		return false
	}
	return subtle.ConstantTimeCompare(key, derive(password, salt)) == 1 && known
}

// Scope is what an API key may do.
type Scope string

// The scopes of API keys.
const (
	Check  Scope = "check"
	Write  Scope = "write"
	Read   Scope = "read"
	Export Scope = "export"
	Erase  Scope = "erase"
)

// Scopes are all scopes of API keys.
var Scopes = []Scope{Check, Write, Read, Export, Erase}

// APIKey lets a program act for one business.
type APIKey struct {
	ID        string
	Business  string
	Name      string
	Hint      string // its first characters, to know it by
	Scopes    []Scope
	CreatedAt time.Time
	RevokedAt time.Time
}

// May reports whether the key has the scope.
func (k *APIKey) May(s Scope) bool { return slices.Contains(k.Scopes, s) }

const keyPrefix = "assent_"

// NewSecret returns a fresh API key's text, which is shown once, the hash that
// is stored, and the hint by which it is known later.
func NewSecret() (text string, hash []byte, hint string) {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // crypto/rand never fails
	text = keyPrefix + base64.RawURLEncoding.EncodeToString(b)
	return text, HashSecret(text), text[:len(keyPrefix)+4] + "…"
}

// HashSecret returns what is stored of an API key or a session's id. Both are
// random, so a plain hash cannot be tried out.
func HashSecret(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// NewSession returns a fresh session's id for the cookie, and its stored hash.
func NewSession() (id string, hash []byte) {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // crypto/rand never fails
	id = base64.RawURLEncoding.EncodeToString(b)
	return id, HashSecret(id)
}

// SessionLife is how long a session lasts.
const SessionLife = 12 * time.Hour

// Replay is the kept answer to a call that carried an idempotency key.
type Replay struct {
	Request []byte // hash of what was asked
	Status  int
	Body    []byte
}
