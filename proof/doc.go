// Package proof writes and verifies proof bundles: one person's events with
// all that somebody needs to check them, alone and offline.
//
// # Wire format
//
// A bundle is a zip archive of regular files:
//
//	README.txt              how to verify, with Assent and without
//	checkpoint              the log's signed head (C2SP tlog-checkpoint)
//	events/NNN.sd-jwt       the events in the log's order, 001 first, each with
//	                        the disclosures chosen; nothing after the last tilde
//	events/NNN.tlog-proof   its inclusion proof (C2SP tlog-proof@v1), which ends in
//	                        the bytes of checkpoint
//	keys/jwks.json          the business's public keys (RFC 7517, RFC 8037)
//	keys/log.vkey           the log's verifier key (C2SP signed-note), and a newline
//	manifest.json           names, sizes and SHA-256 of the committed files
//	shown/KIND-HASH.EXT     bytes that the person saw: KIND is notice, page, form or
//	                        message, HASH their SHA-256; KIND asset is what a page loads
//	webhooks/NNN.json       what brought the event NNN: the person's slice of the body
//	                        as received, the body's hash, the signature header
//
// Where outside parties vouch for the log, what they said stands beside these:
//
//	anchors/NNN.tlog-proof     for the event NNN: its inclusion under the first
//	                           checkpoint with an outside anchor that holds it, with the
//	                           witnesses' cosignatures (C2SP tlog-cosignature)
//	timestamps/SIZE.checkpoint that checkpoint as the log alone signed it
//	timestamps/SIZE-NAME.tsr   an RFC 3161 response over SHA-256 of it
//	timestamps/NAME.pem        the authority's certificates: a hint, as keys are
//	keys/witnesses.vkey        the witnesses' verifier keys, one a line: a hint
//
// Some files are there to be read, and nothing follows from them. They are
// committed to like the rest:
//
//	record.jsonld           the consent record of ISO/IEC TS 27560, in DPV 2.3 terms
//	receipt.json            the receipt of Kantara 1.1; not where nothing was agreed to
//	declaration.txt         for a court: drafts to sign, with the hashes of the files
//
// Further files may stand beside them, such as a certificate. No name holds an
// identifier.
//
// The leaf of an event is the issuer-signed JWT: the bytes before the first
// tilde.
//
// # The export event
//
// The last event is a proof.exported. Its disclosed claim "export" states how
// the person stood when the bundle was made, and commits to the manifest:
//
//	{"audience":"court",
//	 "manifest":"<SHA-256 of manifest.json>",
//	 "events":9,                         this person's events, by seq
//	 "head":"<leaf hash of the last of them>",
//	 "absorbed":[{"events":2,"head":"…"}], of others that turned out to be the
//	                                     same person; optional
//	 "states":[{"purpose":"offers","scope":"marketing","state":"given"}]}
//
//	manifest.json:
//	{"files":[{"name":"README.txt","size":4711,"sha256":"…"}, …]}
//
// The manifest lists every file but four kinds, and these are bound otherwise,
// so that no byte is outside:
//
//   - itself, by the export event;
//   - the export event, by its signature and its leaf; a court is shown all of
//     its disclosures, everybody else the claim "export" alone;
//   - the inclusion proofs, which are made after it: each has one spelling only
//     and leads from one leaf to one root;
//   - the checkpoint, by the log's signature and because every proof ends in it.
//
// An export that leaves an event out, a STOP for example, contradicts its own
// count: the events' numbers (seq) run from 1 without a gap, each event's prev
// is the leaf hash of the one before, and the last one's is head. The states are
// the fold of all choices (package consent).
//
// # What is disclosed to whom
//
//	court      all
//	regulator  all but IP address and user agent
//	meta       the words, the business, the method, times, the number, the
//	           opt-out history
//	subject    theirs, without operators' notes
//
// # Zip
//
// The writer stores files uncompressed, sorted by name, with a fixed time, so
// that the same material makes the same bytes. The verifier also takes deflated
// files. It refuses what no bundle needs: comments, bytes around the archive,
// links, directories, names that leave the folder, names that stand twice, and
// more or larger files than the limits in this package.
package proof
