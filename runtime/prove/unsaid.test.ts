/** What nobody lists may come all the same: no proof holds without it. */
import { expect, test } from 'vitest'
import { raise, setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { Claim, Verdict } from './answers.ts'
import { proveAgent } from './prove.ts'
import { planOf } from './small-machines.fixture.ts'

const VOCABULARY = `policy "Small" version 1.0
tool look() returns { found: yes or no }
tool peek()
tool pay()
tool hint()
message go { big: yes or no }
message code { text: text }
message secret { big: yes or no }
agent clerk { may receive go, code, secret from client, clerk  may call look, peek, pay  may send go to clerk }
agent scout { may call look }
`
const kit = setup({
  types: {} as {
    events:
      | { type: 'go' | 'secret' | 'tick' | 'parapet.denied' }
      | { type: 'code'; text: string; from: string }
      | { type: 'parapet.failed'; error: string }
      | { type: 'parapet.result'; value: { found?: boolean } }
  },
  actions: effects,
})
const call = (tool: string) => ({ type: 'call', params: { tool } }) as const

function verdictOf(claim: Claim, about: string, machine: Machine, checks: string): Verdict['kind'] {
  const { answers } = proveAgent(planOf(VOCABULARY + checks), 'clerk', machine, null)
  const found = answers.find((one) => one.claim === claim && one.about === about)
  if (!found) throw new Error(`${claim} ${about} is not among ${JSON.stringify(answers, null, 1)}`)
  return found.verdict.kind
}

const NO_SECRETS = 'rule "No secrets" { when clerk receives secret then deny }'
const onCode = {
  raised: kit.raise(() => ({ type: 'secret' })),
  timed: kit.raise({ type: 'secret' }, { delay: 1_000 }),
  enqueued: kit.enqueueActions(({ enqueue }) => enqueue.raise({ type: 'secret' })),
  sent: kit.sendTo(({ self }) => self, { type: 'secret' }),
}
for (const [how, tells] of Object.entries(onCode))
  test(`what a machine tells itself (${how}) no policy keeps from it`, () => {
    const machine = kit.createMachine({
      initial: 'open',
      states: {
        open: {
          on: {
            code: {
              guard: ({ event }) => event.text === 'sesame',
              actions: tells,
            },
            secret: 'vault',
          },
        },
        vault: {},
      },
    })
    expect(verdictOf('cut-off', 'vault', machine, NO_SECRETS)).toBe('unknown')
  })

test('what is sent to oneself is a timer, which no permission is asked for', () => {
  const machine = kit.createMachine({
    initial: 'open',
    states: {
      open: {
        on: {
          code: { guard: ({ event }) => event.text === 'sesame', target: 'told', actions: onCode.sent },
        },
      },
      told: {},
    },
  })
  expect(verdictOf('cut-off', 'told', machine, '')).toBe('unknown')
})

test('of a tool that declares no result nothing is known of what it gives', () => {
  const desk = (tool: string) =>
    kit.createMachine({
      initial: 'open',
      states: {
        open: { on: { go: { target: 'asked', actions: call(tool) } } },
        asked: {
          on: { 'parapet.result': { guard: ({ event }) => event.value.found === true, target: 'found' } },
        },
        found: {},
      },
    })
  expect(verdictOf('cut-off', 'found', desk('peek'), '')).toBe('unknown')
  expect(verdictOf('cut-off', 'found', desk('look'), '')).toBe('refuted')
})

test('why a call failed is known to nobody, which is no matter to a machine that does not look', () => {
  const desk = (isLate: (error: string) => boolean, tool = 'peek') =>
    kit.createMachine({
      initial: 'open',
      states: {
        open: { on: { go: { target: 'asked', actions: call(tool) } } },
        asked: { on: { 'parapet.failed': { guard: ({ event }) => isLate(event.error), target: 'late' } } },
        late: {},
        never: {},
      },
    })
  expect(
    verdictOf(
      'cut-off',
      'late',
      desk((error) => error === 'over 5 seconds'),
      '',
    ),
  ).toBe('unknown')
  const blind = kit.createMachine({
    initial: 'open',
    states: {
      open: { on: { go: { target: 'asked', actions: call('peek') } } },
      asked: { on: { 'parapet.failed': 'late', 'parapet.result': 'late' } },
      late: { on: { go: { guard: () => false, target: 'never' } } },
      never: {},
    },
  })
  expect(verdictOf('never-entered', 'never', blind, '')).toBe('proved')
})

test('of two timers of one name the earlier rings first', () => {
  const machine = kit.createMachine({
    initial: 'open',
    states: {
      open: { on: { go: { target: 'waiting', actions: call('look') } } },
      waiting: {
        entry: [raise({ type: 'tick' }, { delay: 60_000 }), raise({ type: 'tick' }, { delay: 600_000 })],
        on: { tick: { target: 'paid', actions: call('pay') }, 'parapet.denied': {} },
      },
      paid: {},
    },
  })
  const soon = 'consistency "Soon" { pay needs an earlier look within 5 minutes }'
  expect(verdictOf('cut-off', 'paid', machine, soon)).toBe('refuted')
})

test('what a rule allows others to do counts as what their `may` lines list', () => {
  const machine = kit.createMachine({
    initial: 'open',
    states: {
      open: { on: { go: { target: 'paid', actions: call('pay') }, 'parapet.denied': {} } },
      paid: {},
    },
  })
  const checks = `rule "Scouts hint" { when scout calls hint then allow }
consistency "Hinted" { pay needs an earlier hint }`
  expect(verdictOf('cut-off', 'paid', machine, checks)).toBe('refuted')
})

test('an agent hears its own kind too', () => {
  const machine = kit.createMachine({
    initial: 'open',
    states: { open: { on: { go: 'told' } }, told: {} },
  })
  const checks = 'rule "Alone" { when clerk receives go from clerk then warn }'
  expect(verdictOf('never-speaks', 'Alone', machine, checks)).toBe('refuted')
})
