package ledger

import (
	"bytes"
	"crypto"
	"crypto/sha1" //nolint:gosec // RFC 2634 names certificates so; the signature does not rest on it
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// maxToken bounds a time-stamp response, in bytes.
const maxToken = 64 << 10

// Token is an RFC 3161 time-stamp token: an authority's word that some bytes
// existed at a time.
type Token struct {
	Time      time.Time
	Authority string // the signing certificate's subject
	Nonce     *big.Int

	imprint []byte // SHA-256
	p7      *pkcs7.PKCS7
	signer  *x509.Certificate
}

// Object identifiers of RFC 5652, 3161, 2634 and 5035.
var (
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidSigningCert   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidExtKeyUsage   = asn1.ObjectIdentifier{2, 5, 29, 37}
)

// ParseToken reads a TimeStampResp in DER (RFC 3161, 2.4.2), with the
// authority's certificate in it, and checks the signature under that
// certificate. Whose certificate it is, Verify says.
func ParseToken(response []byte) (t Token, err error) {
	if len(response) > maxToken {
		return t, errors.New("ledger: time-stamp: too long")
	}
	defer func() { // the parsers below were not made for hostile bytes
		if recover() != nil {
			err = errors.New("ledger: time-stamp: malformed")
		}
	}()
	ts, err := timestamp.ParseResponse(response)
	if err != nil && strings.Contains(err.Error(), "outside of certificate validity") {
		return t, errors.New("ledger: time-stamp: its certificate was not valid when it was signed")
	}
	if err != nil {
		return t, fmt.Errorf("ledger: time-stamp: %w", err)
	}
	p7, err := pkcs7.Parse(ts.RawToken)
	if err != nil {
		return t, fmt.Errorf("ledger: time-stamp: %w", err)
	}
	signer := p7.GetOnlySigner()
	if signer == nil {
		return t, errors.New("ledger: time-stamp: not signed by one authority whose certificate it holds")
	}
	var content asn1.ObjectIdentifier
	if err := p7.UnmarshalSignedAttribute(oidContentType, &content); err != nil || !content.Equal(oidTSTInfo) {
		return t, errors.New("ledger: time-stamp: what is signed is no time-stamp")
	}
	if ts.HashAlgorithm != crypto.SHA256 || len(ts.HashedMessage) != sha256.Size {
		return t, errors.New("ledger: time-stamp: not over a SHA-256")
	}
	if err := namesSigner(p7, signer); err != nil {
		return t, err
	}
	return Token{Time: ts.Time.UTC(), Authority: signer.Subject.String(), Nonce: ts.Nonce, imprint: ts.HashedMessage, p7: p7, signer: signer}, nil
}

// essCertID is ESSCertIDv2 and, without the algorithm, ESSCertID.
type essCertID struct {
	Algorithm pkix.AlgorithmIdentifier `asn1:"optional"`
	Hash      []byte
	Issuer    asn1.RawValue `asn1:"optional"`
}

type signingCertificate struct {
	Certs    []essCertID
	Policies asn1.RawValue `asn1:"optional"`
}

// namesSigner checks the attribute that binds the token to one certificate
// (RFC 3161, 2.4.1, and RFC 5816).
func namesSigner(p7 *pkcs7.PKCS7, signer *x509.Certificate) error {
	var named signingCertificate
	one, two := sha1.Sum(signer.Raw), sha256.Sum256(signer.Raw) //nolint:gosec // see above
	want := two[:]
	if err := p7.UnmarshalSignedAttribute(oidSigningCertV2, &named); err != nil {
		if err := p7.UnmarshalSignedAttribute(oidSigningCert, &named); err != nil {
			return errors.New("ledger: time-stamp: it does not name its certificate")
		}
		want = one[:]
	}
	if len(named.Certs) == 0 {
		return errors.New("ledger: time-stamp: it does not name its certificate")
	}
	switch id := named.Certs[0]; {
	case bytes.Equal(id.Hash, want):
		return nil
	case len(id.Algorithm.Algorithm) > 0 && hashOfCertificate(id.Algorithm.Algorithm, signer.Raw, id.Hash):
		return nil
	}
	return errors.New("ledger: time-stamp: it names another certificate than it bears")
}

func hashOfCertificate(algorithm asn1.ObjectIdentifier, raw, want []byte) bool {
	for oid, h := range map[string]crypto.Hash{"2.16.840.1.101.3.4.2.1": crypto.SHA256, "2.16.840.1.101.3.4.2.2": crypto.SHA384, "2.16.840.1.101.3.4.2.3": crypto.SHA512} {
		if algorithm.String() == oid && h.Available() {
			sum := h.New()
			sum.Write(raw)
			return bytes.Equal(sum.Sum(nil), want)
		}
	}
	return false
}

// Verify checks that the token is over the bytes, that its certificate is for
// time-stamping and was valid at the token's time, and, unless roots is empty,
// that it descends from one of the roots. Without roots the token proves
// nothing: anybody can make such a certificate.
func (t Token) Verify(data []byte, roots []*x509.Certificate) error {
	sum := sha256.Sum256(data)
	if !bytes.Equal(sum[:], t.imprint) {
		return errors.New("ledger: time-stamp: it is over other bytes")
	}
	if !onlyTimestamping(t.signer) {
		return errors.New("ledger: time-stamp: its certificate is not for time-stamping alone")
	}
	if t.Time.Before(t.signer.NotBefore) || t.Time.After(t.signer.NotAfter) {
		return fmt.Errorf("ledger: time-stamp: its certificate was valid from %s to %s, not at %s",
			t.signer.NotBefore.UTC().Format(time.RFC3339), t.signer.NotAfter.UTC().Format(time.RFC3339), t.Time.Format(time.RFC3339))
	}
	opts := x509.VerifyOptions{CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}, Intermediates: x509.NewCertPool()}
	for _, c := range t.p7.Certificates {
		opts.Intermediates.AddCert(c)
	}
	if len(roots) > 0 {
		opts.Roots = x509.NewCertPool()
		for _, c := range roots {
			opts.Roots.AddCert(c)
		}
	}
	if err := t.p7.VerifyWithOpts(withoutChain(opts)); err != nil {
		return errors.New("ledger: time-stamp: its signature does not hold")
	}
	if opts.Roots == nil {
		return nil
	}
	if _, err := withHandledUsage(t.signer).Verify(opts); err != nil {
		return errors.New("ledger: time-stamp: its certificate is not of an authority that is trusted")
	}
	return nil
}

