/**
 * Supervision held against a small sequential model: agents in a tree, each handing on to its children what it has done; inputs that
 * fail some number of times; processes that die in the middle. Who has done what, who was stopped and who heard of it
 * follow from the declarations alone.
 */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { type FleetLog, LogClosed } from '#runtime/log/port.ts'
import { checkHistory } from './check-history.ts'
import type { Supervision } from './definition.ts'
import { actions, agents as desk, stateOf } from './desk.fixture.ts'
import { type FleetUnderTest, ManualClock, NOON, startFleet } from './fleet.fixture.ts'
import type { CommitRecord } from './record.ts'

const SIZE = 4
const NAMES = Array.from({ length: SIZE }, (_, i) => `w${i}`)
/** Longer than any rest. */
const REST_MS = 1_000
const ROUNDS_MAX = 200

interface Tree {
  /** Of every agent but the first, which is the root. */
  readonly parents: readonly number[]
  readonly supervision: readonly (Supervision | undefined)[]
  readonly jobs: number
  /** How often a job fails at an agent, by `agent job`. */
  readonly fails: ReadonlyMap<string, number>
}

interface Ending {
  /** Jobs since the agent last began anew, by its name. */
  readonly done: Readonly<Record<string, readonly number[]>>
  readonly dead: readonly string[]
  readonly stopped: readonly string[]
}

/** One agent after the other, one job after the other. */
function model({ parents, supervision, jobs, fails }: Tree): Ending {
  const ever: number[][] = []
  const done: Record<string, number[]> = {}
  const dead: string[] = []
  const stopped: string[] = []
  NAMES.forEach((name, i) => {
    const inputs = i === 0 ? Array.from({ length: jobs }, (_, n) => n + 1) : ever[parents[i - 1]!]!
    const { onFailure, triesMax = 0, failuresMax = 0 } = supervision[i] ?? {}
    ever[i] = []
    done[name] = []
    let failures = 0
    for (const job of inputs) {
      if (stopped.includes(name)) break
      let left = fails.get(`${name} ${job}`) ?? 0
      for (let tries = 1; ; tries++) {
        if (left-- === 0) {
          ever[i].push(job)
          done[name].push(job)
          break
        }
        failures++
        const isStopped = onFailure === undefined || failures > failuresMax
        if (!isStopped && onFailure === 'restart') done[name] = []
        if (isStopped) stopped.push(name)
        else if (tries < triesMax) continue
        dead.push(`${name} ${job}`)
        break
      }
    }
  })
  return { done, dead: dead.toSorted(), stopped: stopped.toSorted() }
}

/** `failed` says how often a job has failed at an agent, as far as is committed. */
function worker(name: string, tree: Tree, failed: (job: string) => number) {
  const index = NAMES.indexOf(name)
  const children = NAMES.filter((_, i) => i > 0 && tree.parents[i - 1] === index)
  return setup({
    types: {} as { context: { done: number[] }; events: { type: string; [key: string]: Json } },
    actions,
  }).createMachine({
    id: name,
    context: { done: [] },
    on: {
      job: {
        guard: ({ event }) => {
          const job = `${name} ${Number(event['n'])}`
          if (failed(job) < (tree.fails.get(job) ?? 0)) throw new Error(job)
          return true
        },
        actions: [
          assign({ done: ({ context, event }) => [...context.done, Number(event['n'])] }),
          ...children.map((to) => ({
            type: 'send' as const,
            params: ({ event }: { event: JsonObject }) => ({ to, message: 'job', fields: { n: event['n'] } }),
          })),
        ],
      },
    },
  })
}

const POLICY = `message job { n: number }
${NAMES.map((name) => `agent ${name} { may receive job from customer, ${NAMES.join(', ')}  may send job to ${NAMES.join(', ')} }`).join('\n')}
agent boss { }
`

/** A log whose process dies at its so many appends; the last of them stands, or does not. */
function mortal(log: FleetLog, appends: number, stands: boolean): FleetLog {
  let left = appends
  return new Proxy(log, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value
      return async (...args: Parameters<FleetLog['append']>) => {
        if (--left > 0) return target.append(...args)
        if (left === 0 && stands) await target.append(...args)
        throw new LogClosed()
      }
    },
  })
}

