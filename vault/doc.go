// Package vault keeps secrets: it seals what names a person, so that
// destroying one key makes it unreadable, and it hashes what must be found
// again, so that a database alone tells nobody's number.
//
// Three layers of keys, each opened by the one above:
//
//	master key   32 bytes, ASSENT_MASTER_KEY, or a service (Wrapper); never in the
//	             database
//	  keyset     Tink AES-256-GCM keyset, sealed by the master key; rotates by
//	             gaining a new primary while old keys stay readable
//	    data key one per person, request or day; AES-256, wrapped by the keyset
//	             with its id as associated data. Deleting the wrapped bytes is
//	             how a person's data is destroyed
//	      field  what the data key seals, bound to the place it belongs to
//
// Signing keys, index keys and access tokens are wrapped by the keyset directly
// (WrapSecret).
//
// # Wire formats
//
//	wrapped data key  Tink ciphertext (5-byte key prefix, nonce, ciphertext, tag)
//	                  of the 32 key bytes; associated data "data-key" NUL id
//	wrapped secret    Tink ciphertext; associated data "secret" NUL context
//	sealed field      0x01, 12-byte random nonce, ciphertext, 16-byte tag;
//	                  associated data the context
//	index hash        HMAC-SHA-256(key, uvarint(len(kind)) kind value)
//
// The first byte of a sealed field is its format, so that another cipher can
// come beside this one.
//
// Nonces come from the operating system and from nowhere else: a repeated nonce
// breaks AES-GCM, so no caller can inject them. Keys, which tests want to
// repeat, are read from the reader that the caller passes.
package vault
