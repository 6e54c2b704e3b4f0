// Browser tests of forms on other sites: script, element, frame and plain HTML on pages of other origins.
//
//   node embed.mjs ../../assent [--pictures DIR]
//
// The last line is "N passed, N failed".
import { createServer } from 'node:http'
import { axe as axeOf, browser, close, demo, finish, must, picture, signIn, test } from './house.mjs'

// Two sites of others: one that is allowed, one that is not.
const pages = new Map()
const site = () => new Promise((resolve) => {
  const s = createServer((req, res) => {
    const page = pages.get(new URL(req.url, 'http://x').pathname)
    if (!page) return res.writeHead(req.url === '/favicon.ico' ? 204 : 404).end()
    res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page.headers })
    res.end(page.html)
  }).listen(0, '127.0.0.1', () => resolve(s))
})
const [good, bad] = [await site(), await site()]
const shop = `http://127.0.0.1:${good.address().port}`
const stranger = `http://127.0.0.1:${bad.address().port}`

// open returns a page that fails the test on anything that the console complains about, but for what the test expects.
async function open(address, { expect = /^$/, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 700, height: 900 }, locale: 'en-GB', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(10000)
  page.complaints = []
  page.told = []
  page.on('console', (m) => {
    if (m.type() !== 'error') return
    if (expect.test(m.text())) page.told.push(m.text())
    else if (!/Failed to load resource/.test(m.text())) page.complaints.push(m.text())
  })
  page.on('pageerror', (err) => page.complaints.push(String(err)))
  page.on('response', (r) => r.status() >= 500 && page.complaints.push(`${r.status()} ${r.url()}`))
  await page.goto(address)
  return page
}

const axe = (page, name) => axeOf(page, name, 'assent-form')

// serve puts a page on both sites and returns its path.
function serve(path, body, { head = '', headers = {}, lang = 'en', dir = 'ltr' } = {}) {
  pages.set(path, { headers, html: `<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>A shop</title>${head}</head><body><main><h1>A shop</h1>${body}</main></body></html>` })
  return path
}

// snippets reads the pieces of code of the admin page, for they are what people paste.
async function snippets(slug, sites) {
  const page = await open('about:blank', { viewport: { width: 1280, height: 900 } })
  await signIn(page)
  await page.goto(`${demo.base}/admin/funnels/${slug}/embed`)
  await page.fill('#origins', 'http://shop.example')
  await page.click('.a-embed-sites button')
  await page.waitForSelector('#origins[aria-invalid="true"]')
  await picture(page, `admin-${slug}-wrong`)
  await page.fill('#origins', sites)
  await page.click('.a-embed-sites button')
  await page.waitForURL(/saved/)
  const codes = await page.locator('.a-snippet pre code').allTextContents()
  if (sites) {
    await page.waitForSelector('.a-embed-preview assent-form .p-form')
    await axeOf(page, 'the admin page')
  }
  await picture(page, `admin-${slug}`)
  await close(page)
  return codes
}

const remember = '<script>window.told = []; for (const t of ["assent:submitted", "assent:confirmed"]) document.addEventListener(t, (e) => told.push([t, e.composed, e.bubbles, JSON.stringify(e.detail)]))</script>'
const events = (page) => page.evaluate(() => window.told)

// act sends, as the person, what the link of the form says.
async function act(page, form = 'assent-form') {
  const link = page.locator(`${form} a.c-button--act, ${form} .p-step a.c-button`).first()
  const href = new URL(await link.getAttribute('href'))
  must(href.origin === demo.base && (await link.getAttribute('target')) === '_blank', `the link leads to ${href}`)
  const answer = await fetch(`${demo.base}/sim/inbound`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: '+49170555' + Math.floor(1000 + Math.random() * 9000), text: href.searchParams.get('text') }) })
  must(answer.ok, `the phone was answered with ${answer.status}`)
}

// journey fills in a form on a page, confirms it and waits until it says so.
async function journey(page, form = 'assent-form') {
  await page.check(`${form} [name="purpose"][value="offers"]`)
  await page.click(`${form} button[type="submit"]`)
  await page.waitForSelector(`${form} .p-send, ${form} .p-draft`)
  await act(page, form)
  await page.waitForSelector(`${form} .p-outcomes`)
}

const [tag, element, frame, plain] = await snippets('offers', shop)
const script = tag.match(/<script[\s\S]*?<\/script>/)[0]

