#!/usr/bin/env python3
"""Verifies proof bundles by docs/proof-format.md alone, and is to be read beside that page: numbers in comments are its
sections. It stops at the first thing that does not hold, and says it.

    python3 verify.py [--log-key FILE] [--jwks FILE] BUNDLE.zip …

Needs Python 3.9 and, for Ed25519, the package cryptography (Debian: python3-cryptography). Exit status: 0 valid or
consistent, 1 not valid, 2 not readable. Outside anchors (section 10) are left to others, and it says so."""
import argparse, base64, contextlib, hashlib, io, json, pathlib, re, sys, zipfile, zlib
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace as Record
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MB, MOST_FILES, MOST_EVENTS = 1 << 20, 16_100, 4_000
YES, ENDS = ['given', 'renewed'], ['expired', 'revoked', 'invalidated', 'withdrawn']  # at one instant the later end decides
NAME = r'[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)*'
SMALL = r'checkpoint|manifest\.json|(keys|events|webhooks|anchors|timestamps)/.*'
EVENT = (r'consent\.(requested|given|renewed|refused|deferred|withdrawn|expired|revoked|invalidated)|identity\.(linked|changed)|'
         r'confirmation\.(sent|delivered)|platform\.(stopped|resumed)|record\.imported|subject\.(erased|locked)|proof\.exported|'
         r'(notice|funnel)\.published|suppression\.(added|ended)|receipt\.(sent|delivered)|operator\.acted')
UNNUMBERED = r'consent\.(requested|deferred)|confirmation\..*|(notice|funnel)\.published|proof\.exported'
CLEAR = '_sd ... _sd_alg iss iat jti event notice sim suppressions suppressions_ended choices sub aud exp nbf'.split()

class Wrong(Exception): """Something does not hold; the words say what."""
class Unreadable(Wrong): """The file is no bundle."""

def must(holds, words, kind=Wrong):
    if not holds:
        raise kind(words)

@contextlib.contextmanager
def about(n):
    try:
        yield
    except Wrong as e:
        raise Wrong(f'event {n}: {e}')

# Kinds of JSON values: each is a question that is asked of a value.
def is_a(pattern): return lambda v: isinstance(v, str) and re.fullmatch(pattern, v, re.ASCII | re.DOTALL) is not None
def list_of(kind): return lambda v: isinstance(v, list) and all(map(kind, v))
def record(**kinds): return lambda v: isinstance(v, dict) and all(kind(v.get(name, ABSENT)) for name, kind in kinds.items())
def optional(kind): return lambda v: v is ABSENT or kind(v)  # null is not absent
def integer(v): return type(v) is int  # isinstance would let true and false pass
def some_of(kind, names, **kinds): return record(**dict.fromkeys(names.split(), optional(kind)), **kinds)
string, digest, time, ABSENT = is_a('.*'), is_a('[0-9a-f]{64}'), lambda v: instant(v) is not None, object()

def sha256(b): return hashlib.sha256(b).digest()
def some(digest): return '' if digest in (None, '0' * 64) else digest  # 64 zeros are none
def numbered(folder, n, ext): return f'{folder}/{n:03}.{ext}'

def decode(s, url=False):
    """2, 4: canonical base64, or base64url without padding."""
    s = s.encode()
    try:
        b = base64.b64decode(s + b'=' * (-len(s) % 4) if url else s, b'-_' if url else None, validate=True)
    except ValueError:
        raise Wrong('it is not canonical base64')
    must(s == (base64.urlsafe_b64encode(b).rstrip(b'=') if url else base64.b64encode(b)), 'it is not canonical base64')
    return b

def parse(b):
    """2: JSON in UTF-8 in which no object has a member twice."""
    def members(pairs):
        must(len(dict(pairs)) == len(pairs), 'it has a member twice')
        return dict(pairs)
    return json.loads(b.decode(), object_pairs_hook=members, parse_constant=lambda name: must(False, f'{name} is no JSON'))

