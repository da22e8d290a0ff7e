/**
 * Three daemons on a nats cluster of three, all real processes on loopback, under random kills, stops and cuts, while a driver
 * goes on giving orders; then a check over the whole history. The seed decides what happens in which order; when exactly
 * a process is hit is the machine's affair.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createJudge } from '#dsl/judge/create.ts'
import type { Ledgers } from '#dsl/judge/ledgers.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { systemClock } from '#runtime/daemon/clock.ts'
import { createInlet } from '#runtime/fleet/inlet.ts'
import { decodeSlot } from '#runtime/fleet/snapshot-format.ts'
import { type Opened, openJetStream } from '#runtime/log/jetstream.ts'
import { scratchBinary } from '#runtime/log/nats-server/scratch.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { type Budgets, checkBudgets, type Purchase } from './budgets.ts'
import { check, type Effect, type Outcome } from './check.ts'
import { natsCluster } from './cluster.ts'
import { Daemon } from './daemons.ts'
import { conversationName, FLEET, PARTITIONS, PURCHASES, SHOPS, SOURCE, shopName } from './orders.ts'
import { type KeptSlot, type Takeover, Takeovers } from './takeovers.ts'

export const FAULTS = [
  'kill a daemon',
  'stop a daemon for longer than its lease',
  'kill a nats node',
  'cut a daemon off',
  'drain a daemon',
  'let another daemon join for a while',
] as const
export type Fault = (typeof FAULTS)[number]

export interface StretchOptions {
  readonly seed: number
  /** For how long there are faults. */
  readonly faultsMs: number
  /** For how long what was accepted may take to come to its end after the last one. */
  readonly settleMs: number
  readonly conversations?: number
  /** The nodes write to the disk before they acknowledge: nats-server 2.10 and newer. */
  readonly syncAlways?: boolean
  readonly say: (line: string) => void
}

export interface StretchReport extends Outcome {
  readonly seed: number
  readonly faultsDone: readonly Fault[]
  readonly takeovers: readonly Takeover[]
  readonly budgets: Budgets
  /** Slots of all partitions. */
  readonly slots: number
}

const NODES = 3
const DAEMONS = 3
/** Comes and goes. */
const GUEST = 'daemon-guest'
const CONVERSATIONS = 24
/** Between two orders of one conversation. */
const PACE_MS = 200
const OPEN_TRIES_MS = 30_000
const START_MS_MAX = 30_000
/** A guest that has not joined by then is sent away all the same. */
const GUEST_MS_MAX = 10_000

