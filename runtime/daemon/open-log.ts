/** The log a run commits to: on a nats-server, or in memory when that is asked for or nothing else can be had. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import type { Leases } from '#runtime/log/leases.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { memoryLeases } from '#runtime/log/memory-leases.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { openNats } from './nats.ts'
import { hasOwnLog, inMemoryDir, type Place } from './place.ts'
import { type Problem, problem } from './problem.ts'
import { MEMORY_LOG } from './read-log.ts'

export interface OpenLogOptions {
  readonly place: Place
  readonly inMemory: boolean
  readonly natsUrl: string | undefined
  readonly natsProgram: string | undefined
  /** Refused when no server can be had: a run that is gone with its process is wanted only where it was asked for. */
  readonly durable: boolean
  readonly port: number | undefined
  readonly replicas: number
  readonly say: (line: string) => void
  readonly notice: (text: string) => void
  readonly onGivenUp: (message: string) => void
}

export type OpenedLog =
  | {
      readonly kind: 'log'
      readonly log: FleetLog
      readonly leases: Leases
      /** The server that keeps it; none when it is in memory. */
      readonly url?: string
      /** Shared memory and world of this run live below. */
      readonly dir: string
      /** Called with every record once it is committed. */
      readonly keep: (record: CommitRecord) => void
      readonly close: () => Promise<void>
    }
  | Problem

export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { place, say } = options
  if (options.inMemory) return logInMemory(place, say)
  const opened = await openNats({
    place,
    natsUrl: options.natsUrl,
    program: options.natsProgram,
    port: options.port,
    replicas: options.replicas,
    reading: false,
    say: options.notice,
    onGivenUp: options.onGivenUp,
  })
  if (opened.kind === 'problem') return opened
  if (opened.kind === 'none') {
    if (hasOwnLog(place))
      return problem('D0046', `this fleet’s log needs a nats-server: ${opened.why}`, {
        where: place.dir,
        help: 'install nats-server or set NATS_URL; --memory runs beside the data and leaves it alone',
      })
    if (options.durable)
      return problem('D0046', `no nats-server can be had: ${opened.why}`, {
        help: 'mend that, or set NATS_URL; --memory runs without one, and keeps nothing',
      })
    say(`no nats-server can be had: ${opened.why}`)
    return logInMemory(place, say)
  }
  rmSync(inMemoryDir(place), { recursive: true, force: true })
  say(`log     ${opened.log.describe}`)
  return {
    kind: 'log',
    log: opened.log,
    leases: opened.leases,
    url: opened.url,
    dir: place.dir,
    keep: () => {},
    close: opened.close,
  }
}

/**
 * Its world and memory are its own and new: ids of intents start again, and a world that remembers those of an earlier
 * run would answer with what was done then.
 */
async function logInMemory(place: Place, say: (line: string) => void): Promise<OpenedLog> {
  const dir = inMemoryDir(place)
  rmSync(dir, { recursive: true, force: true })
  for (const sub of ['memory', 'world']) mkdirSync(join(dir, sub), { recursive: true })
  const file = join(dir, MEMORY_LOG)
  writeFileSync(file, '')
  say('log     in memory: this run does not survive its process')
  const log = await memoryBroker().open(place.fleet, place.partitions)
  return {
    kind: 'log',
    log,
    leases: memoryLeases(),
    dir,
    keep: (record) => appendFileSync(file, `${JSON.stringify(record)}\n`),
    close: () => log.close(),
  }
}
