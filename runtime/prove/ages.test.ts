/** How long ago something was: by what data tell, by an earlier step, and by the calendar in what a rule counts. */
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { type Proof, proveAgent } from './prove.ts'
import type { Happening } from './situation.ts'

const VOCABULARY = `policy "Small" version 1.0
tool pay()
tool look()
message go {}
agent clerk { may receive go from client  may call pay, look }
`
/** Of which every value could not be tried. */
const BOOKED = VOCABULARY.replace('may receive go', 'may receive go, booked').replace(
  'agent',
  'message booked { at: time }\nagent',
)
const call = (tool: string) => ({ type: 'call', params: { tool } }) as const
/** Looks first, then pays whenever it is told to. */
const desk = setup({ actions: effects }).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: { on: { go: { target: 'looked', actions: call('look') } } },
    looked: {
      on: { booked: 'looked', go: { target: 'paid', actions: call('pay') }, 'parapet.denied': {} },
    },
    paid: { type: 'final' },
  },
})

function prove(check: string, vocabulary = VOCABULARY): Proof {
  const { plan, diagnostics } = compile(source(vocabulary + check, 'small.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return proveAgent(plan, 'clerk', desk, null)
}

function wayTo(proof: Proof, state: string): readonly Happening[] | string {
  const verdict = proof.answers.find(({ about }) => about === state)?.verdict
  return verdict?.kind === 'refuted' ? verdict.path.happenings : String(verdict?.kind)
}

const waits = (happenings: readonly Happening[] | string): number[] =>
  typeof happenings === 'string' ? [] : happenings.flatMap((one) => (one.kind === 'time' ? [one.ms] : []))

test('a rule about the time since an earlier step is waited for, and one that always holds is proved to', () => {
  const rule = (condition: string) =>
    `rule "R" { when clerk calls pay and ${condition} where ago is the time since the latest look then deny }`
  const soon = prove(rule('ago < 10 minutes'))
  expect(soon.gaps).toEqual([])
  expect(waits(wayTo(soon, 'paid'))).toEqual([600_000])
  expect(wayTo(prove(rule('ago >= 0 minutes')), 'paid')).toBe('proved')
  // In this order the other way around: it is paid at once.
  expect(waits(wayTo(prove(rule('ago >= 10 minutes')), 'paid'))).toEqual([])
})

test('how long ago a time is that data tell turns over when its duration is over', () => {
  const fresh = prove(
    `rule "R" { when clerk calls pay and (booked.at is missing or now - booked.at <= 24 hours or booked.at < 2020-01-01T00:00:00Z)
    where booked is the latest clerk receives booked then deny }`,
    BOOKED,
  )
  expect(fresh.gaps).not.toContain('how long ago something was decides')
  expect(waits(wayTo(fresh, 'paid'))).toEqual([24 * 3_600_000 + 1])
})

test('what a rule counts in a day of the calendar begins anew with the next', () => {
  const once = prove(`rule "R" { when clerk calls pay and looks > 0
    where looks is the number of look this calendar day in "UTC" then deny }`)
  expect(once.gaps).toEqual([])
  // All begins at three in the afternoon.
  expect(waits(wayTo(once, 'paid'))).toEqual([9 * 3_600_000])
})