await test('a bare page: form, errors, link, confirmed by itself, events', async () => {
  const page = await open(shop + serve('/bare', tag, { head: remember }))
  await page.waitForSelector('assent-form .p-form')
  await axe(page, 'the form')
  await picture(page, 'bare')
  await page.click('assent-form button[type="submit"]')
  await page.waitForSelector('assent-form [role="alert"]:focus')
  must(/Nothing is ticked/.test(await page.textContent('assent-form #purpose .c-error')), 'the error does not stand at its field')
  await axe(page, 'with an error')
  await picture(page, 'bare-error')
  await page.click('assent-form [role="alert"] a')
  await page.waitForSelector('assent-form #purpose:focus')
  await journey(page)
  await axe(page, 'confirmed')
  await picture(page, 'bare-confirmed')
  const [submitted, confirmed, ...more] = await events(page)
  must(more.length === 0 && submitted[0] === 'assent:submitted' && confirmed[0] === 'assent:confirmed' && submitted[1] && submitted[2], `events: ${JSON.stringify([submitted, confirmed, more])}`)
  must(/^\{"request":"[a-z0-9]{26}"\}$/.test(submitted[3]) && submitted[3] === confirmed[3], `the events say ${submitted[3]}`)
  must((await page.context().cookies()).length === 0, 'a cookie was set')
  await close(page)
})

await test('a page without our style: hostile rules for everything', async () => {
  const hostile = `<style>html { font-size: 4px } * { color: red !important; font: 40px/3 serif !important; text-transform: uppercase !important; letter-spacing: 1em; display: inline !important; border: 3px dashed lime !important }
    input, button, label, p, div, h2 { position: absolute !important; opacity: .1 !important; transform: rotate(9deg) }</style>`
  const read = (page) => page.evaluate(() => {
    const root = document.querySelector('assent-form').shadowRoot
    return ['h2', 'button[type="submit"]', '.c-words', 'input.c-box'].map((s) => { const c = getComputedStyle(root.querySelector(s)); return [s, c.color, c.fontSize, c.fontFamily, c.lineHeight, c.textTransform, c.letterSpacing, c.position, c.opacity, c.display].join(' ') })
  })
  const page = await open(shop + serve('/hostile-css', tag, { head: hostile }))
  const plain = await open(`${shop}/bare`)
  await page.waitForSelector('assent-form .p-form', { state: 'attached' })
  await plain.waitForSelector('assent-form .p-form')
  const [there, here] = [await read(page), await read(plain)]
  must(JSON.stringify(there) === JSON.stringify(here), `${there.join('\n')}\nand not\n${here.join('\n')}`)
  await picture(page, 'hostile-css')
  await close(page)
  await close(plain)
})

await test('a page that changes prototypes before and after', async () => {
  const beforeUs = `<script>
    Array.prototype.toJSON = String.prototype.toJSON = function () { return "wrong" }
    Object.prototype.extra = Array.prototype.extra = function () {}
    Array.prototype.remove = function () {}
    Function.prototype.bind = ((bind) => function (...a) { return bind.apply(this, a) })(Function.prototype.bind)
  </script>`
  const afterUs = `<script>addEventListener("DOMContentLoaded", () => {
    const no = function () { throw new Error("patched") }
    const list = [[Element, "querySelector querySelectorAll setAttribute getAttribute removeAttribute closest append before after remove"], [Document, "createElement adoptNode querySelector querySelectorAll"], [DocumentFragment, "querySelector querySelectorAll append replaceChildren"], [EventTarget, "dispatchEvent"], [XMLHttpRequest, "open send setRequestHeader"], [Array, "map forEach push filter reduce"], [String, "replace split"], [Promise, "then catch"], [FormData, "forEach get entries"], [Map, "get set"], [CSSStyleSheet, "replaceSync"], [Event, "preventDefault"], [HTMLElement, "focus"]]
    const all = list.map(([type, names]) => [type.prototype, names.split(" ")])
    for (const [proto, names] of all) for (const name of names) proto[name] = no
    window.fetch = window.XMLHttpRequest = window.FormData = window.CustomEvent = window.Promise = no
    JSON.stringify = JSON.parse = no
    window.patched = true
  })</script>`
  const page = await open(shop + serve('/hostile-js', script.replace(' async', ''), { head: beforeUs + afterUs }))
  // The page's own tools are broken: look at it from outside.
  const cdp = await page.context().newCDPSession(page)
  const run = async (expression) => (await cdp.send('Runtime.evaluate', { expression, returnByValue: true })).result.value
  const root = 'document.getElementsByTagName("assent-form")[0].shadowRoot'
  const until = async (expression) => { for (let i = 0; i < 100; i++) { const v = await run(expression); if (v) return v; await new Promise((r) => setTimeout(r, 100)) } throw new Error(`never: ${expression}`) }
  await until('window.patched')
  await until(`${root}.getElementById("purpose") !== null`)
  await run(`${root}.getElementById("purpose").getElementsByTagName("input")[0].click()`)
  await run(`(() => { const f = ${root}.getElementById("purpose").form; for (let i = 0; i < f.elements.length; i++) if (f.elements[i].type === "submit") f.elements[i].click() })()`)
  const text = await until(`(() => { const a = ${root}.firstElementChild.getElementsByTagName("a"); for (let i = 0; i < a.length; i++) if (a[i].target === "_blank" && a[i].href.indexOf("text=") > 0) return a[i].href })()`)
  await fetch(`${demo.base}/sim/inbound`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: '+491705550777', text: new URL(text).searchParams.get('text') }) })
  await until(`${root}.firstElementChild.hasAttribute("data-confirmed")`)
  await close(page)
})

