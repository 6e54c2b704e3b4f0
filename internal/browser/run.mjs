// Browser tests: the whole journey in Chromium, and axe on every page.
//
//   node run.mjs ../../assent [--pictures DIR]
//
// The last line is "N passed, N failed".
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { axe, binary, browser, close, demo, finish, must, picture, signIn, test, work } from './house.mjs'

// open returns a page that fails the test on anything that the console or the
// Content-Security-Policy complains about.
async function open(options = {}) {
  const context = await browser.newContext({ baseURL: demo.base, viewport: { width: 390, height: 844 }, locale: 'en-GB', ...options })
  const page = await context.newPage()
  const complaints = []
  page.on('console', (m) => m.type() === 'error' && !/Failed to load resource/.test(m.text()) && complaints.push(m.text()))
  page.on('pageerror', (err) => complaints.push(String(err)))
  page.on('response', (r) => r.status() >= 500 && complaints.push(`${r.status()} ${r.url()}`))
  page.on('request', (r) => !r.url().startsWith(demo.base) && !r.url().startsWith('data:') && complaints.push(`a request left: ${r.url()}`))
  page.complaints = complaints
  return page
}

// submit ticks the boxes of the purposes and posts the form.
async function submit(page, slug, purposes, fields = {}) {
  await page.goto(`/f/${slug}`)
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name="${name}"]`, value)
  for (const purpose of purposes) await page.check(`[name="purpose"][value="${purpose}"]`)
  await page.click('main form button[type="submit"]')
  await page.waitForURL(/\/r\/[a-z0-9]+/)
}

const chatLink = 'main a[href*="/sim/chat?"]'

await test('the whole journey: page, phone, confirmed by itself, receipt, record, proof, stop', async () => {
  const page = await open()
  await submit(page, 'offers', ['offers'])
  await picture(page, 'confirm-phone')
  const phone = await page.context().newPage()
  await phone.goto(await page.getAttribute(chatLink, 'href'))
  await picture(phone, 'sim-before')
  await phone.click('form:has(#text) button:not([name="act"][value="delete"])')
  await page.waitForSelector('text=/I agree to receive WhatsApp messages|Confirmed/i', { timeout: 8000 })
  await page.waitForFunction(() => !document.querySelector('main a[href*="/sim/chat?"]'), null, { timeout: 8000 })
  await picture(page, 'confirmed')
  await phone.waitForSelector('[data-log] >> text=/Checkpoint [0-9a-f]{8}/', { timeout: 8000 })
  await picture(phone, 'sim-after')
  await axe(page, 'confirmed')
  await axe(phone, 'the phone')

  const admin = await open({ viewport: { width: 1280, height: 900 }, acceptDownloads: true })
  await admin.goto('/admin')
  await axe(admin, 'sign-in')
  await admin.fill('[name="user"]', demo.admin_user)
  await admin.fill('[name="password"]', demo.admin_password)
  await admin.click('main form button')
  await admin.waitForSelector('table.a-ledger')
  await picture(admin, 'consents')
  await axe(admin, 'the list')
  must(/Given/.test(await admin.textContent('table.a-ledger')), 'the list does not show the consent')
  must(/Not chosen/.test(await admin.textContent('table.a-ledger')), 'the list does not show the refusal')
  await admin.click('table.a-ledger tbody a')
  await admin.waitForSelector('h2#stands')
  await picture(admin, 'person')
  await axe(admin, 'a person')
  const [download] = await Promise.all([admin.waitForEvent('download'), admin.click('form:has([name="audience"]) button')])
  const file = join(work, 'proof.zip')
  await download.saveAs(file)
  const words = execFileSync(binary, ['verify', file], { encoding: 'utf8' })
  must(/consistent/i.test(words), `verify says: ${words}`)

  await phone.reload()
  await phone.fill('[data-enter]', 'STOP')
  await phone.press('[data-enter]', 'Enter')
  await phone.waitForSelector('[data-log] >> text=/Stopped/', { timeout: 8000 })
  await admin.waitForTimeout(300)
  await admin.reload()
  must(/Withdrawn/.test(await admin.textContent('main')), 'the record does not show the withdrawal')
  await picture(admin, 'person-withdrawn')
  await close(page)
  await close(admin)
})

await test('without JavaScript: form, phone, confirmed after a reload', async () => {
  const page = await open({ javaScriptEnabled: false })
  await submit(page, 'checkout', ['orders'], { phone: '+49 170 5550001' })
  const confirm = page.url()
  await page.goto((await page.getAttribute(chatLink, 'href')) + '&me=%2B491705550001')
  await page.click('form:has(#text) button:not([name="act"][value="delete"])')
  for (let i = 0; i < 40; i++) {
    await page.goto(confirm)
    if (!(await page.$(chatLink))) break
    await new Promise((r) => setTimeout(r, 200))
  }
  must(!(await page.$(chatLink)), 'the page never turned')
  await close(page)
})

await test('errors keep the input, name the field and are tied to it', async () => {
  const page = await open()
  await page.goto('/f/checkout')
  await page.fill('[name="phone"]', '0170 12')
  await page.check('[name="purpose"][value="offers"]')
  await page.click('main form button[type="submit"]')
  const input = await page.waitForSelector('[name="phone"][aria-invalid="true"]')
  must((await input.inputValue()) === '0170 12', 'the input is lost')
  must(await page.isChecked('[name="purpose"][value="offers"]'), 'the tick is lost')
  const ids = (await input.getAttribute('aria-describedby')).split(' ')
  const texts = await Promise.all(ids.map((id) => page.textContent(`[id="${id}"]`)))
  must(/digits/i.test(texts.join(' ')), `the error says: ${texts.join(' ')}`)
  await axe(page, 'a form with errors')
  await picture(page, 'errors')
  await close(page)
})

await test('the phone tells what it cannot do, and its menus close', async () => {
  const phone = await open({ viewport: { width: 1280, height: 844 } })
  const chat = `/sim/chat?phone=${demo.sender.slice(1)}&text=Hello`
  const opened = () => phone.locator('details.s-menu[open]').count()
  await phone.goto(chat)
  for (const close of [() => phone.keyboard.press('Escape'), () => phone.click('[data-log]')]) {
    await phone.click('details.s-menu > summary')
    must((await opened()) === 1, 'the menu does not open')
    await close()
    must((await opened()) === 0, 'the menu stays open')
  }
  await phone.fill('#text', ' ')
  await phone.press('#text', 'Enter')
  await phone.waitForSelector('.s-write [role="alert"]')
  must(new URL(phone.url()).pathname === '/sim/chat', `the address is ${phone.url()}`)
  await axe(phone, 'a chat with a problem')
  await phone.click('details:has(#me-number) > summary')
  await phone.fill('#me-number', '0170 12')
  await phone.click('details:has(#me-number) form button')
  await phone.waitForSelector('#me-number[aria-invalid="true"]')
  must((await phone.inputValue('#me-number')) === '0170 12', 'the number is lost')
  await axe(phone, 'the phone with a wrong number')
  await phone.fill('#link', 'https://elsewhere.example/')
  await phone.press('#link', 'Enter')
  await phone.waitForSelector('#link[aria-invalid="true"]')
  must((await phone.inputValue('#link')) === 'https://elsewhere.example/', 'the link is lost')
  await axe(phone, 'the phone with a wrong link')
  await close(phone)
})

await test('the phone by keyboard: ice breaker, command, reaction, reply; what is open stays when something comes', async () => {
  const phone = await open()
  const me = '+491705550010'
  const focused = () => phone.evaluate(() => document.activeElement.id)
  await phone.goto(`/sim/chat?phone=${demo.sender.slice(1)}&me=${encodeURIComponent(me)}`)
  await axe(phone, 'an empty chat')
  await picture(phone, 'sim-empty')
  await phone.focus('.s-prompts button:last-child')
  await phone.keyboard.press('Enter')
  await phone.waitForSelector('.s-msg:not(.s-msg--mine)', { timeout: 8000 })
  must((await phone.locator('.s-prompts').count()) === 0, 'the ice breakers are still there')
  must((await focused()) === 'text', `after the ice breaker ${await focused()} has the focus`)

  const fits = () => phone.locator('#commands[open] button:visible').allTextContents()
  await phone.keyboard.type('/')
  const all = (await fits()).length
  await axe(phone, 'the commands')
  await picture(phone, 'sim-commands')
  await phone.keyboard.type('h')
  const some = await fits()
  must(all > some.length && some.length > 0 && some.every((one) => one.trim().startsWith('/h')), `/ shows ${all} commands, /h ${some}`)
  await phone.keyboard.press('Escape')
  must((await fits()).length === 0 && (await focused()) === 'text', 'the commands do not close')
  await phone.keyboard.type('e')
  await phone.keyboard.press('ArrowDown')
  must((await focused()).startsWith('command-h'), `the arrow leads to ${await focused()}`)
  await phone.keyboard.press('Enter')
  await phone.waitForSelector('.s-msg--mine >> text="/help"')
  must((await phone.inputValue('#text')) === '' && (await fits()).length === 0, 'the command is still there')
  await phone.waitForFunction(() => document.querySelectorAll('.s-msg:not(.s-msg--mine)').length === 2, null, { timeout: 8000 })

  const own = phone.locator('.s-msg--mine .s-about').first()
  await own.locator('summary').focus()
  await phone.keyboard.press('Enter')
  await own.locator('textarea').fill('Half changed')
  await fetch(`${demo.base}/sim/inbound`, { method: 'POST', body: JSON.stringify({ from: me, text: 'From another device' }) })
  await phone.waitForSelector('.s-msg--mine >> text=From another device')
  must((await own.locator('textarea').inputValue()) === 'Half changed' && (await own.locator('textarea').isVisible()), 'what was opened and typed is lost when a message comes')
  await axe(phone, 'what can be done with a message')
  await picture(phone, 'sim-about')
  await phone.keyboard.press('Escape')

  const theirs = phone.locator('.s-msg:not(.s-msg--mine)').first()
  await theirs.locator('summary').focus()
  await phone.keyboard.press('Enter')
  await phone.keyboard.press('Tab')
  await phone.keyboard.press('Enter')
  await theirs.locator('.s-reaction button').waitFor()
  must((await focused()).startsWith('more-'), 'the focus is lost after a reaction')
  await axe(phone, 'a reaction')
  await picture(phone, 'sim-reaction')
  await theirs.locator('.s-reaction button').press('Enter')
  await theirs.locator('.s-reaction').waitFor({ state: 'detached' })

  await phone.fill('#text', 'About')
  await theirs.locator('summary').press('Enter')
  await theirs.locator('button[name="reply"]').press('Enter')
  await phone.waitForSelector('.s-replying')
  must((await phone.inputValue('#text')) === 'About', 'what was typed is lost by replying')
  await axe(phone, 'a reply')
  await picture(phone, 'sim-reply')
  await phone.press('#text', 'Enter')
  await phone.waitForSelector('.s-msg--mine .s-quote')
  must((await phone.locator('.s-replying').count()) === 0 && !new URL(phone.url()).searchParams.has('reply'), 'the reply is still there')
  await close(phone)
})

await test('a funnel from a template: written beside its preview, published, open', async () => {
  const page = await open({ viewport: { width: 1280, height: 900 } })
  await signIn(page)
  await page.goto('/admin/funnels/new')
  await axe(page, 'starters')
  await picture(page, 'starters')
  await page.click('[name="starter"][value="clinic"]')
  await page.waitForURL(/\/drafts\//)
  await axe(page, 'editor')
  await picture(page, 'editor')
  if (!(await page.isVisible('[name="t.en.title"]'))) await page.click('#part-texts > summary')
  await page.fill('[name="t.en.title"]', 'Never miss a visit')
  const preview = page.frameLocator('iframe[name="preview"]')
  await preview.getByRole('heading', { name: 'Never miss a visit' }).waitFor({ timeout: 10_000 })
  // one language at a time, and nothing typed is lost by looking at another
  await page.click('.a-tongues label:has-text("Deutsch")')
  await page.fill('[name="t.de.title"]', 'Kein Termin vergessen')
  must(!(await page.isVisible('[name="t.en.title"]')), 'two languages show at once')
  await preview.getByRole('heading', { name: 'Kein Termin vergessen' }).waitFor({ timeout: 10_000 })
  await axe(page, 'editor in German')
  await picture(page, 'editor-german')
  await page.click('.a-found > summary')
  await page.click('.a-found a[href="#t-ar-intro"]')
  must((await page.isVisible('[name="t.ar.intro"]')) && !(await page.isVisible('[name="t.de.title"]')), 'what was found does not lead to its language')
  await preview.locator('html[lang="ar"]').waitFor()
  await page.click('.a-tongues label:has-text("English")')
  must((await page.inputValue('[name="t.en.title"]')) === 'Never miss a visit' && !(await page.isVisible('[name="t.ar.intro"]')), 'English is not as it was left')
  await page.click('button[value="publish"].c-button--act')
  await page.waitForURL(/\/drafts\/.*\/publish$/)
  await axe(page, 'publish')
  await picture(page, 'publish')
  await page.click('form[action$="/publish"] button')
  await page.waitForURL(/\/admin\/funnels\/appointments\?published/)
  await axe(page, 'versions')
  await picture(page, 'versions')
  await page.goto('/f/appointments')
  must((await page.textContent('h1')).includes('Never miss a visit'), 'the page is not what was written')
  await axe(page, 'a page of a template')
  await picture(page, 'appointments')
  await close(page)
})

await test('the editor: parts that were opened or closed by hand are so when the page comes again, in this draft alone', async () => {
  const page = await open({ viewport: { width: 1280, height: 900 } })
  await signIn(page)
  const draft = async () => {
    await page.goto('/admin/funnels/new')
    await page.click('[name="starter"][value="clinic"]')
    await page.waitForURL(/\/drafts\//)
  }
  const parts = () => page.$$eval('form[data-editor] details.a-part', (all) => Object.fromEntries(all.map((one) => [one.id, one.open])))
  await draft()
  const first = await parts()
  const turned = [Object.keys(first).find((id) => first[id]), Object.keys(first).find((id) => !first[id])]
  must(turned.every(Boolean), `not both open and closed parts: ${JSON.stringify(first)}`)
  for (const id of turned) await page.click(`#${id} > summary`)
  const want = { ...first }
  for (const id of turned) want[id] = !first[id]
  const same = async (when, to) => must(JSON.stringify(await parts()) === JSON.stringify(to), `${when}: ${JSON.stringify(await parts())}, want ${JSON.stringify(to)}`)
  await same('by hand', want)
  await page.reload()
  await same('loaded again', want)
  await page.click('.a-finish button[value="save"]')
  await page.waitForURL(/saved|in=/)
  await same('saved', want)
  await draft()
  await same('another draft', first)
  await close(page)
})