export async function stretch(options: StretchOptions): Promise<StretchReport> {
  const { say } = options
  const dir = mkdtempSync(join(tmpdir(), 'parapet-stretch-'))
  const effectsDir = join(dir, 'effects')
  mkdirSync(effectsDir)
  const cluster = await natsCluster(await scratchBinary(), dir, NODES, options.syncAlways)
  const daemons: Daemon[] = []
  const all: Daemon[] = []
  const stop = new AbortController()
  const reap = () => {
    cluster.stop()
    for (const daemon of all) daemon.close()
  }
  process.once('exit', reap)
  let opened: Extract<Opened, { kind: 'open' }> | undefined
  let kept = true
  try {
    opened = await openWhenReady(cluster.ports)
    const { log, leases } = opened
    const ledgers = stretchLedgers()
    const clock = systemClock()
    const takeovers = new Takeovers(clock.now)
    const watch = await leases.watch((change) => takeovers.heard(change))
    const daemonOf = async (name: string) => {
      const daemon = await Daemon.of({ dir, name, effectsDir, nodes: cluster.ports, replicas: NODES })
      all.push(daemon)
      return daemon
    }
    for (let i = 0; i < DAEMONS; i++) daemons.push(await daemonOf(`daemon-${i}`))
    for (const daemon of daemons) daemon.start()
    const guest = await daemonOf(GUEST)
    await until(() => takeovers.areServed(PARTITIONS, DAEMONS), START_MS_MAX, 'the daemons to share')
    say(`${DAEMONS} daemons share ${PARTITIONS} partitions on ${log.describe}`)

    const accepted = new Array<number>(options.conversations ?? CONVERSATIONS).fill(0)
    const inlet = createInlet(log, clock)
    const told = new Map<string, number>()
    const driving = [
      ...accepted.map((_, index) => drive(inlet, index, accepted, stop.signal)),
      ...Array.from({ length: SHOPS }, (_, shop) => shopping(inlet, shop, told, stop.signal)),
    ]
    const faultsDone = await faults(options, cluster, daemons, guest, takeovers)
    stop.abort()
    await Promise.all(driving)

    const look = async () => {
      const slots = await slotsOf(log)
      const records = slots.map(({ record }) => record)
      const outcome = check(accepted, records, linesIn<Effect>(effectsDir, 'effects'), clock.now())
      const purchases = linesIn<Purchase>(effectsDir, 'purchases')
      const budgets = checkBudgets(told, records, purchases, ledgers, clock.now())
      return {
        slots,
        budgets,
        faults: [...outcome.faults, ...budgets.faults],
        complete: outcome.complete && budgets.complete,
        outcome,
      }
    }
    const deadline = clock.now() + options.settleMs
    let seen = await look()
    // A node that has just come back may show less of the log than there is: a fault counts once it stays.
    while ((!seen.complete || seen.faults.length > 0) && clock.now() < deadline) {
      await wait(1_000)
      seen = await look()
    }
    await watch.close()
    kept = seen.faults.length > 0 || !seen.complete
    if (kept) say(`what is left is in ${dir}`)
    return {
      ...seen.outcome,
      faults: seen.faults,
      complete: seen.complete,
      budgets: seen.budgets,
      seed: options.seed,
      faultsDone,
      takeovers: takeovers.over(seen.slots),
      slots: seen.slots.length,
    }
  } finally {
    stop.abort()
    for (const daemon of all) daemon.signal('SIGCONT')
    for (const daemon of all) daemon.close()
    await opened?.log.close()
    process.off('exit', reap)
    cluster.stop()
    if (!kept) rmSync(dir, { recursive: true, force: true })
  }
}

async function openWhenReady(ports: readonly number[]): Promise<Extract<Opened, { kind: 'open' }>> {
  let last = ''
  for (const began = performance.now(); performance.now() - began < OPEN_TRIES_MS; ) {
    const opened = await openJetStream({
      servers: ports.map((port) => `nats://127.0.0.1:${port}`),
      fleet: FLEET,
      partitions: PARTITIONS,
      replicas: NODES,
    })
    if (opened.kind === 'open') return opened
    last = opened.message
    await wait(250)
  }
  throw new Error(`the cluster did not come up: ${last}`)
}

async function until(test: () => boolean, ms: number, what: string): Promise<void> {
  for (const began = performance.now(); !test(); ) {
    if (performance.now() - began > ms) throw new Error(`waited ${ms} ms for ${what}`)
    await wait(20)
  }
}

/** Gives one conversation's orders, one after the other; what `tell` resolved is accepted. */
async function drive(
  inlet: ReturnType<typeof createInlet>,
  index: number,
  accepted: number[],
  stop: AbortSignal,
): Promise<void> {
  const conversation = conversationName(index)
  for (let seq = 1; !stop.aborted; seq++) {
    await inlet.tell({
      source: SOURCE,
      seq,
      conversation,
      to: 'clerk',
      from: 'driver',
      message: 'order',
      fields: { amount: seq },
    })
    accepted[index] = seq
    await wait(PACE_MS)
  }
}

/** Buys lot after lot for one shop, each lot in a conversation of its own; what `tell` resolved was asked for. */
async function shopping(
  inlet: ReturnType<typeof createInlet>,
  shop: number,
  told: Map<string, number>,
  stop: AbortSignal,
): Promise<void> {
  for (let lot = 0; !stop.aborted; lot++) {
    const conversation = shopName(shop, lot)
    for (const [index, amount] of PURCHASES.entries()) {
      if (stop.aborted) return
      await inlet.tell({
        source: SOURCE,
        seq: index + 1,
        conversation,
        to: 'buyer',
        from: 'driver',
        message: 'purchase',
        fields: { lot: `lot-${lot}`, amount },
      })
      told.set(conversation, index + 1)
      await wait(PACE_MS)
    }
  }
}

