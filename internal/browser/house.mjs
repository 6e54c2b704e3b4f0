// What every browser test stands on: a demo of its own, Chromium, axe, and the count at the end.
//
//   node NAME.mjs ../../assent [--pictures DIR]
import { spawn } from 'node:child_process'
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'

export const binary = process.argv[2]
const at = process.argv.indexOf('--pictures')
const pictures = at > 0 ? process.argv[at + 1] : ''
if (pictures) mkdirSync(pictures, { recursive: true })

// work is a folder that is gone at the end.
export const work = mkdtempSync(join(tmpdir(), 'assent-browser-'))

const server = spawn(binary, ['demo', '--json', '--addr', '127.0.0.1:0', '--data', join(work, 'data')], { stdio: ['ignore', 'pipe', 'inherit'] })

// demo is what the demo prints: addresses, log-in, funnels.
export const demo = await new Promise((resolve, reject) => {
  createInterface({ input: server.stdout }).once('line', (line) => resolve(JSON.parse(line)))
  server.once('exit', (code) => reject(new Error(`the demo ended with ${code}`)))
})

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})

let passed = 0
let failed = 0

export async function test(name, fn) {
  try {
    await fn()
    passed++
    console.log(`ok   ${name}`)
  } catch (err) {
    failed++
    console.log(`FAIL ${name}\n     ${String(err.stack || err).split('\n').slice(0, 12).join('\n     ')}`)
  }
}

export function must(ok, words) {
  if (!ok) throw new Error(words)
}

// close ends a page, and fails on what its complaints hold by then.
export async function close(page) {
  const { complaints } = page
  await page.context().close()
  must(complaints.length === 0, `the browser complains: ${complaints.join('; ')}`)
}

// axe fails on anything that breaks WCAG 2.2 AA in the page, or in a part of it.
export async function axe(page, name, part = 'html') {
  const { violations } = await new AxeBuilder({ page }).include(part).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  must(violations.length === 0, `${name}: ${violations.map((v) => `${v.id} (${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join(', ')})`).join('; ')}`)
}

// picture keeps what the page looks like, where --pictures says.
export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
}

// signIn goes through the log-in of the demo's operator.
export async function signIn(page) {
  await page.goto(`${demo.base}/admin/sign-in`)
  await page.fill('[name="user"]', demo.admin_user)
  await page.fill('[name="password"]', demo.admin_password)
  await page.click('main form button')
  await page.waitForSelector('.a-nav')
}

// optIn says yes to offers on the page and on the simulated phone.
export async function optIn(page) {
  await page.goto(`${demo.base}/f/offers`)
  await page.check('[name="purpose"][value="offers"]')
  await page.click('main form button[type="submit"]')
  await page.waitForURL(/\/r\//)
  await page.goto(new URL(await page.getAttribute('main a[href*="/sim/chat?"]', 'href'), demo.base).href)
  await page.click('form:has(#text) button:not([name="act"][value="delete"])')
  await page.waitForSelector('[data-log] >> text=/Checkpoint [0-9a-f]{8}/', { timeout: 15_000 })
}

// finish ends all and prints "N passed, N failed".
export async function finish() {
  await browser.close()
  server.removeAllListeners('exit')
  server.kill('SIGINT')
  await new Promise((resolve) => server.once('exit', resolve))
  rmSync(work, { recursive: true, force: true })
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed ? 1 : 0)
}