def instant(s):
    """2: an RFC 3339 time, in nanoseconds since 1970."""
    m = isinstance(s, str) and re.fullmatch(r'(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)', s, re.ASCII)
    must(m, 'a time cannot be read')
    since = datetime.fromisoformat(m[1] + m[3].replace('Z', '+00:00')) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return since // timedelta(seconds=1) * 10**9 + int((m[2] or '').ljust(9, '0'))

def check_signature(key, message, signature, words):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        raise Wrong(words)

def unzip(raw):
    """1: the files by name."""
    must(len(raw) >= 22, 'it is too short for a zip', Unreadable)
    must(raw[-22:-18] == b'PK\5\6' and raw[-2:] == b'\0\0', 'it is no zip, or there is something behind it', Unreadable)
    length, offset = (int.from_bytes(raw[i:][:4], 'little') for i in (len(raw) - 10, len(raw) - 6))
    must(raw[-18:-14] == bytes(4) and length <= 256 * MOST_FILES and offset + length + 22 == len(raw), 'there is something around the zip', Unreadable)
    z, files, total, small = zipfile.ZipFile(io.BytesIO(raw)), {}, 0, 0
    must(len(z.infolist()) <= MOST_FILES, f'it holds more than {MOST_FILES} files', Unreadable)
    for f in z.infolist():
        name, mode, is_small = f.orig_filename, f.external_attr >> 16, re.fullmatch(SMALL, f.orig_filename) is not None
        total, small = total + f.file_size, small + is_small * f.file_size
        must(len(name) <= 200 and re.fullmatch(NAME, name), f'“{name[:60]}” is no name for a file of it', Unreadable)
        must(name not in files, f'“{name}” is in it twice', Unreadable)
        must(mode & 0xf000 in (0, 0x8000) and not mode & 0xe00, f'“{name}” is no regular file', Unreadable)
        must(f.compress_type in (0, 8) and not f.flag_bits & 1 and not f.comment, f'“{name}” is packed in a way that is not read here', Unreadable)
        must(f.file_size <= (2 if is_small else 64) * MB and total <= 512 * MB and small <= 32 * MB, f'“{name}” is too large', Unreadable)
        try:
            files[name] = z.read(f)  # as much as the directory says; compares the CRC, and the name before the data
        except (zipfile.BadZipFile, zlib.error, EOFError) as e:
            raise (Unreadable if 'header' in str(e) else Wrong)(f'{name} is damaged')
        must(len(files[name]) == f.file_size, f'{name} is damaged')
    return files

def key_set(b):
    """3: the Ed25519 keys of a JWK Set by kid."""
    keys = {}
    for k in parse(b)['keys']:
        if (k.get('kty'), k.get('crv')) == ('OKP', 'Ed25519'):
            must('d' not in k and len(decode(k['x'], url=True)) == 32, 'the key set holds a key that cannot be used')
            thumbprint = sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%s"}' % k['x'].encode())
            must(decode(k['kid'], url=True) == thumbprint, "a key's kid is not its thumbprint")
            keys[k['kid']] = decode(k['x'], url=True)
    return keys

def note_key(line, algorithm):
    """3: a verifier key; a log's has the algorithm 1, a witness's 4."""
    m = re.fullmatch(rb'([^+\s]+)\+([0-9a-f]{8})\+(\S+)', line.strip())
    raw = decode(m[3].decode()) if m else b''
    must(len(raw) == 33 and raw[0] == algorithm and sha256(m[1] + b'\n' + raw)[:4].hex() == m[2].decode(), 'a verifier key cannot be read')
    return Record(name=m[1].decode(), id=(m[1].decode(), m[2].decode()), key=raw[1:])

