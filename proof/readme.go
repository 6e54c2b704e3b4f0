package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"assent/evidence"
)

// readme tells how to verify the bundle. It holds nothing personal, and counts
// the disclosures, because common libraries drop what does not fit in silence.
func readme(m Material, events []LoggedEvent, files []File) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, readmeHead, m.Audience, toRead(files), strings.TrimSpace(m.LogKey))
	simulated := false
	for i, e := range events {
		clear, err := evidence.Clear(e.Signed.JWT)
		if err != nil {
			continue // Prepare has read them all
		}
		sim := ""
		if clear.Simulated {
			sim, simulated = "  SIMULATED", true
		}
		fmt.Fprintf(&b, "  %03d  %s  %-24s %2d disclosures%s\n", i+1, clear.IssuedAt.Format(time.RFC3339), clear.Name, len(e.Signed.Disclosures), sim)
	}
	fmt.Fprintf(&b, "  %03d  the export of this bundle itself (proof.exported)\n", len(events)+1)
	if simulated {
		b.WriteString(readmeSimulated)
	}
	b.WriteString(readmeTail)
	return []byte(b.String())
}

// toRead names the files that are there to be read, as far as they are there.
func toRead(files []File) string {
	var b strings.Builder
	for _, about := range []struct{ name, words string }{
		{"certificate.pdf", "the certificate, for people"},
		{"record.jsonld", "the consent record of ISO/IEC TS 27560, in W3C DPV 2.3 terms"},
		{"receipt.json", "the consent receipt of Kantara 1.1, of what was agreed to"},
		{declarationFile, "drafts of declarations for a court, to be completed and signed"},
	} {
		if slices.ContainsFunc(files, func(f File) bool { return f.Name == about.name }) {
			fmt.Fprintf(&b, "  %-16s %s\n", about.name, about.words)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "TO READ\n\n" + b.String() + `
No check below needs these files: they say again, in other forms, what the
signed events say. Where they differ, the events count.

`
}

const readmeHead = `PROOF OF CONSENT

This bundle shows what one person agreed to and what happened since. It was
made for: %s. It can be verified alone, offline, by programs that its maker did
not write. There are three ways, and each is enough.

%sWITH A BROWSER

Open the page /verify of any Assent, or a copy of it that was saved to disk,
and drop the bundle on it. Nothing is sent anywhere, and no network is needed.

WITH ASSENT

  assent verify BUNDLE.zip --log-key LOG.vkey --jwks JWKS.json

The keys in the folder keys/ came with the bundle, so they prove nothing by
themselves. Get the same two from the business another way (its web address
/log/vkey and /b/.../.well-known/jwks.json, a letter, an earlier bundle) and
compare both, whichever way you verify. The log's key here is:

  %s

THE EVENTS

`

const readmeSimulated = `
SIMULATED events came through the simulator that Assent has for trials. Nobody's
phone took part: they show nothing about a person, whatever the checks say.
`

// readmeTail's indented lines are one script for sh; a test runs it as it stands.
const readmeTail = `
WHAT THE WORDS MEAN

  seq     numbers the person's own acts. What has none does not count among
          them: words that were published, a request before it was confirmed.
  time    when the act was done. WhatsApp gives whole seconds, so an answer may
          seem up to a second older than what it answers; "iat" is when Assent
          signed, and the log keeps the order.
  grade   how a yes is evidenced. B: the words were shown, and the account
          itself answered. A: B, and an outsider vouched for the time within 24
          hours. C: without an answer of the account, or simulated; it permits
          nothing. D and E: imported, with the words or without.
  method  how it came. "parted", of an identity.changed: no number changed, an
          operator said that the record was two people's; "effects" names the
          other by id.
  reason  what made Assent doubt, or why somebody did this.
  heads   of the log in receipts and in the certificate are older than the file
          checkpoint: the log went on. The proofs of step 2 lead to the newest.

WITHOUT ASSENT

Unpack the bundle, go there, and run the indented lines one after the other.
They need a shell, GNU tools and OpenSSL 3, and write nothing but a temporary
folder. Step 7 ends by saying whether anything FAILS.

     set -u; export LC_ALL=C
     t=$(mktemp -d); events=$(ls events/*.sd-jwt | sort -V)
     plain() { p=$(printf %s "$1" | tr -- '-_' '+/')
       while [ $((${#p} % 4)) != 0 ]; do p=$p=; done; printf %s "$p" | base64 -d; }
     fails() { echo "$1"; echo "$1" >> $t/fails; }
     parts() { cut -d~ -f2- "$1" | tr '~' ' '; }
     raw() { openssl dgst -sha256 -binary; }
     key() { printf '\060\052\060\005\006\003\053\145\160\003\041\000' > $t/key; cat >> $t/key; }
     signed() { openssl pkeyutl -verify -pubin -keyform DER -inkey $t/key -rawin \
       -in $t/text -sigfile $t/signature > $t/said 2>&1; }

1. Events. Each events/NNN.sd-jwt is an SD-JWT (RFC 9901), signed with Ed25519
   (EdDSA, RFC 8037) by a key of keys/jwks.json:

     for f in $events; do
       jwt=$(cut -d~ -f1 $f); printf %s "${jwt%.*}" > $t/text
       plain "${jwt##*.}" > $t/signature; by=
       for x in $(grep -o '"x": *"[^"]*"' keys/jwks.json | cut -d'"' -f4); do
         plain $x | key; signed && by=$x; done
       [ -n "$by" ] && echo "$f is signed by the key $by" || fails "$f FAILS: not signed"
     done

   What an event discloses stands behind the first "~". The digest of each
   disclosure must stand in the signed part, once:

     for f in $events; do n=0
       plain "$(cut -d~ -f1 $f | cut -d. -f2)" > $t/payload
       for d in $(parts $f); do n=$((n + 1))
         h=$(printf %s "$d" | raw | base64 | tr -- '+/' '-_' | tr -d =)
         [ "$(grep -oF "\"$h\"" $t/payload | wc -l)" = 1 ] || fails "$f FAILS: disclosure $n"
       done
       [ $(parts $f | tr ' ' '\n' | grep . | sort -u | wc -l) = $n ] || fails "$f FAILS: one twice"
       echo "$f has $n disclosures"
     done

   Compare with the counts above. Any SD-JWT library does the same; many drop a
   disclosure that was changed without saying so, so compare there too.

2. The log. The log signed the file checkpoint (https://c2sp.org/signed-note)
   with the key in keys/log.vkey:

     cut -d+ -f3- keys/log.vkey | base64 -d | tail -c 32 | key
     sed '/^$/,$d' checkpoint > $t/text
     sed '1,/^$/d' checkpoint | grep -F " $(cut -d+ -f1 keys/log.vkey) " | head -n 1 |
       sed 's/.* //' | base64 -d | tail -c 64 > $t/signature
     signed && echo "checkpoint is signed" || fails "checkpoint FAILS: not signed"

   Each events/NNN.tlog-proof (https://c2sp.org/tlog-proof) shows that the log
   holds the JWT itself, the bytes of NNN.sd-jwt before the first "~" (RFC 9162,
   section 2.1.3.2). All end in the bytes of the file checkpoint:

     for f in $events; do p=${f%sd-jwt}tlog-proof
       { printf '\000'; cut -d~ -f1 $f | tr -d '\n'; } | raw > $t/r
       fn=$(sed -n 's/^index \([0-9]\{1,15\}\)$/\1/p' $p | head -n 1); fn=${fn:-0}
       sn=$(($(sed -n '2s/^[0-9]\{1,15\}$/&/p' checkpoint) - 1)); as=c2sp.org/tlog-proof@v1
       for h in $(sed '1,2d;/^$/,$d' $p); do printf %s $h | base64 -d > $t/h
         [ "$(base64 < $t/h)" = $h ] || as=
         if [ $((fn % 2)) = 1 ] || [ $fn = $sn ]; then
           { printf '\001'; cat $t/h $t/r; } | raw > $t/n
           while [ $fn -gt 0 ] && [ $((fn % 2)) = 0 ]; do fn=$((fn / 2)); sn=$((sn / 2)); done
         else { printf '\001'; cat $t/r $t/h; } | raw > $t/n; fi
         mv $t/n $t/r; fn=$((fn / 2)); sn=$((sn / 2))
       done
       sed '1,/^$/d' $p | cmp -s - checkpoint && [ $sn = 0 ] && [ "$(head -n 1 $p)" = "$as" ] &&
         [ "$(base64 < $t/r)" = "$(sed -n 3p checkpoint)" ] &&
         echo "$p leads to the log's root" || fails "$p FAILS"
     done

3. Nothing changed, added or left out. The last event discloses "export". Its
   "manifest" is the SHA-256 of manifest.json, which lists every file but
   itself, the last event, the proofs and the checkpoint:

     last=$(echo "$events" | tail -n 1); m=$(sha256sum < manifest.json | cut -c1-64)
     for d in $(parts $last); do plain $d; echo; done | grep '"export"' |
       grep -qF "\"manifest\":\"$m\"" && echo "manifest.json is the one" || fails "manifest.json FAILS"
     sed -n 's/^ *"name": "\(.*\)",*$/\1/p' manifest.json > $t/names
     sed -n 's/^ *"sha256": "\(.*\)",*$/\1/p' manifest.json > $t/sums
     paste -d ' ' $t/sums /dev/null $t/names | sha256sum -c --quiet &&
       echo "all files are as listed" || fails "files FAIL: others than listed"
     { cat $t/names; echo checkpoint; echo manifest.json; echo $last; ls events/*.tlog-proof; } |
       sort > $t/due
     find * -type f | sort | cmp -s - $t/due && echo "none was added" || fails "files FAIL: more or fewer"

   For a court it hides nothing, for others it shows "export" alone:

     n=$(plain "$(cut -d~ -f1 $last | cut -d. -f2)" | grep -oE '"[A-Za-z0-9_-]{43}"' | wc -l)
     for d in $(parts $last); do plain $d; done | grep -q '"audience":"court"' || n=1
     [ $(parts $last | tr ' ' '\n' | grep -c .) = $n ] && echo "the export shows what it must" ||
       fails "$last FAILS: it shows more or less than it must"

4. What was shown. The hash in each name in shown/ is the SHA-256 of the file.
   The events name these hashes: "notice" in the clear, the others in the
   disclosure "shown". What is called asset is what such a page loads.

     for f in shown/*; do h=$(sha256sum < $f | cut -c1-64)
       case $f in *-$h.*) echo "$f is as its name says" ;; *) fails "$f FAILS" ;; esac
     done

5. What was received. webhooks/NNN.json holds, in base64, the slice of the
   message from WhatsApp that brought the event NNN. Its SHA-256 stands in the
   event's disclosure "webhook", beside that of the whole message, which is of
   others too and stays with the business:

     for f in webhooks/*.json; do [ -e "$f" ] || { echo "nothing was received"; continue; }
       n=${f#webhooks/}; e=events/${n%.json}.sd-jwt
       h=$(sed -n 's/.*"slice": *"\([^"]*\)".*/\1/p' $f | base64 -d | sha256sum | cut -c1-64)
       for d in $(parts $e); do plain $d; done | grep -qF "$h" && echo "$f is what brought $e" ||
         fails "$f FAILS: $e names another"
     done

6. The story. This shows each event in the clear, with its leaf hash:

     for f in $events; do echo "== $f"
       { printf '\000'; cut -d~ -f1 $f | tr -d '\n'; } | sha256sum | sed 's/ .*//; s/^/leaf hash /'
       plain "$(cut -d~ -f1 $f | cut -d. -f2)" | sed 's/"_sd".*//'; echo
       for d in $(parts $f); do plain $d; echo; done
     done

   "events" in the export says how many events the person had. Their
   disclosures "seq" must run from 1 to that number without a gap; "prev" of
   each is the leaf hash of the one before, and "head" is that of the last.
   "states" must be what the choices add up to: the newest yes or stop of a
   purpose decides, by the time of the act; a yes less than five seconds after a
   stop does not count.

7. Time. Where there is a folder timestamps/, an authority that has nothing to
   do with the log says when a checkpoint existed (RFC 3161):

     for f in timestamps/*.tsr; do [ -e "$f" ] || { echo "no time-stamps"; continue; }; n=${f#*-}
       openssl ts -verify -data ${f%%-*}.checkpoint -in $f -CAfile timestamps/${n%.tsr}.pem \
         > $t/said 2>&1 && echo "$f is a time-stamp" || fails "$f FAILS"
     done
     if [ -s $t/fails ]; then echo "IN ALL, THIS FAILS:"; cat $t/fails; else
       echo "IN ALL: what these commands check holds"; fi; rm -r "$t"

   The certificates came with the bundle, so get them from the authority.

All of this in full, for those who write programs, is docs/proof-format.md in
the sources of Assent; verifiers for Node and Python are beside it, in
docs/verify.

WHAT THIS DOES NOT PROVE

The signature header of a webhook is made with a secret that the business and
Meta share, so it convinces only these two. Nothing shows whose hand held the
phone, or that what was typed into a form is true. A log without an outside witness or
time-stamp convinces only those who trust its operator's clock. Nothing here
says what happened after the export.
`
