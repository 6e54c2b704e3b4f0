package vault

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Crockford's base 32: no I, L, O or U, so that nothing read aloud or copied by
// hand is mistaken.
const (
	crockfordUpper = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	crockfordLower = "0123456789abcdefghjkmnpqrstvwxyz"
)

const (
	// TokenLength is the length in characters of a public token.
	TokenLength = 26
	// CodeLength is the length in characters of a request's code.
	CodeLength = 10
)

// NewToken reads a public token from rand: 128 random bits as 26 lower-case
// Crockford characters. Public addresses are made of tokens, never of record
// ids.
func NewToken(rand io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("vault: read random token: %w", err)
	}
	return tokenOf(b), nil
}

// tokenOf writes 128 bits as a token.
func tokenOf(b [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	var out [TokenLength]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = crockfordLower[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}

// ValidToken reports whether s has the form of a token, before anything is
// looked up.
func ValidToken(s string) bool {
	if len(s) != TokenLength || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte(crockfordLower, s[i]) < 0 {
			return false
		}
	}
	return true
}

// HashToken returns what is stored of a token: its SHA-256. A token has 128
// random bits, so that a plain hash cannot be tried out.
func HashToken(token string) [sha256.Size]byte {
	return sha256.Sum256([]byte("assent token\x00" + token))
}

// Code returns the code that a request carries in the chat: 10 upper-case
// Crockford characters (50 bits), derived from the request's token and the
// number of the attempt, so that the page can show it again without its being
// stored (domain rule 28).
func Code(key [KeySize]byte, token string, attempt int) string {
	mac := hmac.New(sha256.New, key[:])
	fmt.Fprintf(mac, "assent code\x00%d\x00%s", attempt, token)
	bits := binary.BigEndian.Uint64(mac.Sum(nil))
	var out [CodeLength]byte
	for i := range out {
		out[i] = crockfordUpper[bits>>59]
		bits <<= 5
	}
	return string(out[:])
}

// FoldCode returns the code that a person meant: lower case, full-width
// letters, digits of any script, I and L for 1, O for 0, and spaces, dashes and
// invisible marks within are forgiven. It reports false where what is left is
// no code.
func FoldCode(typed string) (string, bool) {
	// A code of the longest spelling is far shorter; longer is no code.
	if len(typed) > 256 {
		return "", false
	}
	out := make([]byte, 0, CodeLength)
	for _, r := range typed {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Pd) {
			continue
		}
		c, ok := foldRune(r)
		if !ok || len(out) == CodeLength {
			return "", false
		}
		out = append(out, c)
	}
	return string(out), len(out) == CodeLength
}

func foldRune(r rune) (byte, bool) {
	if r >= 0xFF01 && r <= 0xFF5E { // full-width forms of ASCII
		r -= 0xFEE0
	}
	if v, ok := digitValue(r); ok {
		return '0' + v, true
	}
	switch r {
	case 'i', 'I', 'l', 'L':
		return '1', true
	case 'o', 'O':
		return '0', true
	}
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	if r < 'A' || r > 'Z' || r == 'U' {
		return 0, false
	}
	return byte(r), true
}

// digitValue returns the value of a decimal digit of any script. Unicode keeps
// each script's ten digits together and in order (Unicode 4.6).
func digitValue(r rune) (byte, bool) {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10), true
		}
	}
	return 0, false
}