def open_checkpoint(b, log, witnesses):
    """5: a log's signed head; cosignatures as in 10."""
    head, _, rest = b.decode().partition('\n\n')
    m = re.fullmatch(r'([^\x00-\x1f]+)\n(0|[1-9][0-9]{0,18})\n([^\n]{44})(\n[^\x00-\x1f]+)*', head)
    lines = re.findall(r'— ([^ +\n]+) ([^ \n]+)\n', rest)
    must(m and ''.join(f'— {name} {s}\n' for name, s in lines) == rest and len(b) <= 64 << 10, 'the checkpoint is malformed')
    must(m[1] == log.name, 'the checkpoint is of another log')
    note, signatures = head.encode() + b'\n', {(name, decode(s)[:4].hex()): decode(s)[4:] for name, s in lines}
    must(len(signatures) == len(lines), 'two signatures of the checkpoint are by one key')
    must(log.id in signatures, 'the log did not sign the checkpoint')
    check_signature(log.key, note, signatures.pop(log.id), 'a signature of the checkpoint does not hold')
    for id, signature in signatures.items():
        must(id in witnesses, 'the checkpoint has a signature by a key that is not known here')
        cosigned = b'cosignature/v1\ntime %d\n' % int.from_bytes(signature[:8], 'big') + note
        check_signature(witnesses[id].key, cosigned, signature[8:], 'a signature of the checkpoint does not hold')
    return Record(size=int(m[2]), root=decode(m[3]))

def root_of(leaf, index, size, path):
    """5: the root to which an audit path leads (RFC 6962, section 2.1.1)."""
    if size < 2:
        return leaf if (index, size, path) == (0, 1, []) else None
    left, (*path, other) = 1 << (size - 1).bit_length() - 1, path or [b'']
    if index < left:
        return sha256(b'\1' + (root_of(leaf, index, left, path) or b'') + other)
    return sha256(b'\1' + other + (root_of(leaf, index - left, size - left, path) or b''))

def include(b, leaf, checkpoint, head):
    """5: an inclusion proof: the index of the leaf under the bundle's checkpoint."""
    m = re.fullmatch(rb'c2sp\.org/tlog-proof@v1\nindex (0|[1-9][0-9]{0,18})((?:\n[^\n]{44}){0,63})\n\n(.*)', b, re.DOTALL)
    must(m, 'the inclusion proof is malformed')
    must(m[3] == checkpoint, 'its proof ends in another checkpoint')
    index, path = int(m[1]), [decode(line) for line in m[2].decode().split()]
    must(index < head.size and root_of(leaf, index, head.size, path) == head.root, "the proof does not lead to the log's root")
    return index

# 4: the kinds of what an event says in the clear, and of the claims that it discloses.
PAYLOAD = record(iss=is_a('.+'), iat=lambda v: integer(v) and v > 0, event=is_a(EVENT), notice=optional(digest), sim=optional(lambda v: type(v) is bool),
    jti=is_a('[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'), _sd=optional(list_of(string)), _sd_alg=optional(is_a('sha-256')),
    suppressions=optional(list_of(digest)), suppressions_ended=optional(list_of(digest)),
    choices=optional(list_of(lambda c: isinstance(c, dict) and list(c) == ['...'] and string(c['...']))))
WORDS = ('requested match subject typed e164 wa_id bsuid parent_bsuid name method language funnel funnel_version entry_point page message_id sender ip '
         'user_agent operator reason').split()
CLAIMS = {'seq': integer, 'prev': digest, 'time': time, 'client_time': time, 'webhook': record(slice=digest, body=digest, offset=optional(integer)),
          'shown': list_of(record(kind=string, sha256=digest)), 'export': record(), 'effects': list_of(string), 'presentation': lambda v: v is not None,
          'act': some_of(string, 'kind text payload title', ticked=optional(list_of(string)), unticked=optional(list_of(string))), **dict.fromkeys(WORDS, string)}
CHOICE = some_of(string, 'purpose scope outcome basis grade note', valid_until=optional(time))

def deeper(v):
    """Whether anything is disclosed inside a value."""
    inside = v.values() if isinstance(v, dict) else v if isinstance(v, list) else ()
    return isinstance(v, dict) and ('_sd' in v or '...' in v) or any(map(deeper, inside))

