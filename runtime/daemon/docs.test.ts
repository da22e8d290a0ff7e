import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkPolicies } from './check.ts'
import { docsPage, writeDocs } from './docs.ts'
import { paintFor } from './paint.ts'

const folder = mkdtempSync(join(tmpdir(), 'parapet-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))
const good = join(folder, 'good.parapet')
writeFileSync(good, 'policy "Good" version 1.0\nagent clerk { may answer customer }\n')

test('the page of the airline desk is up to date', () => {
  const policies = join(import.meta.dirname, '../../policies/airline')
  const page = docsPage(join(policies, 'airline-desk.parapet'), 'markdown')
  const file = join(policies, 'airline-desk.md')
  if (process.env['UPDATE_GOLDEN'] === '1' && typeof page === 'string') writeFileSync(file, page)
  expect(page, 'run `parapet docs` on it again').toBe(readFileSync(file, 'utf8'))
})

test('the page goes to a file', () => {
  const out = join(folder, 'good.html')
  expect(writeDocs({ file: good, html: true, out }, () => {})).toBeUndefined()
  expect(readFileSync(out, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<h1>Good<\/h1>/)
})

test('the page goes to the output', () => {
  let said = ''
  writeDocs({ file: good, html: false }, (text) => (said += text))
  expect(said).toMatch(/^# Good\n/)
})

test('the page and `parapet check` count the same, and no limit of an agent as a consistency', () => {
  const limited = join(folder, 'limited.parapet')
  writeFileSync(
    limited,
    'policy "Limited" version 1.0\nagent clerk { may answer customer at most 9 steps per conversation }\nconsistency "Few" { answers at most 3 times }\n',
  )
  const lines: string[] = []
  checkPolicies([limited], { bounds: false, json: false }, (line) => lines.push(line), paintFor({}))
  expect(lines.join('\n')).toContain('1 consistency')
  expect(docsPage(limited, 'markdown')).toContain('1 consistency')
})

test('a policy with errors has no page', () => {
  const bad = join(folder, 'bad.parapet')
  writeFileSync(bad, 'policy "Bad" version 1.0\nrule "R" { when clerk calls pay then deny }\n')
  expect(docsPage(bad, 'markdown')).toMatchObject({ kind: 'problem', code: 'D0011' })
  expect(docsPage(join(folder, 'none.parapet'), 'html')).toMatchObject({ code: 'D0010' })
})
