import { describe, expect, test } from 'vitest'
import type { EvidenceNeed, Grounds } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { JsonObject, Step } from '#dsl/judge/step.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { checkHistory } from './check-history.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'
import { replayed } from './replay.fixture.ts'

/** Has a detector look at every step that `asks` names before the judge behind it is asked. */
function looking(asks: (step: Step) => boolean): (judge: Judge) => Judge {
  return (judge) => {
    const before = (step: Step, grounds?: Grounds): Verdict | undefined => {
      if (!asks(step)) return undefined
      const need: EvidenceNeed = {
        kind: 'evidence',
        key: `look:${step.name}:${JSON.stringify(step.fields)}`,
        detector: 'look',
        input: step.fields,
        withinMs: 500,
      }
      const evidence = grounds?.evidence?.[need.key]
      const none = { reasons: [], repairs: [], asks: [], obligations: [] }
      if (!evidence) return { kind: 'allow', ...none, needs: [need] }
      return evidence.kind === 'failed' ? { kind: 'deny', ...none } : undefined
    }
    return {
      ...judge,
      decide: (cells, step, grounds) => before(step, grounds) ?? judge.decide(cells, step, grounds),
      judge: (cells, step, grounds) => before(step, grounds) ?? judge.judge(cells, step, grounds),
    }
  }
}

const calls = (step: Step) => step.kind === 'calls'
const receipts = (step: Step) => step.kind === 'receives' || step.kind === 'result'
const fine = () => ({ kind: 'found', value: 0 }) as const

describe('what has to be looked at first', () => {
  test('waits in the log, is done once when it is known, and replays without the detector', async () => {
    const { done, pay } = till()
    const looked: JsonObject[] = []
    const look = (input: JsonObject) => {
      looked.push(input)
      return fine()
    }
    const judging = looking((step) => calls(step) || receipts(step))
    const under = await startFleet({
      policy: VOCABULARY,
      agents,
      judging,
      world: { tools: { pay }, detectors: { look } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 200 })
    expect([...done.values()]).toEqual([{ amount: 200 }])
    // The message, what it sets off, and what came back.
    expect(looked).toEqual([{ amount: 200 }, { amount: 200 }, { value: null }])
    expect(under.turns('c1/clerk').map((turn) => turn.outcome)).toEqual([
      'passed',
      'gathering',
      'gathering',
      'passed',
      'gathering',
      'passed',
    ])
    expect(checkHistory(under.records)).toEqual([])
    expect(replayed(under.records, () => under.judge).differences).toEqual([])
  })

  test('keeps later messages in order behind it', async () => {
    const { done, pay } = till()
    const open: (() => void)[] = []
    const look = () => new Promise<{ kind: 'found'; value: number }>((go) => open.push(() => go(fine())))
    const world = { tools: { pay }, detectors: { look } }
    const under = await startFleet({ policy: VOCABULARY, agents, world, judging: looking(receipts) })
    const told = [1, 2, 3].map((amount) => under.fleet.inlet.tell(order(amount, amount)))
    await Promise.all(told)
    while (done.size < 3) {
      await new Promise(setImmediate)
      open.shift()?.()
    }
    expect([...done.values()].map((args) => args['amount'])).toEqual([1, 2, 3])
  })

  test('is found out again after a restart; a call whose outcome is being looked at is not made twice', async () => {
    let paid = 0
    const pay = () => {
      paid++
      return { kind: 'ok', value: null } as const
    }
    const broker = memoryBroker()
    const never = () => new Promise<never>(() => {})
    const judging = looking((step) => step.kind === 'result')
    const given = { policy: VOCABULARY, agents, broker, judging }
    const first = await startFleet({ ...given, world: { tools: { pay }, detectors: { look: never } } })
    await first.fleet.inlet.tell(order(5))
    while (!first.turns('c1/clerk').some((turn) => turn.outcome === 'gathering'))
      await new Promise(setImmediate)
    await first.fleet.stop()
    const world = { tools: { pay }, detectors: { look: fine } }
    const second = await startFleet({ ...given, world, writer: 'w2' })
    await second.settle()
    expect(second.turns('c1/clerk').at(-1)).toMatchObject({ outcome: 'passed', input: { kind: 'found' } })
    expect(paid).toBe(1)
    expect(checkHistory(second.records)).toEqual([])
  })

  test('counts as failed when the detector throws, is not there, or is late', async () => {
    const { done, pay } = till()
    const throwing = () => {
      throw new Error('no model')
    }
    for (const detectors of [{ look: throwing }, {}]) {
      const world = { tools: { pay }, detectors }
      const under = await startFleet({ policy: VOCABULARY, agents, judging: looking(calls), world })
      await under.tell('c1', 'clerk', 'order', { amount: 200 })
      expect(under.turns('c1/clerk').map((turn) => turn.outcome)).toContain('denied')
    }
    const late = { tools: { pay }, detectors: { look: () => new Promise<never>(() => {}) } }
    const under = await startFleet({ policy: VOCABULARY, agents, judging: looking(calls), world: late })
    await under.fleet.inlet.tell(order(7))
    while (!under.turns('c1/clerk').some((turn) => turn.outcome === 'gathering'))
      await new Promise(setImmediate)
    await under.pass(500)
    expect(under.turns('c1/clerk').map((turn) => turn.outcome)).toContain('denied')
    expect(done.size).toBe(0)
  })
})

function order(amount: number, seq = 1) {
  return {
    source: 'client',
    seq,
    conversation: 'c1',
    to: 'clerk',
    from: 'customer',
    message: 'order',
    fields: { amount },
  }
}
