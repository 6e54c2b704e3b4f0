// Browser tests of /verify: bundles of a running demo, good and changed, online, offline and from a file.
//
//   node verify.mjs ../../assent [--pictures DIR]
//
// The last line is "N passed, N failed".
import { readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { axe, browser, close, demo, finish, must, optIn, picture, signIn, test, work } from './house.mjs'

// open returns a page that fails the test on any complaint, and on any request after the page itself.
async function open(address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-GB', acceptDownloads: true, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(8000)
  page.complaints = []
  page.on('console', (m) => m.type() === 'error' && page.complaints.push(m.text()))
  page.on('pageerror', (err) => page.complaints.push(String(err)))
  await page.goto(address)
  await page.waitForSelector('html[data-ready]').catch(() => must(false, `the page does not start: ${page.complaints}`))
  page.on('request', (r) => !/^(data|blob):/.test(r.url()) && page.complaints.push(`a request: ${r.url()}`))
  return page
}

// give drops files on the page and returns the verdict's words.
async function give(page, ...files) {
  await page.setInputFiles('#files', files)
  await page.waitForSelector('#verdict > *')
  await page.waitForSelector('#working', { state: 'hidden' })
  return page.textContent('#verdict')
}

// bundle goes through the demo and exports a proof.
async function bundle() {
  const context = await browser.newContext({ baseURL: demo.base, acceptDownloads: true, locale: 'en-GB' })
  const page = await context.newPage()
  await optIn(page)
  await signIn(page)
  await page.click('table.a-ledger tbody a')
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('form:has([name="audience"]) button')])
  const file = join(work, 'proof.zip')
  await download.saveAs(file)
  await context.close()
  return file
}

// store writes a zip of stored files, as a bundle is.
function store(name, files) {
  const table = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n })
  const crc = (b) => { let c = 0xffffffff; for (const x of b) c = table[(c ^ x) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0 }
  const bodies = [], heads = []
  let offset = 0
  for (const [n, data] of files) {
    const sizes = Buffer.alloc(30)
    sizes.writeUInt32LE(0x04034b50, 0), sizes.writeUInt16LE(10, 4), sizes.writeUInt32LE(crc(data), 14), sizes.writeUInt32LE(data.length, 18), sizes.writeUInt32LE(data.length, 22), sizes.writeUInt16LE(n.length, 26)
    const head = Buffer.alloc(46)
    head.writeUInt32LE(0x02014b50, 0), sizes.copy(head, 6, 4, 30), head.writeUInt32LE(offset, 42)
    bodies.push(sizes, Buffer.from(n), data)
    heads.push(head, Buffer.from(n))
    offset += 30 + n.length + data.length
  }
  const directory = Buffer.concat(heads), end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0), end.writeUInt16LE(files.length, 8), end.writeUInt16LE(files.length, 10), end.writeUInt32LE(directory.length, 12), end.writeUInt32LE(offset, 16)
  const file = join(work, name)
  writeFileSync(file, Buffer.concat([...bodies, directory, end]))
  return file
}

const good = await bundle()
const bytes = readFileSync(good)
function change(name, edit) {
  const b = Buffer.from(bytes)
  edit(b)
  const file = join(work, name)
  writeFileSync(file, b)
  return file
}
const tampered = change('tampered.zip', (b) => { const i = b.indexOf('README.txt') + 200; b[i] ^= 1 })
const text = join(work, 'text.zip')
writeFileSync(text, 'this is a text and no zip archive at all')
const vkey = (await (await fetch(`${demo.base}/log/vkey`)).text()).trim()
function member(name) {
  let i = bytes.indexOf(name)
  while (bytes.readUInt32LE(Math.max(0, i - 30)) !== 0x04034b50) i = bytes.indexOf(name, i + 1)
  return bytes.subarray(i + name.length, i + name.length + bytes.readUInt32LE(i - 12)).toString()
}
const jwks = member('keys/jwks.json')
const verify = `${demo.base}/verify`

