/**
 * Fleets whose process dies. A script is played on one broker, one world and one clock; whenever the process has died
 * or was fenced, another is started in its place, until everything has settled.
 */
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { type MemoryBroker, memoryBroker } from '#runtime/log/memory.ts'
import { type FleetLog, LogClosed } from '#runtime/log/port.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import type { AgentDefinition, Outcome, World } from './definition.ts'
import { actions } from './desk.fixture.ts'
import { type FleetUnderTest, ManualClock, NOON, startFleet } from './fleet.fixture.ts'
import { createInlet } from './inlet.ts'
import type { Keeping } from './keeping.ts'
import type { CommitRecord } from './record.ts'
import { decodeSlot } from './snapshot-format.ts'

/** What goes wrong at an operation of the log. */
export const FAULTS = [
  'dies before the append',
  'dies after the append',
  'dies before the post',
  'dies after the post',
  'the post is lost',
  'the post is kept, and the sender is not sure',
  'dies before the forgetting',
  'dies after the forgetting',
  'another owner starts while this one lives',
  'dies, and its append lands once the next has read the log',
] as const
export interface Fault {
  /** Operations of the log that go well before it. */
  readonly after: number
  readonly kind: (typeof FAULTS)[number]
}

export type ScriptStep =
  | {
      readonly kind: 'tell'
      readonly conversation: string
      readonly message: string
      readonly amount: number
    }
  | { readonly kind: 'pass'; readonly ms: number }

export const PARTITIONS = 3

export const POLICY = `
tool pay(amount: money in USD) { external, idempotent }
tool look(amount: money in USD) { reads only }
message order { amount: money in USD }
message close { amount: money in USD }
message note { amount: money in USD }
message thanks { amount: money in USD }
agent clerk {
  may receive order, close from customer  may receive thanks from boss
  may call pay, look  may answer customer  may send note to boss  may remember fact
}
agent boss { may receive note from clerk  may send thanks to clerk }
rule "Never much" { when clerk calls pay and amount > 100 USD then deny }
rule "Boss decides" { when clerk calls pay and amount > 50 USD then ask boss within 1 hour, otherwise deny }
rule "Never thirteen" { when clerk calls pay and amount = 13 USD then quarantine }
consistency "Notes are thanked for" {
  clerk sends note is followed by boss sends thanks within 10 minutes, otherwise alert boss
}
`

interface Event {
  readonly type: string
  readonly [key: string]: Json
}
const amountOf = ({ event }: { event: Event }) => Number(event['amount'])

/** What it counts does not depend on the order in which results and messages come in. */
const clerk = setup({
  types: {} as { context: Record<string, number>; events: Event },
  actions,
}).createMachine({
  id: 'clerk',
  context: { orders: 0, results: 0, failures: 0, denials: 0, thanks: 0, rang: 0 },
  initial: 'open',
  states: {
    open: {
      after: { 60000: { actions: assign({ rang: ({ context }) => context['rang']! + 1 }) } },
      on: {
        order: {
          actions: [
            { type: 'call', params: ({ event }) => ({ tool: 'pay', args: { amount: amountOf({ event }) } }) },
            {
              type: 'call',
              params: ({ event }) => ({ tool: 'look', args: { amount: amountOf({ event }) } }),
            },
            {
              type: 'send',
              params: ({ event }) => ({
                to: 'boss',
                message: 'note',
                fields: { amount: amountOf({ event }) },
              }),
            },
            {
              type: 'remember',
              params: ({ event }) => ({ what: 'fact', fields: { text: `ordered ${amountOf({ event })}` } }),
            },
            {
              type: 'answer',
              params: ({ event }) => ({ to: 'customer', fields: { amount: amountOf({ event }) } }),
            },
            assign({ orders: ({ context }) => context['orders']! + 1 }),
          ],
        },
        'parapet.result': { actions: assign({ results: ({ context }) => context['results']! + 1 }) },
        'parapet.failed': { actions: assign({ failures: ({ context }) => context['failures']! + 1 }) },
        'parapet.denied': { actions: assign({ denials: ({ context }) => context['denials']! + 1 }) },
        thanks: { actions: assign({ thanks: ({ context }) => context['thanks']! + 1 }) },
        close: 'closed',
      },
    },
    closed: { type: 'final' },
  },
})

/** Grants up to 60, refuses up to 80, leaves the rest to time; thanks for every second note. */
const boss = setup({
  types: {} as { context: Record<string, number>; events: Event },
  actions,
}).createMachine({
  id: 'boss',
  context: { notes: 0, told: 0 },
  on: {
    note: [
      {
        guard: ({ event }) => amountOf({ event }) % 2 === 0,
        actions: [
          {
            type: 'send',
            params: ({ event }) => ({
              to: 'clerk',
              message: 'thanks',
              fields: { amount: amountOf({ event }) },
            }),
          },
          assign({ notes: ({ context }) => context['notes']! + 1 }),
        ],
      },
      { actions: assign({ notes: ({ context }) => context['notes']! + 1 }) },
    ],
    'parapet.approval': {
      guard: ({ event }) => asked(event) <= 80,
      actions: {
        type: 'decide',
        params: ({ event }) => ({ approval: event['approval'], grant: asked(event) <= 60, note: '' }),
      },
    },
    'parapet.*': { actions: assign({ told: ({ context }) => context['told']! + 1 }) },
  },
})

