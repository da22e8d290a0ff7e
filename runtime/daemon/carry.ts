/**
 * `parapet export | import`: a fleet's whole log as one file, and back into an empty place. Gzipped JSON lines: a head, the
 * policies that judged, then for each partition its slots as they stand, and the messages nobody has taken yet; at last that this is all.
 *
 * Positions in an inbox are the store's own. So that what the records say of them stays true, a new inbox is filled up to
 * where the old one was taken to, and those fillers are dropped unread.
 */
import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import { isPolicyHash } from '#runtime/deploy/bundle.ts'
import { recover } from '#runtime/fleet/recover.ts'
import { replayTurn } from '#runtime/fleet/replay.ts'
import type { FleetLog, InboxMessage, Posted } from '#runtime/log/port.ts'
import { isFleetName } from '#runtime/log/subjects.ts'
import { Judges } from './judges.ts'
import { linesOf } from './lines.ts'
import { type OpenedNats, openNats } from './nats.ts'
import {
  isPlaceLocked,
  type KeptPolicy,
  keepPolicy,
  keptPolicy,
  lockPlace,
  type Place,
  preparePlace,
} from './place.ts'
import { type Problem, ProblemError, problem } from './problem.ts'
import { readRecords, walkTurns } from './read-log.ts'

const FORMAT = 2
const IMPORTING = '.importing'
/** A record takes 1.2 MB here; a policy with all it uses may take more. */
export const LINE_BYTES_MAX = 32 * 1024 * 1024
/** Nobody writes to the inbox of a fleet that does not run: after this long without a message there is none. */
const QUIET_MS = 500
/** Fillers on their way at once. */
const WINDOW_MAX = 1_000

type Line =
  | {
      readonly kind: 'head'
      readonly format: number
      readonly fleet: string
      readonly fleetFile: string
      readonly partitions: number
    }
  | { readonly kind: 'policy'; readonly hash: string; readonly policy: KeptPolicy }
  | {
      readonly kind: 'slot'
      readonly partition: number
      readonly rev: number
      readonly id: string
      /** base64 */
      readonly record: string
    }
  /** How far a partition's inbox was taken; its slots stand before this, its messages after. */
  | { readonly kind: 'taken'; readonly partition: number; readonly position: number }
  | {
      readonly kind: 'message'
      readonly partition: number
      readonly agent: string
      readonly source: string
      readonly seq: number
      /** base64 */
      readonly body: string
    }
  /** Without it the file was cut off. */
  | { readonly kind: 'end' }

export interface Carried {
  readonly kind: 'carried'
  readonly fleet: string
  readonly slots: number
  readonly messages: number
  /** The fleet's data folder, whose `memory/` and `world/` are not in the file. */
  readonly dir: string
}

export interface CarryOptions {
  readonly file: string
  readonly natsUrl: string | undefined
  readonly natsProgram: string | undefined
}

export async function exportFleet(place: Place, options: CarryOptions): Promise<Carried | Problem> {
  if (existsSync(options.file)) return problem('D0070', `${options.file} is there already`)
  if (isPlaceLocked(place))
    return problem('D0043', `a daemon runs \`${place.fleet}\`; what it is doing cannot be carried off`, {
      where: place.dir,
      help: 'stop it first: `parapet drain`',
    })
  const opened = await openFor(place, options, true)
  if (opened.kind !== 'open') return opened
  const carried = { kind: 'carried' as const, fleet: place.fleet, slots: 0, messages: 0, dir: place.dir }
  const counted = async function* () {
    for await (const line of told(place, opened.log)) {
      if (line.kind === 'slot') carried.slots++
      if (line.kind === 'message') carried.messages++
      yield `${JSON.stringify(line)}\n`
    }
  }
  const partial = `${options.file}.partial`
  try {
    await pipeline(Readable.from(counted()), createGzip(), createWriteStream(partial))
    renameSync(partial, options.file)
    return carried
  } catch (cause) {
    rmSync(partial, { force: true })
    if (cause instanceof ProblemError) return cause.problem
    return problem('D0070', `cannot write ${options.file}: ${(cause as Error).message}`)
  } finally {
    await opened.close()
  }
}

