package proof

import (
	"fmt"
	"strings"
	"time"

	"assent/evidence"
)

// readme tells how to verify the bundle. It holds nothing personal, and counts
// the disclosures, because common libraries drop what does not fit in silence.
func readme(m Material, events []LoggedEvent) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, readmeHead, m.Audience, strings.TrimSpace(m.LogKey))
	for i, e := range events {
		clear, err := evidence.Clear(e.Signed.JWT)
		if err != nil {
			continue // Prepare has read them all
		}
		sim := ""
		if clear.Simulated {
			sim = "  SIMULATED"
		}
		fmt.Fprintf(&b, "  %03d  %s  %-24s %2d disclosures%s\n", i+1, clear.IssuedAt.Format(time.RFC3339), clear.Name, len(e.Signed.Disclosures), sim)
	}
	fmt.Fprintf(&b, "  %03d  the export of this bundle itself (proof.exported)\n", len(events)+1)
	b.WriteString(readmeTail)
	return []byte(b.String())
}

const readmeHead = `PROOF OF CONSENT

This bundle shows what one person agreed to and what happened since. It was
made for: %s. It can be verified alone, offline, by programs that its maker did
not write.

WITH ASSENT

  assent verify BUNDLE.zip --log-key LOG.vkey --jwks JWKS.json

The keys in the folder keys/ came with the bundle, so they prove nothing by
themselves. Get the same two from the business another way (its web address
/log/vkey and /b/.../.well-known/jwks.json, a letter, an earlier bundle) and
compare. The log's key here is:

  %s

THE EVENTS

`

const readmeTail = `
WITHOUT ASSENT

1. Events. Each events/NNN.sd-jwt is an SD-JWT (RFC 9901), signed with Ed25519
   (EdDSA, RFC 8037) by a key of keys/jwks.json. Open it with any SD-JWT
   library. Every disclosure in the file must appear in the output: compare
   with the counts above, because many libraries drop one that was changed
   without saying so.

2. The log. Each events/NNN.tlog-proof is a C2SP tlog-proof
   (https://c2sp.org/tlog-proof) for the entry that is the JWT itself: the
   bytes of NNN.sd-jwt before the first "~". Its leaf hash is

     { printf '\000'; cut -d~ -f1 events/001.sd-jwt | tr -d '\n'; } | sha256sum

   All proofs end in the bytes of the file checkpoint, which the log signed
   with the key in keys/log.vkey (https://c2sp.org/signed-note).

3. What was shown. The hash in each name in shown/ is the SHA-256 of the file:

     sha256sum shown/*

   The events name these hashes: "notice" in the clear, the others in the
   disclosure "shown".

4. What was received. webhooks/NNN.json holds, in base64, the slice of the
   message from WhatsApp that brought the event NNN. Its SHA-256, and that of
   the whole message, stand in the event's disclosure "webhook".

5. Nothing added, nothing left out. The last event discloses "export". Its
   "manifest" is the SHA-256 of manifest.json, which lists the SHA-256 of every
   file but itself, the last event, the proofs and the checkpoint:

     sha256sum manifest.json

   Its "events" says how many events the person had. Their disclosures "seq"
   must run from 1 to that number without a gap; "prev" of each is the leaf
   hash of the one before, and "head" is that of the last.

6. The states. "states" in the export must be what the choices add up to: the
   newest yes or stop of a purpose decides, by the time of the act; a yes less
   than five seconds after a stop does not count.

WHAT THIS DOES NOT PROVE

The signature header of a webhook is made with a secret that the business and
Meta share, so it convinces only these two. A log without an outside witness or
time-stamp convinces only those who trust its operator's clock.
`
