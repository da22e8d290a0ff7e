import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { analyze, compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { html } from './html.ts'
import { markdown } from './markdown.ts'
import { policyPage } from './policy-page.ts'

const GOLDEN = join(import.meta.dirname, '../golden')
const UPDATE = process.env['UPDATE_GOLDEN'] === '1'

function pageOf(text: string, folder = GOLDEN) {
  const files = {
    read: (file: string) =>
      existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : undefined,
  }
  const { plan } = compile(source(text), files)
  return plan === undefined ? undefined : policyPage(analyze(source(text), files), plan)
}

function expectGolden(name: string, actual: string): void {
  const path = join(import.meta.dirname, 'golden', name)
  if (UPDATE) writeFileSync(path, actual)
  expect(actual).toBe(readFileSync(path, 'utf8'))
}

test('a policy reads as a page', () => {
  const page = pageOf(readFileSync(join(GOLDEN, 'refund/input.parapet'), 'utf8'))!
  expectGolden('refund.md', markdown(page))
  expectGolden('refund.html.txt', html(page))
})

const inputs = readdirSync(GOLDEN, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => join(GOLDEN, name))
  .filter((folder) => existsSync(join(folder, 'input.parapet')))

describe.each(inputs)('%s', (folder) => {
  const page = pageOf(readFileSync(join(folder, 'input.parapet'), 'utf8'), folder)
  // Policies with errors have no page.
  if (page === undefined)
    return test('has errors', () => expect(existsSync(join(folder, 'plan.txt'))).toBe(false))

  test('every link leads to one place', () => {
    const text = html(page)
    const ids = Array.from(text.matchAll(/ id="([^"]+)"/g), (match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, to] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(to)
    for (const [, to] of markdown(page).matchAll(/\]\(#([^)]+)\)/g)) expect(ids).toContain(to)
  })

  test('every element is closed', () => {
    const open: string[] = []
    const elements = html(page).replace(/<style>[\s\S]*?<\/style>/, '')
    for (const [, slash, name = '', closed] of elements.matchAll(/<(\/?)([a-z0-9]+)\b[^>]*?(\/?)>/g)) {
      if (closed === '/' || name === 'meta') continue
      if (slash === '') open.push(name)
      else expect(open.pop()).toBe(name)
    }
    expect(open).toEqual([])
  })
})

const VOCABULARY = `policy "P" version 1.0
tool pay(id: text, amount: money in USD, due: date, state: one of "open", "shut") { external }
agent clerk { may call pay }
`

function sentenceOf(condition: string): string {
  const page = pageOf(`${VOCABULARY}rule "R" { when clerk calls pay and ${condition} then deny }`)!
  const text = markdown(page)
  return text.slice(text.indexOf('#### R\n') + 6, text.indexOf('<a id="section-vocabulary">')).trim()
}

test.each([
  ['amount > 5 USD', 'amount is over 5 USD'],
  ['amount<=5 USD', 'amount is at most 5 USD'],
  ['due < 2024-01-01', 'due is before 2024-01-01'],
  ['due >= 2024-01-01', 'due is not before 2024-01-01'],
  ['state != "open"', 'state is not "open"'],
  ['not (amount = 5 USD)', 'it is not so that amount is 5 USD'],
  ['amount is between 1 USD and 5 USD', 'amount is between 1 USD and 5 USD'],
  ['# of the manual\n amount\n > 5 USD', 'amount is over 5 USD'],
])('%s is read as %s', (condition, words) => {
  expect(sentenceOf(condition)).toBe(`**When** clerk calls pay and ${words}, **then** it is denied.`)
})

test('alternatives are a list', () => {
  expect(
    sentenceOf('(id is "a" or not (id is "b" or id is "c"))'),
  ).toBe(`**When** clerk calls pay, and at least one of these holds:

- id is "a"
- none of these holds:
  - id is "b"
  - id is "c"

**then** it is denied.`)
})

test('what looks like markup stays text', () => {
  const page = pageOf(
    `${VOCABULARY}rule "<b>*R*</b> & [x](y)" { when clerk calls pay then deny because "<script>" }`,
  )!
  expect(html(page)).toContain('&lt;b&gt;*R*&lt;/b&gt; &amp; [x](y)')
  expect(html(page)).not.toContain('<script>')
  expect(markdown(page)).toContain('\\<b\\>\\*R\\*\\</b\\> & \\[x\\](y)')
})

test('what a library brings is read in its own text', () => {
  const files = {
    read: (file: string) =>
      file === 'caps.parapet'
        ? 'policy "Caps" version 1.0\nrule "Cap" { when anyone answers and length of text > 5 then deny }\nconsistency "Few" { anyone answers at most 3 times }'
        : undefined,
  }
  const text = 'policy "P" version 1.0\nuse "caps"\nagent clerk { may answer customer }'
  const page = markdown(policyPage(analyze(source(text), files), compile(source(text), files).plan!))
  expect(page).toContain('**When** anyone answers and length of text is over 5, **then** it is denied.')
  expect(page).toContain('**In each conversation**: anyone answers at most 3 times.')
  expect(page).toContain('*From:* `caps.parapet`')
})
