import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { paintFor } from './paint.ts'
import { type TestOptions, testPolicies } from './test-policies.ts'

const POLICY = `policy "Refunds" version 1.0
tool refund(amount: money in USD) { external }
agent clerk { may call refund }
rule "Large" {
  when clerk calls refund and amount > 100 USD
  then deny
  because "Manual 3"
}
test "a small one passes" { when clerk calls refund with amount = 5 USD expect allow }
test "a large one does not" { when clerk calls refund with amount = 500 USD expect allow }
`
const CASES = `- table: amounts
  when: clerk calls refund with amount = $amount
  cases:
    - { amount: 100 USD, expect: allow }
    - { amount: 101 USD, expect: deny because "Large" }
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-test-'))
  writeFileSync(join(folder, 'refunds.parapet'), POLICY)
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(more: Partial<TestOptions> = {}) {
  const lines: string[] = []
  const options = { verbose: false, json: false, width: 100, ...more }
  const code = await testPolicies(
    [join(folder, 'refunds.parapet')],
    options,
    (line) => lines.push(line),
    paintFor({}),
  )
  return { code, text: lines.join('\n') }
}

test('a failure shows what was expected, the verdict, and the lines of the rule with their values', async () => {
  const { code, text } = await run()
  expect(code).toBe(1)
  expect(text).toContain('✗ a large one does not (line 10)')
  expect(text).toContain('expected allow, but it was denied')
  expect(text).toContain('when clerk calls refund and amount > 100 USD')
  expect(text).toMatch(/amount\s+= 500 USD/)
  expect(text).toContain('1 passed, 1 failed')
})

test('cases beside the policy run too', async () => {
  writeFileSync(join(folder, 'refunds.cases.yaml'), CASES)
  const { code, text } = await run({ only: 'AMOUNTS' })
  expect(code).toBe(0)
  expect(text).toContain('2 passed, 0 failed')
})

test('a case that cannot be run is a fault, told at its line', async () => {
  writeFileSync(join(folder, 'refunds.cases.yaml'), CASES.replace('calls refund', 'calls refnd'))
  const { code, text } = await run({ only: 'small' })
  expect(code).toBe(1)
  expect(text).toContain('refunds.cases.yaml:2')
  expect(text).toContain('Did you mean `refund`?')
})

test('a name that no test has is a fault', async () => {
  const { code, text } = await run({ only: 'nothing like it' })
  expect(code).toBe(1)
  expect(text).toContain('no test has "nothing like it" in its name')
})

test('says which condition no test has seen both ways, with its line', async () => {
  writeFileSync(join(folder, 'refunds.parapet'), POLICY.replace(/^test "a large.*$/m, ''))
  const { code, text } = await run()
  expect(code).toBe(0)
  expect(text).toContain(
    '0 of 1 checks spoke in a test, 1 were seen to have nothing to say; 0 of 1 conditions',
  )
  expect(text).toContain('never spoke Large (line 4)')
})

test('a report for build servers has each test with its place', async () => {
  const file = join(folder, 'report.xml')
  writeFileSync(join(folder, 'refunds.cases.yaml'), CASES)
  await run({ junit: file })
  const xml = readFileSync(file, 'utf8')
  expect(xml).toContain('<testsuite name="Refunds 1.0"')
  expect(xml).toContain('tests="4" failures="1" errors="0"')
  expect(xml).toContain('name="amounts: amount 100 USD"')
  expect(xml).toMatch(/<failure message="expected allow[^"]*">denied/)
  expect(xml.match(/<testcase/g)).toHaveLength(4)
})

test('as JSON, results and coverage', async () => {
  const { text } = await run({ json: true })
  expect(JSON.parse(text)).toMatchObject([
    {
      tests: [
        { name: 'a small one passes', passed: true, verdict: 'allow', line: 9 },
        { name: 'a large one does not', passed: false, verdict: 'deny' },
      ],
      coverage: [
        {
          check: 'Large',
          fired: true,
          quiet: true,
          conditions: [{ text: 'amount > 100 USD', line: 5, held: true, failed: true }],
        },
      ],
    },
  ])
})

test('a policy that does not compile is told, and fails', async () => {
  writeFileSync(join(folder, 'refunds.parapet'), POLICY.replace('calls refund and', 'calls refnd and'))
  const { code, text } = await run()
  expect(code).toBe(1)
  expect(text).toContain('P0103')
})