async function faults(
  options: StretchOptions,
  cluster: Awaited<ReturnType<typeof natsCluster>>,
  daemons: readonly Daemon[],
  guest: Daemon,
  takeovers: Takeovers,
): Promise<Fault[]> {
  const random = seeded(options.seed)
  const between = (min: number, max: number) => min + random() * (max - min)
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const done: Fault[] = []
  let round: Fault[] = []
  const began = performance.now()
  while (performance.now() - began < options.faultsMs) {
    if (round.length === 0) round = shuffled(FAULTS, random)
    const fault = round.pop()!
    const index = Math.floor(random() * daemons.length)
    const daemon = daemons[index]!
    options.say(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${fault}`)
    done.push(fault)
    if (fault === 'kill a daemon') {
      takeovers.begins(fault, daemon.member, false)
      daemon.signal('SIGKILL')
      await daemon.gone()
      await wait(between(1_000, 5_000))
      daemon.start()
    } else if (fault === 'stop a daemon for longer than its lease') {
      takeovers.begins(fault, daemon.member, false)
      daemon.signal('SIGSTOP')
      await wait(between(3_000, 6_000))
      daemon.signal('SIGCONT')
    } else if (fault === 'cut a daemon off') {
      takeovers.begins(fault, daemon.member, false)
      daemon.cut()
      await wait(between(500, 5_000))
      daemon.heal()
    } else if (fault === 'drain a daemon') {
      takeovers.begins(fault, daemon.member, true)
      daemon.signal('SIGTERM')
      await daemon.gone()
      await wait(between(0, 1_000))
      daemon.start()
    } else if (fault === 'let another daemon join for a while') {
      await startGuest(guest)
      await wait(between(2_000, 6_000))
      const graceful = random() < 0.5
      if (guest.hasName)
        takeovers.begins(graceful ? 'drain a daemon' : 'kill a daemon', guest.member, graceful)
      guest.signal(graceful ? 'SIGTERM' : 'SIGKILL')
      await guest.gone()
    } else {
      const node = one([...cluster.ports.keys()])
      takeovers.nodeKilled()
      cluster.kill(node)
      await wait(between(1_000, 6_000))
      cluster.start(node)
    }
    for (const each of daemons) {
      if (each.isRunning) continue
      options.say(`          ${each.name} had ended by itself and is started again`)
      each.start()
    }
    await wait(between(1_000, 5_000))
  }
  return done
}

/** One that starts while a stream has no leader ends, and is started again, as a service manager would. */
async function startGuest(guest: Daemon): Promise<void> {
  for (const began = performance.now(); performance.now() - began < GUEST_MS_MAX && !guest.hasName; ) {
    if (!guest.isRunning) guest.start()
    await wait(20)
  }
  if (!guest.isRunning) guest.start()
}

function shuffled<T>(of: readonly T[], random: () => number): T[] {
  return of
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)
}

/** Mulberry32: a seed makes the same story. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Every record; parts of snapshots are only counted by them. */
export async function slotsOf(log: FleetLog): Promise<KeptSlot[]> {
  const slots: KeptSlot[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    for await (const { id, record } of log.read(partition, 1)) {
      const decoded = decodeSlot(record)
      if (decoded.kind === 'refused') throw new Error(decoded.message)
      if (decoded.kind === 'record') slots.push({ id, record: decoded.record })
    }
  }
  return slots
}

export function linesIn<T>(dir: string, kind: string): T[] {
  return readdirSync(dir)
    .filter((file) => file.startsWith(kind))
    .flatMap((file) =>
      readFileSync(join(dir, file), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line): T => JSON.parse(line)),
    )
}

/** The ledgers of the policy that the fleet is judged by. */
function stretchLedgers(): Ledgers {
  const text = readFileSync(join(import.meta.dirname, 'stretch.parapet'), 'utf8')
  const { plan } = compile(source(text, 'stretch.parapet'))
  if (!plan) throw new Error('the policy of the stretch does not compile')
  return createJudge(plan).ledgers
}