function asked(event: Event): number {
  return Number(((event['step'] as JsonObject)['fields'] as JsonObject)['amount'])
}

const AGENTS: Readonly<Record<string, AgentDefinition>> = {
  clerk: { machine: clerk },
  boss: { machine: boss },
}

/** What the world has had done to it, by key: as real tools do, it remembers. */
export interface Done {
  readonly paid: Map<string, JsonObject>
  readonly answered: Map<string, JsonObject>
  /** What detectors were paid, look by look, by processes that died among them. */
  readonly looks: number[]
}

/** Of one look, in money, at a text of ten characters. */
export const LOOK_COST = 0.001

/** Amounts of which the till says that it did not pay them, and of which it says nothing though it did. */
export const REFUSED = 7
export const IN_DOUBT = 17

function worldOf(done: Done, life: Life): World {
  const alive = async <T>(value: T): Promise<T> => (life.dead ? await new Promise<T>(() => {}) : value)
  return {
    tools: {
      pay: async (args, { key }): Promise<Outcome> => {
        if (life.dead) return alive({ kind: 'ok', value: null })
        if (args['amount'] === REFUSED) return alive({ kind: 'failed', error: 'no such account' })
        if (!done.paid.has(key)) done.paid.set(key, args)
        if (args['amount'] === IN_DOUBT) throw new Error('the line broke')
        await turnsOfTheLoop(Number(args['amount']) % 4)
        return alive({ kind: 'ok', value: null })
      },
      look: (args): Outcome => {
        if (Number(args['amount']) % 5 === 0) throw new Error('nothing there')
        return { kind: 'ok', value: args }
      },
    },
    detectors: {
      // The longer the text, the more it costs.
      gloom: async ({ text }) => {
        if (life.dead) return alive({ kind: 'failed', why: 'dead' })
        const amount = (LOOK_COST * String(text).length) / 10
        done.looks.push(amount)
        await turnsOfTheLoop(String(text).length % 4)
        return alive({ kind: 'found', value: 0.1, spent: { amount, tokens: 1 } })
      },
    },
    outside: {
      customer: async (fields, { key }) => {
        if (!life.dead) done.answered.set(key, fields)
        await alive(null)
      },
    },
  }
}

