/** Stories and matchers: what they hold of a run, and what they refuse to hold because nobody could have meant it. */

import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Faults } from '#runtime/simulation/faults.ts'
import './matchers.ts'
import { grants, type Happening, refuses, says } from './happening.ts'
import type { Run } from './run.ts'
import { scenario } from './scenario.ts'
import { fleetOf } from './subject.ts'

const clerk = setup({
  types: {} as { events: { type: string; [field: string]: Json } },
  actions: effects,
}).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: {
      on: {
        order: {
          target: 'paying',
          actions: {
            type: 'call',
            params: ({ event }) => ({ tool: 'pay', args: { amount: event['amount'] ?? 0 } }),
          },
        },
      },
    },
    paying: {
      on: {
        'parapet.result': {
          target: 'open',
          actions: { type: 'answer', params: { to: 'customer', fields: { text: 'paid' } } },
        },
        'parapet.denied': 'open',
      },
    },
  },
})

const desk = fleetOf(
  {
    name: 'desk',
    agents: { clerk: { machine: clerk } },
    people: { ada: { roles: ['boss'] }, bo: { roles: ['boss'] }, eve: { roles: ['auditor'] } },
    world: () => ({
      tools: { pay: () => ({ kind: 'ok', value: 'done', spent: { amount: 0.25, tokens: 40 } }) },
      outside: { customer: () => {} },
    }),
  },
  `policy "Desk" version 1
   tool pay(amount: number) { external }
   message order { amount: number }
   agent clerk { may receive order from customer  may call pay  may answer customer  may enter any state }
   rule "Two decide" { when clerk calls pay and amount > 100 then ask 2 of boss within 1 hour, otherwise deny because "Manual 7" }
   rule "Never so much" { when clerk calls pay and amount > 1_000 then deny because "Manual 8" }`,
)
const order = (amount: number) => says('customer', 'clerk', 'order', { amount })
const played = (...happenings: readonly Happening[]): Promise<Run> =>
  scenario(desk)
    .when(...happenings)
    .expect(() => {})

describe('a story', () => {
  test('is decided by as many different people as the policy asks for', async () => {
    expect(await played(order(200), grants('ada'), grants('bo'))).toEventually('clerk answers customer')
    expect(await played(order(200), grants('ada'))).not.toEventually('clerk calls pay')
    expect(await played(order(200), grants('ada'), refuses('bo'))).not.toEventually('clerk calls pay')
  })

  test('in which somebody decides who may not is no story', async () => {
    await expect(played(order(200), grants('eve'))).rejects.toThrow('boss decides, and `eve` is auditor')
    await expect(played(order(200), grants('adda'))).rejects.toThrow('knows nobody called `adda`')
  })

  test('in which somebody decides whom nobody asks is none either, and its failure shows what was', async () => {
    await expect(played(order(20), grants('ada'))).rejects.toThrow(
      /`ada` grants, and nobody is asked:\n[\s\S]*calls pay/,
    )
  })

  test('goes wrong only by knobs that there are', async () => {
    const misspelt = { killPerSecond: 1 } as Partial<Faults>
    await expect(scenario(desk, { faults: misspelt }).expect(() => {})).rejects.toThrow(
      'did you mean `killsPerSecond`?',
    )
  })

  test('speaks to agents that there are', async () => {
    await expect(played(says('customer', 'clark', 'order', { amount: 1 }))).rejects.toThrow(
      'no agent `clark`; it has clerk',
    )
  })
})

describe('matchers', () => {
  test('find a denial by its check, its ground, its agent and its step', async () => {
    const run = await played(order(2_000))
    expect(run).toBeDenied()
    expect(run).toBeDenied({ because: 'Never so much' })
    expect(run).toBeDenied({ because: 'Manual 8', agent: 'clerk', step: 'calls pay' })
    expect(run).not.toBeDenied({ because: 'Manual 7' })
    expect(run).not.toBeDenied({ step: 'answers' })
    expect(() => expect(run).toBeDenied({ because: 'Manual 9' })).toThrow(
      /what had a verdict:\n.*Never so much/,
    )
  })

  test('find an ask by whom it is for', async () => {
    const run = await played(order(200))
    expect(run).toAsk({ who: 'boss', because: 'Manual 7' })
    expect(run).not.toAsk({ who: 'auditor' })
    expect(run).not.toBeDenied()
  })

  test('hear, receive and enter count as what came about, in the words of policies', async () => {
    const run = await played(order(20))
    for (const words of [
      'clerk receives order',
      'clerk receives order from customer',
      'clerk calls pay',
      'clerk result pay',
      'clerk enters paying',
      'clerk leaves paying',
      'clerk spends',
      'clerk answers customer',
    ])
      expect(run).toEventually(words)
    expect(run).not.toEventually('clerk receives order from supervisor')
    expect(run).toEventually((turn) => turn.effects?.some(({ kind }) => kind === 'answer') ?? false)
    expect(() => expect(run).toEventually('clerk enters closed')).toThrow('never came about')
  })

  test('show where something came about that should not have', async () => {
    await expect(
      scenario(desk)
        .when(order(20))
        .expect((run) => expect(run).not.toEventually('clerk calls pay')),
    ).rejects.toThrow(/`clerk calls pay` came about:\n[\s\S]*order from customer .*calls pay/)
  })

  test('refuse words that no step can be, also where they shall not come about', async () => {
    const run = await played(order(20))
    expect(() => expect(run).not.toEventually('clerk call pay')).toThrow('did you mean `calls`?')
    expect(() => expect(run).not.toEventually('clerk pays')).toThrow('an agent does one of receives')
    expect(() => expect(run).not.toEventually('clerk calls pay for ada')).toThrow('says more than')
    expect(() => expect(run).not.toEventually('clark calls pay')).toThrow(
      'no agent `clark`; did you mean `clerk`?',
    )
    expect(() => expect(run).not.toEventually('clerk calls pai')).toThrow(
      'no tool `pai`; did you mean `pay`?',
    )
    expect(() => expect(run).not.toEventually('clerk receives ordr')).toThrow('did you mean `order`?')
  })

  test('add up what was spent', async () => {
    const run = await played(order(20), order(30))
    expect(run).toCost({ amountMost: 0.5, tokensMost: 80 })
    expect(run).not.toCost({ amountMost: 0.49 })
    expect(() => expect(run).toCost({ tokensMost: 79 })).toThrow('it cost 0.5 and 80 tokens')
  })
})