await test('a strict policy: our origin for the script and for connections, and nothing else', async () => {
  const page = await open(shop + serve('/strict', tag, { headers: { 'content-security-policy': `default-src 'none'; script-src ${demo.base}; connect-src ${demo.base}; require-trusted-types-for 'script'; trusted-types 'none'` } }))
  await page.waitForSelector('assent-form .p-form')
  must((await page.evaluate(() => getComputedStyle(document.querySelector('assent-form').shadowRoot.querySelector('.c-button--act')).backgroundColor)) !== 'rgba(0, 0, 0, 0)', 'the form has no style')
  await picture(page, 'strict')
  await journey(page)
  await close(page)
})

await test('right to left, in Arabic, by the language of the page; a phone and dark', async () => {
  const page = await open(shop + serve('/arabic', tag.replace('data-funnel', 'data-theme="auto" data-funnel'), { lang: 'ar', dir: 'rtl' }), { viewport: { width: 320, height: 800 }, colorScheme: 'dark' })
  await page.waitForSelector('assent-form .e-root[lang="ar"][dir="rtl"]')
  must(!(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)), 'the page is too wide')
  await axe(page, 'Arabic')
  await picture(page, 'arabic')
  await journey(page)
  await axe(page, 'Arabic, confirmed')
  await picture(page, 'arabic-confirmed')
  await close(page)
})

await test('two forms on one page, each on its own; an element in German', async () => {
  const page = await open(shop + serve('/two', `<div id="a">${tag}</div><div id="b">${element.replace('funnel=', 'lang="de" theme="dark" funnel=')}</div>`, { head: remember }))
  await page.waitForSelector('#a assent-form .p-form')
  await page.waitForSelector('#b assent-form .e-root[lang="de"] .p-form')
  const looks = await page.evaluate(() => [...document.querySelectorAll('assent-form')].map((f) => getComputedStyle(f.shadowRoot.querySelector('.c-button--act')).backgroundColor))
  must(looks[0] === looks[1] && looks[0] === 'rgb(154, 52, 18)', `the buttons are ${looks}`)
  await axe(page, 'two forms')
  await picture(page, 'two')
  await journey(page, '#b assent-form')
  must((await page.locator('#a assent-form .p-form').count()) === 1, 'the other form has changed')
  await journey(page, '#a assent-form')
  must((await events(page)).length === 4, 'not four events')
  must((await page.evaluate(() => Object.keys(window).filter((k) => /assent/i.test(k)).length)) === 0, 'there is a global')
  await close(page)
})

await test("the page's own properties and parts", async () => {
  const page = await open(shop + serve('/styled', tag, { head: '<style>assent-form { --assent-accent: rgb(0, 90, 60); --assent-radius: 0px; --assent-font: monospace } assent-form::part(button) { text-transform: uppercase } assent-form::part(title) { font-style: italic }</style>' }))
  await page.waitForSelector('assent-form .p-form')
  const got = await page.evaluate(() => { const r = document.querySelector('assent-form').shadowRoot; const b = getComputedStyle(r.querySelector('.c-button--act')); const t = getComputedStyle(r.querySelector('h2')); return [b.backgroundColor, b.borderTopLeftRadius, b.textTransform, t.fontStyle, t.fontFamily].join('|') })
  must(got === 'rgb(0, 90, 60)|0px|uppercase|italic|monospace', got)
  await picture(page, 'styled')
  await close(page)
})

