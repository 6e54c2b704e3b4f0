// Package evidence writes and reads events: immutable, signed facts, one per
// act, as SD-JWTs (RFC 9901).
//
// # Wire format
//
// The header names the key and the type:
//
//	{"alg":"EdDSA","kid":"<RFC 7638 thumbprint>","typ":"consent-event+sd-jwt"}
//
// The payload holds nothing personal, so that it can stay in a log for ever. Its
// members come in this order, without space:
//
//	iss                 the business, fixed for ever
//	iat                 when it was signed, in whole seconds
//	jti                 the event's id, a UUIDv7
//	event               the event's name, such as "consent.given"
//	notice              SHA-256 of the notice's text, in hexadecimal; optional
//	sim                 true for a simulated sender; else absent
//	suppressions        digests of suppressions added (Commit); optional
//	suppressions_ended  digests of suppressions ended; optional
//	choices             [{"...":"<digest>"}, …], one per purpose; optional
//	_sd_alg             "sha-256"
//	_sd                 the digests of all other disclosures, sorted
//
// Everything else is a disclosure with a 128-bit salt of its own: each choice an
// array element, each other claim a property (see Event for what they mean).
// Disclosures are kept as they were signed and never written anew.
//
// Destroying the key under which an event's disclosures are sealed leaves the
// JWT valid and empty of meaning.
package evidence
