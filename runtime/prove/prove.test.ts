import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import { clerk as deskClerk } from './desk.fixture.ts'
import { provePolicy } from './policy.ts'
import { AT, type Proof, proveAgent } from './prove.ts'
import { replay } from './replay.ts'
import type { Path } from './search.ts'

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
const callWith = (tool: string) => ({ type: 'call', params: { tool, args: { rush: false } } }) as const
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

function proof(policy: string, machine: Machine = clerk): Proof {
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

const DESK = readFileSync(join(import.meta.dirname, 'desk.fixture.parapet'), 'utf8')
const desk = (policy: string): Record<string, string> => verdicts(proof(policy, deskClerk))

test('taking back what a machine cannot keep to opens what was cut off', () => {
  const cut = desk(DESK)
  expect(cut['always-denied open: on order → paying']).toBe('proved')
  expect(cut['cut-off closed']).toBe('proved')
  const open = desk(DESK.replace('pay needs an earlier look_up', 'pay at most 2 times'))
  expect(open['always-denied open: on order → paying']).toBe('refuted')
  expect(open['cut-off closed']).toBe('refuted')
})

test('a limit that the machine keeps to by itself can never speak, a lower one can', () => {
  const at = (times: string) => desk(DESK.replace('pay needs an earlier look_up', `look_up at most ${times}`))
  expect(at('once')['never-speaks Look before you pay']).toBe('proved')
  const pay = desk(DESK.replace('pay needs an earlier look_up', 'pay at most once'))
  expect(pay['never-speaks Look before you pay']).toBe('refuted')
})

test('a denial that is answered is no dead-lock', () => {
  expect(verdicts(proof(POLICY))['no-deadlock']).toBe('proved')
  const { answers } = proof(DESK, deskClerk)
  const stuck = answers.filter(({ claim }) => claim === 'no-deadlock')
  expect(stuck.map(({ verdict }) => verdict.kind)).toEqual(['refuted'])
})

test('too many situations leave what was not found unknown, with the reason', () => {
  const { plan } = compile(source(DESK, 'desk.parapet'))
  const { answers } = proveAgent(plan!, 'clerk', deskClerk, null, { statesMax: 1 })
  const unknown = answers.flatMap(({ verdict }) => (verdict.kind === 'unknown' ? verdict.why : []))
  expect(unknown).toContain('over 1 situations')
})

test('a check that asks for what another always stops contradicts it, until either is taken back', () => {
  const rule = '\nrule "No looking" { when anyone calls look_up then deny }'
  const claims = (policy: string) => {
    const { plan } = compile(source(policy, 'desk.parapet'))
    return provePolicy(plan!, AT).map(({ claim, check, verdict }) => `${claim} ${check}: ${verdict.kind}`)
  }
  expect(claims(DESK)).toContain('contradicts Look before you pay: refuted')
  expect(claims(DESK + rule)).toContain('contradicts Look before you pay: proved')
  expect(claims(DESK + rule.replace('look_up then', 'look_up and rush = yes then'))).toContain(
    'contradicts Look before you pay: refuted',
  )
  expect(claims(DESK)).toContain('can-never-speak No rush: refuted')
})

test('a path that went through JSON replays on the machine as it is, to the same denial', () => {
  const { answers, setting } = proof(DESK, deskClerk)
  const [stuck] = answers.flatMap(({ claim, verdict }) =>
    claim === 'no-deadlock' && verdict.kind === 'refuted' ? [verdict.path] : [],
  )
  const { happenings }: Path = JSON.parse(JSON.stringify(stuck))
  const taken = replay(setting, happenings)
  expect(taken.map(({ outcome }) => outcome)).toEqual(['passed', 'denied', 'stopped'])
  expect(taken[1]?.judged.at(-1)?.verdict.reasons.map(({ check }) => check)).toContain('Look before you pay')
})

const cashier = kit.createMachine({
  id: 'clerk',
  initial: 'idle',
  states: {
    idle: { on: { order: { target: 'waiting', actions: callWith('pay') } } },
    waiting: { on: { order: { target: 'again', actions: callWith('pay') }, 'parapet.denied': 'waiting' } },
    again: { type: 'final' },
  },
})

test('time passes: what a window bars is let through when it is over, and obligations are broken', () => {
  const timed = (check: string): Proof =>
    proof(DESK.replace(/consistency[^}]*}/, `consistency "C" { ${check} }`), cashier)
  const open = timed('pay at most once in any 10 minutes')
  expect(open.gaps).toEqual([])
  expect(verdicts(open)['always-denied waiting: on order → again']).toBe('refuted')
  const [again] = open.answers.filter(({ about }) => about === 'waiting: on order → again')
  const path = again?.verdict.kind === 'refuted' ? again.verdict.path.happenings : []
  expect(path.map((one) => (one.kind === 'time' ? one.ms : one.kind))).toContain(600_000)

  const shut = timed('pay at most once')
  expect(verdicts(shut)['always-denied waiting: on order → again']).toBe('proved')

  const owed = timed('pay is followed by look_up within 10 minutes')
  const told = owed.answers.find(({ claim, about }) => claim === 'never-speaks' && about === 'C')
  const way = told?.verdict.kind === 'refuted' ? told.verdict.path.happenings : []
  expect(way.at(-1)).toEqual({ kind: 'time', ms: 600_001 })
})
