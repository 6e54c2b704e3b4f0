package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Answer is what the tap on a button says.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	NotMe   Answer = "notme"
	StopAll Answer = "stopall"
	Record  Answer = "record"  // the person's own, to download
	Erase   Answer = "erase"   // everything about the person
	Younger Answer = "younger" // than the age that the words ask for
)

// Payload is what stands behind a button: which question it answers, how, and
// for which purpose. It is authentic, so that a tap can be trusted even where
// the platform leaves out which message it belongs to.
//
//	"a1" "." answer "." question "." purpose "." base64url(HMAC-SHA-256)[:16]
//
// A purpose's key holds no full stop. The whole has at most 128 ASCII characters.
type Payload struct {
	Answer   Answer
	Question string
	Purpose  string // empty where the answer is about all of them
}

// Seal returns the payload's text, authentic under the key.
func (p Payload) Seal(key []byte) string {
	body := strings.Join([]string{"a1", string(p.Answer), p.Question, p.Purpose}, ".")
	return body + "." + payloadMAC(key, body)
}

// OpenPayload returns the payload of a tap, and whether it is ours.
func OpenPayload(key []byte, text string) (Payload, bool) {
	if len(text) > 256 {
		return Payload{}, false
	}
	cut := strings.LastIndexByte(text, '.')
	if cut < 0 || !hmac.Equal([]byte(text[cut+1:]), []byte(payloadMAC(key, text[:cut]))) {
		return Payload{}, false
	}
	parts := strings.Split(text[:cut], ".")
	if len(parts) != 4 || parts[0] != "a1" {
		return Payload{}, false
	}
	return Payload{Answer: Answer(parts[1]), Question: parts[2], Purpose: parts[3]}, true
}

func payloadMAC(key []byte, body string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("assent payload v1\n"))
	h.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}
