// Reads what a proof bundle is made of: zip, JSON, base64, times. Numbers in comments are the sections of
// docs/proof-format.md. Nothing here says whether anything is true.

export const MB = 1 << 20, LIMIT = { files: 16_100, events: 4000, file: 64 * MB, total: 512 * MB, text: 2 * MB, kept: 32 * MB }
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(\/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)*$/
export const KEPT = /^(checkpoint|manifest\.json|(keys|events|webhooks|anchors|timestamps)\/.*)$/

/** What is wrong: a template with {places}, and what to put there. */
export class Wrong extends Error {
  constructor(say, args = {}) { super(fill(say, args)); Object.assign(this, { say, args }) }
}
export const fill = (template, args) => template.replace(/\{(\w+)\}/g, (_, k) => String(args[k]))
export const must = (ok, say, args) => { if (!ok) throw new Wrong(say, args) }
export const hex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
export const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i])
export const bytes = (s) => new TextEncoder().encode(s)
export const text = (b) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(b)
export const join = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]))
export const view = (b) => new DataView(b.buffer, b.byteOffset, b.length)
export const string = (v) => typeof v === 'string', integer = Number.isSafeInteger, object = (v) => v !== null && typeof v === 'object' && !Array.isArray(v)
export const list = (v, of) => Array.isArray(v) && v.every(of), digest = (v) => string(v) && /^[0-9a-f]{64}$/.test(v)
export const maybe = (v, ok) => v === undefined || ok(v)

/** Canonical base64 (RFC 4648, section 4), or base64url without padding. */
export function base64(s, url) {
  const core = url ? s : s.replace(/={1,2}$/, ''), last = ['', '', 'AQgw', 'AEIMQUYcgkosw048'][core.length % 4]
  must((url ? /^[\w-]*$/ : /^[A-Za-z0-9+/]*$/).test(core) && core.length % 4 !== 1 && (!last || last.includes(core.at(-1))) && (url || s.length % 4 === 0), 'it is not canonical base64')
  return Uint8Array.from(atob(core.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
}

/** 2: JSON without repeated members, at most 32 deep. Numbers that are no plain integers become objects. */
export function json(b) {
  const s = text(b)
  JSON.parse(s) // looks after the grammar: from here on commas and colons say nothing
  const tokens = s.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[^\s[\]{}:,"]+|[[\]{}]/g)
  let at = 0
  const value = (depth) => {
    must(depth <= 32, 'it is nested too deep')
    const t = tokens[at++], a = [], o = Object.create(null)
    if (t !== '[' && t !== '{') return /^-?\d+[.eE]/.test(t) ? { number: t } : JSON.parse(t)
    for (; tokens[at] !== ']' && tokens[at] !== '}';) {
      if (t === '[') { a.push(value(depth + 1)); continue }
      const k = JSON.parse(tokens[at++])
      must(!(k in o), 'it has a member twice')
      o[k] = value(depth + 1)
    }
    at++
    return t === '[' ? a : o
  }
  return value(0)
}

/** RFC 3339, in nanoseconds. */
export function instant(s) {
  const m = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/.exec(string(s) ? s : ''), ms = m ? Date.parse(m[1] + 'Z') : NaN
  must(!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(m[1]), 'a time cannot be read')
  return BigInt(ms - (m[3] ? Number(m[3] + '60000') * (m[4] * 60 + +m[5]) : 0)) * 1_000_000n + BigInt((m[2] ?? '').padEnd(9, '0'))
}

/** 1: the directory of a zip, as a Map by name. A source is {size, read(offset, length)}. */
export async function directory(source) {
  must(source.size >= 22, 'it is too short for a zip')
  const end = view(await source.read(source.size - 22, 22)), length = end.getUint32(12, true), offset = end.getUint32(16, true)
  must(end.getUint32(0, true) === 0x06054b50 && end.getUint16(20, true) === 0, 'it is no zip, or there is something behind it')
  must(end.getUint32(4, true) === 0, 'the zip is one of several parts')
  must(length <= 256 * 65_535, 'it holds more than {n} files', { n: LIMIT.files })
  must(offset + length + 22 === source.size, 'there is something around the zip')
  const d = view(await source.read(offset, length)), entries = new Map()
  for (let at = 0; at < length;) {
    must(at + 46 <= length && d.getUint32(at, true) === 0x02014b50, 'the zip is damaged')
    const half = (o) => d.getUint16(at + o, true), word = (o) => d.getUint32(at + o, true), mode = word(38) >>> 16
    const raw = new Uint8Array(d.buffer, d.byteOffset + at + 46, Math.min(half(28), length - at - 46)), name = String.fromCharCode(...raw.subarray(0, 201))
    must(NAME.test(name) && raw.length <= 200, '“{name}” is no name for a file of it', { name: name.slice(0, 60) })
    must(!entries.has(name), '“{name}” is in it twice', { name })
    must([3, 19].includes(half(4) >> 8) ? [0, 0x8000].includes(mode & 0xf000) && !(mode & 0xe00) : !(word(38) & 0x10), '“{name}” is no regular file', { name })
    must(!(half(8) & 1) && [0, 8].includes(half(10)) && half(32) === 0, '“{name}” is packed in a way that is not read here', { name })
    entries.set(name, { name, raw, deflated: half(10) === 8, crc: word(16), packed: word(20), size: word(24), offset: word(42) })
    at += 46 + half(28) + half(30)
  }
  must(entries.size === end.getUint16(10, true), 'the zip is damaged')
  return entries
}

/** 1: where the packed bytes of an entry begin. */
export async function begin(source, e) {
  const local = await source.read(e.offset, 30 + e.raw.length), v = local.length > 30 && view(local)
  must(v && v.getUint32(0, true) === 0x04034b50 && v.getUint16(26, true) === e.raw.length && same(local.subarray(30), e.raw), 'the zip is damaged')
  return e.offset + 30 + e.raw.length + v.getUint16(28, true)
}

/** 1: the bytes of an entry, null if it is damaged. */
export async function unpack(source, e, env) {
  must(e.size <= (KEPT.test(e.name) ? LIMIT.text : LIMIT.file) && e.packed <= LIMIT.file + MB, '“{name}” is too large', e)
  const packed = await source.read(await begin(source, e), e.packed), b = e.deflated ? await env.inflate(packed, e.size + 1) : packed
  return b && packed.length === e.packed && b.length === e.size && env.crc32(b) === e.crc ? b : null
}
