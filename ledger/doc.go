// Package ledger is the transparency log: a Merkle tree as in RFC 6962, section
// 2, stored and served as C2SP tlog-tiles, its heads signed as C2SP
// tlog-checkpoints, its proofs written as C2SP tlog-proofs.
//
// # The tree
//
// A leaf is the JWT of an event. The tree hashes with SHA-256:
//
//	LeafHash(d)    = SHA-256(0x00 || d)
//	node(l, r)     = SHA-256(0x01 || l || r)
//	root of empty  = SHA-256("")
//
// Only every eighth level is stored, as in tiles of height 8. Node (L, n) is
// the root of the n-th full subtree of 256^L leaves; level 0 is the leaves:
//
//	level 2                     (2,0)                     65,536 leaves
//	level 1        (1,0) (1,1) …          (1,255)            256 leaves each
//	level 0   (0,0) … (0,255) (0,256) …                        1 leaf each
//
// A tile is up to 256 consecutive nodes of one level, 32 bytes each. Head keeps
// the roots of the full subtrees along the right edge, at most 63, so that an
// append reads nothing and costs about one hash and a half.
//
// # Checkpoints (c2sp.org/tlog-checkpoint, c2sp.org/signed-note)
//
//	example.com/log                                   origin
//	20852163                                          size, decimal
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=      root, base64
//	                                                  empty line
//	— example.com/log Az3grlgtzPICa5OS8npVmf1Myq/…    signature line
//
// # Proofs (c2sp.org/tlog-proof@v1)
//
//	c2sp.org/tlog-proof@v1
//	index 4711
//	…= (audit path of RFC 6962, section 2.1.1, leaf to root, base64 each)
//	                                                  empty line
//	(the checkpoint)
//
// # Strictness
//
// Both formats hold base64, which most decoders read with stray bits and line
// breaks. Everything opened here is compared with its own canonical spelling,
// so that one proof has one sequence of bytes and any changed byte shows.
package ledger