await test('a funnel that asks for work: a browser does it, and without it the person writes first', async () => {
  const admin = await open({ viewport: { width: 1280, height: 900 } })
  await signIn(admin)
  await admin.goto('/admin/funnels/tasting')
  await admin.click('button[value="edit"]')
  await admin.waitForURL(/\/drafts\//)
  if (!(await admin.isVisible('[name="proof"]'))) await admin.click('details:has([name="proof"]) > summary')
  await admin.check('[name="proof"]')
  await admin.click('button[value="publish"].c-button--act')
  await admin.waitForURL(/\/drafts\/.*\/publish$/)
  await admin.click('form[action$="/publish"] button')
  await admin.waitForURL(/\?published/)
  await close(admin)

  const sent = async (page, phone) => {
    await page.goto('/f/tasting')
    await page.fill('[name="phone"]', phone)
    await page.locator('[name="purpose"]').first().check()
    await page.click('main form button[type="submit"]')
    await page.waitForURL(/\/r\/[a-z0-9]+/, { timeout: 30_000 })
  }
  const page = await open()
  let asked = 0
  page.on('request', (r) => r.url().endsWith('/challenge') && asked++)
  await sent(page, '+4915112340001')
  must(asked === 1, `the device asked for work ${asked} times`)
  must(/a message is on its way/.test(await page.textContent('main')), 'the work was done, and no message is sent')
  await close(page)

  const blocked = await open()
  await blocked.route(/\/proof[^/]*\.js/, (route) => route.abort())
  await sent(blocked, '+4915112340002')
  must(!/a message is on its way/.test(await blocked.textContent('main')), 'no work was done, and a message is sent all the same')
  must((await blocked.locator(chatLink).count()) > 0, 'there is no way round')
  await axe(blocked, 'the way round the work')
  await blocked.context().close() // it complains of the script that was blocked
})

await test('the form works with the keyboard alone', async () => {
  const page = await open()
  await page.goto('/f/offers')
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('value') || document.activeElement.textContent.trim())
  for (let i = 0; i < 12 && (await focused()) !== 'offers'; i++) await page.keyboard.press('Tab')
  must((await focused()) === 'offers', 'Tab does not reach the first box')
  await page.keyboard.press('Space')
  for (let i = 0; i < 2 && (await focused()) !== 'orders'; i++) await page.keyboard.press('Tab') // over the address in the first box's words
  must((await focused()) === 'orders', 'Tab does not reach the second box')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/r\//)
  await close(page)
})

