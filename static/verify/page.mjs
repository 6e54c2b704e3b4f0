// The page /verify: takes files, lets verify() of docs/verify look at them, and says what it found in the reader's
// language. Everything from a bundle is written as text; nothing is sent anywhere.

const original = '<!doctype html>' + document.documentElement.outerHTML // before anything below changes it
const $ = (id) => document.getElementById(id)
const messages = JSON.parse($('strings').textContent)
const rtl = /^(ar|he|fa|ur)\b/
const SHOW = 200 // rows of a list before a button asks for more
const BLOCK = 1 << 20 // bytes read of a file at once
const CUT = 20_000 // characters of what was shown

const wish = new URLSearchParams(location.search).get('lang')
let lang = wish in messages ? wish : document.documentElement.lang
let pins = {}
let results = [] // {name, source, open(), report | wrong, verdict}
let turn = 0 // of the last check begun; older ones stop

const t = (id, args = {}) => fill(messages[lang][id] ?? id, isolated(args))
const slug = (template) => template.toLowerCase().replace(/\{\w+\}/g, '').replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '')
const explain = (say, args = {}) => fill(messages[lang]['verify.detail.' + slug(say)] ?? say, isolated(args))
// Names and hashes keep their own direction inside a sentence that runs the other way.
const isolated = (args) => (rtl.test(lang) ? Object.fromEntries(Object.entries(args).map(([k, v]) => [k, typeof v === 'string' ? `\u2068${v}\u2069` : v])) : args)

/** Makes an element; strings among the children become text. */
function el(tag, attributes, ...children) {
  const e = document.createElement(tag)
  for (const [k, v] of Object.entries(attributes ?? {})) if (v !== undefined && v !== false) e.setAttribute(k, v === true ? '' : v)
  e.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== ''))
  return e
}
const sign = (state, big) => { const s = $(`sign-${state}${big ? '-big' : ''}`) ?? $('sign-unknown'); return s.content.firstElementChild.cloneNode(true) }
const code = (s) => el('bdi', { dir: 'ltr', class: 'v-code' }, clean(s))
// Marks that turn the direction of text could make it say what it does not.
const clean = (s) => String(s).replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (c) => (c === '\n' || c === '\t' ? c : '\ufffd'))
const cleaned = (args) => Object.fromEntries(Object.entries(args ?? {}).map(([k, v]) => [k, typeof v === 'object' ? '' : clip(clean(v), 200)]))
const clip = (s, n) => (s.length > n ? s.slice(0, n) + '…' : s)
const said = (ms) => new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC', numberingSystem: 'latn', hourCycle: 'h23' }).format(ms) + ' UTC'
const when = (ms) => el('time', { datetime: new Date(ms).toISOString() }, said(ms))
const word = (family, key) => messages[lang][`${family}.${key}`] ?? clip(clean(key), 60)

const yes = (c) => c.outcome === 'given' || c.outcome === 'renewed'
// Renewed is a yes after a stop, too: "again" is said only where there was a yes before event n.
const told = (state, r, purpose, n) => (state === 'renewed' && r.events.filter((e) => e.id && e.n < n && e.choices.some((c) => c.purpose === purpose && yes(c))).length === 0 ? 'given' : state)
const last = (r, purpose) => r.events.reduce((n, e) => (e.id && e.choices.some((c) => c.purpose === purpose && yes(c)) ? e.n : n), 0)
// The newest yes to a purpose, and how it is evidenced. Of a time-stamp alone this page does not know the time.
const given = (r, purpose) => r.events.findLast((e) => e.id && e.choices.some((c) => c.purpose === purpose && yes(c)))
function gradeOf(r, purpose) {
  const e = given(r, purpose), g = e?.choices.find((c) => c.purpose === purpose && yes(c)).grade
  if (g !== 'B' || !e.anchor) return g
  if (e.anchor.cosigned.some((w) => w.time - Number(e.at / 1_000_000n) <= 86_400_000)) return 'A'
  return e.anchor.tokens.length ? undefined : g
}
const gradeWords = (r, purpose) => { const g = gradeOf(r, purpose); return /^[A-E]$/.test(g) ? `${t(`grade.${g}`)}. ${t(g === 'C' && given(r, purpose).simulated ? 'certificate.grade.simulated' : `certificate.grade.${g}`)}` : '' }
// What the person's own events say last.
const own = (r, claim) => { const v = r.events.findLast((e) => e.id && e.claims.seq && typeof e.claims[claim] === 'string')?.claims[claim]; return v && clip(v, 200) }
const stateOf = (s, r) => told(s.state, r, s.purpose, last(r, s.purpose))

