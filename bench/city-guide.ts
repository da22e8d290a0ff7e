/**
 * The city guide under load: durable questions in over JetStream, guarded answers out over NATS; the server, the daemon and the
 * visitors share the machine's cores. Each visitor asks the next question when the last one is answered.
 *
 *   raw            read from the durable inbox and answered at once: nothing is looked for, judged or kept
 *   permissions    the guide, under a policy of `may` lines alone
 *   full           the guide under its own policy: citations and figures followed
 *   each           every question is looked for in LanceDB, by words and by meaning
 *   kept           what was found is kept a minute (`memory: { searchesKeptMs }`); first asked each in turn, which is not counted
 *   2 daemons      they share the partitions, so that a second core is at work
 *
 * What limits it: somewhat less than half of the daemon's time is following what was recalled (`full` less `permissions`), the rest the
 * three turns of a request; the server's and the visitors' share is a tenth. Every question is answered, or the bench would not end.
 *
 * On a machine that does other things, `cores allow` says more than what was answered: it is what the processor time of a
 * request, of all the processes together, would let every core of the machine do.
 *
 * node bench/city-guide.ts [requests] [visitors]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { openJetStream } from '#runtime/log/jetstream.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { readQuestions } from '../examples/08-city-guide/places.ts'
import type { Report } from './city-guide/daemon.ts'
import { byFame, inTurn, type Load, Visitors } from './city-guide/visitors.ts'
import { benchServer } from './fleet/server.ts'

const REQUESTS = Number(process.argv[2] ?? 60_000)
const VISITORS = Number(process.argv[3] ?? 1_000)
const PARTITIONS = 4
const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition)
const CORES = cpus().length
/** Questions that differ: the example's, each for so many people. */
const PEOPLE = 25
const SEED = 1

const server = await benchServer()
const out = await connect({ servers: server.url })
const questions = readQuestions(join(import.meta.dirname, '../examples/08-city-guide/data')).flatMap(
  (question) => Array.from({ length: PEOPLE }, (_, people) => `${question} We are ${people + 1}.`),
)

async function openLog(fleet: string): Promise<FleetLog> {
  const opened = await openJetStream({ servers: server.url, fleet, partitions: PARTITIONS })
  if (opened.kind === 'refused') throw new Error(opened.message)
  return opened.log
}

/** The inbox and the way out alone. */
async function raw(): Promise<Load> {
  const log = await openLog('raw')
  const readers = await Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) =>
      log.inbox(partition, 0, ({ agent }) => {
        out.publish(`answers.raw.${agent.slice(0, agent.indexOf('/'))}`, 'so it is')
      }),
    ),
  )
  const load = await new Visitors(log, out, VISITORS).ask(REQUESTS, REQUESTS / 3, byFame(questions, SEED))
  for (const reader of readers) await reader.close()
  await log.close()
  return load
}

class Daemon {
  readonly #child: ChildProcess
  #ending = false

  constructor(fleet: string, served: readonly number[], policy: string, searches: string) {
    this.#child = fork(
      join(import.meta.dirname, 'city-guide/daemon.ts'),
      [server.url, fleet, String(PARTITIONS), served.join(), policy, searches],
      { env: { ...process.env, NODE_ENV: 'production' }, stdio: 'inherit' },
    )
    // Nobody would ever answer what is waited for.
    this.#child.on('exit', (code) => {
      if (this.#ending) return
      console.error(`a daemon ended with ${code}`)
      void server.stop().finally(() => process.exit(1))
    })
  }

  /** Open, and how far it is. */
  async report(): Promise<Report> {
    this.#child.send('report')
    const [report]: Report[] = await once(this.#child, 'message')
    return report!
  }

  async stop(): Promise<void> {
    this.#ending = true
    this.#child.disconnect()
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

async function guided(policy: string, searches: string, requests: number, count = 1): Promise<void> {
  const name = `${policy}-${searches}-${count}`
  const daemons = Array.from({ length: count }, (_, nth) => {
    const served = ALL.filter((partition) => partition % count === nth)
    return new Daemon(name, served, policy, searches)
  })
  const report = async (): Promise<Report> => {
    const all = await Promise.all(daemons.map((daemon) => daemon.report()))
    return all.reduce((sum, one) => ({
      turns: sum.turns + one.turns,
      records: sum.records + one.records,
      steps: sum.steps + one.steps,
      judgingMs: sum.judgingMs + one.judgingMs,
      searches: sum.searches + one.searches,
      cpuMs: sum.cpuMs + one.cpuMs,
    }))
  }
  await report()
  const log = await openLog(name)
  const visitors = new Visitors(log, out, VISITORS)
  if (searches === 'kept') await visitors.ask(Math.max(questions.length, VISITORS) * 3, 0, inTurn(questions))
  const before = await report()
  const [serverBefore, ownBefore] = [serverCpuMs(), process.cpuUsage()]
  const load = await visitors.ask(requests, Math.floor(requests / 3), byFame(questions, SEED))
  const after = await report()
  const own = process.cpuUsage(ownBefore)
  const serverMs = serverCpuMs() - serverBefore
  const ownMs = (own.user + own.system) / 1_000
  await log.close()
  for (const daemon of daemons) await daemon.stop()
  const since = (what: keyof Report) => after[what] - before[what]
  const each = (ms: number) => ((1_000 * ms) / requests).toFixed(0).padStart(9)
  const allowed = (CORES * 1_000 * requests) / (since('cpuMs') + serverMs + ownMs)
  console.log(
    [
      shown(`${policy}, ${searches}${count > 1 ? `, ${count} daemons` : ''}`, load),
      Math.round(allowed).toLocaleString('en').padStart(9),
      each(since('cpuMs')),
      each(since('judgingMs')),
      each(serverMs),
      each(ownMs),
      (since('turns') / requests).toFixed(1).padStart(7),
      (since('steps') / requests).toFixed(1).padStart(7),
      (since('turns') / since('records')).toFixed(0).padStart(9),
      since('searches').toLocaleString('en').padStart(10),
      `${((100 * load.nothing) / requests).toFixed(1)}%`.padStart(10),
    ].join(''),
  )
}

function shown(name: string, { rate, waitedMs }: Load): string {
  const at = (part: number) =>
    (waitedMs[Math.floor(part * waitedMs.length)] ?? Number.NaN).toFixed(0).padStart(8)
  return `${name.padEnd(24)}${Math.round(rate).toLocaleString('en').padStart(9)}${at(0.5)}${at(0.99)}`
}

console.log(
  `nats-server ${server.version}; ${REQUESTS.toLocaleString('en')} requests, ${VISITORS.toLocaleString('en')} visitors at a time, ${questions.length} questions, some asked far more often than others`,
)
const HEADING = [
  'answers/s  p50 ms  p99 ms    cores    processor, µs a request          a request     turns a    looked   nothing',
  '                           allow/s   daemon  judging   server visitors  turns  steps   record       for      said',
]
for (const line of HEADING) console.log(' '.repeat(24) + line)
console.log(shown('raw', await raw()))
await guided('permissions', 'kept', REQUESTS)
await guided('full', 'kept', REQUESTS)
await guided('full', 'kept', REQUESTS, 2)
await guided('full', 'each', Math.ceil(REQUESTS / 20))
await out.close()
await server.stop()