// withoutChain lets pkcs7 check the signature alone: it knows nothing of the
// critical extended key usage that RFC 3161, 2.3, wants.
func withoutChain(opts x509.VerifyOptions) x509.VerifyOptions {
	return x509.VerifyOptions{CurrentTime: opts.CurrentTime}
}

// withHandledUsage returns the certificate with its extended key usage marked as
// understood: onlyTimestamping has looked at it.
func withHandledUsage(c *x509.Certificate) *x509.Certificate {
	copied := *c
	copied.UnhandledCriticalExtensions = nil
	for _, oid := range c.UnhandledCriticalExtensions {
		if !oid.Equal(oidExtKeyUsage) {
			copied.UnhandledCriticalExtensions = append(copied.UnhandledCriticalExtensions, oid)
		}
	}
	return &copied
}

// onlyTimestamping reports whether the certificate is for time-stamping and
// nothing else, and says so as critical (RFC 3161, 2.3).
func onlyTimestamping(c *x509.Certificate) bool {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return false
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(oidExtKeyUsage) {
			return e.Critical
		}
	}
	return false
}

// ParseCertificates reads certificates in PEM, such as an authority's chain.
func ParseCertificates(text []byte) (list []*x509.Certificate, err error) {
	for len(bytes.TrimSpace(text)) > 0 {
		block, rest := pem.Decode(text)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, errors.New("ledger: not a list of certificates in PEM")
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("ledger: certificate: %w", err)
		}
		list, text = append(list, c), rest
	}
	if len(list) == 0 {
		return nil, errors.New("ledger: not a list of certificates in PEM")
	}
	return list, nil
}
