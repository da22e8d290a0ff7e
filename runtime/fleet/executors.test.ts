import { describe, expect, test } from 'vitest'
import { Breakers } from './breakers.ts'
import type { ToolExecutor } from './definition.ts'
import { agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { ManualClock, NOON, startFleet } from './fleet.fixture.ts'

const settings = { pay: { timeoutMs: 2_000, breaker: { failuresMax: 2, withinMs: 60_000, restMs: 10_000 } } }

describe('a tool', () => {
  test('that does not answer in its time is given up, and hears of it', async () => {
    let given: AbortSignal | undefined
    const pay: ToolExecutor = (_args, { signal }) => {
      given = signal
      return new Promise(() => {})
    }
    const under = await startFleet({
      policy: VOCABULARY,
      agents,
      world: { tools: { pay } },
      executors: settings,
    })
    const told = under.tell('c1', 'clerk', 'order', { amount: 1 })
    while (!given) await new Promise(setImmediate)
    under.clock.advance(2_000)
    await told
    expect(given.aborted).toBe(true)
    expect(stateOf(under, 'c1/clerk')['log']).toEqual(['ordered', 'no result within 2 seconds'])
  })

  test('that fails too often rests, and what is asked of it meanwhile fails at once', async () => {
    let calls = 0
    const pay: ToolExecutor = () => {
      calls++
      return calls <= 2 ? { kind: 'failed', error: 'out of order' } : { kind: 'ok', value: null }
    }
    const under = await startFleet({
      policy: VOCABULARY,
      agents,
      world: { tools: { pay } },
      executors: settings,
    })
    for (const conversation of ['c1', 'c2', 'c3'])
      await under.tell(conversation, 'clerk', 'order', { amount: 1 })
    expect(calls).toBe(2)
    expect(stateOf(under, 'c3/clerk')['log']).toEqual([
      'ordered',
      '`pay` has failed too often and rests for another 10 seconds',
    ])
    await under.pass(10_000)
    await under.tell('c4', 'clerk', 'order', { amount: 1 })
    expect([calls, stateOf(under, 'c4/clerk')['paid']]).toEqual([3, 1])
  })

  test('is served as ever when nothing is declared for it', async () => {
    const { done, pay } = till()
    const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay } } })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(done.size).toBe(1)
  })
})

test('after its rest one call tries; if it fails the rest begins anew', () => {
  const clock = new ManualClock(NOON)
  const breakers = new Breakers(settings, clock)
  const call = (well: boolean) => {
    const refused = breakers.refuses('pay')
    if (refused === undefined) breakers.went('pay', well)
    return refused === undefined
  }
  expect([call(false), call(false), call(true)]).toEqual([true, true, false])
  clock.advance(10_000)
  expect(breakers.refuses('pay')).toBeUndefined()
  expect(breakers.refuses('pay')).toContain('until a try has gone well')
  breakers.went('pay', false)
  expect([call(true), breakers.resting()]).toEqual([false, ['pay']])
  clock.advance(10_000)
  expect([call(true), call(true), breakers.resting()]).toEqual([true, true, []])
})
