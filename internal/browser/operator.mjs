// Browser tests of what operators work with: their pages, codes, posters and sheets.
//
//   node operator.mjs ../../assent [--pictures DIR]
//
// The last line is "N passed, N failed".
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { axe, browser, close, demo, finish, must, optIn, picture, signIn, test, work } from './house.mjs'

const code = demo.funnels.find((f) => f.mode === 'qr').entry_code

// open returns a signed-in operator's page that keeps what the browser complains about.
async function open(options = {}) {
  const context = await browser.newContext({ baseURL: demo.base, viewport: { width: 1280, height: 900 }, locale: 'en-GB', acceptDownloads: true, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  page.complaints = []
  page.on('console', (m) => m.type() === 'error' && !/Failed to load resource/.test(m.text()) && page.complaints.push(m.text()))
  page.on('pageerror', (err) => page.complaints.push(String(err)))
  page.on('response', (r) => r.status() >= 500 && page.complaints.push(`${r.status()} ${r.url()}`))
  await signIn(page)
  return page
}

await test('somebody opts in, for the pages to show', async () => {
  const page = await browser.newPage({ locale: 'en-GB' })
  await optIn(page)
  await page.close()
})

await test('the editor without a script: the texts of one language, all of them kept', async () => {
  const page = await open({ javaScriptEnabled: false })
  await page.goto('/admin/funnels/new')
  await page.click('[name="starter"][value="restaurant"]')
  await page.fill('[name="t.en.title"]', 'Typed first')
  await page.click('.a-tongues label:has-text("Deutsch")')
  must(!(await page.isVisible('[name="t.en.title"]')), 'two languages show at once')
  await page.fill('[name="t.de.title"]', 'Danach getippt')
  await page.click('.a-finish button[value="save"]')
  await page.waitForURL(/in=de/)
  must((await page.inputValue('[name="t.de.title"]')) === 'Danach getippt' && (await page.inputValue('[name="t.en.title"]')) === 'Typed first', 'something is lost')
  await page.frameLocator('iframe[name="preview"]').getByRole('heading', { name: 'Danach getippt' }).waitFor()
  await page.click('.a-found > summary')
  await page.click('.a-found a[href="#t-ar-intro"]')
  must(await page.isVisible('[name="t.ar.intro"]'), 'what was found does not show')
  await picture(page, 'editor-plain')
  await close(page)
})

// saved clicks, and returns the bytes of the file that comes.
async function saved(page, selector, name) {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.click(selector)])
  await download.saveAs(join(work, name))
  return readFileSync(join(work, name))
}

await test('a printed code is renamed and led to the page, and keeps what it led to', async () => {
  const page = await open()
  await page.goto(`/admin/codes/${code}`)
  await page.fill('[name="label"]', 'Market stall')
  await page.selectOption('[name="chat"]', '')
  await page.click('form.a-code button')
  await page.waitForSelector('.c-flash--ok')
  must((await page.locator('ol.c-line > li').count()) === 2, 'the history does not hold both')
  must((await page.textContent('h1')).includes('Market stall'), 'the new label does not show')
  await axe(page, 'a code that was changed')
  const answer = await page.request.get(`/q/${code}`, { maxRedirects: 0 })
  must(/\/f\//.test(answer.headers().location || ''), `the code leads to ${answer.headers().location}`)
  await close(page)
})

await test('a poster is chosen without a script, and comes as PDF, SVG and PNG', async () => {
  const page = await open({ javaScriptEnabled: false })
  await page.goto(`/admin/codes/${code}/poster`)
  await page.selectOption('[name="size"]', 'a5')
  await page.selectOption('[name="say"]', 'ar')
  await page.fill('[name="headline"]', 'قهوة جديدة كل شهر')
  await page.click('form.a-code button')
  must(await page.locator('.a-sheets img').first().evaluate((img) => img.complete && img.naturalWidth > 300), 'the preview does not show')
  must(/%PDF-/.test((await saved(page, '.a-files a:nth-child(1)', 'poster.pdf')).toString('latin1', 0, 8)), 'no PDF comes')
  must(/<svg/.test((await saved(page, '.a-files a:nth-child(2)', 'poster.svg')).toString('utf8', 0, 400)), 'no SVG comes')
  must(/PNG/.test((await saved(page, '.a-files a:nth-child(3)', 'poster.png')).toString('latin1', 0, 8)), 'no PNG comes')
  await close(page)
})

await test('colours that no phone would read are refused, with what to change', async () => {
  const page = await open()
  await page.goto(`/admin/codes/${code}/poster?ink=%23ffee00`)
  must((await page.locator('#ink[aria-invalid="true"]').count()) === 1, 'the colour is not named')
  must((await page.locator('.a-sheets img').count()) === 0, 'a poster shows all the same')
  await axe(page, 'a refused poster')
  await close(page)
})

await test('a list of labels becomes a sheet of codes, and the same codes when it is sent again', async () => {
  const page = await open()
  const labels = join(work, 'labels.csv')
  writeFileSync(labels, 'label\nTable 1\nTable 2\nTable 3\n')
  const entries = async () => (await page.locator('a[href*="/admin/codes/"]:not([href$="/poster"])').count())
  let after = 0
  for (const round of [1, 2]) {
    await page.goto('/admin/funnels/window')
    const before = await entries()
    await page.setInputFiles('#labels', labels)
    must(/%PDF-/.test((await saved(page, 'form:has(#labels) button', `sheet-${round}.pdf`)).toString('latin1', 0, 8)), 'no PDF comes')
    await page.goto('/admin/funnels/window')
    after = await entries()
    must(after - before === (round === 1 ? 3 : 0), `round ${round}: ${after - before} codes are new`)
  }
  await close(page)
})

const looks = [['en', 'light', 1280], ['en', 'dark', 390], ['de', 'light', 390], ['ar', 'dark', 1280], ['ar', 'light', 320]]
for (const [lang, scheme, width] of looks) {
  await test(`operators' pages in ${lang}, ${scheme}, ${width} px: axe, no overflow, language and direction`, async () => {
    const page = await open({ viewport: { width, height: 844 }, colorScheme: scheme, locale: lang })
    await page.goto('/admin')
    const menu = await page.locator('.a-nav a').evaluateAll((list) => list.map((a) => a.getAttribute('href')))
    const person = await page.locator('table.a-ledger tbody a').first().getAttribute('href')
    must(menu.length > 4, 'the menu is short')
    for (const path of [...menu.filter((m) => !m.endsWith('/gallery')), person, '/admin/funnels/new', '/admin/funnels/offers', '/admin/funnels/offers/embed', '/admin/inbox', '/admin/health', '/admin/stop', '/admin/senders/new', '/admin/senders/new?by=provider', '/admin/business/new', `${person}/stop`, `${person}/erase`, `/admin/codes/${code}`, `/admin/codes/${code}/poster`]) {
      const answer = await page.goto(path)
      must(answer.status() === 200, `${path}: ${answer.status()}`)
      const [tag, dir, wide] = await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir, document.documentElement.scrollWidth > innerWidth])
      must(tag === lang && dir === (lang === 'ar' ? 'rtl' : 'ltr'), `${path}: lang is ${tag}, dir is ${dir}`)
      must(!wide, `${path} is wider than the window`)
      await axe(page, path)
      await picture(page, `${path.replace(/[^a-z]+/g, '-')}-${lang}-${scheme}-${width}`)
    }
    await close(page)
  })
}

await finish()