def open_event(b, keys):
    """4: an event, by RFC 9901, section 7.1."""
    jwt, *disclosures = b.decode().split('~')
    must(disclosures and disclosures.pop() == '', 'it must end with a tilde')
    must(jwt.count('.') == 2, 'a JWT has three parts')
    must(len(b) <= MB and len(disclosures) <= 1000, 'it is no SD-JWT')
    must(len(set(disclosures)) == len(disclosures), 'a disclosure stands twice')
    header, p, signature = (decode(part, url=True) for part in jwt.split('.'))
    header, p = parse(header), parse(p)
    must(header['alg'] == 'EdDSA', f'it is of the algorithm {header["alg"]}, not EdDSA')
    must(header['typ'] == 'consent-event+sd-jwt' and 'crit' not in header, 'it is of another type or algorithm')
    must(header['kid'] in keys, 'it is signed by a key that is not known here')
    check_signature(keys[header['kid']], jwt.rpartition('.')[0].encode(), signature, 'its key did not sign it')
    must(PAYLOAD(p) and not any(k == '...' or k not in ('_sd', 'choices') and deeper(v) for k, v in p.items()), 'its payload is not that of an event')
    properties, elements, claims, choices = p.get('_sd', []), [c['...'] for c in p.get('choices', [])], {}, []
    must(len({*properties, *elements}) == len(properties) + len(elements), 'a digest stands twice')
    for d in disclosures:
        salt, *name, value = parse(decode(d, url=True))
        must(string(salt) and list_of(string)(name) and len(name) <= 1 and not deeper(value), 'a disclosure cannot be read')
        mine = base64.urlsafe_b64encode(sha256(d.encode())).decode().rstrip('=')
        must(mine in (properties if name else elements), 'a disclosure belongs to no digest')
        if not name:
            must(CHOICE(value), 'a choice cannot be read')
            choices.append(value)
            continue
        [name] = name
        must(name not in CLEAR and name not in p and name not in claims, f'the claim {name} stands twice, or belongs in the clear')
        must(name not in CLAIMS or CLAIMS[name](value), f'the claim {name} cannot be read')
        claims[name] = value
    return Record(iss=p['iss'], iat=p['iat'], id=p['jti'], name=p['event'], notice=some(p.get('notice')), simulated=p.get('sim') is True, claims=claims,
                  choices=choices, whole=len(choices) == len(elements), disclosed=len(disclosures), hidden=len(properties) + len(elements) - len(disclosures),
                  leaf=sha256(b'\0' + jwt.encode()), at=instant(claims['time']) if 'time' in claims else p['iat'] * 10**9)

def fold(acts):
    """8: the state of a purpose after the acts that touch it."""
    yeses, ends = [a for a in acts if a.outcome in YES], [a for a in acts if a.outcome in ENDS]
    yes = max(yeses, key=lambda a: (a.at, a.id), default=None)
    end = max(ends, key=lambda a: (a.at, ENDS.index(a.outcome), a.id), default=None)
    if yes and (not end or yes.at > end.at + 5 * 10**9):
        again = any(a.at < yes.at for a in yeses + ends) or any(a.id == yes.id and a.outcome == 'renewed' for a in yeses)
        return 'renewed' if again else 'given'
    return end.outcome if end and (yes or end.outcome != 'withdrawn') else 'refused' if any(a.outcome == 'refused' for a in acts) else 'unknown'

