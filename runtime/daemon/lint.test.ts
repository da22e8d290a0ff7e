import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lintPolicies } from './lint.ts'
import { paintFor } from './paint.ts'

const folder = mkdtempSync(join(tmpdir(), 'parapet-lint-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(text: string | undefined, options: { json?: boolean; strict?: boolean } = {}) {
  const file = join(folder, text === undefined ? 'nowhere.parapet' : 'policy.parapet')
  if (text !== undefined) writeFileSync(file, text)
  return runFile(file, options)
}

function runFile(file: string, options: { json?: boolean; strict?: boolean } = {}) {
  const lines: string[] = []
  const code = lintPolicies(
    [file],
    { json: options.json === true, strict: options.strict === true },
    (line) => lines.push(line),
    paintFor({ isTTY: false }),
  )
  return { code, out: lines.join('\n') }
}

const WELL = `policy "P" version 1
tool pay(amount: money in USD) { external }
agent clerk { may call pay }
rule "R" { when clerk calls pay and amount > 5 USD then deny because "Manual 1" }
`
const ODD = WELL.replace('because "Manual 1"', '')

test('says so when nothing is found', () => {
  const { code, out } = run(WELL)
  expect(code).toBe(0)
  expect(out).toContain('nothing found')
})

test('findings are warnings: they are told, and are faults only when strict', () => {
  const { code, out } = run(ODD)
  expect(code).toBe(0)
  expect(out).toContain('warning[L0008]: "R" does not say why')
  expect(out).toContain('1 warning')
  expect(run(ODD, { strict: true }).code).toBe(1)
})

test('a policy that does not compile is a fault', () => {
  const { code, out } = run(WELL.replace('> 5 USD', '> 5'))
  expect(code).toBe(1)
  expect(out).toContain('error[P0202]')
})

test('a missing file is a fault', () => {
  expect(run(undefined)).toMatchObject({ code: 1, out: expect.stringContaining('D0010') })
})

test('findings are told as JSON with their place', () => {
  const { out } = run(ODD, { json: true })
  expect(JSON.parse(out)).toMatchObject([{ code: 'L0008', severity: 'warning', at: { line: 4, column: 6 } }])
})

test('the airline desk says nothing in vain', () => {
  const policy = join(import.meta.dirname, '../../policies/airline/airline-desk.parapet')
  const found: { code: string }[] = JSON.parse(runFile(policy, { json: true }).out)
  expect(found.filter(({ code }) => code <= 'L0007' || code === 'L0016')).toEqual([])
})
