package funnel

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// Shown is what a page says it showed: the claim behind its hidden field
// `shown` (rule 2). It is signed, so that what was seen is proven and not
// taken from the form.
type Shown struct {
	Version string    `json:"v"`
	Lang    string    `json:"l"`
	Notice  string    `json:"n"` // SHA-256, hex
	Page    string    `json:"p"` // SHA-256, hex
	Entry   string    `json:"e,omitempty"`
	At      time.Time `json:"t"` // when it was served
}

// maxShown bounds what is parsed: a genuine field has about 350 bytes.
const maxShown = 1024

// Seal returns the field's value, authentic under the key:
//
//	base64url(JSON) "." base64url(HMAC-SHA-256(key, JSON))
func (s Shown) Seal(key []byte) string {
	body, err := json.Marshal(s)
	if err != nil { // a struct of strings and a time always marshals
		panic(err)
	}
	enc := base64.RawURLEncoding
	return enc.EncodeToString(body) + "." + enc.EncodeToString(shownMAC(key, body))
}

// OpenShown returns what a page showed, and whether the field is ours. A
// missing, malformed or forged field is not an error: the chat then shows the
// words itself.
func OpenShown(key []byte, field string) (Shown, bool) {
	if len(field) > maxShown {
		return Shown{}, false
	}
	b64, mac64, ok := strings.Cut(field, ".")
	if !ok {
		return Shown{}, false
	}
	body, err1 := base64.RawURLEncoding.DecodeString(b64)
	mac, err2 := base64.RawURLEncoding.DecodeString(mac64)
	if err1 != nil || err2 != nil || !hmac.Equal(mac, shownMAC(key, body)) {
		return Shown{}, false
	}
	var s Shown
	if err := json.Unmarshal(body, &s); err != nil {
		return Shown{}, false
	}
	return s, true
}

func shownMAC(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("assent shown v1\n"))
	h.Write(body)
	return h.Sum(nil)
}
