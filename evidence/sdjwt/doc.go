// Package sdjwt is RFC 9901, Selective Disclosure for JSON Web Tokens, on top
// of a JOSE library: what is signed, what is disclosed, and the rules of section
// 7.1 in full. Key binding (section 4.3) is not part of it: an SD-JWT with a key
// binding JWT is refused.
//
// # Wire format (section 4)
//
//	<header>.<payload>.<signature>~<disclosure>~<disclosure>~…~
//
//	disclosure of a property         base64url(["<salt>", "<name>", <value>])
//	disclosure of an array element   base64url(["<salt>", <value>])
//	digest                           base64url(SHA-256(ASCII(disclosure)))
//
// In the payload a property's digest stands in "_sd" of its object, an array
// element's in {"...": "<digest>"} at its place.
//
// # Stricter than needed
//
// Common libraries drop a disclosure that does not fit in silence; this one
// refuses the whole. Base64url must be spelled canonically, member names must
// not repeat, and sizes are bounded.
package sdjwt