async function* told(place: Place, log: FleetLog): AsyncGenerator<Line> {
  const { fleet, fleetFile, partitions, dir } = place
  yield { kind: 'head', format: FORMAT, fleet, fleetFile, partitions }
  for (const name of readdirSync(join(dir, 'policies'))) {
    const hash = /^(.+)\.parapet$/.exec(name)?.[1]
    const policy = hash === undefined ? undefined : keptPolicy(place, hash)
    if (hash !== undefined && policy) yield { kind: 'policy', hash, policy }
  }
  for (let partition = 0; partition < partitions; partition++) {
    const recovered = await recover(log, partition, () => {})
    if (recovered.kind === 'refused') throw new ProblemError(problem('D0033', recovered.message))
    for await (const { rev, id, record } of log.read(partition, 1))
      yield { kind: 'slot', partition, rev, id, record: Buffer.from(record).toString('base64') }
    const { position } = recovered.state
    yield { kind: 'taken', partition, position }
    for (const { agent, source, seq, body } of await left(log, partition, position))
      yield { kind: 'message', partition, agent, source, seq, body: Buffer.from(body).toString('base64') }
  }
  yield { kind: 'end' }
}

async function left(log: FleetLog, partition: number, position: number): Promise<InboxMessage[]> {
  const messages: InboxMessage[] = []
  const reader = await log.inbox(partition, position, (message) => messages.push(message))
  for (let seen = -1; seen !== messages.length; ) {
    seen = messages.length
    await wait(QUIET_MS)
  }
  await reader.close()
  return messages
}

export async function importFleet(root: string, options: CarryOptions): Promise<Carried | Problem> {
  const lines = readLines(options.file)
  try {
    const first = await lines.next()
    const head = first.done ? undefined : first.value
    if (head?.kind !== 'head' || head.format !== FORMAT || !isFleetName(head.fleet))
      return problem('D0071', `${options.file} is no exported fleet that this version reads`)
    if (existsSync(join(root, head.fleet, 'fleet.json')))
      return problem('D0072', `there is data of \`${head.fleet}\` in ${root} already`, {
        help: 'import into an empty folder: --data DIR',
      })
    const lock = await lockPlace(root, head.fleet)
    if ('kind' in lock) return lock
    try {
      return await carriedIn(root, head, lines, options)
    } finally {
      lock.release()
    }
  } catch (cause) {
    if (cause instanceof ProblemError) return cause.problem
    const { message } = cause as Error
    return problem('D0071', `${options.file} cannot be read: ${message}`, {
      help:
        options.natsUrl === undefined
          ? 'nothing was imported; export again, with the version that is to read it'
          : 'export again; what was written already stands on the server: remove the fleet’s streams there first',
    })
  }
}

