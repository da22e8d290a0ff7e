import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'

function compiled(ask: string) {
  const text = `policy "Asks" version 1
tool pay(amount: money in USD) { external, idempotent }
agent clerk { may call pay }
rule "Large" { when clerk calls pay and amount > 100 USD then ${ask} within 1 hour, otherwise deny }`
  const { plan, diagnostics } = compile(source(text, 'asks.parapet'))
  return { action: plan?.rules[0]?.action, codes: diagnostics.map(({ code }) => code) }
}

test.each([
  ['ask boss', { kind: 'ask', who: 'boss', withinMs: 3_600_000, otherwise: 'deny' }],
  ['ask 2 of boss', { kind: 'ask', who: 'boss', people: 2, withinMs: 3_600_000, otherwise: 'deny' }],
])('`%s` says how many have to agree', (ask, action) => {
  expect(compiled(ask).action).toEqual(action)
})

test.each(['ask 0 of boss', 'ask 1.5 of boss', 'ask 1_000 of boss'])('`%s` is no number of people', (ask) => {
  expect(compiled(ask).codes).toContain('P0218')
})
