import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type MutateOptions, mutatePolicy } from './mutate-policy.ts'
import { paintFor } from './paint.ts'

const POLICY = `policy "Refunds" version 1.0
tool refund(amount: money in USD) { external }
agent clerk { may call refund }
rule "Large" {
  when clerk calls refund and amount > 100 USD
  then deny
  because "Manual 3"
}
test "a small one passes" { when clerk calls refund with amount = 5 USD expect allow }
test "a large one does not" { when clerk calls refund with amount = 500 USD expect deny because "Large" }
`
const CASES = `- table: amounts
  when: clerk calls refund with amount = $amount
  cases:
    - { amount: 100 USD, expect: allow }
    - { amount: 100.01 USD, expect: deny because "Large" }
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-mutate-'))
  writeFileSync(join(folder, 'refunds.parapet'), POLICY)
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(more: Partial<MutateOptions> = {}) {
  const lines: string[] = []
  const file = join(folder, 'refunds.parapet')
  const options = { file, casesFiles: [], withinMs: 60_000, json: false, width: 100, ...more }
  const result = await mutatePolicy(
    options,
    (line) => lines.push(line),
    paintFor({}),
    () => 0,
  )
  return { result, text: lines.join('\n') }
}

test('a change that no test notices is shown at its line', async () => {
  const { result, text } = await run()
  expect(result).toEqual({ kind: 'mutated', unnoticed: 3 })
  expect(text).toContain('line 5: amount > 100 USD → `>=` in place of `>`')
  expect(text).toContain('by 2 tests')
})

test('cases beside the policy and those that are named count too', async () => {
  const named = join(folder, 'limits.yaml')
  writeFileSync(named, CASES)
  expect((await run({ casesFiles: [named] })).result).toEqual({ kind: 'mutated', unnoticed: 0 })
  writeFileSync(join(folder, 'refunds.cases.yaml'), CASES)
  expect((await run()).text).toContain('✓ Large (line 4)')
})

test('as JSON each check comes with its survivors', async () => {
  expect(JSON.parse((await run({ json: true })).text)).toMatchObject({
    checks: [{ check: 'Large', untried: 0, missedByNone: false, survivors: [{ line: 5 }, {}, {}] }],
  })
})

test('without tests that hold nothing is said', async () => {
  writeFileSync(join(folder, 'refunds.parapet'), POLICY.replace('500 USD expect deny', '50 USD expect deny'))
  expect((await run()).result).toMatchObject({ kind: 'problem', code: 'D0055' })
  writeFileSync(join(folder, 'refunds.parapet'), POLICY.replace(/test [\s\S]*/, ''))
  expect((await run()).result).toMatchObject({ kind: 'problem', code: 'D0055' })
  expect((await run({ casesFiles: [join(folder, 'absent.yaml')] })).result).toMatchObject({ kind: 'problem' })
})