await test('a good bundle is consistent, and valid under pasted keys; a wrong key is told', async () => {
  const page = await open(verify)
  const words = await give(page, good)
  must(/^Simulated/.test(words), `it does not begin with Simulated: ${words}`)
  must(/Consistent/.test(words), words)
  must((await page.locator('.v-checks > li').count()) >= 13, 'checks are missing')
  must((await page.locator('.v-checks .c-sign--withdrawn').count()) === 0, await page.textContent('.v-checks'))
  const keys = page.locator('.v-checks > li').filter({ hasText: 'The keys are those in the bundle: only hints' })
  must((await keys.count()) === 1 && (await keys.locator('.c-sign--unknown').count()) === 1, 'the keys of the bundle look as if somebody had compared them')
  must(/^Note: /.test(await keys.locator('p').first().textContent()), 'the hollow dot is read as a check that holds')
  await page.fill('#pin-log', 'nonsense')
  await page.click('#keys button')
  await page.waitForSelector('#pin-log[aria-invalid="true"]:focus')
  await page.fill('#pin-log', vkey)
  await page.fill('#pin-jwks', jwks)
  await page.click('#keys button')
  await page.waitForSelector('#verdict >> text=Valid')
  must(/those that you brought agree/.test(await page.textContent('.v-checks')), 'keys that were brought are not said to agree')
  await page.fill('#pin-log', 'log.example/other+' + createHash('sha256').update(Buffer.concat([Buffer.from('log.example/other\n\x01'), Buffer.alloc(32, 7)])).digest('hex').slice(0, 8) + '+' + Buffer.concat([Buffer.from([1]), Buffer.alloc(32, 7)]).toString('base64'))
  await page.click('#keys button')
  await page.waitForSelector("#out >> text=the bundle's log key is not yours")
  await close(page)
})

await test('a changed byte anywhere is not valid, and the file is named', async () => {
  const page = await open(verify)
  const words = await give(page, tampered)
  must(/Not valid/.test(words), words)
  must(/README\.txt is damaged/.test(await page.textContent('#out')), 'the file is not named')
  for (let i = 0; i < 25; i++) {
    const file = change('random.zip', (b) => { b[Math.floor((i + 0.5) / 25 * b.length)] ^= 1 << (i % 8) })
    const words = await give(page, file)
    must(/Not valid|Not readable/.test(words) || sameContent(file), `byte ${Math.floor((i + 0.5) / 25 * bytes.length)}: ${words}`)
  }
  await close(page)
  // A zip repeats sizes and sums in front of each file, where nobody reads them.
  function sameContent(file) {
    const b = readFileSync(file), i = b.findIndex((x, k) => x !== bytes[k])
    for (let k = i; k > i - 30; k--) if (b.readUInt32LE(Math.max(0, k)) === 0x04034b50) return true
    const start = b.readUInt32LE(b.length - 6)
    return i >= start
  }
})

await test('what is no bundle is refused with its reason', async () => {
  const page = await open(verify)
  const hostile = [
    [text, /no zip/], [change('behind.zip', (b) => b.writeUInt32LE(0, b.length - 22)), /no zip/],
    [store('twice.zip', [['checkpoint', Buffer.from('a')], ['checkpoint', Buffer.from('b')]]), /in it twice/],
    [store('leaves.zip', [['../../etc/passwd', Buffer.from('a')]]), /is no name/],
    [store('many.zip', Array.from({ length: 16_200 }, (_, i) => [`f${i}`, Buffer.alloc(0)])), /more than 16100 files/],
    [store('bomb.zip', [['events/001.sd-jwt', Buffer.alloc(3 << 20)]]), /too large/],
  ]
  for (const [file, why] of hostile) {
    const words = await give(page, file)
    must(/Not readable/.test(words) && why.test(words), `${file}: ${words}`)
  }
  await close(page)
})

await test('several bundles, and an archive of bundles', async () => {
  const page = await open(verify)
  let words = await give(page, good, tampered, text)
  must(/Bundles: 3\. Hold: 1\. Not valid: 1\. Not readable: 1/.test(words), words)
  const list = (b) => ({ name: b[0], size: b[1].length, sha256: createHash('sha256').update(b[1]).digest('hex') })
  const inside = [['00001.zip', bytes], ['00002.zip', readFileSync(tampered)]]
  words = await give(page, store('proofs.zip', [...inside, ['index.json', Buffer.from(JSON.stringify({ bundles: inside.map(list) }))]]))
  must(/Bundles: 2\. Hold: 1\. Not valid: 1/.test(words), words)
  await page.click('.v-rows > div > *, .v-rows summary >> nth=0')
  await page.waitForSelector('.v-rows .v-checks')
  await axe(page, 'an archive, opened')
  await picture(page, 'archive')
  const other = [...inside].reverse().map(list)
  words = await give(page, store('proofs2.zip', [...inside, ['index.json', Buffer.from(JSON.stringify({ bundles: other }))]]))
  must(/index does not fit/.test(words), words)
  await close(page)
})