async function turnsOfTheLoop(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

interface Life {
  dead: boolean
  /** What it had on its way when it died. */
  late?: () => Promise<void>
  /** Another process should be started beside this one. */
  doubled: boolean
}

function mortal(log: FleetLog, life: Life, faults: Fault[]): FleetLog {
  const never = <T>() => new Promise<T>(() => {})
  const next = (operation: 'append' | 'post' | 'forgetting'): Fault['kind'] | undefined => {
    const fault = faults[0]
    if (!fault) return undefined
    if (fault.after > 0) {
      faults[0] = { ...fault, after: fault.after - 1 }
      return undefined
    }
    const suits = fault.kind.includes('owner') || fault.kind.includes(operation)
    if (!suits) return undefined
    faults.shift()
    if (fault.kind.startsWith('dies before')) life.dead = true
    if (fault.kind.startsWith('another')) life.doubled = true
    return fault.kind
  }
  return {
    fleet: log.fleet,
    partitions: log.partitions,
    describe: log.describe,
    async append(slot) {
      if (life.dead) throw new LogClosed('dead')
      const fault = next('append')
      if (fault === 'dies, and its append lands once the next has read the log') {
        life.dead = true
        life.late = async () => void (await log.append(slot))
      }
      if (life.dead) throw new LogClosed('dead')
      const appended = await log.append(slot)
      if (fault === 'dies after the append') life.dead = true
      if (life.dead) throw new LogClosed('dead')
      return appended
    },
    async post(message) {
      if (life.dead) return never()
      const fault = next('post')
      if (life.dead) return never()
      if (fault === 'the post is lost') return { kind: 'unsure', cause: new Error('lost') }
      const posted = await log.post(message)
      if (fault === 'dies after the post') life.dead = true
      if (life.dead) return never()
      return fault?.startsWith('the post is kept')
        ? { kind: 'unsure', cause: new Error('no answer') }
        : posted
    },
    inbox: (partition, after, deliver) =>
      log.inbox(partition, after, (message) => {
        if (!life.dead) deliver(message)
      }),
    read: (partition, from) => log.read(partition, from),
    newest: (partition) => log.newest(partition),
    forgetSlots: async (partition, throughRev) => {
      if (life.dead) return never()
      const fault = next('forgetting')
      if (life.dead) return never()
      await log.forgetSlots(partition, throughRev)
      if (fault === 'dies after the forgetting') life.dead = true
    },
    forget: async (partition, position) => {
      if (!life.dead) await log.forget(partition, position)
    },
    onLink: (listener) => log.onLink(listener),
    close: () => log.close(),
  }
}

/** Memory as seen by a process: a dead one neither writes nor hears. */
function mortalMemory(memory: SharedMemory, life: Life): SharedMemory {
  return {
    ...memory,
    write: async (rows) => {
      if (life.dead) return new Promise(() => {})
      const written = await memory.write(rows)
      return life.dead ? new Promise(() => {}) : written
    },
  }
}

/** Snapshots of a few parts after a few records, next to nothing kept behind them, and hardly anybody awake. */
export const SHORT: Partial<Keeping> = {
  awakeMax: 1,
  snapshotAfterBytes: 4_000,
  snapshotPartBytes: 700,
  slotsKeptMs: 60_000,
}

export interface Ending {
  readonly records: readonly CommitRecord[]
  readonly last: FleetUnderTest
  readonly done: Done
  readonly memory: SharedMemory
  /** Processes it took. */
  readonly lives: number
  readonly broker: MemoryBroker
  /** Slots no longer kept. */
  readonly forgotten: number
}

/** Ends with nothing under way and one process alive, which has seen the whole log. */
export async function play(
  script: readonly ScriptStep[],
  planned: readonly Fault[],
  keeping: Partial<Keeping> = {},
  policy = POLICY,
): Promise<Ending> {
  const broker = memoryBroker()
  const clock = new ManualClock(NOON)
  const memory = inMemory()
  const done: Done = { paid: new Map(), answered: new Map(), looks: [] }
  const faults = [...planned]
  const direct = broker.open('test', PARTITIONS)
  const inlet = createInlet(direct, clock)
  const seqs = new Map<string, number>()
  /** Every record that ever owned its slot, forgotten or not. */
  const written = Array.from({ length: PARTITIONS }, () => new Map<number, CommitRecord>())
  const witnessed = (log: FleetLog): FleetLog => ({
    ...bound(log),
    async append(slot) {
      const appended = await log.append(slot)
      const decoded = decodeSlot(slot.record)
      if (appended.kind === 'owned' && decoded.kind === 'record')
        written[slot.partition]!.set(slot.rev, decoded.record)
      return appended
    },
  })
  const beside: Life[] = []
  let lives = 0

  async function begin(): Promise<{ life: Life; under: FleetUnderTest }> {
    const life: Life = { dead: false, doubled: false }
    lives++
    const under = await startFleet({
      policy,
      agents: AGENTS,
      world: worldOf(done, life),
      escalateTo: 'boss',
      broker,
      clock,
      memory: mortalMemory(memory, life),
      partitions: PARTITIONS,
      writer: `w${lives}`,
      keeping,
      through: (log) => mortal(witnessed(log), life, faults),
    }).catch((cause: unknown) => {
      if (cause instanceof LogClosed) return undefined
      throw cause
    })
    if (under !== undefined) return { life, under }
    // It died while it started.
    const next = await begin()
    await life.late?.()
    return next
  }
  let current = await begin()

  async function settle(): Promise<void> {
    let rounds = 0
    for (let quiet = 0; quiet < 4; ) {
      await new Promise(setImmediate)
      const { life, under } = current
      if (life.doubled) beside.push(life)
      if (life.dead || life.doubled || under.stopped.length > 0) {
        if (!life.doubled) life.dead = true
        life.doubled = false
        current = await begin()
        await life.late?.()
        quiet = 0
      } else quiet = under.fleet.idle ? quiet + 1 : 0
      // What is tried again is tried after a while.
      if (++rounds % 10 === 0) clock.advance(50)
      if (rounds > 5_000) throw new Error('it never settles')
    }
  }

  for (const step of script) {
    if (step.kind === 'pass') clock.advance(step.ms)
    else {
      const { conversation, message, amount } = step
      const seq = (seqs.get(conversation) ?? 0) + 1
      seqs.set(conversation, seq)
      const to = 'clerk'
      await inlet.tell({ source: 's', seq, conversation, to, from: 'customer', message, fields: { amount } })
    }
    await settle()
    if (beside.length > 0) {
      // The other owners die; whoever is left finds out at its next append whether it was ahead of them.
      for (const life of beside.splice(0)) life.dead = true
      current.life.dead = true
      await settle()
    }
  }
  const records = written.flatMap((of) => Array.from(of.values()).sort((a, b) => a.rev - b.rev))
  let forgotten = 0
  for (let partition = 0; partition < PARTITIONS; partition++)
    for await (const { rev } of direct.read(partition, 1)) {
      forgotten += rev - 1
      break
    }
  return { records, last: current.under, done, memory, lives, broker, forgotten }
}

function bound(log: FleetLog): FleetLog {
  return {
    fleet: log.fleet,
    partitions: log.partitions,
    describe: log.describe,
    append: (slot) => log.append(slot),
    post: (message) => log.post(message),
    inbox: (partition, after, deliver) => log.inbox(partition, after, deliver),
    read: (partition, from) => log.read(partition, from),
    newest: (partition) => log.newest(partition),
    forgetSlots: (partition, throughRev) => log.forgetSlots(partition, throughRev),
    forget: (partition, position) => log.forget(partition, position),
    onLink: (listener) => log.onLink(listener),
    close: () => log.close(),
  }
}