def verify(files, log, keys):
    """2 to 8, in this order, and 9. Returns the events, or raises what does not hold."""
    named = lambda folder: [name for name in files if name.startswith(folder)]
    count = len([name for name in files if re.fullmatch(r'events/[0-9]{3,5}\.sd-jwt', name)])
    must(0 < count <= MOST_EVENTS, 'there is no event, or there are too many')
    due = [numbered('events', n + 1, ext) for n in range(count) for ext in ('sd-jwt', 'tlog-proof')]
    for name in due + ['README.txt', 'checkpoint', 'manifest.json', 'keys/jwks.json', 'keys/log.vkey']:
        must(name in files, f'{name} is missing')
    must(set(named('events/')) <= set(due), 'something is out of place in events/')
    theirs, their_log = key_set(files['keys/jwks.json']), note_key(files['keys/log.vkey'], 1)
    witnesses = {w.id: w for w in [note_key(line, 4) for line in files.get('keys/witnesses.vkey', b'').splitlines()]}
    keys, log = keys or theirs, log or their_log
    must(set(theirs) <= set(keys), "a key of the bundle is not among yours")
    must(log.id == their_log.id, "the bundle's log key is not yours")
    head, events = open_checkpoint(files['checkpoint'], log, witnesses), {}
    for n in range(1, count + 1):
        with about(n):
            e = open_event(files[numbered('events', n, 'sd-jwt')], keys)
            e.index = include(files[numbered('events', n, 'tlog-proof')], e.leaf, files['checkpoint'], head)
            must(all(e.iss == other.iss and e.id != other.id and e.index > other.index for other in events.values()),
                 'it is of another business, has the id of another, or stands before the one that it follows here')
            events[n] = e
    last, chain = events[count], record(events=integer, head=optional(digest))
    must([n for n, e in events.items() if e.name == 'proof.exported'] == [count] and 'export' in last.claims, 'the last event is no export, or not the only one')
    export = last.claims['export']
    must(record(audience=is_a('court|regulator|meta|subject'), manifest=digest, absorbed=optional(list_of(chain)),
                states=list_of(record(purpose=string, scope=string, state=string)))(export) and chain(export), 'what the export states cannot be read')
    must(last.hidden == 0 if export['audience'] == 'court' else last.disclosed == 1, 'the export does not show what it must for this audience')
    must(sha256(files['manifest.json']).hex() == export['manifest'], 'manifest.json was changed')
    listed = parse(files['manifest.json'])['files']
    for f in listed:
        must(f['name'] in files, f'{f["name"]} is missing')
        must(sha256(files[f['name']]).hex() == f['sha256'] and len(files[f['name']]) == f['size'], f'{f["name"]} was changed')
    loose = {'manifest.json', 'checkpoint', due[-2]} | {name for name in due if name.endswith('.tlog-proof')}
    must(sorted(f['name'] for f in listed) == sorted(set(files) - loose), 'the manifest does not name the files that are here, once each')
    claimed, chains, acts = [[c['events'], some(c.get('head'))] for c in [export, *export.get('absorbed', [])]], [], []  # 7
    for n, e in events.items():
        seq, prev = e.claims.get('seq'), some(e.claims.get('prev'))
        with about(n):
            must(seq is not None or re.fullmatch(UNNUMBERED, e.name), 'it shows no number')
            if seq is not None:
                if seq == 1 and not prev and len(chains) < len(claimed):
                    chains.append([0, ''])
                follows = [c for c in chains if c == [seq - 1, prev]]
                must(follows, 'it does not follow the one before it')
                follows[0][:] = seq, e.leaf.hex()
                must(e.whole, 'it hides some of its choices')
                acts += [Record(id=e.id, at=e.at, **{k: c.get(k) or '' for k in ('purpose', 'scope', 'outcome')}) for c in e.choices]
    must(sorted(chains) == sorted(c for c in claimed if c != [0, '']), 'the events do not end as the export says')
    stated = [(s['purpose'], s['scope']) for s in export['states']]  # 8
    acted = {(a.purpose, a.scope) for a in acts if a.purpose and a.outcome not in ('requested', 'noted')}
    must(acted <= set(stated) and len(dict(stated)) == len(stated), 'the export does not say one thing about each purpose')
    for s in export['states']:
        found = fold([a for a in acts if (a.purpose == s['purpose'] if a.purpose else a.scope in ('', s['scope']))])
        must(found == s['state'], f'{s["purpose"]}: the events make it {found}, the export says {s["state"]}')
    check_shown(files, named, events)
    return events

