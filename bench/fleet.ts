/**
 * A durable, guarded fleet against the raw limits of the same nats-server in the same run. The server, the daemon and the
 * sender share the machine's cores; inboxes are filled before throughput is measured, so that the sender rests.
 *
 *   raw read        messages delivered from the inbox, nothing done with them
 *   raw forward     read and published onward, 256 in flight, every ack awaited
 *   fleet           read, judged, stepped, committed with its state; nothing acts before its record is durable
 *
 * `alone`: each message was posted by itself, in a publish of its own; else as clients post that have more to say than one
 * message, and as outboxes do (`runtime/log/packer.ts`). A process is measured once it is warm: from a third of its messages on.
 *
 * node bench/fleet.ts [messages] [idle agents]      either may be 0
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises'
import { Annotation, END, MemorySaver, START, StateGraph } from '@langchain/langgraph'
import { agentId, partitionOf } from '#runtime/fleet/address.ts'
import { encodeBody } from '#runtime/fleet/record.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import type { FleetLog, InboxMessage, Posted } from '#runtime/log/port.ts'
import type { Report } from './fleet/daemon.ts'
import { benchServer } from './fleet/server.ts'

const MESSAGES = Number(process.argv[2] ?? 100_000)
const IDLE = Number(process.argv[3] ?? 1_000_000)
const PARTITIONS = 4
const FILL = 4_000
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition)
const FLEETS = [
  { agents: 1_000, how: 'alone' },
  { agents: 10, how: 'packed' },
  { agents: 1_000, how: 'packed' },
  { agents: 100_000, how: 'packed' },
] as const
const LOADS = [0.1, 0.5, 0.8]
const LOAD_MS = 4_000
const GRAPH_STEPS = 2_000
/** Messages a daemon takes before its latency is measured. */
const WARM = 50_000

const server = await benchServer()

async function openLog(fleet: string): Promise<FleetLog> {
  const opened = await openJetStream({
    servers: server.url,
    fleet,
    partitions: PARTITIONS,
    inboxBytesMax: 2 * 1024 * 1024 * 1024,
  })
  if (opened.kind === 'refused') throw new Error(opened.message)
  return opened.log
}

const encoder = new TextEncoder()
const tick = (sent: number): Uint8Array =>
  encoder.encode(
    encodeBody({ message: 'tick', from: 'client', fields: { amount: 1, note: 'hello there', sent } }),
  )

/** Says `tick` to agents in turn, as clients do: each conversation's messages numbered from 1. */
class Sender {
  readonly #log: FleetLog
  readonly #agents: number
  readonly #ids: readonly string[]
  sent = 0

  constructor(log: FleetLog, agents: number) {
    this.#log = log
    this.#agents = agents
    this.#ids = Array.from({ length: agents }, (_, i) => `conversation-${i}`)
  }

  async send(count: number, at: number, alone = false): Promise<void> {
    const body = tick(at)
    const posts: Promise<Posted>[] = []
    for (let i = 0; i < count; i++) {
      const conversation = this.#ids[this.sent % this.#agents]!
      const seq = Math.floor(this.sent++ / this.#agents) + 1
      posts.push(
        this.#log.post({
          partition: partitionOf(conversation, PARTITIONS),
          agent: agentId(conversation, 'counter'),
          source: `client@${conversation}`,
          seq,
          body,
        }),
      )
      if (alone) await immediate()
    }
    for (const posted of await Promise.all(posts))
      if (posted.kind !== 'posted') throw new Error(`a message was not posted: ${posted.kind}`)
  }

  async fill(count: number, alone = false): Promise<void> {
    for (let left = count; left > 0; left -= FILL) await this.send(Math.min(FILL, left), 0, alone)
  }
}

class Daemon {
  readonly #child: ChildProcess
  #ending = false
  readonly #listeners = new Set<(report: Report) => void>()
  readonly openedAt: Promise<Report & { kind: 'open' }>