await test('a parting is called by its own name', async () => {
  const context = await browser.newContext({ baseURL: demo.base, acceptDownloads: true, locale: 'en-GB' }), admin = await context.newPage()
  await signIn(admin)
  await admin.click('table.a-ledger tbody a')
  const part = admin.locator('details:has(form[action$="/part"])').first()
  await part.locator('summary').click()
  await part.locator('[name="reason"]').fill('told by telephone')
  await part.locator('button').click()
  const [download] = await Promise.all([admin.waitForEvent('download'), admin.click('form:has([name="audience"]) button')])
  const file = join(work, 'parted.zip')
  await download.saveAs(file)
  await context.close()
  const page = await open(verify)
  must(/^Consistent|^Valid|holds/i.test(await give(page, file)), 'it does not hold')
  const events = await page.textContent('.v-events')
  must(/Said to be two people/.test(events) && !/Number changed/.test(events), events)
  await close(page)
})

await test('what was shown is text: nothing of it runs or loads', async () => {
  const page = await open(verify)
  await give(page, good)
  for (const summary of await page.locator('.v-rows summary, .v-events summary').all()) await summary.click()
  await page.waitForSelector('pre.c-quote')
  must(/I agree to receive WhatsApp messages/.test(await page.textContent('#out')), 'the words are not shown')
  must((await page.locator('#out script, #out iframe, #out img, #out link, #out form').count()) === 0, 'something was shown as HTML')
  await axe(page, 'everything opened')
  await picture(page, 'opened')
  await close(page)
})

await test('offline, after it was loaded; the language changes without a network', async () => {
  const page = await open(verify)
  await page.context().setOffline(true)
  must(/Consistent/.test(await give(page, good)), 'it does not work offline')
  await page.click('[data-lang="de"]')
  must(/Stimmig/.test(await page.textContent('#verdict')), 'it does not speak German')
  await page.click('[data-lang="ar"]')
  must((await page.getAttribute('html', 'dir')) === 'rtl' && /متسق/.test(await page.textContent('#verdict')), 'it does not speak Arabic')
  await close(page)
})

await test('saved, it is the same file and works from a disk', async () => {
  const page = await open(verify)
  await give(page, good)
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')])
  const file = join(work, 'assent-verify.html')
  await download.saveAs(file)
  await close(page)
  const served = await (await fetch(verify, { headers: { 'accept-language': 'en-GB' } })).text(), saved = readFileSync(file, 'utf8')
  must(saved === served, 'the copy differs from what was served')
  const copy = await open(pathToFileURL(file).href + '?lang=de', { offline: true })
  must(/Stimmig/.test(await give(copy, good)), 'the copy does not check')
  must(/Nicht gültig/.test(await give(copy, tampered)), 'the copy does not refuse')
  await close(copy)
})

await test('with the keyboard alone', async () => {
  const page = await open(verify)
  for (let i = 0; i < 24 && (await page.evaluate(() => document.activeElement.id)) !== 'files'; i++) await page.keyboard.press('Tab')
  must((await page.evaluate(() => document.activeElement.id)) === 'files', 'Tab does not reach the files')
  await give(page, good)
  await page.focus('.v-events summary >> nth=0')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.v-events details[open] .v-body')
  await close(page)
})

for (const lang of ['en', 'de', 'ar']) {
  for (const [scheme, width] of [['light', 320], ['light', 390], ['dark', 390], ['light', 1280], ['dark', 1280]]) {
    await test(`${lang}, ${scheme}, ${width} px: axe, no overflow, language and direction`, async () => {
      const page = await open(`${verify}?lang=${lang}`, { viewport: { width, height: 844 }, colorScheme: scheme })
      await axe(page, 'empty')
      await picture(page, `empty-${lang}-${scheme}-${width}`)
      for (const [name, file] of Object.entries({ good, tampered, text })) {
        await give(page, file)
        const [tag, dir, wide] = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.documentElement.scrollWidth > innerWidth])
        must(tag === lang && dir === (lang === 'ar' ? 'rtl' : 'ltr') && !wide, `${name}: ${tag} ${dir} ${wide ? 'too wide' : ''}`)
        await axe(page, name)
        await picture(page, `${name}-${lang}-${scheme}-${width}`)
      }
      await close(page)
    })
  }
}

await finish()