await test('a site that is not allowed: a link for visitors, the reason for who built it', async () => {
  serve('/refused', tag)
  const page = await open(`${stranger}/refused`, { expect: /^Assent: / })
  await page.waitForSelector('assent-form a')
  must((await page.getAttribute('assent-form', 'data-error')) === 'origin', 'the element does not say why')
  must((await page.getAttribute('assent-form a', 'href')) === `${demo.base}/f/offers`, 'the link does not lead to the landing page')
  const words = await page.evaluate(() => document.querySelector('assent-form').shadowRoot.textContent.trim())
  must(words && !/allow|origin|127/.test(words), `visitors read ${words}`)
  must(page.told.some((t) => t.includes(stranger) && t.includes('/admin/funnels/offers/embed')), `the console says ${page.told}`)
  await picture(page, 'refused')
  const answers = await page.evaluate(async (base) => {
    const ask = async (init) => { try { return (await fetch(`${base}/embed/offers`, init)).status } catch { return 'refused' } }
    return [await ask({ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"purpose":["offers"]}' }), await ask({ method: 'POST', body: '{"purpose":["offers"]}' })]
  }, demo.base)
  must(answers.every((a) => a === 'refused'), `a page of another site posts: ${answers}`)
  await page.context().close() // the browser complains of the two, as it should
})

await test('no JavaScript: a link', async () => {
  const page = await open(`${shop}/bare`, { javaScriptEnabled: false })
  must((await page.locator('main a').first().getAttribute('href')) === `${demo.base}/f/offers`, 'there is no link')
  await page.click('main a')
  await page.waitForSelector('main form.p-form')
  await close(page)
})

await test('an element without its script is a link', async () => {
  const page = await open(shop + serve('/element', element), { javaScriptEnabled: false })
  must((await page.locator('assent-form a').getAttribute('href')) === `${demo.base}/f/offers`, 'there is no link')
  await close(page)
})

await test('a frame: as high as it is, the whole journey in it, the link over it', async () => {
  const page = await open(shop + serve('/frame', frame))
  const inside = page.frameLocator('iframe')
  await inside.locator('.p-form').waitFor()
  await page.waitForFunction(() => document.querySelector('iframe').height !== '900')
  must((await inside.locator('header.p-head, footer').count()) === 0, 'the frame has a head and a foot')
  const high = await page.evaluate(() => +document.querySelector('iframe').height)
  must(high > 200 && high < 2000, `the frame is ${high} high`)
  await picture(page, 'frame')
  await inside.locator('[name="purpose"][value="offers"]').check()
  await inside.locator('button[type="submit"]').click()
  const link = inside.locator('main a.c-button--act')
  await link.waitFor()
  must((await link.getAttribute('target')) === '_top', 'the link opens in the frame')
  must(await inside.locator('.p-scan .c-qr svg').isVisible(), 'a desktop has no code to scan')
  await picture(page, 'frame-confirm')
  const href = new URL(await link.getAttribute('href'), demo.base)
  await fetch(`${demo.base}/sim/inbound`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from: '+491705550888', text: href.searchParams.get('text') }) })
  await inside.locator('.p-outcomes').waitFor()
  await picture(page, 'frame-confirmed')
  await close(page)
})