await test('the person\'s own page: in three languages, a stop, a tap', async () => {
  const page = await open()
  await submit(page, 'offers', ['offers', 'orders'])
  const phone = await page.context().newPage()
  await phone.goto(await page.getAttribute(chatLink, 'href'))
  await phone.click('form:has(#text) button:not([name="act"][value="delete"])')
  const link = '[data-log] a[href*="/p/"]'
  await phone.waitForSelector(link, { timeout: 8000 })
  const own = await phone.locator(link).last().getAttribute('href')
  for (const lang of ['en', 'de', 'ar']) {
    await page.setViewportSize({ width: 320, height: 844 })
    await page.goto(`${own}?lang=${lang}`)
    must((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${lang}: overflows at 320 px`)
    await picture(page, `preferences-${lang}`)
    await axe(page, `preferences ${lang}`)
  }
  await page.goto(`${own}?lang=en`)
  await page.locator('button[value="stop"]').first().press('Enter')
  await page.waitForSelector('text=/It took effect/')
  await axe(page, 'stopped')
  await page.click('button[value="record"]')
  await page.waitForSelector('text=/Tap the button in it/')
  await axe(page, 'asked for the receipt')
  await close(page)
})

for (const lang of ['en', 'de', 'ar']) {
  for (const scheme of ['light', 'dark']) {
    for (const width of [320, 390, 1280]) {
      await test(`pages in ${lang}, ${scheme}, ${width} px: axe, no overflow, language and direction`, async () => {
        const page = await open({ viewport: { width, height: 844 }, colorScheme: scheme })
        for (const path of [`/f/offers?lang=${lang}`, `/f/checkout?lang=${lang}`, `/f/tasting?lang=${lang}`, `/f/nowhere?lang=${lang}`]) {
          await page.goto(path)
          await check(page, path)
        }
        await page.goto(`/f/offers?lang=${lang}`)
        await page.check('[name="purpose"][value="offers"]')
        await page.click('main form button[type="submit"]')
        await page.waitForURL(/\/r\//)
        await check(page, 'confirm')
        await close(page)

        async function check(page, name) {
          const [tag, dir, wide] = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.documentElement.scrollWidth > innerWidth])
          must(tag === lang, `${name}: lang is ${tag}`)
          must(dir === (lang === 'ar' ? 'rtl' : 'ltr'), `${name}: dir is ${dir}`)
          must(!wide, `${name} is wider than the window`)
          await axe(page, name)
          await picture(page, `${name.replace(/[^a-z]+/g, '-')}-${lang}-${scheme}-${width}`)
        }
      })
    }
  }
}

await finish()