/** Cut off, it leaves nothing in the folder that a daemon would take for the fleet: it is made beside its place, and moved there whole. */
async function carriedIn(
  root: string,
  { fleet, fleetFile, partitions }: Line & { readonly kind: 'head' },
  lines: AsyncGenerator<Line>,
  options: CarryOptions,
): Promise<Carried | Problem> {
  const beside = join(root, `${fleet}${IMPORTING}`)
  rmSync(beside, { recursive: true, force: true })
  try {
    const place = preparePlace(beside, fleet, fleetFile, partitions)
    if (place.kind === 'problem') return place
    const opened = await openFor(place, options, false)
    if (opened.kind !== 'open') return opened
    const carried = await fill(place, opened.log, lines).finally(() => opened.close())
    const problem = carried.kind === 'problem' ? carried : await verified(place, options)
    if (problem && problem.code !== 'D0073') return problem
    const dir = join(root, fleet)
    mkdirSync(dir, { recursive: true })
    // What says that a fleet is here comes last.
    for (const name of ['policies', 'nats', 'fleet.json']) {
      rmSync(join(dir, name), { recursive: true, force: true })
      renameSync(join(place.dir, name), join(dir, name))
    }
    return problem ?? (carried.kind === 'carried' ? { ...carried, dir } : carried)
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

async function* readLines(file: string): AsyncGenerator<Line> {
  for await (const text of linesOf(file, LINE_BYTES_MAX)) {
    const line: Line | null = JSON.parse(text)
    if (line === null || (line.kind === 'policy' && !mayBeKept(line)))
      throw new Error('it holds a line that no export writes')
    yield line
  }
}

/** A file comes from anywhere, and a policy's hash names where it is kept. */
function mayBeKept({ hash, policy }: Line & { readonly kind: 'policy' }): boolean {
  const texts: unknown[] = [policy?.file, policy?.text, ...Object.values(policy?.imported ?? {})]
  return isPolicyHash(hash) && texts.every((text) => typeof text === 'string')
}

async function fill(place: Place, log: FleetLog, lines: AsyncGenerator<Line>): Promise<Carried | Problem> {
  const carried = { kind: 'carried' as const, fleet: place.fleet, slots: 0, messages: 0, dir: place.dir }
  for await (const line of lines) {
    if (line.kind === 'policy') keepPolicy(place, line.hash, line.policy)
    else if (line.kind === 'slot') {
      const { partition, rev, id } = line
      const appended = await log.append({ partition, rev, id, record: Buffer.from(line.record, 'base64') })
      if (appended.kind === 'fenced')
        return problem('D0072', `slot ${rev} of partition ${partition} is taken: the log there is not empty`)
      carried.slots++
    } else if (line.kind === 'taken') await fillUp(log, line.partition, line.position)
    else if (line.kind === 'message') {
      const { partition, agent, source, seq } = line
      const posted = await log.post({ partition, agent, source, seq, body: Buffer.from(line.body, 'base64') })
      if (posted.kind !== 'posted')
        return problem('D0042', `the server did not take a message: ${posted.kind}`)
      carried.messages++
    } else if (line.kind === 'end') return carried
  }
  throw new Error('it was cut off')
}

/** Messages posted together may share a place of the inbox's; each of these takes one. */
async function fillUp(log: FleetLog, partition: number, position: number): Promise<void> {
  for (let at = 0; at < position; at += WINDOW_MAX) {
    const posts: Promise<Posted>[] = []
    for (let seq = at + 1; seq <= Math.min(at + WINDOW_MAX, Math.ceil(position)); seq++) {
      const body = new Uint8Array(0)
      posts.push(log.post({ partition, agent: 'nobody', source: 'import', seq, body }))
      await immediate()
    }
    const failed = (await Promise.all(posts)).find(({ kind }) => kind !== 'posted')
    if (failed)
      throw new ProblemError(problem('D0042', `the server did not take what was imported: ${failed.kind}`))
  }
  if (position > 0) await log.forget(partition, position)
}

/** Judges all of it again: what was imported says what was recorded. */
async function verified(place: Place, options: CarryOptions): Promise<Problem | undefined> {
  const records = await readRecords(place, options.natsUrl, options.natsProgram)
  if (records.kind === 'problem') return records
  const judges = new Judges(place)
  let differences = 0
  try {
    for await (const { record, turn, state } of walkTurns(records)) {
      const judge = judges.of(turn.policy ?? record.policy)
      if (judge.kind === 'problem') return judge
      differences += replayTurn(judge.judge, state, turn).differences.length
    }
  } finally {
    await records.close()
  }
  return differences === 0
    ? undefined
    : problem('D0073', `${differences} verdicts come out otherwise than they were recorded`, {
        help: 'look at them with `parapet trace --replay`; another version of Parapet may have judged',
      })
}

async function openFor(
  place: Place,
  { natsUrl, natsProgram }: CarryOptions,
  reading: boolean,
): Promise<Extract<OpenedNats, { kind: 'open' }> | Problem> {
  const opened = await openNats({
    place,
    natsUrl,
    program: natsProgram,
    port: undefined,
    reading,
    say: () => {},
    onGivenUp: () => {},
  })
  if (opened.kind !== 'none') return opened
  return problem('D0020', `no nats-server can be had: ${opened.why}`, {
    help: 'install nats-server or set NATS_URL',
  })
}
