package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader carries the MAC of a webhook.
const SignatureHeader = "X-Hub-Signature-256"

const signaturePrefix = "sha256="

// Sign returns the value of SignatureHeader for the exact bytes of body:
// "sha256=" and the HMAC-SHA256 in hexadecimal, keyed by the app's secret.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// VerifySignature reports whether header is the MAC of the exact bytes of body
// under one of the secrets, and which. All secrets are tried, in constant time,
// so that one can be changed for another without losing a webhook. A missing
// header and an empty secret never match. The MAC holds no time: a body can be
// sent again for ever.
func VerifySignature(header string, body []byte, secrets ...string) (matched int, ok bool) {
	given, err := hex.DecodeString(strings.TrimPrefix(header, signaturePrefix))
	valid := err == nil && len(given) == sha256.Size && strings.HasPrefix(header, signaturePrefix)
	matched = -1
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), given) && valid && secret != "" && matched < 0 {
			matched = i
		}
	}
	return matched, matched >= 0
}
