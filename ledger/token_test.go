package ledger_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"

	"assent/ledger"
)

// authority is a time-stamp authority in memory.
type authority struct {
	root, cert *x509.Certificate
	key        *ecdsa.PrivateKey
}

var timestampingOnly = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
	Value: []byte{0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08}}

func newAuthority(tb testing.TB, notBefore, notAfter time.Time, ext pkix.Extension) *authority {
	tb.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	issue := func(c *x509.Certificate, parent *x509.Certificate, public any, by *ecdsa.PrivateKey) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, c, parent, public, by)
		if err != nil {
			tb.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			tb.Fatal(err)
		}
		return cert
	}
	rootTemplate := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: notBefore.AddDate(-9, 0, 0), NotAfter: notAfter.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	root := issue(rootTemplate, rootTemplate, rootKey.Public(), rootKey)
	cert := issue(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Authority"}, NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{ext}}, root, key.Public(), rootKey)
	return &authority{root, cert, key}
}

func (a *authority) stamp(tb testing.TB, data []byte, at time.Time) []byte {
	tb.Helper()
	sum := sha256.Sum256(data)
	ts := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: at, SerialNumber: big.NewInt(7),
		Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 13762, 3}, AddTSACertificate: true}
	response, err := ts.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
	if err != nil {
		tb.Fatal(err)
	}
	return response
}

func TestToken(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	good := newAuthority(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), timestampingOnly)
	notCritical := timestampingOnly
	notCritical.Critical = false
	serverToo := pkix.Extension{Id: timestampingOnly.Id, Critical: true, Value: []byte{0x30, 0x14, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08,
		0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01}}
	data := []byte("log.test/a\n1\n")
	for _, tt := range []struct {
		name  string
		by    *authority
		at    time.Time
		data  []byte
		roots []*x509.Certificate
		want  string
	}{
		{"good", good, now, data, []*x509.Certificate{good.root}, ""},
		{"no roots", good, now, data, nil, ""},
		{"one of two roots", good, now, data, []*x509.Certificate{newAuthority(t, now, now.AddDate(1, 0, 0), timestampingOnly).root, good.root}, ""},
		{"other bytes", good, now, []byte("x"), []*x509.Certificate{good.root}, "other bytes"},
		{"another root", good, now, data, []*x509.Certificate{newAuthority(t, now, now.AddDate(1, 0, 0), timestampingOnly).root}, "trusted"},
		{"an expired certificate", newAuthority(t, now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0), timestampingOnly), now, data, nil, "certificate validity"},
		{"a certificate of tomorrow", newAuthority(t, now.AddDate(0, 0, 1), now.AddDate(1, 0, 0), timestampingOnly), now, data, nil, "was valid from"},
		{"a usage that is not critical", newAuthority(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), notCritical), now, data, nil, "not for time-stamping alone"},
		{"a usage beside others", newAuthority(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), serverToo), now, data, nil, "not for time-stamping alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token, err := ledger.ParseToken(tt.by.stamp(t, data, tt.at))
			if err == nil {
				if !token.Time.Equal(tt.at) || token.Authority != "CN=Authority" {
					t.Errorf("a token of %s at %s", token.Authority, token.Time)
				}
				err = token.Verify(tt.data, tt.roots)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("without a certificate", func(t *testing.T) {
		sum := sha256.Sum256(data)
		ts := timestamp.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: now, SerialNumber: big.NewInt(7), Policy: asn1.ObjectIdentifier{1, 2, 3}}
		response, err := ts.CreateResponseWithOpts(good.cert, good.key, crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.ParseToken(response); err == nil {
			t.Error("a token without its certificate was taken")
		}
	})
}

func TestParseCertificates(t *testing.T) {
	a := newAuthority(t, time.Now(), time.Now().AddDate(1, 0, 0), timestampingOnly)
	one := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.root.Raw})
	two := append(append([]byte{}, one...), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})...)
	if list, err := ledger.ParseCertificates(two); err != nil || len(list) != 2 {
		t.Errorf("%d certificates, %v", len(list), err)
	}
	for _, bad := range []string{"", "x", string(one) + "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ledger.ParseCertificates([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := newAuthority(f, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), timestampingOnly)
	f.Add(a.stamp(f, []byte("data"), now))
	f.Add([]byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02})
	f.Fuzz(func(t *testing.T, b []byte) {
		token, err := ledger.ParseToken(b)
		if err != nil {
			return
		}
		if token.Verify([]byte("other data"), nil) == nil {
			t.Error("a token is over bytes that it was not made for")
		}
	})
}