  constructor(fleet: string, served: readonly number[] = ALL) {
    this.#child = fork(
      join(import.meta.dirname, 'fleet/daemon.ts'),
      [server.url, fleet, String(PARTITIONS), served.join(',')],
      { env: { ...process.env, NODE_ENV: 'production' }, stdio: 'inherit' },
    )
    // Nobody would ever report what is waited for.
    this.#child.on('exit', (code) => {
      if (this.#ending) return
      console.error(`a daemon ended with ${code}`)
      void server.stop().finally(() => process.exit(1))
    })
    this.#child.on('message', (report: Report) => {
      for (const listener of this.#listeners) listener(report)
    })
    this.openedAt = new Promise((resolve) => {
      this.on((report) => {
        if (report.kind === 'open') resolve(report)
      })
    })
  }

  on(listener: (report: Report) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reports until so many messages are taken, the first of them with `from` at least. */
  async until(taken: number, from = 1): Promise<(Report & { kind: 'progress' })[]> {
    const reports: (Report & { kind: 'progress' })[] = []
    await new Promise<void>((resolve) => {
      const off = this.on((report) => {
        if (report.kind !== 'progress' || report.taken < from) return
        reports.push(report)
        if (report.taken < taken) return
        off()
        resolve()
      })
    })
    return reports
  }

  async kill(): Promise<void> {
    this.#ending = true
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** The server's processor time so far, in milliseconds; 0 where the system does not say. */
function serverCpuMs(): number {
  try {
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return 0
  }
}

interface Throughput {
  readonly rate: number
  readonly cpuUs: number
  readonly serverCpuUs: number
  readonly perRecord: number
}

/** Between the first report that counts and the last one, so that what a process needs to start and warm up is not counted. */
async function throughput(agents: number, alone: boolean): Promise<Throughput> {
  const fleet = `fleet-${agents}-${alone}`
  const log = await openLog(fleet)
  const sender = new Sender(log, agents)
  // Every agent has been met once before: its start is not what is measured.
  await sender.fill(Math.max(agents, Math.floor(MESSAGES / 4)))
  const daemon = new Daemon(fleet)
  await daemon.until(sender.sent)
  await daemon.kill()
  await sender.fill(MESSAGES, alone)
  const again = new Daemon(fleet)
  await again.openedAt
  const cpuBefore = serverCpuMs()
  const reports = await again.until(MESSAGES, MESSAGES / 3)
  const cpu = serverCpuMs() - cpuBefore
  await again.kill()
  await log.close()
  const [first, last] = [reports[0]!, reports.at(-1)!]
  const taken = last.taken - first.taken
  return {
    rate: (1000 * taken) / (last.atMs - first.atMs),
    cpuUs: (1000 * (last.cpuMs - first.cpuMs)) / taken,
    serverCpuUs: (1000 * cpu) / MESSAGES,
    perRecord: taken / (last.records - first.records),
  }
}

/** The partitions shared by two daemons: every core the machine has of two is at work. */
async function twoDaemons(agents: number): Promise<number> {
  const fleet = `shared-${agents}`
  const log = await openLog(fleet)
  const sender = new Sender(log, agents)
  await sender.fill(agents)
  const first = new Daemon(fleet)
  await first.until(agents)
  await first.kill()
  await sender.fill(MESSAGES)
  const halves = [0, 1].map(
    (half) =>
      new Daemon(
        fleet,
        ALL.filter((partition) => partition % 2 === half),
      ),
  )
  const taken = ALL.map(() => 0)
  const ended = Promise.withResolvers<void>()
  let began = 0
  let before = 0
  halves.forEach((daemon, half) => {
    daemon.on((report) => {
      if (report.kind !== 'progress') return
      taken[half] = report.taken
      const sum = taken[0]! + taken[1]!
      if (began === 0 && sum >= MESSAGES / 3) {
        began = performance.now()
        before = sum
      }
      if (sum >= MESSAGES) ended.resolve()
    })
  })
  await ended.promise
  const seconds = (performance.now() - began) / 1_000
  for (const daemon of halves) await daemon.kill()
  await log.close()
  return (MESSAGES - before) / seconds
}

/** `window` 0: only read. */
async function raw(window: number, alone: boolean): Promise<number> {
  const log = await openLog(`raw-${window}-${alone}`)
  const sender = new Sender(log, 1)
  await sender.fill(MESSAGES, alone)
  const queue: InboxMessage[] = []
  let wake = () => {}
  let read = 0
  const began = performance.now()
  const reader = await log.inbox(partitionOf('conversation-0', PARTITIONS), 0, (message) => {
    read++
    if (window > 0) queue.push(message)
    if (window > 0 || read === MESSAGES) wake()
  })
  const woken = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  if (window === 0 && read < MESSAGES) await woken()
  for (let done = 0; window > 0 && done < MESSAGES; ) {
    if (queue.length === 0) await woken()
    const posts: Promise<Posted>[] = []
    for (const { body } of queue.splice(0, window)) {
      posts.push(log.post({ partition: 0, agent: 'a/b', source: 'raw', seq: ++done, body }))
      if (alone) await new Promise<void>(process.nextTick)
    }
    await Promise.all(posts)
  }
  const seconds = (performance.now() - began) / 1000
  await reader.close()
  await log.close()
  return MESSAGES / seconds
}

async function latency(rate: number): Promise<string> {
  const fleet = `latency-${Math.round(rate)}`
  const log = await openLog(fleet)
  const sender = new Sender(log, 1_000)
  await sender.fill(WARM)
  const daemon = new Daemon(fleet)
  await daemon.until(WARM)
  const waited: number[] = []
  daemon.on((report) => {
    if (report.kind === 'progress') waited.push(...report.waitedMs)
  })
  const began = performance.now()
  for (let sent = 0; performance.now() - began < LOAD_MS; ) {
    const due = Math.floor(((performance.now() - began) / 1000) * rate) - sent
    if (due > 0) void sender.send(due, Date.now())
    sent += due
    await wait(2)
  }
  await daemon.until(sender.sent)
  await daemon.kill()
  await log.close()
  waited.sort((a, b) => a - b)
  const at = (part: number) => waited[Math.floor(part * waited.length)] ?? Number.NaN
  return `p50 ${at(0.5)} ms   p99 ${at(0.99)} ms`
}

async function idle(agents: number): Promise<void> {
  const log = await openLog('idle')
  const sender = new Sender(log, agents)
  const daemon = new Daemon('idle')
  await daemon.openedAt
  let rss = 0
  daemon.on((report) => {
    if (report.kind === 'progress') rss = report.rssBytes
  })
  const all = daemon.until(agents)
  for (let left = agents; left > 0; left -= 50_000) await sender.fill(Math.min(left, 50_000))
  await all
  await wait(2_000)
  const busy = rss
  await daemon.kill()
  const back = new Daemon('idle')
  const opened = await back.openedAt
  const next = back.until(1)
  await sender.send(1, 0)
  await next
  console.log(
    `  ${agents.toLocaleString('en')} idle agents: ${megabytes(busy)} after they were met, ${megabytes(opened.rssBytes)} after a restart; back ${(opened.ms / 1000).toFixed(2)} s after SIGKILL, ${(opened.cpuMs / 1000).toFixed(1)} s of processor (${opened.records} records folded)`,
  )
  await back.kill()
  await log.close()
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`

/** The same count, as a graph with the memory checkpointer: no log, no policy. */
async function langGraph(): Promise<number> {
  const State = Annotation.Root({ count: Annotation<number>, total: Annotation<number> })
  const graph = new StateGraph(State)
    .addNode('tick', ({ count, total }) => ({ count: (count ?? 0) + 1, total: (total ?? 0) + 1 }))
    .addEdge(START, 'tick')
    .addEdge('tick', END)
    .compile({ checkpointer: new MemorySaver() })
  const run = async (steps: number) => {
    for (let i = 0; i < steps; i++)
      await graph.invoke({}, { configurable: { thread_id: `conversation-${i % 100}` } })
  }
  await run(GRAPH_STEPS / 4)
  const began = performance.now()
  await run(GRAPH_STEPS)
  return (1000 * GRAPH_STEPS) / (performance.now() - began)
}

async function loaded(): Promise<void> {
  const forward = { alone: 0, packed: 0 }
  for (const how of ['alone', 'packed'] as const) {
    const alone = how === 'alone'
    const read = await raw(0, alone)
    forward[how] = await raw(256, alone)
    console.log(`  raw read, ${how.padEnd(6)}         ${rounded(read)} /s`)
    console.log(`  raw forward, ${how.padEnd(6)}      ${rounded(forward[how])} /s`)
  }
  let steady = 0
  for (const { agents, how } of FLEETS) {
    const { rate, cpuUs, serverCpuUs, perRecord } = await throughput(agents, how === 'alone')
    if (agents === 1_000) steady = rate
    console.log(
      `  fleet, ${agents.toLocaleString('en').padStart(7)} agents, ${how.padEnd(6)} ${rounded(rate)} /s   ${(rate / forward[how]).toFixed(2)} × raw forward   processor a transition: daemon ${cpuUs.toFixed(1)} µs, server ${serverCpuUs.toFixed(1)} µs   ${perRecord.toFixed(0)} a record`,
    )
  }
  const shared = await twoDaemons(1_000)
  console.log(
    `  fleet,   1,000 agents, two daemons ${rounded(shared)} /s   ${(shared / steady).toFixed(2)} × one`,
  )
  for (const load of LOADS)
    console.log(
      `  at ${(100 * load).toFixed(0).padStart(2)} % of that, ${rounded(load * steady)} /s   ${await latency(load * steady)}`,
    )
  const graph = await langGraph()
  console.log(
    `  LangGraph JS, memory checkpointer ${rounded(graph)} /s   (fleet: ${(steady / graph).toFixed(0)} ×)`,
  )
}

const rounded = (rate: number) => Math.round(rate).toLocaleString('en').padStart(9)

console.log(
  `${MESSAGES.toLocaleString('en')} messages, ${PARTITIONS} partitions, nats-server ${server.version}, ${server.durability}`,
)
if (MESSAGES > 0) await loaded()
if (IDLE > 0) await idle(IDLE)
await server.stop()
