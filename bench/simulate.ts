/**
 * How fast fleets are simulated: a day of a fleet of 100 agents (50 conversations of a clerk and a boss), virtual time, one core.
 *
 *   machine        the raw limit: XState alone steps a clerk, no policy, no log
 *   calm           the whole fleet, nothing goes wrong, nothing is looked at
 *   faults         everything goes wrong
 *   faults, looked at   and after every record all invariants are looked at
 *
 * A transition is one turn of an agent. Seconds are of the processor, so that a busy machine spoils the figures less.
 * node bench/simulate.ts [orders]
 */
import { createMachine, transition } from 'xstate'
import { agents, till, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { LEASE_MS_MAX } from '#runtime/fleet/members.ts'
import { ALL_FAULTS, type Faults, NO_FAULTS } from '#runtime/simulation/faults.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { simulate, type Told } from '#runtime/simulation/simulate.ts'
import { judgeOf } from '#runtime/testing/subject.ts'

const ORDERS = Number(process.argv[2] ?? 20_000)
const CONVERSATIONS = 50
const DAEMONS = 3
const DAY_MS = 86_400_000
const RAW_STEPS = 200_000
const judge = judgeOf(`policy "Desk" version 1 ${VOCABULARY}
rule "Never ten" { when clerk calls pay and amount = 10 USD then deny }`)

const random = randomOf(1)
const told: Told[] = Array.from({ length: ORDERS }, () => ({
  atMs: random.int(DAY_MS),
  conversation: `c${random.int(CONVERSATIONS)}`,
  to: 'clerk',
  from: 'customer',
  message: 'order',
  fields: { amount: 1 + random.int(100) },
})).toSorted((one, other) => one.atMs - other.atMs)

/** Each fault so often in a day as the trial fleet meets it in some minutes. */
const BY_THE_HOUR: Faults = {
  ...ALL_FAULTS,
  brokerRestartsPerSecond: 1 / 3_600,
  cutsPerSecond: 1 / 1_200,
  pausesPerSecond: 1 / 1_200,
  killsPerSecond: 1 / 600,
  clockJumpsPerSecond: 1 / 3_600,
}

const raw = machineAlone()
row('machine', RAW_STEPS, raw, raw)
await fleet('calm', NO_FAULTS, false)
await fleet('faults', BY_THE_HOUR, false)
await fleet('faults, looked at', BY_THE_HOUR, true)

async function fleet(name: string, faults: Faults, looks: boolean): Promise<void> {
  const { pay } = till()
  const began = cpuSeconds()
  const {
    records,
    settled,
    faults: found,
  } = await simulate({
    definition: { name: 'desk', agents, escalateTo: 'boss', partitions: 4 },
    judge,
    daemons: DAEMONS,
    leaseMs: LEASE_MS_MAX,
    seed: 1,
    faults,
    startsAt: Date.UTC(2026, 0, 1),
    forMs: DAY_MS,
    world: { tools: { pay } },
    told,
    looks,
  })
  const seconds = cpuSeconds() - began
  if (!settled || found.length > 0) throw new Error(`${name}: ${found[0]?.what ?? 'it does not settle'}`)
  row(
    name,
    records.reduce((sum, record) => sum + record.turns.length, 0),
    seconds,
    raw,
  )
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