def check_shown(files, named, events):
    """9: what was shown, what was received, and in which order."""
    shown = [re.fullmatch(r'shown/((notice|page|form|message|asset)-([0-9a-f]{64}))\.[a-z0-9]{1,8}', name) for name in named('shown/')]
    must(all(m and sha256(files[m[0]]).hex() == m[3] for m in shown), 'a file in shown/ was changed, or is out of place')
    have, wanted, received = [m[1] for m in shown], {f'asset-{m[3]}' for m in shown}, set()
    published, before, newest = set(), set(), 0
    for n, e in events.items():
        with about(n):
            saw = [f'{s["kind"]}-{s["sha256"]}' for s in e.claims.get('shown', [])] + [f'notice-{e.notice}'] * bool(e.notice)
            must(set(saw) <= set(have), 'what it says was shown is missing')
            wanted.update(saw)
            if 'webhook' in e.claims:
                received.add(name := numbered('webhooks', n, 'json'))
                must(name in files, 'what was received is missing')
                w, its = parse(files[name]), e.claims['webhook']
                must(w['event'] == e.id and sha256(decode(w['slice'])).hex() == its['slice'] and w['body_sha256'] == its['body'] and
                     optional(string)(w.get('signature', ABSENT)) and
                     ('body' not in w or sha256(decode(w['body'])).hex() == its['body']), 'what was received is not what it names')
            must(e.iat >= newest - 300, 'it says that it was signed before events that stand before it in the log')
            must(e.claims.get('requested', '') in before | {''}, 'it refers to an event that does not stand before it')
            funnel = (e.claims.get('funnel', ''), e.claims.get('funnel_version', ''))
            if e.name in ('consent.requested', 'consent.given', 'consent.renewed'):
                must(not e.notice or e.notice in published, 'its words were not published before it')
                must(not funnel[1] or funnel in published, 'its funnel was not published before it')
            published |= {e.notice} if e.name == 'notice.published' else {funnel} if e.name == 'funnel.published' else set()
            before, newest = before | {e.id}, max(newest, e.iat)
    must(len(set(have)) == len(have) and set(have) <= wanted, 'there is something in shown/ that no event names, or twice')
    must(set(named('webhooks/')) == received, 'there is something in webhooks/ that no event names')

def main():
    options = argparse.ArgumentParser(description='Verifies proof bundles.')
    for name, settings in {'--log-key': {}, '--jwks': {}, 'bundles': {'nargs': '+'}}.items():
        options.add_argument(name, **settings)
    o, status, read = options.parse_args(), 0, lambda path: pathlib.Path(path).read_bytes()
    log, keys = o.log_key and note_key(read(o.log_key), 1), o.jwks and key_set(read(o.jwks))
    for path in o.bundles:
        try:
            files = unzip(read(path))
            events, verdict, words = verify(files, log, keys), 'valid' if log and keys else 'consistent', 'everything that was looked at holds'
            if any(name.startswith(('anchors/', 'timestamps/')) for name in files):
                words += '; outside anchors were not looked at (assent verify does, and openssl ts)'
            if simulated := sum(e.simulated for e in events.values()):
                words = f'SIMULATED: {simulated} of {len(events)} events come from a simulated sender. They prove nothing about any person.\n{words}'
        except (Unreadable, zipfile.BadZipFile) as e:
            verdict, words = 'unreadable', str(e)
        except Exception as e:  # hostile bytes set off many; none of them means that anything holds
            verdict, words = 'invalid', str(e) if isinstance(e, Wrong) else f'it cannot be read ({type(e).__name__})'
        print(''.join(c if c.isprintable() or c == '\n' else '?' for c in words) + f'\n{verdict:11}{path}')
        status = max(status, {'invalid': 1, 'unreadable': 2}.get(verdict, 0))
    sys.exit(status)

if __name__ == '__main__':
    main()