// What the browser gives the verifier.
const known = new Map()
const table = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n })
const env = {
  sha256: async (b) => new Uint8Array(await crypto.subtle.digest('SHA-256', b)),
  ed25519: async (key, message, signature) => {
    const id = hex(key)
    if (!known.has(id)) known.set(id, await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify']))
    return crypto.subtle.verify('Ed25519', known.get(id), signature, message)
  },
  crc32: (b) => { let c = 0xffffffff; for (let i = 0; i < b.length; i++) c = table[(c ^ b[i]) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0 },
  inflate: async (b, most) => {
    const out = new Uint8Array(most)
    let n = 0
    try {
      const reader = new Blob([b]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return out.subarray(0, n)
        if (n + value.length > most) { await reader.cancel(); return null }
        out.set(value, n)
        n += value.length
      }
    } catch { return null }
  },
}

/** A file, read in blocks: bundles hold thousands of small files side by side. */
function fileSource(file) {
  const load = async (at, n) => new Uint8Array(await file.slice(at, at + n).arrayBuffer())
  let begins = 0, block = new Uint8Array()
  return { size: file.size, read: async (at, n) => {
    if (n > BLOCK) return load(at, n)
    if (at < begins || at + n > begins + block.length) [begins, block] = [at, await load(at, BLOCK)]
    return block.slice(at - begins, at - begins + n)
  } }
}

/** What keeps this browser from checking, if anything does. */
async function obstacle() {
  if (!globalThis.crypto?.subtle) return 'verify.insecure'
  try { await crypto.subtle.importKey('raw', Uint8Array.from(atob('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='), (c) => c.charCodeAt(0)), 'Ed25519', false, ['verify']) } catch { return 'verify.no_ed25519' }
  return typeof DecompressionStream === 'function' ? '' : 'verify.no_ed25519'
}

// Checking.

/** Says how far it is, at most twenty times a second, and lets the browser breathe. */
function progressOf(name, mine) {
  let last = 0
  return async (part) => {
    if (mine !== turn) throw new Error('stopped')
    if (performance.now() - last < 50) return
    last = performance.now()
    $('bar').value = part
    $('working-text').textContent = t('verify.working', { name: clip(clean(name), 60) })
    await new Promise((resolve) => setTimeout(resolve))
  }
}

/** Verifies one bundle and returns what is kept of it. */
async function look(name, source, mine) {
  try {
    const report = await verify(source, env, pins, progressOf(name, mine))
    return { name, source, report, verdict: report.verdict }
  } catch (e) {
    if (mine !== turn) throw e
    return { name, source, verdict: 'unreadable', wrong: e instanceof Wrong ? e : new Wrong('it cannot be read') }
  }
}

/** A bundle in an archive of bundles: stored, so that it is read in its place. */
async function inner(source, e) {
  must(!e.deflated && e.packed === e.size, '“{name}” is packed in a way that is not read here', e)
  const at = await begin(source, e)
  return { size: e.size, read: (o, n) => source.read(at + o, Math.max(0, Math.min(n, e.size - o))) }
}

/** The bundles of an archive, held against its index. */
async function* bundles(source, entries) {
  const b = await unpack(source, entries.get('index.json'), env), listed = b && json(b).bundles, names = [...entries.keys()]
  must(list(listed, (x) => object(x) && string(x.name)) && names.at(-1) === 'index.json' && names.length === listed.length + 1, 'index')
  for (const [i, x] of listed.entries()) {
    const e = entries.get(x.name)
    must(names[i] === x.name && /^\d{5,9}\.zip$/.test(x.name) && e.size === x.size && e.size <= LIMIT.file, 'index')
    const inside = await inner(source, e)
    must(hex(await env.sha256(await inside.read(0, e.size))) === x.sha256, 'index')
    yield [x.name, inside]
  }
}

async function check(files) {
  const mine = ++turn
  results = []
  $('working').hidden = false
  $('out').replaceChildren()
  $('verdict').replaceChildren()
  try {
    for (const file of files) await take(file, mine)
  } catch (e) {
    if (mine === turn) throw e
    return // another check has begun
  }
  $('working').hidden = true
  render()
}

async function take(file, mine) {
  const source = fileSource(file)
  let entries
  try { entries = await directory(source) } catch { /* look says why */ }
  if (!entries?.has('index.json') || entries.has('manifest.json')) return void results.push(slim(await look(file.name, source, mine), results.length))
  try {
    for await (const [name, inside] of bundles(source, entries)) results.push(slim(await look(`${file.name} / ${name}`, inside, mine), results.length))
  } catch (e) {
    if (mine !== turn) throw e
    results.push({ name: file.name, archive: true, verdict: 'unreadable', wrong: e instanceof Wrong && e.say !== 'index' ? e : undefined })
  }
}

/** Of many bundles only the first reports are kept; the others are made anew when they are opened. */
function slim(result, before) {
  if (before < 20) return result
  return { name: result.name, source: result.source, verdict: result.verdict, wrong: result.wrong, simulated: result.report?.simulated, events: result.report?.events.length }
}

// Showing.

function render() {
  document.documentElement.lang = lang
  document.documentElement.dir = rtl.test(lang) ? 'rtl' : 'ltr'
  document.title = `${t('verify.title')} · Assent`
  for (const e of document.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t)
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', t(e.dataset.label))
  for (const b of document.querySelectorAll('[data-lang]')) b.dataset.lang === lang ? b.setAttribute('aria-current', 'true') : b.removeAttribute('aria-current')
  $('verdict').replaceChildren(...verdicts())
  $('out').replaceChildren(...(results.length === 1 && results[0].report ? sections(results[0]) : rows()))
  $('keys').hidden = !results.some((r) => r.source)
  for (const [id, lines] of [['log', [results[0]?.report?.logKey]], ['jwks', results[0]?.report?.keyIDs], ['witness', results[0]?.report?.witnesses]]) {
    $(`here-${id}`).replaceChildren(...(results.length === 1 ? lines ?? [] : []).filter(Boolean).flatMap((k) => [...messages[lang]['verify.keys.here'].split('{key}').flatMap((s, i) => (i ? [code(k), s] : [s]))]))
  }
}

/** The verdict in words, before all else. */
function verdicts() {
  if (!results.length) return []
  const simulated = results.reduce((n, r) => n + (r.report?.simulated ?? r.simulated ?? 0), 0), events = results.reduce((n, r) => n + (r.report?.events.length ?? r.events ?? 0), 0)
  const banner = simulated ? [el('div', { class: 'c-flash c-flash--wait' }, el('h2', {}, t('verify.simulated')), el('p', {}, t('verify.simulated.text', { count: simulated, events })))] : []
  if (results.length === 1) return [...banner, headline(results[0])]
  const count = (...v) => results.filter((r) => v.includes(r.verdict)).length
  return [...banner, el('p', { class: 'p-lead' }, t('verify.several', { count: results.length, good: count('valid', 'consistent'), bad: count('invalid'), unreadable: count('unreadable') }))]
}

const signs = { valid: 'given', consistent: 'requested', invalid: 'withdrawn', unreadable: 'unknown' }
function headline(r) {
  return el('div', { class: `v-headline v-headline--${r.verdict}` }, sign(signs[r.verdict], true), el('h2', {}, t(`verify.verdict.${r.verdict}`)), el('p', {}, why(r)))
}
function why(r) {
  if (r.archive && !r.wrong) return `${t('verify.archive')}: ${t('verify.index')}`
  return t(`verify.verdict.${r.verdict}.text`, { why: r.wrong ? explain(r.wrong.say, cleaned(r.wrong.args)) : '', failed: r.report?.failed, checks: r.report?.checks.length })
}

/** Many bundles: one line each, the whole when it is opened. */
function rows() {
  if (results.length < 2) return []
  return [paged('ul', 'v-rows', [...results].sort((a, b) => rank(b) - rank(a)), (r) => el('li', {}, folded(
    [sign(signs[r.verdict]), el('bdi', {}, clip(clean(r.name), 120)), el('span', { class: 'v-soft' }, t(`verify.verdict.${r.verdict}`))],
    async () => {
      if (!r.report && r.source && !r.wrong) Object.assign(r, await look(r.name, r.source, turn))
      return [el('p', {}, why(r)), ...(r.report ? sections(r) : [])]
    })))]
}
const rank = (r) => ['valid', 'consistent', 'unreadable', 'invalid'].indexOf(r.verdict)

/** A list that shows its first rows, and more when asked. */
function paged(tag, name, items, row) {
  const e = el(tag, { class: name }), box = el('div', {}, e)
  let at = 0
  const more = () => {
    e.append(...items.slice(at, at + SHOW).map(row))
    at += SHOW
    box.querySelector(':scope > button')?.remove()
    if (at >= items.length) return
    const b = el('button', { type: 'button', class: 'c-button c-button--small' }, t('verify.more', { count: items.length - at }))
    b.addEventListener('click', more)
    box.append(b)
  }
  more()
  return box
}

/** A part that is filled when it is opened. */
function folded(summary, make) {
  const d = el('details', {}, el('summary', {}, ...summary)), body = el('div', { class: 'v-body' })
  d.addEventListener('toggle', async () => { if (d.open && !body.isConnected) { d.append(body); body.append(...await make()) } })
  return d
}

function section(id, ...children) { return el('section', {}, el('h3', {}, t(id)), ...children) }
const fact = (label, ...value) => [el('dt', {}, label), el('dd', {}, ...value)]

function sections({ report: r, source }) {
  const tokens = [...r.entries.keys()].filter((n) => /^timestamps\/\d+-[a-z0-9-]+\.tsr$/.test(n))
  const seen = [...r.entries.values()].filter((e) => /^shown\/(notice|page|form|message)-/.test(e.name))
  const checks = section('verify.checks', el('ul', { class: 'v-checks' }, r.checks.map((c) => checkRow(c, r))))
  const states = r.states.length ? section('verify.states', el('ul', { class: 'v-states' }, r.states.slice(0, 500).map((s) => el('li', {}, el('bdi', {}, clip(clean(s.purpose), 100)),
      el('span', { class: 'c-badge' }, word('scope', s.scope)), el('span', { class: 'c-state' }, sign(s.state), el('span', {}, word('state', stateOf(s, r)))), el('span', { class: 'v-soft' }, gradeWords(r, s.purpose)))))) : ''
  return [
    el('dl', { class: 'c-facts' },
      own(r, 'e164') ? fact(t('certificate.number'), code(own(r, 'e164'))) : [],
      own(r, 'name') ? fact(t('certificate.name'), el('bdi', {}, clean(own(r, 'name')))) : [],
      r.issuer ? fact(t('verify.business'), code(clip(r.issuer, 200))) : [],
      r.audience ? fact(t('verify.audience'), word('audience', r.audience)) : [],
      r.asOf ? fact(t('verify.as_of'), when(r.asOf)) : [],
      r.origin ? fact(t('verify.log'), code(clip(r.origin, 200))) : [],
      r.root ? fact(t('verify.root', { size: r.size }), code(r.root)) : []),
    ...(r.verdict === 'invalid' ? [checks, states] : [states, checks]),
    section('verify.events', paged('ol', 'v-events', r.events.filter((e) => e.id), (e) => eventRow(e, r))),
    seen.length ? section('verify.shown', el('p', { class: 'v-soft' }, t('verify.shown.text')), paged('ul', 'v-rows', seen, (e) => shownRow(e, source))) : '',
    tokens.length ? section('verify.tokens', el('p', {}, t('verify.tokens.text')), el('pre', { dir: 'ltr', tabindex: 0 },
      tokens.slice(0, SHOW).map((n) => { const [, size, name] = /^timestamps\/(\d+)-(.*)\.tsr$/.exec(n); return `openssl ts -verify -data timestamps/${size}.checkpoint -in ${n} -CAfile timestamps/${name}.pem\n` }))) : '',
    section('certificate.not', el('ul', {}, ['phone', 'law', 'received'].map((k) => el('li', {}, t(`certificate.not.${k}`))))),
  ]
}

/** How a check came out. Some hold and still prove little: no anchors, or keys that are only the bundle's own. */
function outcomeOf(c, r) {
  if (!c.ok) return 'fail'
  if (c.name === 'anchors' && !c.args.count) return 'none'
  if (c.name === 'keys' && !r.pinned) return pins.log || pins.keys ? 'some' : 'none'
  return 'ok'
}

function checkRow(c, r) {
  const args = cleaned(c.args)
  if (c.name === 'export' && c.ok) Object.assign(args, { audience: word('audience', r.audience), asOf: said(r.asOf) })
  if (c.name === 'states' && c.ok) args.states = clip(clean(r.states.map((s) => `${s.purpose} (${word('state', stateOf(s, r))})`).join(', ')), 400) || '–'
  const how = outcomeOf(c, r), note = how === 'none' || how === 'some'
  return el('li', {}, sign(note ? 'unknown' : c.ok ? 'given' : 'withdrawn'), el('div', {},
    el('p', {}, el('span', { class: 'c-hide' }, t(note ? 'verify.note' : c.ok ? 'verify.ok' : 'verify.fail') + ': '), t(`verify.check.${c.name}.${how}`, args)),
    c.detail.length ? paged('ul', 'v-detail', c.detail, (d) => {
      const what = explain(d.say, cleaned(d.args))
      return el('li', {}, d.n ? t('verify.event', { n: d.n, what }) : what)
    }) : ''))
}

/** The name by which people know an event: a yes is renewed only where there was one before, and whom an operator parted has no other number. */
function nameOf(e, r) {
  if (e.name === 'identity.changed' && e.claims.method === 'parted') return 'identity.parted'
  const again = e.choices.some((c) => yes(c) && told('renewed', r, c.purpose, e.n) === 'renewed')
  return e.name === 'consent.renewed' && !again ? 'consent.given' : e.name
}

function eventRow(e, r) {
  return el('li', {}, folded([el('span', { class: 'v-number' }, String(e.n).padStart(3, '0')), el('span', {}, word('event', nameOf(e, r))),
    e.simulated ? el('span', { class: 'c-badge c-badge--wait' }, t('verify.simulated')) : '', when(Number(e.at / 1_000_000n))], () => [
    e.choices.length ? el('ul', { class: 'v-states' }, e.choices.map((c) => el('li', {}, el('bdi', {}, clip(clean(c.purpose || '*'), 100)),
      el('span', { class: 'c-state' }, sign(c.outcome), el('span', {}, word('state', told(c.outcome, r, c.purpose, e.n))))))) : '',
    el('dl', { class: 'c-facts' }, Object.entries(e.claims).flatMap(([k, v]) => fact(clip(clean(k), 60), code(clip(typeof v === 'string' ? v : JSON.stringify(v), 2000)))),
      fact('jti', code(e.id)), fact('iat', when(e.iat * 1000)), fact(t('verify.leaf'), code(hex(e.leaf))),
      e.anchor ? fact(t('verify.anchored'), ...e.anchor.cosigned.flatMap((w) => [code(w.name), ' ', when(w.time), el('br')]), ...e.anchor.tokens.flatMap((n) => [code(n), el('br')])) : []),
    el('p', { class: 'v-soft' }, t('verify.disclosed', { shown: e.disclosed, hidden: e.hidden })),
  ]))
}

/** What was shown, as text: a document that is parsed so runs nothing and loads nothing. */
function shownRow(e, source) {
  const [, kind, hash, ext] = /^shown\/([a-z]+)-([0-9a-f]{64})\.([a-z0-9]+)$/.exec(e.name) ?? [, 'asset', e.name, '']
  return el('li', {}, folded([el('span', {}, word('verify.kind', kind)), el('bdi', { dir: 'ltr', class: 'v-code v-soft' }, hash.slice(0, 12))], async () => {
    let words
    try { words = text(await unpack(source, e, env)) } catch { return [el('p', {}, t('verify.shown.binary'))] }
    if (ext === 'html') {
      const body = new DOMParser().parseFromString(words, 'text/html').body
      for (const x of body.querySelectorAll('script, style, template, svg, noscript, option:not([selected])')) x.remove()
      for (const x of body.querySelectorAll('p, h1, h2, h3, li, div, label, button, legend, option, br, tr')) x.append('\n')
      words = body.textContent.replace(/[ \t]+/g, ' ').replace(/\s*\n\s*/g, '\n').trim()
    } else if (ext === 'json') {
      try { words = JSON.stringify(JSON.parse(words), null, 2) } catch { /* as it is */ }
    }
    return [el('pre', { class: 'c-quote', dir: 'auto', tabindex: 0 }, clean(words.slice(0, CUT).replace(/[\u2066-\u2069]/g, ''))), words.length > CUT ? el('p', { class: 'v-soft' }, t('verify.shown.cut')) : '']
  }))
}

// What the reader does.

let chosen = []
const choose = (files) => { if (files.length) check(chosen = [...files]) }
$('files').addEventListener('change', (e) => { choose(e.target.files); e.target.value = '' })
for (const kind of ['dragover', 'dragenter']) addEventListener(kind, (e) => { e.preventDefault(); $('drop').dataset.over = '' })
addEventListener('dragleave', (e) => { if (!e.relatedTarget) delete $('drop').dataset.over })
addEventListener('drop', (e) => { e.preventDefault(); delete $('drop').dataset.over; choose(e.dataTransfer.files) })

for (const b of document.querySelectorAll('[data-lang]')) b.addEventListener('click', () => {
  lang = b.dataset.lang
  try { history.replaceState(null, '', `?lang=${lang}`) } catch { /* a file has no history to change */ }
  render()
})

$('keys').addEventListener('submit', async (e) => {
  e.preventDefault()
  const readers = { log: (s) => noteKey(s, 1, env), jwks: async (s) => { const k = await keySet(bytes(s), env); must(k.size, 'index'); return k }, witness: (s) => noteKeys(s, 4, env) }, next = {}
  let first
  for (const [id, reader] of Object.entries(readers)) {
    const field = $(`pin-${id}`), error = $(`error-${id}`), value = field.value.trim()
    let bad = false
    if (value) try { next[id] = await reader(value) } catch { bad = true }
    error.hidden = !bad
    bad ? field.setAttribute('aria-invalid', 'true') : field.removeAttribute('aria-invalid')
    if (bad) first ??= field
  }
  if (first) { // a verdict under other keys would stand beside them
    $('out').replaceChildren()
    $('verdict').replaceChildren()
    return first.focus()
  }
  pins = { log: next.log, keys: next.jwks, witnesses: next.witness }
  await check(chosen)
  $('verdict').scrollIntoView({ block: 'nearest' })
})

$('save').addEventListener('click', () => {
  const url = URL.createObjectURL(new Blob([original], { type: 'text/html' }))
  const a = el('a', { href: url, download: 'assent-verify.html' })
  a.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
})

render()
const no = await obstacle()
if (no) {
  $('obstacle').hidden = false
  $('obstacle-text').dataset.t = no
  $('obstacle-text').textContent = t(no)
  $('files').disabled = true
}
document.documentElement.dataset.ready = ''
