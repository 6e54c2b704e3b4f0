package ledger_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"assent/internal/outside"
	"assent/ledger"
)

func TestToken(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	good := outside.NewAuthority(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), outside.TimestampingOnly)
	notCritical := outside.TimestampingOnly
	notCritical.Critical = false
	serverToo := pkix.Extension{Id: outside.TimestampingOnly.Id, Critical: true, Value: []byte{0x30, 0x14, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08,
		0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01}}
	data := []byte("log.test/a\n1\n")
	for _, tt := range []struct {
		name  string
		by    *outside.Authority
		at    time.Time
		data  []byte
		roots []*x509.Certificate
		want  string
	}{
		{"good", good, now, data, []*x509.Certificate{good.Root}, ""},
		{"no roots", good, now, data, nil, ""},
		{"one of two roots", good, now, data, []*x509.Certificate{outside.NewAuthority(t, now, now.AddDate(1, 0, 0), outside.TimestampingOnly).Root, good.Root}, ""},
		{"other bytes", good, now, []byte("x"), []*x509.Certificate{good.Root}, "other bytes"},
		{"another root", good, now, data, []*x509.Certificate{outside.NewAuthority(t, now, now.AddDate(1, 0, 0), outside.TimestampingOnly).Root}, "trusted"},
		{"an expired certificate", outside.NewAuthority(t, now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0), outside.TimestampingOnly), now, data, nil, "was not valid when it was signed"},
		{"a certificate of tomorrow", outside.NewAuthority(t, now.AddDate(0, 0, 1), now.AddDate(1, 0, 0), outside.TimestampingOnly), now, data, nil, "was valid from"},
		{"a usage that is not critical", outside.NewAuthority(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), notCritical), now, data, nil, "not for time-stamping alone"},
		{"a usage beside others", outside.NewAuthority(t, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), serverToo), now, data, nil, "not for time-stamping alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token, err := ledger.ParseToken(tt.by.Stamp(t, data, tt.at, true))
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
		response := good.Stamp(t, data, now, false)
		if _, err := ledger.ParseToken(response); err == nil {
			t.Error("a token without its certificate was taken")
		}
	})
}

func TestParseCertificates(t *testing.T) {
	a := outside.NewAuthority(t, time.Now(), time.Now().AddDate(1, 0, 0), outside.TimestampingOnly)
	one := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Root.Raw})
	two := append(append([]byte{}, one...), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate.Raw})...)
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
	a := outside.NewAuthority(f, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), outside.TimestampingOnly)
	f.Add(a.Stamp(f, []byte("data"), now, true))
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
