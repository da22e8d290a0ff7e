/** A fleet in one process for tests: the in-memory log, a clock that moves only when told, every record kept. */

import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { BUNDLE_FORMAT, type Bundle } from '#runtime/deploy/bundle.ts'
import { type MemoryBroker, memoryBroker } from '#runtime/log/memory.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import type { ExecutorSettings } from './breakers.ts'
import { type Clock, noStopwatch } from './clock.ts'
import type { AgentDefinition, Directory, Reminders, World } from './definition.ts'
import { type Fleet, openFleet } from './fleet.ts'
import type { Keeping } from './keeping.ts'
import type { Stopped } from './owner.ts'
import type { CommitRecord, TurnRecord } from './record.ts'

export class ManualClock implements Clock {
  #now: number
  #timers: { due: number; call: () => void }[] = []

  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  after(ms: number, call: () => void): () => void {
    const timer = { due: this.#now + ms, call }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  advance(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter((timer) => timer.due <= this.#now).sort((a, b) => a.due - b.due)
    this.#timers = this.#timers.filter((timer) => timer.due > this.#now)
    for (const { call } of due) call()
  }
}

export interface FleetUnderTest {
  readonly fleet: Fleet
  readonly clock: ManualClock
  readonly records: CommitRecord[]
  readonly memory: SharedMemory
  readonly broker: MemoryBroker
  readonly judge: Judge
  readonly stopped: Stopped[]
  /** `from` is customer unless said. */
  tell(conversation: string, to: string, message: string, fields?: JsonObject, from?: string): Promise<void>
  /** Lets everything that can happen at this moment happen. */
  settle(): Promise<void>
  /** Moves time on and settles. */
  pass(ms: number): Promise<void>
  turns(agent?: string): TurnRecord[]
}

export interface FleetSetup {
  readonly policy: string
  readonly agents: Readonly<Record<string, AgentDefinition>>
  readonly world?: Partial<World>
  readonly escalateTo?: string
  readonly directory?: Directory
  readonly executors?: Readonly<Record<string, ExecutorSettings>>
  readonly reminders?: Reminders
  readonly broker?: MemoryBroker
  readonly clock?: ManualClock
  readonly memory?: SharedMemory
  readonly writer?: string
  readonly partitions?: number
  readonly keeping?: Partial<Keeping>
  readonly whyNotFitting?: (plan: Plan) => string | undefined
  /** Stands between the fleet and its log. */
  readonly through?: (log: FleetLog) => FleetLog
  /** Stands between the fleet and its judge. */
  readonly judging?: (judge: Judge) => Judge
}

export const NOON = Date.UTC(2026, 0, 1, 12)

/** A policy as fleets under test have it, ready to be rolled out. */
export function bundleOf(policy: string): Bundle {
  const text = `policy "Test" version 1\n${policy}`
  const { plan } = compile(sourceOf(text, 'test.parapet'))
  if (!plan) throw new Error('the policy does not compile')
  const { name, version } = plan.policy
  const file = 'test.parapet'
  return { format: BUNDLE_FORMAT, hash: plan.hash, name, version, file, text, imported: {}, cases: {} }
}

export async function startFleet(setup: FleetSetup): Promise<FleetUnderTest> {
  const text = sourceOf(`policy "Test" version 1\n${setup.policy}`, 'test.parapet')
  const { plan, diagnostics } = compile(text)
  if (!plan) throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(text, diagnostic)).join('\n'))
  const broker = setup.broker ?? memoryBroker()
  const clock = setup.clock ?? new ManualClock(NOON)
  const memory = setup.memory ?? inMemory()
  const direct = broker.open('test', setup.partitions ?? 2)
  const log = setup.through?.(direct) ?? direct
  const compiled = createJudge(plan)
  const judge = setup.judging?.(compiled) ?? compiled
  const records: CommitRecord[] = []
  const stopped: Stopped[] = []
  const world: World = { tools: {}, ...setup.world }
  const opened = await openFleet({
    definition: {
      name: 'test',
      policy: '',
      agents: setup.agents,
      ...(setup.keeping && { keeping: setup.keeping }),
      world: () => world,
      ...(setup.escalateTo === undefined ? {} : { escalateTo: setup.escalateTo }),
      ...(setup.directory === undefined ? {} : { directory: setup.directory }),
      ...(setup.executors && { executors: setup.executors }),
      ...(setup.reminders && { reminders: setup.reminders }),
    },
    judge,
    policy: bundleOf(setup.policy),
    ...(setup.whyNotFitting && { whyNotFitting: setup.whyNotFitting }),
    log,
    world,
    memory,
    clock,
    stopwatch: noStopwatch,
    measured: { judging: () => {}, turn: () => {} },
    writer: setup.writer ?? 'w1',
    checkPurity: true,
    onRecovered: (record) => records.push(record),
    onCommit: (record) => records.push(record),
    onStop: (_partition, reason) => stopped.push(reason),
  })
  if (opened.kind === 'refused') throw new Error(opened.message)
  const { fleet } = opened
  const sent = new Map<string, number>()
  const under: FleetUnderTest = {
    fleet,
    clock,
    records,
    memory,
    broker,
    judge,
    stopped,
    async tell(conversation, to, message, fields = {}, from = 'customer') {
      const seq = (sent.get(conversation) ?? 0) + 1
      sent.set(conversation, seq)
      await fleet.inlet.tell({ source: 'client', seq, conversation, to, from, message, fields })
      await under.settle()
    },
    async settle() {
      // Deliveries, commits and results each take a turn of the event loop or a few; idle twice in a row is settled.
      for (let quiet = 0; quiet < 3; ) {
        await new Promise(setImmediate)
        quiet = fleet.idle ? quiet + 1 : 0
      }
    },
    async pass(ms) {
      clock.advance(ms)
      await under.settle()
    },
    turns: (agent) =>
      records.flatMap((record) => record.turns).filter((turn) => agent === undefined || turn.agent === agent),
  }
  return under
}
