// Package altcha makes and checks proofs of work as ALTCHA 2 writes them, so that
// its solvers and libraries work with ours. A page asks for a challenge, the
// device looks for the counter whose derived key begins as is asked, and the form
// brings both back:
//
//	challenge  {"parameters": {algorithm, cost, data, expiresAt, keyLength, keyPrefix, nonce, salt}, "signature": hex}
//	signature  HMAC-SHA-256 over the parameters as JSON, their names in alphabetical order
//	key        PBKDF2-HMAC-SHA-256(nonce ‖ counter as 4 bytes, salt, cost)
//	payload    base64({"challenge": …, "solution": {"counter": n, "derivedKey": hex}})
//
// Nothing is stored when a challenge is made. Whoever takes a payload has to
// remember its signature until the challenge ends, for it holds once.
package altcha

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// The work: about 256 derivations of 5,000 rounds, half a second of a desktop and
// a few of an old phone.
const (
	algorithm = "PBKDF2/SHA-256"
	cost      = 5000
	keyLength = 32
	keyPrefix = "00"
)

// Life is how long a challenge can be answered.
const Life = 20 * time.Minute

// maxPayload bounds what is parsed; a genuine payload has about 700 bytes.
const maxPayload = 2048

// parameters are signed; the fields stand in the order of their names.
type parameters struct {
	Algorithm string `json:"algorithm"`
	Cost      int    `json:"cost"`
	Data      data   `json:"data"`
	ExpiresAt int64  `json:"expiresAt"` // seconds since 1970
	KeyLength int    `json:"keyLength"`
	KeyPrefix string `json:"keyPrefix"`
	Nonce     string `json:"nonce"`
	Salt      string `json:"salt"`
}

// data binds a challenge to what it was made for.
type data struct {
	For string `json:"for"`
}

type challenge struct {
	Parameters parameters `json:"parameters"`
	Signature  string     `json:"signature"`
}

type payload struct {
	Challenge challenge `json:"challenge"`
	Solution  struct {
		Counter    uint32 `json:"counter"`
		DerivedKey string `json:"derivedKey"`
	} `json:"solution"`
}

// New returns a challenge for something, as JSON.
func New(key []byte, what string, now time.Time, rand io.Reader) ([]byte, error) {
	var random [32]byte
	if _, err := io.ReadFull(rand, random[:]); err != nil {
		return nil, err
	}
	p := parameters{
		Algorithm: algorithm, Cost: cost, Data: data{what}, ExpiresAt: now.Add(Life).Unix(), KeyLength: keyLength, KeyPrefix: keyPrefix,
		Nonce: hex.EncodeToString(random[:16]), Salt: hex.EncodeToString(random[16:]),
	}
	return json.Marshal(challenge{p, hex.EncodeToString(sign(key, p))})
}

// Proof is a challenge that was answered.
type Proof struct {
	Signature string    // names the challenge
	Until     time.Time // when it can be answered no more
}

// Check returns the proof in a form's field, and whether it answers a challenge of
// ours for the same thing that has not ended.
func Check(key []byte, field, what string, now time.Time) (Proof, bool) {
	if field == "" || len(field) > maxPayload {
		return Proof{}, false
	}
	raw, err := base64.StdEncoding.DecodeString(field)
	if err != nil {
		return Proof{}, false
	}
	var p payload
	if json.Unmarshal(raw, &p) != nil {
		return Proof{}, false
	}
	c := p.Challenge
	mac, err := hex.DecodeString(c.Signature)
	until := time.Unix(c.Parameters.ExpiresAt, 0).UTC()
	if err != nil || !hmac.Equal(mac, sign(key, c.Parameters)) || c.Parameters.Data.For != what || !now.Before(until) {
		return Proof{}, false
	}
	derived, err := derive(c.Parameters, p.Solution.Counter)
	if err != nil || !strings.HasPrefix(derived, c.Parameters.KeyPrefix) || derived != p.Solution.DerivedKey {
		return Proof{}, false
	}
	return Proof{hex.EncodeToString(mac), until}, true
}

// Solve does the work of a challenge, as a device does it.
func Solve(made []byte) (field string, err error) {
	var p payload
	if err := json.Unmarshal(made, &p.Challenge); err != nil {
		return "", err
	}
	for ; ; p.Solution.Counter++ {
		if p.Solution.DerivedKey, err = derive(p.Challenge.Parameters, p.Solution.Counter); err != nil {
			return "", err
		}
		if strings.HasPrefix(p.Solution.DerivedKey, p.Challenge.Parameters.KeyPrefix) {
			break
		}
	}
	raw, err := json.Marshal(p)
	return base64.StdEncoding.EncodeToString(raw), err
}

// derive returns the key of a counter, hex. The parameters are ours: they were
// signed, or come from who does the work.
func derive(p parameters, counter uint32) (string, error) {
	nonce, err := hex.DecodeString(p.Nonce)
	if err != nil {
		return "", err
	}
	salt, err := hex.DecodeString(p.Salt)
	if err != nil {
		return "", err
	}
	key, err := pbkdf2.Key(sha256.New, string(binary.BigEndian.AppendUint32(nonce, counter)), salt, p.Cost, p.KeyLength)
	return hex.EncodeToString(key), err
}

func sign(key []byte, p parameters) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil { // a struct of strings and numbers always marshals
		panic(err)
	}
	m := hmac.New(sha256.New, key)
	m.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return m.Sum(nil)
}
