/**
 * How fast fleets are simulated: a day of a fleet of 100 agents (50 conversations of a clerk and a boss), virtual time, one core.
 *
 *   machine             the raw limit: XState alone steps a machine of two states, no policy, no log
 *   calm, cold          the first sixth of that day, as the first thing a process does: V8 compiles meanwhile
 *   calm                the whole fleet, nothing goes wrong, nothing is looked at
 *   calm, looked at     and after every record all invariants are looked at
 *   faults              everything goes wrong, nothing is looked at
 *   faults, looked at   everything goes wrong, all invariants are looked at
 *
 * A transition is what the kernel took: a turn in which a machine moved or was kept from it, neither what was put aside or turned
 * away nor what starts an agent. Seconds are of the processor, so that a busy machine spoils the figures less. But for the cold
 * one each row was run for a while before: who runs a thousand seeds runs them in one process.
 * node bench/simulate.ts [orders] [calm|faults]
 */
import { assign, createMachine, setup, transition } from 'xstate'
import { actions, till, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { LEASE_MS_MAX } from '#runtime/fleet/members.ts'
import type { CommitRecord, TurnOutcome } from '#runtime/fleet/record.ts'
import { ALL_FAULTS, type Faults, NO_FAULTS } from '#runtime/simulation/faults.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { simulate, type Told } from '#runtime/simulation/simulate.ts'
import { judgeOf } from '#runtime/testing/subject.ts'

const [orders = '60000', ...wanted] = process.argv.slice(2)
const ORDERS = Number(orders)
const CONVERSATIONS = 50
const DAEMONS = 3
const DAY_MS = 86_400_000
/** What is run before a row is measured, as a share of the day. */
const WARM_UP = 1 / 6
const RAW_STEPS = 200_000
/** The kernel had nothing to do. */
const NOT_TAKEN = new Set<TurnOutcome>(['ignored', 'deferred', 'refused'])
const judge = judgeOf(`policy "Desk" version 1 ${VOCABULARY}
rule "Never ten" { when clerk calls pay and amount = 10 USD then deny }`)

/** A part of the day, as busy as the whole. */
function told(share: number): readonly Told[] {
  const random = randomOf(1)
  return Array.from({ length: ORDERS * share }, () => ({
    atMs: random.int(DAY_MS * share),
    conversation: `c${random.int(CONVERSATIONS)}`,
    to: 'clerk',
    from: 'customer',
    message: 'order',
    fields: { amount: 1 + random.int(100) },
  })).toSorted((one, other) => one.atMs - other.atMs)
}

/** Keeps two numbers, however long the day: what is measured is the fleet, not the JSON of a state that grows. */
const clerk = setup({
  types: {} as { context: { ordered: number; paid: number }; events: { type: string; amount?: number } },
  actions,
}).createMachine({
  id: 'clerk',
  context: { ordered: 0, paid: 0 },
  on: {
    order: {
      actions: [
        { type: 'call', params: ({ event }) => ({ tool: 'pay', args: { amount: event.amount } }) },
        assign({ ordered: ({ context }) => context.ordered + 1 }),
      ],
    },
    'parapet.result': { actions: assign({ paid: ({ context }) => context.paid + 1 }) },
    'parapet.failed': {},
    'parapet.denied': {},
  },
})
const boss = createMachine({ id: 'boss', on: { 'parapet.escalated': {} } })

/** Each fault so often in a day as the trial fleet meets it in some minutes. */
const BY_THE_HOUR: Faults = {
  ...ALL_FAULTS,
  brokerRestartsPerSecond: 1 / 3_600,
  cutsPerSecond: 1 / 1_200,
  pausesPerSecond: 1 / 1_200,
  killsPerSecond: 1 / 600,
  drainsPerSecond: 1 / 2_000,
  clockJumpsPerSecond: 1 / 3_600,
}

console.log(`A virtual day of 100 agents, ${ORDERS} orders; seconds of one core`)
const raw = machineAlone()
row('machine', RAW_STEPS, raw, raw)
const kinds = [
  ['calm', NO_FAULTS],
  ['faults', BY_THE_HOUR],
] as const
for (const [name, faults] of kinds) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  for (const looks of [false, true]) {
    const first = await fleet(name, faults, looks, WARM_UP)
    if (name === 'calm' && !looks) row('calm, cold', first.transitions, first.seconds, raw)
    const { transitions, seconds } = await fleet(name, faults, looks, 1)
    row(looks ? `${name}, looked at` : name, transitions, seconds, raw)
  }
}

/** Simulates a share of the day. */
async function fleet(name: string, faults: Faults, looks: boolean, share: number) {
  const { pay } = till()
  const orders = told(share)
  const began = cpuSeconds()
  const end = await simulate({
    definition: {
      name: 'desk',
      agents: { clerk: { machine: clerk }, boss: { machine: boss } },
      escalateTo: 'boss',
      partitions: 4,
    },
    judge,
    daemons: DAEMONS,
    leaseMs: LEASE_MS_MAX,
    seed: 1,
    faults,
    startsAt: Date.UTC(2026, 0, 1),
    forMs: DAY_MS * share,
    world: { tools: { pay } },
    told: orders,
    looks,
  })
  const seconds = cpuSeconds() - began
  const [found] = end.faults
  if (!end.settled || found) throw new Error(`${name}: ${found?.what ?? 'it does not settle'}`)
  return { transitions: transitionsIn(end.records), seconds }
}

function transitionsIn(records: readonly CommitRecord[]): number {
  let count = 0
  for (const { turns } of records)
    for (const { input, outcome } of turns)
      if (!NOT_TAKEN.has(outcome) && !(input.kind === 'notice' && input.event.type === 'parapet.start'))
        count++
  return count
}

function machineAlone(): number {
  const machine = createMachine({
    id: 'raw',
    initial: 'a',
    states: { a: { on: { go: 'b' } }, b: { on: { go: 'a' } } },
  })
  let [snapshot] = transition(machine, machine.resolveState({ value: 'a' }), { type: 'go' })
  const began = cpuSeconds()
  for (let i = 0; i < RAW_STEPS; i++) [snapshot] = transition(machine, snapshot, { type: 'go' })
  return cpuSeconds() - began
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

function row(name: string, turns: number, seconds: number, rawSeconds: number): void {
  const rate = turns / seconds
  const ratio = rate / (RAW_STEPS / rawSeconds)
  console.log(
    `${name.padEnd(20)} ${String(turns).padStart(8)} transitions ${seconds.toFixed(2).padStart(7)} s ${Math.round(rate).toLocaleString('en').padStart(9)}/s  ${(100 * ratio).toFixed(1).padStart(5)} %`,
  )
}
