import { describe, expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { aRow } from '#runtime/memory/contract.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import { keptSearches } from '#runtime/memory/kept-searches.ts'
import { Breakers } from './breakers.ts'
import type { OutsideExecutor, ToolExecutor, World } from './definition.ts'
import { agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { DELIVERY_TIMEOUT_MS, DELIVERY_TRIES_MAX, type ExecutorDeps, Executors } from './executors.ts'
import { ManualClock, NOON, startFleet } from './fleet.fixture.ts'
import type { Input } from './record.ts'

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

test('whatever a tool throws, its call has failed and the fleet goes on', async () => {
  const thrown: Readonly<Record<string, unknown>> = {
    c1: new Error('no paper'),
    c2: Object.create(null),
    c3: Object.assign(new Error(), { message: { text: 'no paper' } }),
    c4: undefined,
  }
  const pay: ToolExecutor = (_args, { conversation }) => {
    throw thrown[conversation]
  }
  const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay } } })
  for (const conversation of Object.keys(thrown)) {
    await under.tell(conversation, 'clerk', 'order', { amount: 1 })
    const [ordered, said] = stateOf(under, `${conversation}/clerk`)['log'] as string[]
    expect([conversation, ordered, typeof said]).toEqual([conversation, 'ordered', 'string'])
  }
})

function carryingOut({ outside = {}, memory = inMemory() }: Partial<Pick<ExecutorDeps, 'memory'> & World>) {
  const clock = new ManualClock(NOON)
  const settled: Input[] = []
  const executors = new Executors({
    world: { tools: {}, outside },
    settings: {},
    breakers: new Breakers({}, clock),
    inlet: { tell: async () => {} },
    memory,
    clock,
    hearsParts: () => false,
    settle: (_agent, input) => settled.push(input),
  })
  return { clock, settled, executors }
}

test('what was found is given to all who ask the same, and nobody can change it for the others', async () => {
  const memory = keptSearches(inMemory(), { keptMs: 60_000, now: () => NOON })
  await memory.write([aRow('p0.0.0', { kind: 'note', text: 'the harbour', fields: { tags: ['sea'] } })])
  const { settled, executors } = carryingOut({ memory })
  const effect = { kind: 'recall', id: 'c0', what: 'note', fields: { text: 'harbour' } } as const
  for (const nth of [1, 2]) executors.start(`p0.1.${nth}`, { agent: `c${nth}/clerk`, at: NOON, effect })
  await new Promise(setImmediate)
  const [one, other] = settled.map((input) =>
    input.kind === 'result' ? input.value : null,
  ) as JsonObject[][]
  expect(one).toEqual([expect.objectContaining({ text: 'the harbour', fields: { tags: ['sea'] } })])
  expect(other).toEqual(one)
  expect(() => Object.assign(one![0]!, { text: 'the airport' })).toThrow(TypeError)
  expect(() => (one![0]!['fields'] as { tags: string[] }).tags.push('air')).toThrow(TypeError)
})

describe('a delivery to somebody outside', () => {
  const intent = {
    agent: 'c1/clerk',
    at: NOON,
    effect: { kind: 'answer', to: 'customer', fields: {} },
  } as const

  function delivering(customer: OutsideExecutor) {
    const { clock, settled, executors } = carryingOut({ outside: { customer } })
    executors.start('p0.1.0', intent)
    const pass = async (ms: number) => {
      clock.advance(ms)
      await new Promise(setImmediate)
    }
    return { settled, pass }
  }

  test('that hangs is given up and done again', async () => {
    let tries = 0
    const { settled, pass } = delivering(() => (++tries === 1 ? new Promise(() => {}) : undefined))
    await pass(0)
    await pass(DELIVERY_TIMEOUT_MS)
    await pass(1_000)
    expect([tries, settled]).toEqual([2, [{ kind: 'result', intent: 'p0.1.0', value: null }]])
  })

  test('that always hangs fails in the end, and nobody knows whether it arrived', async () => {
    const { settled, pass } = delivering(() => new Promise(() => {}))
    for (let attempt = 1; attempt <= DELIVERY_TRIES_MAX; attempt++) {
      await pass(0)
      await pass(DELIVERY_TIMEOUT_MS)
      await pass(10_000)
    }
    const error = `not delivered within ${DELIVERY_TIMEOUT_MS / 1000} seconds`
    expect(settled).toEqual([{ kind: 'failure', intent: 'p0.1.0', error, cameAbout: 'unknown' }])
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
