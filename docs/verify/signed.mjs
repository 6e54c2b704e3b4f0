// Opens what is signed in a proof bundle, each thing alone: keys, checkpoints, inclusion proofs, events. Numbers in
// comments are the sections of docs/proof-format.md. Whatever does not hold throws.
import { MB, base64, bytes, digest, hex, instant, integer, join, json, list, maybe, must, object, same, string, text, view } from './format.mjs'

const EVENT = new RegExp('^(consent\\.(requested|given|renewed|refused|deferred|withdrawn|expired|revoked|invalidated)|confirmation\\.(sent|delivered)|' +
  'platform\\.(stopped|resumed)|identity\\.(linked|changed)|record\\.imported|subject\\.(erased|locked)|(notice|funnel)\\.published|' +
  'suppression\\.(added|ended)|receipt\\.(sent|delivered)|proof\\.exported|operator\\.acted)$')
const CLEAR = '_sd ... _sd_alg iss iat jti event notice sim suppressions suppressions_ended choices sub aud exp nbf'.split(' ')

/** 3: a verifier key; the algorithm is 1 for a log, 4 for a witness. */
export async function noteKey(line, algorithm, env) {
  const [, name, hash, key] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line.trim()) ?? [], raw = base64(key ?? '')
  must(raw.length === 33 && raw[0] === algorithm && hex(await env.sha256(join(bytes(name + '\n'), raw))).startsWith(hash), 'a verifier key cannot be read')
  return { name, id: `${name} ${hash}`, line: line.trim(), key: raw.slice(1) }
}
export const noteKeys = (s, algorithm, env) => Promise.all(s.split('\n').filter((x) => x.trim()).map((x) => noteKey(x, algorithm, env)))

/** 3: the Ed25519 keys of a JWK Set by kid. */
export async function keySet(b, env) {
  const set = json(b), keys = new Map()
  must(object(set) && list(set.keys, object), 'the key set cannot be read')
  for (const k of set.keys.filter((x) => x.kty === 'OKP' && x.crv === 'Ed25519')) {
    must(string(k.x) && string(k.kid) && !('d' in k) && base64(k.x, true).length === 32, 'the key set holds a key that cannot be used')
    must(same(base64(k.kid, true), await env.sha256(bytes(`{"crv":"Ed25519","kty":"OKP","x":"${k.x}"}`))), "a key's kid is not its thumbprint")
    keys.set(k.kid, base64(k.x, true))
  }
  return keys
}

/** 5 and 10: a checkpoint with the log's signature and witnesses' cosignatures. */
export async function openCheckpoint(b, log, witnesses, env) {
  must(b && log && b.length <= 64 << 10, 'there is no checkpoint, or no key of the log')
  const [head, rest] = text(b).split(/\n\n(.*)/s), lines = (rest ?? '').split('\n'), ids = new Set()
  const m = /^([^\x00-\x1f]+)\n(0|[1-9]\d{0,18})\n([^\n]{44})(\n[^\x00-\x1f]+)*$/.exec(head)
  must(m && lines.pop() === '' && base64(m[3]).length === 32, 'the checkpoint is malformed')
  const c = { origin: m[1], size: BigInt(m[2]), root: base64(m[3]), cosigned: [] }, note = bytes(head + '\n')
  must(c.origin === log.name, 'the checkpoint is of another log')
  const signatures = lines.map((line) => {
    const [, name, sig] = /^— ([^ +]+) (\S+)$/.exec(line) ?? [], raw = base64(sig ?? '')
    return { line, raw, id: `${name} ${hex(raw.slice(0, 4))}` }
  })
  must(signatures.some((s) => s.id === log.id), 'the log did not sign the checkpoint')
  for (const { line, raw, id } of signatures) {
    const witness = witnesses.find((w) => w.id === id)
    must(!ids.has(id) && (id === log.id || witness || witnesses[0]?.pinned), 'the checkpoint has a signature by a key that is not known here')
    ids.add(id)
    if (id !== log.id && !witness) continue // whoever pins witnesses goes by these, whoever else signed
    const time = raw.length === 76 ? view(raw).getBigUint64(4) : 0n
    must(id === log.id ? raw.length === 68 && await env.ed25519(log.key, note, raw.slice(4))
      : raw.length === 76 && await env.ed25519(witness.key, join(bytes(`cosignature/v1\ntime ${time}\n`), note), raw.slice(12)), 'a signature of the checkpoint does not hold')
    if (id === log.id) c.signed = `${head}\n\n${line}\n`
    else c.cosigned.push({ name: witness.name, pinned: witness.pinned, time: Number(time) * 1000 })
  }
  return c
}

/** 5: an inclusion proof (RFC 9162, section 2.1.3.2). Returns the index and the checkpoint's bytes. */
export async function include(b, leaf, open, env) {
  const [head, rest] = text(b).split(/\n\n(.*)/s), [first, second, ...path] = head.split('\n'), index = /^index (0|[1-9]\d{0,18})$/.exec(second)
  must(first === 'c2sp.org/tlog-proof@v1' && index && path.length <= 63 && b.length <= 72 << 10 && path.every((x) => base64(x).length === 32), 'the inclusion proof is malformed')
  const c = await open(bytes(rest ?? ''))
  let fn = BigInt(index[1]), sn = c.size - 1n, hash = leaf
  must(fn <= sn, "the proof does not lead to the log's root")
  for (const p of path.map((x) => base64(x))) {
    must(sn > 0n, "the proof does not lead to the log's root")
    const left = (fn & 1n) === 1n || fn === sn
    hash = await env.sha256(left ? join([1], p, hash) : join([1], hash, p))
    while (left && fn && !(fn & 1n)) { fn >>= 1n; sn >>= 1n }
    fn >>= 1n
    sn >>= 1n
  }
  must(sn === 0n && same(hash, c.root), "the proof does not lead to the log's root")
  return { index: BigInt(index[1]), checkpoint: c }
}

