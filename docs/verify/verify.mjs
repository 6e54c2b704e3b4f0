// Verifies proof bundles as docs/proof-format.md describes them; numbers in comments are its sections.
// Needs Node 20.15 or later and no package. The page /verify runs the same code in the browser.
//
//   node verify.mjs [--log-key FILE] [--jwks FILE] [--witness FILE] [--strict] BUNDLE.zip …
//
// Exit status: 0 valid or consistent, 1 not valid, 2 not readable.
import { KEPT, LIMIT, Wrong, base64, digest, directory, fill, hex, integer, json, list, maybe, must, object, same, string, text, unpack } from './format.mjs'
import { include, keySet, noteKey, noteKeys, openCheckpoint, openEvent } from './signed.mjs'

const NEEDED = ['README.txt', 'checkpoint', 'manifest.json', 'keys/jwks.json', 'keys/log.vkey']
const PROOF = /^events\/\d{3,5}\.tlog-proof$/, AUDIENCES = ['court', 'regulator', 'meta', 'subject']
const UNNUMBERED = /^(consent\.(requested|deferred)|confirmation\..*|(notice|funnel)\.published|proof\.exported)$/
const ENDS = ['expired', 'revoked', 'invalidated', 'withdrawn'] // at one instant the later in this list decides
const numbered = (folder, n, ext) => `${folder}/${String(n).padStart(3, '0')}.${ext}`
const none = (d) => !d || /^0+$/.test(d)

/** 8: the state of a purpose after the acts that touch it. */
function fold(acts) {
  const newest = (list, rank) => list.reduce((a, b) => !a || b.at > a.at || (b.at === a.at && (rank(b) - rank(a) || (b.id > a.id ? 1 : -1)) > 0) ? b : a, undefined)
  const yeses = acts.filter((a) => a.outcome === 'given' || a.outcome === 'renewed'), ends = acts.filter((a) => ENDS.includes(a.outcome))
  const yes = newest(yeses, () => 0), end = newest(ends, (a) => ENDS.indexOf(a.outcome))
  if (end && (yes ? yes.at <= end.at + 5_000_000_000n : end.outcome !== 'withdrawn')) return end.outcome
  if (!yes) return acts.some((a) => a.outcome === 'refused') ? 'refused' : 'unknown'
  return [...yeses, ...ends].some((a) => a.at < yes.at) || yeses.some((a) => a.id === yes.id && a.outcome === 'renewed') ? 'renewed' : 'given'
}