async function run(tree: Tree, deaths: readonly { appends: number; stands: boolean }[]): Promise<Ending> {
  const broker = memoryBroker()
  const clock = new ManualClock(NOON)
  const planned = [...deaths]
  let records: readonly CommitRecord[] = []
  const failed = (job: string) =>
    records
      .flatMap(({ turns }) => turns)
      .filter(({ why, outcome }) => outcome === 'failed' && why?.includes(`${job};`)).length
  const workers = NAMES.map((name, i) => {
    const declared = tree.supervision[i]
    return [
      name,
      { machine: worker(name, tree, failed), ...(declared && { supervision: declared }) },
    ] as const
  })
  let lives = 0
  const begin = async (): Promise<FleetUnderTest> => {
    const death = planned.shift()
    const under = await startFleet({
      policy: POLICY,
      agents: { ...Object.fromEntries(workers), boss: desk.boss },
      escalateTo: 'boss',
      broker,
      clock,
      partitions: 1,
      writer: `w${++lives}`,
      ...(death && { through: (log) => mortal(log, death.appends, death.stands) }),
    }).catch((cause: unknown) => {
      if (cause instanceof LogClosed) return undefined
      throw cause
    })
    return under ?? begin()
  }
  let under = await begin()
  records = under.records
  for (let seq = 1; seq <= tree.jobs; seq++)
    await under.fleet.inlet.tell({
      source: 'client',
      seq,
      conversation: 'c1',
      to: 'w0',
      from: 'customer',
      message: 'job',
      fields: { n: seq },
    })
  for (let rounds = 0; ; rounds++) {
    if (rounds > ROUNDS_MAX) throw new Error('it never settles')
    await quiet(under)
    if (under.stopped.length > 0) {
      under = await begin()
      records = under.records
    } else if (under.fleet.stateOf(0).pending.size > 0) clock.advance(REST_MS)
    else break
  }
  expect(checkHistory(under.records)).toEqual([])
  const state = under.fleet.stateOf(0)
  const told = (stateOf(under, 'c1/boss')['asked'] ?? []) as readonly JsonObject[]
  const stopped = NAMES.filter((name) => state.agent(`c1/${name}`)?.halted !== undefined)
  // Whoever is stopped is escalated, once.
  expect(told.map(({ agent }) => agent).toSorted()).toEqual(stopped.map((name) => `c1/${name}`))
  return {
    done: Object.fromEntries(
      NAMES.map((name) => [name, (stateOf(under, `c1/${name}`)['done'] ?? []) as readonly number[]]),
    ),
    dead: Array.from(state.dead.values(), ({ agent, parked }) => {
      const n = parked.kind === 'input' && parked.input.kind === 'message' ? parked.input.fields['n'] : ''
      return `${agent.slice('c1/'.length)} ${n}`
    }).toSorted(),
    stopped,
  }
}

/** Nothing happens any more at this moment, or the process is dead. */
async function quiet(under: FleetUnderTest): Promise<void> {
  for (let idle = 0; idle < 4 && under.stopped.length === 0; ) {
    await new Promise(setImmediate)
    idle = under.fleet.idle ? idle + 1 : 0
  }
}

const supervised: fc.Arbitrary<Supervision> = fc.record({
  onFailure: fc.constantFrom('retry', 'restart'),
  triesMax: fc.integer({ min: 1, max: 3 }),
  failuresMax: fc.integer({ min: 1, max: 6 }),
  backoffMs: fc.constantFrom(1, 50, 400),
  backoffMaxMs: fc.constant(REST_MS),
  withinMs: fc.constant(1_000_000_000),
})
const tree: fc.Arbitrary<Tree> = fc.record({
  parents: fc.tuple(...Array.from({ length: SIZE - 1 }, (_, i) => fc.nat({ max: i }))),
  supervision: fc.array(fc.option(supervised, { nil: undefined, freq: 5 }), {
    minLength: SIZE,
    maxLength: SIZE,
  }),
  jobs: fc.integer({ min: 1, max: 6 }),
  fails: fc
    .array(
      fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 })),
      {
        maxLength: 8,
      },
    )
    .map((all) => new Map(all.map(([name, job, times]) => [`${name} ${job}`, times]))),
})
const deaths = fc.array(fc.record({ appends: fc.integer({ min: 1, max: 12 }), stands: fc.boolean() }), {
  maxLength: 5,
})

test('who does what, who is stopped and who hears of it are as declared, whatever fails and whoever dies', {
  timeout: 30_000,
}, async () => {
  let stopped = 0
  let dead = 0
  await fc.assert(
    fc.asyncProperty(tree, deaths, async (each, dying) => {
      const expected = model(each)
      expect(await run(each, dying)).toEqual(expected)
      stopped += expected.stopped.length
      dead += expected.dead.length
    }),
    { numRuns: 150 },
  )
  expect(Math.min(stopped, dead)).toBeGreaterThan(20)
})