const strings = (v) => list(v, string), time = (v) => instant(v) !== undefined
const TYPES = { seq: integer, prev: digest, time, client_time: time, effects: strings, export: object,
  shown: (v) => list(v, (s) => object(s) && string(s.kind) && digest(s.sha256)), webhook: (v) => object(v) && digest(v.slice) && digest(v.body) && maybe(v.offset, integer),
  presentation: (v) => v !== null,
  act: (v) => object(v) && ['kind', 'text', 'payload', 'title'].every((k) => maybe(v[k], string)) && ['ticked', 'unticked'].every((k) => maybe(v[k], strings)) }
for (const k of ('requested match subject typed e164 wa_id bsuid parent_bsuid name method language funnel funnel_version entry_point page ' +
  'message_id sender ip user_agent operator reason').split(' ')) TYPES[k] = string
const deeper = (v) => object(v) || Array.isArray(v) ? Object.entries(v).some(([k, x]) => k === '_sd' || k === '...' || deeper(x)) : false

/** 4: an event, by RFC 9901, section 7.1. */
export async function openEvent(b, keys, env) {
  const [jwt, ...encoded] = text(b).split('~'), parts = jwt.split('.')
  must(encoded.pop() === '', 'it must end with a tilde')
  must(parts.length === 3, 'a JWT has three parts')
  must(encoded.length <= 1000 && b.length <= MB, 'it is no SD-JWT')
  must(new Set(encoded).size === encoded.length, 'a disclosure stands twice')
  const [header, p] = parts.slice(0, 2).map((x) => json(base64(x, true))), signature = base64(parts[2], true)
  must(object(header) && string(header.alg), 'it is of another type or algorithm')
  must(header.alg === 'EdDSA', 'it is of the algorithm {alg}, not EdDSA', { alg: header.alg.slice(0, 20) })
  must(header.typ === 'consent-event+sd-jwt' && !('crit' in header), 'it is of another type or algorithm')
  must(keys.has(header.kid), 'it is signed by a key that is not known here')
  must(signature.length === 64 && await env.ed25519(keys.get(header.kid), bytes(`${parts[0]}.${parts[1]}`), signature), 'its key did not sign it')
  must(object(p) && string(p.iss) && p.iss && integer(p.iat) && p.iat > 0 && /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(p.jti) &&
    string(p.event) && EVENT.test(p.event) && maybe(p.notice, digest) && maybe(p.sim, (v) => typeof v === 'boolean') && maybe(p._sd_alg, (v) => v === 'sha-256') &&
    maybe(p.suppressions, (v) => list(v, digest)) && maybe(p.suppressions_ended, (v) => list(v, digest)) && maybe(p._sd, strings) &&
    maybe(p.choices, (v) => list(v, (c) => object(c) && Object.keys(c).join() === '...' && string(c['...']))) && Object.entries(p).every(([k, v]) => k === '_sd' || k === 'choices' || (k !== '...' && !deeper(v))), 'its payload is not that of an event')
  const properties = new Set(p._sd), elements = new Set(p.choices?.map((c) => c['...'])), count = (p._sd?.length ?? 0) + (p.choices?.length ?? 0)
  must(new Set([...properties, ...elements]).size === count, 'a digest stands twice')
  const e = { iss: p.iss, iat: p.iat, id: p.jti, name: p.event, notice: p.notice, simulated: p.sim === true, kid: header.kid, claims: Object.create(null), choices: [] }
  const digests = await Promise.all(encoded.map((one) => env.sha256(bytes(one))))
  for (const [i, one] of encoded.entries()) {
    const d = json(base64(one, true)), [name, value] = d.length === 3 ? d.slice(1) : ['choices', d[1]]
    const key = btoa(String.fromCharCode(...digests[i])).replaceAll('+', '-').replaceAll('/', '_').replace('=', '')
    must(Array.isArray(d) && (d.length === 2 || d.length === 3) && string(d[0]) && string(name) && !deeper(value), 'a disclosure cannot be read')
    must((d.length === 3 ? properties : elements).delete(key), 'a disclosure belongs to no digest')
    if (d.length === 2) must(object(value) && ['purpose', 'scope', 'outcome', 'basis', 'grade', 'note'].every((k) => maybe(value[k], string)) && maybe(value.valid_until, time) && e.choices.push(value), 'a choice cannot be read')
    else must(!CLEAR.includes(name) && !(name in p) && !(name in e.claims), 'the claim {name} stands twice, or belongs in the clear', { name })
    if (d.length === 3) must(!Object.hasOwn(TYPES, name) || TYPES[name](value), 'the claim {name} cannot be read', { name })
    if (d.length === 3) e.claims[name] = value
  }
  e.at = e.claims.time === undefined ? BigInt(e.iat) * 1_000_000_000n : instant(e.claims.time)
  return Object.assign(e, { disclosed: encoded.length, hidden: properties.size + elements.size, hiddenChoices: elements.size, leaf: await env.sha256(join([0], bytes(jwt))) })
}
