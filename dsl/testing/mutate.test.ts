import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { type Mutated, mutate } from './mutate.ts'

const HEAD = `policy "Refunds" version 1.0
tool look(order: text) { reads only }
tool refund(order: text, amount: money in USD) { external }
agent clerk { may call look, refund }
`
const LARGE = `rule "Large" {
  when clerk calls refund and amount > 100 USD
  then deny
  because "Manual 3"
}
`
const EDGES = `test "at the limit" { when clerk calls refund with order = "A", amount = 100 USD expect allow }
test "above it" { when clerk calls refund with order = "A", amount = 100.01 USD expect deny because "Large" }
`

function mutated(text: string, limits: { withinMs?: number; mutantsMax?: number } = {}): Mutated {
  const { plan } = compile(source(text))
  if (plan === undefined) throw new Error('the policy of the test does not compile')
  let now = 0
  const nowMs = () => now++
  return mutate(plan, plan.tests, { withinMs: 1e6, mutantsMax: 1_000, only: () => true, ...limits }, nowMs)
}

function survivors(text: string) {
  const result = mutated(text)
  if (result.kind === 'failing') throw new Error(`"${result.test.name}" fails`)
  return result.checks.flatMap((one) =>
    one.survivors.map(({ span, says }) => `${text.slice(...span).slice(0, 20)}: ${says}`),
  )
}

test('tests on both sides of a threshold notice every change of it', () => {
  expect(survivors(HEAD + LARGE + EDGES)).toEqual([
    // A step that is no refund has no amount to be too large, and no test looks at one.
    'rule "Large" {\n  whe: whatever its name, not only `refund` (of `clerk calls refund`)',
  ])
})

test('tests far from a threshold let it move, and are told where', () => {
  const far = EDGES.replace('= 100 USD', '= 5 USD').replace('100.01', '500')
  expect(survivors(HEAD + LARGE + far)).toEqual(
    expect.arrayContaining([
      'amount > 100 USD: `>=` in place of `>`',
      'amount > 100 USD: 110 USD in place of 100 USD',
      'amount > 100 USD: 90 USD in place of 100 USD',
    ]),
  )
})

test('a rule that no test speaks of is missed by none', () => {
  const result = mutated(
    `${HEAD}${LARGE}test "small" { when clerk calls refund with order = "A", amount = 5 USD expect allow }`,
  )
  expect(result).toMatchObject({ checks: [{ check: { name: 'Large' }, isMissedByNone: true }] })
})

test('a window that is tried on both sides cannot be longer or shorter', () => {
  const policy = (soon: string, late: string) => `${HEAD}consistency "Look first" {
  for each order
  refund needs an earlier look within 30 minutes
}
test "soon" {
  given clerk calls look with order = "A"
  when after ${soon}, clerk calls refund with order = "A", amount = 5 USD
  expect allow
}
test "late" {
  given clerk calls look with order = "A"
  when after ${late}, clerk calls refund with order = "A", amount = 5 USD
  expect deny because "Look first"
}
`
  const windows = (text: string) => survivors(text).filter((one) => one.includes('in place of'))
  expect(windows(policy('29 minutes', '31 minutes'))).toEqual([])
  expect(windows(policy('1 minute', '2 days'))).toEqual([
    'consistency "Look fi: 1 hour in place of 30 minutes',
    'consistency "Look fi: 15 minutes in place of 30 minutes',
  ])
})

test('what is in shadow, and what is only owed, is named and left alone', () => {
  const shadow = LARGE.replace('because', 'mode shadow\n  because')
  const owed = 'consistency "Look after" { refund is followed by look within 1 hour, otherwise deny }\n'
  const result = mutated(
    `${HEAD}${shadow}${owed}test "any" { when clerk calls look with order = "A" expect allow }`,
  )
  expect(result).toMatchObject({
    checks: [
      { unseen: 'shadow', survivors: [] },
      { unseen: 'owed', survivors: [] },
    ],
  })
})

test('nothing is said while a test fails', () => {
  expect(mutated(HEAD + LARGE + EDGES.replace('100.01', '99'))).toMatchObject({
    kind: 'failing',
    test: { name: 'above it' },
  })
})

test('what is not tried in time, or is too much, is counted', () => {
  const untried = (limits: { withinMs?: number; mutantsMax?: number }) => {
    const result = mutated(HEAD + LARGE + EDGES, limits)
    return result.kind === 'mutated' ? result.checks.map((one) => one.untried) : []
  }
  const all = untried({ withinMs: 1 })
  expect(all[0]).toBeGreaterThan(5)
  expect(untried({ mutantsMax: 2 })).toEqual([all[0]! - 2])
})