/** Verifies a bundle. Pins are keys that came another way: {log, keys, witnesses}. Throws Wrong where this is no bundle. */
export async function verify(source, env, pins = {}, progress = () => {}) {
  const entries = await directory(source), names = [...entries.keys()], files = new Map(), events = [], r = { checks: [], states: [], events, entries }
  let total = 0, kept = 0, done = 0
  must(names.length <= LIMIT.files, 'it holds more than {n} files', { n: LIMIT.files })
  for (const e of entries.values()) must((total += e.size) <= LIMIT.total && (kept += KEPT.test(e.name) ? e.size : 0) <= LIMIT.kept, 'all in all it is too large')
  for (const e of entries.values()) {
    const b = await unpack(source, e, env)
    files.set(e.name, { size: e.size, data: KEPT.test(e.name) ? b : undefined, digest: b && hex(await env.sha256(b)) })
    await progress((done += e.size) / total / 2)
  }
  const data = (name) => files.get(name)?.data, named = (pattern) => names.filter((x) => pattern.test(x)), good = () => events.filter((e) => e.id)
  const check = async (name, run) => {
    const detail = [], add = (n, say, args = {}) => { detail.push({ n, say, args }) }
    const attempt = async (n, what) => { try { return await what() } catch (e) { add(n, e instanceof Wrong ? e.say : 'it cannot be read', e.args) } }
    const args = await attempt(0, () => run(add, attempt))
    r.checks.push({ name, ok: detail.length === 0, args, detail })
  }

  await check('files', (add) => {
    const count = named(/^events\/\d{3,5}\.sd-jwt$/).length, due = new Set(NEEDED)
    for (let n = 1; n <= count; n++) for (const ext of ['sd-jwt', 'tlog-proof']) due.add(numbered('events', n, ext))
    for (const name of due) if (!files.has(name)) add(0, '{name} is missing', { name })
    for (const name of names) if (!files.get(name).digest) add(0, '{name} is damaged', { name })
    for (const name of named(/^events\//)) if (!due.has(name)) add(0, '{name} is out of place', { name })
    for (let n = 1; n <= count; n++) events.push({ n, file: numbered('events', n, 'sd-jwt') })
    must(count > 0 && count <= LIMIT.events, 'there is no event, or there are too many')
    return { events: count }
  })
  let keys = new Map(), log, witnesses = []
  await check('keys', async (add, attempt) => {
    keys = await attempt(0, () => keySet(data('keys/jwks.json'), env)) ?? keys
    log = await attempt(0, () => noteKey(text(data('keys/log.vkey')), 1, env))
    if (files.has('keys/witnesses.vkey')) witnesses = await attempt(0, () => noteKeys(text(data('keys/witnesses.vkey')), 4, env)) ?? []
    Object.assign(r, { logKey: log?.line, keyIDs: [...keys.keys()], witnesses: witnesses.map((w) => w.line), pinned: Boolean(pins.log && pins.keys) })
    if (pins.keys) for (const id of keys.keys()) if (!pins.keys.has(id)) add(0, "the bundle's key {id} is not among yours", { id })
    if (pins.log && pins.log.id !== log?.id) add(0, "the bundle's log key is not yours")
    keys = pins.keys ?? keys
    log = pins.log ?? log
    if (pins.witnesses?.length) witnesses = pins.witnesses.map((w) => ({ ...w, pinned: true })) // the bundle's are but a hint
  })
  await check('signatures', async (add, attempt) => {
    for (const e of events) {
      await attempt(e.n, async () => Object.assign(e, await openEvent(data(e.file), keys, env)))
      await progress(0.5 + e.n / events.length / 2)
    }
    const all = good(), ids = new Set()
    for (const e of all) {
      if (e.iss !== all[0].iss) add(e.n, 'it is of another business')
      if (ids.size === ids.add(e.id).size) add(e.n, 'it has the id of another')
    }
    Object.assign(r, { issuer: all[0]?.iss, simulated: all.filter((e) => e.simulated).length })
    return { events: events.length, shown: all.reduce((n, e) => n + e.disclosed, 0), hidden: all.reduce((n, e) => n + e.hidden, 0) }
  })
  let head, claim, exported
  await check('checkpoint', async () => {
    head = await openCheckpoint(data('checkpoint'), log, witnesses, env)
    Object.assign(r, { origin: head.origin, size: head.size, root: hex(head.root), cosigned: head.cosigned })
    return { origin: head.origin, size: head.size }
  })
  await check('inclusion', async (add, attempt) => {
    let last = -1n
    const open = (b) => { must(head && same(b, data('checkpoint')), 'its proof ends in another checkpoint'); return head }
    for (const e of events) await attempt(e.n, async () => {
      e.index = (await include(data(numbered('events', e.n, 'tlog-proof')), e.leaf, open, env)).index
      must(e.index > last, 'it stands before the one that it follows here')
      last = e.index
    })
    return { events: events.length }
  })
  await check('export', (add) => {
    for (const e of good()) if (e.name === 'proof.exported' && e.n !== events.length) add(e.n, 'it is an export, and not the last')
    const e = events.at(-1), c = e?.claims?.export, chain = (v) => object(v) && integer(v.events) && maybe(v.head, digest)
    must(e?.name === 'proof.exported' && c, 'the last event is no export, or does not show what it states')
    must(AUDIENCES.includes(c.audience) && digest(c.manifest) && chain(c) && maybe(c.absorbed, (v) => list(v, chain)) &&
      list(c.states, (s) => object(s) && string(s.purpose) && string(s.scope) && string(s.state)), 'what the export states cannot be read')
    must(c.audience === 'court' ? e.hidden === 0 : e.disclosed === 1, 'the export does not show what it must for this audience')
    Object.assign(r, { audience: c.audience, asOf: e.iat * 1000, states: c.states })
    exported = e
    claim = c
    return { audience: c.audience, asOf: new Date(r.asOf).toISOString() }
  })
  await check('manifest', (add) => {
    const bound = (name) => !['manifest.json', 'checkpoint', exported?.file].includes(name) && !PROOF.test(name), seen = new Set()
    must(data('manifest.json') && claim, 'there is no manifest, or no export to vouch for it')
    if (files.get('manifest.json').digest !== claim.manifest) add(0, '{name} was changed', { name: 'manifest.json' })
    const listed = json(data('manifest.json')).files
    must(list(listed, (l) => object(l) && string(l.name) && integer(l.size) && digest(l.sha256)), 'the manifest cannot be read')
    for (const l of listed) {
      const f = files.get(l.name)
      if (seen.has(l.name) || !bound(l.name)) add(0, '{name} is listed and must not be', l)
      else if (!f) add(0, '{name} is missing', l)
      else if (f.digest !== l.sha256 || f.size !== l.size) add(0, '{name} was changed', l)
      seen.add(l.name)
    }
    for (const name of names) if (bound(name) && !seen.has(name)) add(0, '{name} was added', { name })
    return { files: listed.length }
  })
  await check('shown', (add) => {
    const have = new Set(), wanted = new Set()
    for (const name of named(/^shown\//)) {
      const [, key, hash] = /^shown\/((?:notice|page|form|message|asset)-([0-9a-f]{64}))\.[a-z0-9]{1,8}$/.exec(name) ?? [name]
      if (!key || have.has(key)) add(0, '{name} is out of place', { name })
      else if (files.get(name).digest !== hash) add(0, '{name} was changed', { name })
      have.add(key ?? name)
    }
    for (const e of good()) {
      const keys = (e.claims.shown ?? []).map((s) => `${s.kind}-${s.sha256}`)
      for (const key of none(e.notice) ? keys : [...keys, `notice-${e.notice}`]) if (wanted.add(key) && !have.has(key)) add(e.n, 'what it says was shown is missing: {key}', { key })
    }
    for (const key of have) if (!wanted.has(key) && !key.startsWith('asset-')) add(0, 'no event names {key}', { key })
    return { count: wanted.size }
  })
  await check('webhooks', async (add, attempt) => {
    const due = new Map(good().filter((e) => e.claims.webhook).map((e) => [numbered('webhooks', e.n, 'json'), e]))
    for (const name of named(/^webhooks\//)) if (!due.has(name)) add(0, '{name} is out of place', { name })
    for (const [name, e] of due) await attempt(e.n, async () => {
      must(files.has(name), 'what was received is missing')
      const w = json(data(name)), { slice, body } = e.claims.webhook, sum = async (v) => hex(await env.sha256(base64(v)))
      must(w.event === e.id && await sum(w.slice) === slice && w.body_sha256 === body && maybe(w.signature, string) && (w.body === undefined || await sum(w.body) === body), 'what was received is not what it names')
    })
    return { count: due.size }
  })
  await check('sequence', (add) => {
    const chains = [], most = 1 + (claim?.absorbed?.length ?? 0), missing = "numbers {from} to {to} of the person's events are missing"
    for (const e of good()) {
      const seq = e.claims.seq, prev = none(e.claims.prev) ? '' : e.claims.prev
      if (seq === undefined && !UNNUMBERED.test(e.name)) add(e.n, 'it shows no number')
      if (seq === undefined) continue
      let c = chains.find((x) => x.next === seq && x.head === prev)
      if (!c && (!chains.length || (seq === 1 && !prev && chains.length < most))) chains.push(c = { next: 1, head: '' })
      c ??= chains.reduce((a, b) => (b.next <= seq && (a.next > seq || b.next > a.next) ? b : a))
      if (seq > c.next) add(e.n, missing, { from: c.next, to: seq - 1 })
      else if (seq < c.next) add(e.n, 'its number {seq} comes too late', { seq })
      else if (prev !== c.head) add(e.n, 'it does not follow the one before it')
      Object.assign(c, { next: Math.max(c.next, seq + 1), head: hex(e.leaf) })
    }
    must(claim && good().length === events.length, 'not every event can be counted')
    const claimed = [claim, ...(claim.absorbed ?? [])], is = (c) => (x) => x.next - 1 === c.events && (none(c.head) ? !x.head : x.head === c.head)
    for (const c of claimed.filter((x) => x.events || !none(x.head))) {
      const i = chains.findIndex(is(c)), rest = chains.find((x) => !claimed.some((y) => is(y)(x)))
      if (i >= 0) chains.splice(i, 1)
      else if ((rest?.next ?? 1) <= c.events) add(0, missing, { from: rest?.next ?? 1, to: c.events })
      else add(0, 'the events do not end as the export says, which counts {events}', c)
    }
    if (chains.length) add(0, 'there are events that the export does not count')
    return { total: claimed.reduce((n, c) => n + c.events, 0) }
  })
  await check('order', (add) => {
    const before = new Set()
    let newest = 0
    for (const e of good()) {
      if (e.iat < newest - 300) add(e.n, 'it says that it was signed before events that stand before it in the log')
      if (e.claims.requested && !before.has(e.claims.requested)) add(e.n, 'it refers to an event that does not stand before it')
      newest = Math.max(newest, e.iat)
      before.add(e.id)
    }
  })
  await check('states', (add) => {
    const acts = [], scopes = new Map(), stated = new Set()
    for (const e of good().filter((x) => x.claims.seq !== undefined)) {
      if (e.hiddenChoices) add(e.n, 'it hides {count} of its choices', { count: e.hiddenChoices })
      for (const { purpose = '', scope = '', outcome } of e.choices) {
        acts.push({ id: e.id, at: e.at, purpose, scope, outcome })
        if (!purpose || outcome === 'requested' || outcome === 'noted') continue
        if (!scopes.has(purpose)) scopes.set(purpose, scope)
        if (scopes.get(purpose) !== scope) add(e.n, 'it gives {purpose} another scope', { purpose })
      }
    }
    must(claim, 'no export says how the person stood')
    for (const s of claim.states) {
      const found = fold(acts.filter((a) => (a.purpose ? a.purpose === s.purpose : !a.scope || a.scope === s.scope)))
      if (stated.has(s.purpose) || (scopes.get(s.purpose) ?? s.scope) !== s.scope) add(0, 'the export says two things about {purpose}', s)
      else if (found !== s.state) add(0, '{purpose}: the events make it {found}, the export says {state}', { ...s, found })
      stated.add(s.purpose)
    }
    for (const purpose of scopes.keys()) if (!stated.has(purpose)) add(0, 'the export says nothing about {purpose}', { purpose })
    return { states: claim.states.map((s) => `${s.purpose} ${s.state}`).join(', ') || '–' }
  })
  await check('notice', (add) => {
    const before = new Set()
    let count = 0
    for (const e of good()) {
      const funnel = e.claims.funnel_version && JSON.stringify([e.claims.funnel ?? '', e.claims.funnel_version])
      if (e.name === 'notice.published') before.add(e.notice)
      if (e.name === 'funnel.published') before.add(funnel)
      if (!/^consent\.(requested|given|renewed)$/.test(e.name)) continue
      if (e.name !== 'consent.requested') count++
      if (!none(e.notice) && !before.has(e.notice)) add(e.n, 'its words were not published before it')
      if (funnel && !before.has(funnel)) add(e.n, 'its funnel was not published before it')
    }
    return { count }
  })
  await check('anchors', async (add, attempt) => {
    const stamps = new Map(), due = new Map(good().map((e) => [numbered('anchors', e.n, 'tlog-proof'), e])), out = { count: 0, cosignatures: 0, tokens: 0 }
    for (const name of named(/^timestamps\//)) {
      const [, size, party] = /^timestamps\/(\d{1,18})(?:\.checkpoint|-([a-z0-9-]{1,32})\.tsr)$/.exec(name) ?? [], known = size && stamps.get(size)
      if (size && !known) stamps.set(size, { tokens: [], head: files.get(`timestamps/${size}.checkpoint`) })
      if (party) stamps.get(size).tokens.push(name)
      if (!size && !/^timestamps\/[a-z0-9-]{1,32}\.pem$/.test(name)) add(0, '{name} is out of place', { name })
    }
    for (const name of named(/^anchors\//)) await attempt(due.get(name)?.n ?? 0, async () => {
      const e = due.get(name), open = (b) => openCheckpoint(b, log, witnesses, env)
      must(e, '{name} is out of place', { name })
      const { index, checkpoint: c } = await include(data(name), e.leaf, open, env), stamp = stamps.get(String(c.size))
      must(index === e.index && head && c.size <= head.size && (c.size < head.size || same(c.root, head.root)) && (!stamp?.head || text(stamp.head.data) === c.signed) &&
        c.cosigned.every((w) => e.iat - w.time / 1000 <= 300), 'its anchor contradicts the log')
      must(c.cosigned.length || stamp?.tokens.length, 'its anchor has neither a cosignature nor a time-stamp')
      e.anchor = { cosigned: c.cosigned, tokens: stamp?.tokens ?? [] }
      if (stamp) stamp.anchors = true
      out.count++
      out.cosignatures += c.cosigned.length
    })
    for (const [size, stamp] of stamps) {
      if (!stamp.tokens.length || !stamp.anchors) add(0, '{name} anchors no event', { name: stamp.tokens[0] ?? `timestamps/${size}.checkpoint` })
      for (const name of stamp.tokens) if (!stamp.head?.digest || !data(name) || !hex(data(name)).includes(stamp.head.digest)) add(0, '{name} is a time-stamp over something else', { name })
      out.tokens += stamp.tokens.length
    }
    return out
  })
  r.failed = r.checks.filter((c) => !c.ok).length
  r.verdict = r.failed || (pins.strict && !r.pinned) ? 'invalid' : r.pinned ? 'valid' : 'consistent'
  return r
}

// The command.
if (typeof process === 'object' && process.argv[1]?.endsWith('verify.mjs')) {
  const [crypto, fs, zlib, { parseArgs }] = await Promise.all(['crypto', 'fs', 'zlib', 'util'].map((m) => import(`node:${m}`)))
  process.on('uncaughtException', (e) => { console.error(e.message); process.exit(2) })
  const env = {
    crc32: zlib.crc32,
    sha256: (b) => new Uint8Array(crypto.createHash('sha256').update(b).digest()),
    ed25519: (key, message, signature) => crypto.verify(null, message, crypto.createPublicKey({ format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') } }), signature),
    inflate: (b, most) => { try { return zlib.inflateRawSync(b, { maxOutputLength: most }) } catch (e) { return e.code === 'ERR_BUFFER_TOO_LARGE' ? new Uint8Array(most) : null } },
  }
  const printable = (v) => String(v).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?'), option = { type: 'string' }, say = (line) => console.log(printable(line))
  const run = async (file, pins) => {
    const fd = fs.openSync(file), size = fs.fstatSync(fd).size
    const read = (at, n) => { const b = new Uint8Array(Math.max(0, Math.min(n, size - at))); fs.readSync(fd, b, 0, b.length, at); return b }
    const r = await verify({ size, read }, env, pins).finally(() => fs.closeSync(fd))
    if (r.simulated) say(`SIMULATED: ${r.simulated} of ${r.events.length} events come from a simulated sender. They prove nothing about any person.`)
    for (const c of r.checks) {
      say(`${c.ok ? 'ok  ' : 'FAIL'}  ${c.name}  ${c.ok ? Object.entries(c.args ?? {}).map(([k, v]) => `${k}=${v}`).join(' ') : ''}`)
      for (const d of c.detail.slice(0, 20)) say(`        ${d.n ? `event ${d.n}: ` : ''}${fill(d.say, d.args ?? {})}`)
    }
    for (const [k, v] of Object.entries({ business: r.issuer, 'log key': r.logKey, keys: r.keyIDs })) say(`${k.padEnd(11)}${v}`)
    return r.verdict
  }
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'log-key': option, jwks: option, witness: option, strict: { type: 'boolean' } } })
  const key = (name) => values[name] && new Uint8Array(fs.readFileSync(values[name])), pins = { strict: values.strict }
  if (values['log-key']) pins.log = await noteKey(text(key('log-key')), 1, env)
  if (values.jwks) pins.keys = await keySet(key('jwks'), env)
  if (values.witness) pins.witnesses = await noteKeys(text(key('witness')), 4, env)
  process.exitCode = positionals.length ? 0 : 2
  for (const file of positionals) {
    const verdict = await run(file, pins).catch((e) => { say(`This is no proof bundle: ${e.message}`); return 'unreadable' })
    say(`${verdict.padEnd(11)}${file}`)
    process.exitCode = Math.max(process.exitCode, { invalid: 1, unreadable: 2 }[verdict] ?? 0)
  }
}