await test('a frame on a phone has the link and no code', async () => {
  const page = await open(`${shop}/frame`, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
  const inside = page.frameLocator('iframe')
  await inside.locator('[name="purpose"][value="offers"]').check()
  await inside.locator('button[type="submit"]').click()
  await inside.locator('main a.c-button--act').waitFor()
  must(!(await inside.locator('.p-scan').isVisible()), 'there is a code on the phone itself')
  await picture(page, 'frame-confirm-phone')
  await close(page)
})

await test('a frame without JavaScript; errors stay in it', async () => {
  const page = await open(`${shop}/frame`, { javaScriptEnabled: false })
  const inside = page.frameLocator('iframe')
  await inside.locator('button[type="submit"]').click()
  await inside.locator('.c-error').waitFor()
  await inside.locator('[name="purpose"][value="offers"]').check()
  await inside.locator('button[type="submit"]').click()
  await inside.locator('main a.c-button--act').waitFor()
  await close(page)
})

await test('a frame on a site that is not allowed stays empty', async () => {
  const page = await open(`${stranger}/frame`, { expect: /frame-ancestors/ })
  await page.waitForTimeout(1000)
  must(page.told.length > 0, 'the browser shows the frame')
  must((await page.frameLocator('iframe').locator('.p-form').count()) === 0, 'the form is in the frame')
  await close(page)
})

await test('plain HTML: the form leads to the confirm page', async () => {
  const page = await open(stranger + serve('/plain', plain))
  await page.check('[name="purpose"][value="offers"]')
  await page.click('form button')
  await page.waitForURL(/\/r\/[a-z0-9]{26}$/)
  must((await page.locator('main a[href*="/sim/chat?"]').count()) > 0, 'there is no link to WhatsApp')
  await close(page)
})

await test('a form that asks for a number: errors at the field, in German', async () => {
  const [numbered] = await snippets('checkout', shop)
  const page = await open(shop + serve('/number', numbered, { lang: 'de' }))
  await page.waitForSelector('assent-form .e-root[lang="de"] #phone')
  await page.fill('assent-form #phone', '0170 1')
  await page.click('assent-form button[type="submit"]')
  await page.waitForSelector('assent-form #phone[aria-invalid="true"]')
  must(/zu wenige Ziffern/.test(await page.textContent('assent-form #phone-error')), await page.textContent('assent-form #phone-error'))
  must(/Bitte/.test(await page.textContent('assent-form [role="alert"]')), 'the summary is not in German')
  await axe(page, 'a number')
  await picture(page, 'number')
  await page.fill('assent-form #phone', '0170 5550123')
  await page.check('assent-form [name="purpose"][value="orders"]')
  await page.click('assent-form button[type="submit"]')
  await page.waitForSelector('assent-form .p-draft')
  must((await page.locator('assent-form [data-problem]').count()) === 0, 'errors stay')
  await axe(page, 'the step')
  await picture(page, 'number-step')
  await close(page)
})

// working makes a funnel that asks for a proof of work, and returns its code for a page.
async function working() {
  const page = await open('about:blank', { viewport: { width: 1280, height: 900 } })
  await signIn(page)
  await page.goto(`${demo.base}/admin/funnels/new`)
  await page.click('[name="starter"][value="newsletter"]')
  await page.waitForURL(/\/drafts\//)
  await page.evaluate(() => { for (const part of document.querySelectorAll('details.a-part')) part.open = true })
  await page.check('[name="proof"]')
  await page.click('button[value="publish"].c-button--act')
  await page.click('form[action$="/publish"] button')
  await page.waitForURL(/\/admin\/funnels\/news\?published/)
  await close(page)
  return (await snippets('news', shop))[0]
}
const proven = await working()

// sent fills in the form on a page of the shop, and returns what its script posts.
async function sent(path, options = {}) {
  const page = await open(shop + path, options)
  await page.waitForSelector('assent-form .p-form[data-challenge]')
  const post = page.waitForRequest((r) => r.method() === 'POST' && r.url() === `${demo.base}/embed/news`, { timeout: 40_000 })
  await page.check('assent-form [name="purpose"]')
  await page.click('assent-form button[type="submit"]')
  const body = JSON.parse((await post).postData())
  await page.waitForSelector('assent-form .p-draft')
  return { page, body }
}

await test('a proof of work, in a shadow root under a strict policy', async () => {
  const { page, body } = await sent(serve('/proof', proven, { headers: { 'content-security-policy': `default-src 'none'; script-src ${demo.base}; connect-src ${demo.base}; require-trusted-types-for 'script'; trusted-types 'none'` } }))
  const { challenge, solution } = JSON.parse(Buffer.from(body.altcha[0], 'base64'))
  must(challenge.signature && solution.derivedKey.startsWith(challenge.parameters.keyPrefix), `the proof is ${body.altcha}`)
  must(body.purpose[0] === 'offers' && body.shown[0], 'the form is not whole')
  await axe(page, 'a form with a proof of work')
  await act(page)
  await page.waitForSelector('assent-form .p-outcomes')
  await close(page)
})

await test('where the work cannot be done the form is sent without it', async () => {
  const { page, body } = await sent(serve('/proof-none', proven, { head: '<script>Object.defineProperty(window, "crypto", { value: undefined })</script>' }))
  must(!('altcha' in body), 'there is a proof')
  await act(page)
  await page.waitForSelector('assent-form .p-outcomes')
  await close(page)
})

await test('version 1 of the script goes on as it was', async () => {
  const { page, body } = await sent(serve('/first', proven.replace('/embed/v2/', '/embed/v1/').replace(/integrity="[^"]*"/, 'integrity="sha384-cq+yH+LYOaefCCdvUcyxRN1Gsf8noPsh7SHiPvQYKlATIqmE7HwkbY+2i1GLQajl"')))
  must(!('altcha' in body), 'there is a proof')
  await close(page)
})

await test('a site that is taken away is refused at once', async () => {
  const page = await open(`${shop}/bare`, { expect: /^Assent: |CORS/ })
  await page.waitForSelector('assent-form .p-form')
  await snippets('offers', '')
  await page.check('assent-form [name="purpose"][value="offers"]')
  await page.click('assent-form button[type="submit"]')
  await page.waitForSelector('assent-form [role="alert"] >> text=/connection failed/')
  await page.reload()
  await page.waitForSelector('assent-form[data-error="origin"]')
  await close(page)
})

good.close()
bad.close()
await finish()
