import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { type Proof, proveAgent } from './prove.ts'

const POLICY = `policy "Desk" version 1.0
tool look()
tool pay()
message order { rush: yes or no }
agent clerk { may call look, pay  may answer customer }
consistency "Look first" { pay needs an earlier look }
rule "No rush" { when clerk receives order and rush = yes then warn }
`
const kit = setup({ types: {} as { events: { type: string } }, actions: effects })
const call = (tool: string) => ({ type: 'call', params: { tool } }) as const
const clerk = kit.createMachine({
  id: 'clerk',
  initial: 'idle',
  states: {
    idle: { on: { order: { target: 'paid', actions: call('pay') }, 'parapet.denied': 'sorry' } },
    paid: { on: { 'parapet.result': 'closed' } },
    sorry: { on: { order: { target: 'looked', actions: call('look') } } },
    looked: { on: { order: 'idle' } },
    closed: { type: 'final' },
    never: {},
  },
})

function proof(policy: string, machine = clerk): Proof {
  const { plan, diagnostics } = compile(source(policy, 'desk.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return proveAgent(plan, 'clerk', machine, null)
}

const verdicts = (proof: Proof): Record<string, string> =>
  Object.fromEntries(
    proof.answers.map(({ claim, about, verdict }) => [`${claim} ${about}`.trim(), verdict.kind]),
  )

test('what a small machine can and cannot do under a policy is decided', () => {
  const found = proof(POLICY)
  expect(found.gaps).toEqual([])
  expect(verdicts(found)).toMatchInlineSnapshot(`
    {
      "always-denied idle: on order → paid": "refuted",
      "always-denied idle: on parapet.denied → sorry": "refuted",
      "always-denied looked: on order → idle": "refuted",
      "always-denied paid: on parapet.result → closed": "refuted",
      "always-denied sorry: on order → looked": "refuted",
      "cut-off closed": "refuted",
      "cut-off idle": "refuted",
      "cut-off looked": "refuted",
      "cut-off paid": "refuted",
      "cut-off sorry": "refuted",
      "never-entered never": "proved",
      "never-speaks Look first": "refuted",
      "never-speaks No rush": "refuted",
      "no-deadlock": "proved",
    }
  `)
})
