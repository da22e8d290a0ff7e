import { expect, test } from 'vitest'
import { Cells } from '#dsl/judge/cells.ts'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import { type Gate, gate } from './guard.ts'

const POLICY = `policy "Desk" version 1.0
tool pay(order: text) { external }
tool park(order: text)
message note { text: text }
agent clerk { may call pay, park  may send note to boss, desk  may answer customer }
agent boss { may answer customer }
agent desk { may answer customer }
rule "Urgent" { when clerk sends note to desk and text contains "urgent" then route to boss }
rule "Parked" { when clerk calls pay and order is "9" then route to park }
rule "Named" { when clerk calls pay and order is "" then retry with feedback "Name it." at most once, otherwise quarantine }
`
const ACTOR = { agent: 'clerk', actor: 'c/clerk', conversation: 'c', turn: 1, at: 0 }

function desk(): (effect: Effect) => Gate {
  const { plan } = compile(source(POLICY, 'desk.parapet'))
  const judge = createJudge(plan!)
  const cells = new Cells()
  return (effect) =>
    gate(judge, cells, ACTOR, { moves: [], effects: [effect], finished: false }, undefined, {
      steps: 0,
      judged: [],
    })
}

test('a message that is routed goes to the other role of the conversation', () => {
  const pass = desk()
  const send = { kind: 'send', to: 'c/desk', message: 'note', fields: { text: 'urgent' } } as const
  expect(pass(send)).toMatchObject({ kind: 'passed', effects: [{ ...send, to: 'boss' }] })
  const calm = { ...send, fields: { text: 'later' } }
  expect(pass(calm)).toMatchObject({ effects: [{ to: 'c/desk' }] })
})

test('a call that is routed runs the other tool under the id the machine waits for', () => {
  const call = { kind: 'call', id: 'p', tool: 'pay', args: { order: '9' } } as const
  expect(desk()(call)).toMatchObject({ kind: 'passed', effects: [{ ...call, tool: 'park' }] })
})

test('attempts are counted although the denied transition leaves no trace', () => {
  const pass = desk()
  const call = { kind: 'call', id: 'p', tool: 'pay', args: { order: '' } } as const
  expect(pass(call)).toMatchObject({ kind: 'denied', reasons: [{ retry: { attempt: 1, most: 1 } }] })
  expect(pass(call).kind).toBe('quarantined')
})
