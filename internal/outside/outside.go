// Package outside plays parties that vouch for a log, in memory, for tests:
// a time-stamp authority (RFC 3161) and a witness (C2SP tlog-cosignature).
package outside

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// TimestampingOnly is the extended key usage that RFC 3161, 2.3, wants.
var TimestampingOnly = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
	Value: []byte{0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08}}

// Authority is a time-stamp authority with a root of its own.
type Authority struct {
	Root, Certificate *x509.Certificate
	key               *ecdsa.PrivateKey
}

// NewAuthority makes an authority whose certificate is valid between the two
// instants and has the extension.
func NewAuthority(tb testing.TB, notBefore, notAfter time.Time, ext pkix.Extension) *Authority {
	tb.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	issue := func(c, parent *x509.Certificate, public any) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, c, parent, public, rootKey)
		if err != nil {
			tb.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			tb.Fatal(err)
		}
		return cert
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: notBefore.AddDate(-9, 0, 0), NotAfter: notAfter.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	root := issue(template, template, rootKey.Public())
	return &Authority{root, issue(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Authority"}, NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{ext}}, root, key.Public()), key}
}

// Chain returns the root in PEM.
func (a *Authority) Chain() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Root.Raw})
}

// Stamp returns a response over the bytes, with the certificate or without.
func (a *Authority) Stamp(tb testing.TB, data []byte, at time.Time, withCertificate bool) []byte {
	tb.Helper()
	sum := sha256.Sum256(data)
	return a.respond(tb, timestamp.Timestamp{HashedMessage: sum[:], Time: at, AddTSACertificate: withCertificate})
}

// Answer returns a response to a request over a SHA-256, with its nonce.
func (a *Authority) Answer(tb testing.TB, sum []byte, nonce *big.Int, at time.Time) []byte {
	tb.Helper()
	return a.respond(tb, timestamp.Timestamp{HashedMessage: sum, Nonce: nonce, Time: at, AddTSACertificate: true})
}

func (a *Authority) respond(tb testing.TB, ts timestamp.Timestamp) []byte {
	tb.Helper()
	ts.HashAlgorithm, ts.SerialNumber, ts.Policy = crypto.SHA256, big.NewInt(7), asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 13762, 3}
	response, err := ts.CreateResponseWithOpts(a.Certificate, a.key, crypto.SHA256)
	if err != nil {
		tb.Fatal(err)
	}
	return response
}

// Witness cosigns checkpoints.
type Witness struct {
	Name string
	key  ed25519.PrivateKey
}

// NewWitness makes a witness from a seed, so that its key repeats.
func NewWitness(name string, seed byte) *Witness {
	return &Witness{name, ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), seed))}
}

// Holding makes a witness of a key.
func Holding(name string, key ed25519.PrivateKey) *Witness { return &Witness{name, key} }

// raw is the public key as signed-note writes it: 4 is cosignature/v1.
func (w *Witness) raw() []byte { return append([]byte{4}, w.key.Public().(ed25519.PublicKey)...) }

func (w *Witness) id() []byte {
	sum := sha256.Sum256(append([]byte(w.Name+"\n"), w.raw()...))
	return sum[:4]
}

// VerifierKey returns the witness's verifier key.
func (w *Witness) VerifierKey() string {
	return fmt.Sprintf("%s+%x+%s", w.Name, w.id(), base64.StdEncoding.EncodeToString(w.raw()))
}

// Cosign returns the line that the witness adds to a checkpoint whose text is
// given: all before the empty line, with its last line break.
func (w *Witness) Cosign(text string, at time.Time) string {
	signature := ed25519.Sign(w.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at.Unix(), text))
	b := binary.BigEndian.AppendUint64(append([]byte{}, w.id()...), uint64(at.Unix()))
	return "— " + w.Name + " " + base64.StdEncoding.EncodeToString(append(b, signature...)) + "\n"
}
