/**
 * A fleet's data folder: `.parapet/<fleet>/` with `fleet.json` (which fleet, which format), `policies/<hash>.parapet`
 * (every policy text that ever judged here), `nats/` (the server's store), `memory/` (LanceDB), `world/` (the fleet's own).
 * A run on the in-memory broker keeps its records, world and memory under `in-memory/`, and they are gone at the next start.
 * `<fleet>.lock` beside the folder is held by the daemon that runs on it.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type DataLock, isLocked, lockFile } from '#runtime/log/nats-server/data-lock.ts'
import { makeFolder } from './make-folder.ts'
import { shownPath } from './paint.ts'
import { type Problem, problem } from './problem.ts'

export const DATA_FORMAT = 1

export interface Place {
  readonly kind: 'place'
  readonly dir: string
  readonly fleet: string
  readonly fleetFile: string
  readonly partitions: number
}

interface FleetJson {
  readonly format: number
  readonly fleet: string
  readonly fleetFile: string
  readonly partitions: number
}

/** Tries of the lock: a reader that asks whether a daemon runs shares it for a moment. */
const LOCK_TRIES = 5
const LOCK_RETRY_MS = 50

/** One daemon per fleet and folder; the system lets go of the lock however its holder ends. */
export async function lockPlace(root: string, fleet: string): Promise<DataLock | Problem> {
  const dir = join(root, fleet)
  try {
    makeFolder(root)
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      const lock = lockFile(`${dir}${LOCK}`)
      if (lock) return lock
      await wait(LOCK_RETRY_MS)
    }
  } catch (cause) {
    return problem('D0005', `cannot write to ${root}: ${(cause as Error).message}`, {
      where: root,
      help: 'choose another folder with --data DIR',
    })
  }
  return problem('D0043', `another daemon runs the fleet \`${fleet}\` on this data folder`, {
    where: shownPath(dir),
    help: 'stop it first, or give this one another folder with --data DIR; `parapet trace` works beside it',
  })
}

/** Whether a daemon runs on the folder now. */
export function isPlaceLocked(place: Place): boolean {
  return isLocked(`${place.dir}${LOCK}`)
}

const LOCK = '.lock'
const FINISHED = 'finished.json'
const PREVIOUS = '.previous'

/** A run that came to its end makes room for the next; one that was cut off goes on instead. Call it with the lock held. */
export function putAside(root: string, fleet: string): void {
  const dir = resolve(root, fleet)
  if (!isFinished(root, fleet)) return
  const previous = `${dir}${PREVIOUS}`
  rmSync(previous, { recursive: true, force: true })
  renameSync(dir, previous)
}

export function isFinished(root: string, fleet: string): boolean {
  return existsSync(join(root, fleet, FINISHED))
}

/** Said last, when nothing of the run is open any more. */
export function markFinished(place: Place, conversations: number): void {
  writeWhole(join(place.dir, FINISHED), `${JSON.stringify({ conversations })}\n`)
}

export function markUnfinished(place: Place): void {
  rmSync(join(place.dir, FINISHED), { force: true })
}

/** Where a run on the in-memory broker keeps what it has. */
export function inMemoryDir(place: Place): string {
  return join(place.dir, 'in-memory')
}

/** Whether a nats-server has kept this fleet's log here. */
export function hasOwnLog(place: Place): boolean {
  return existsSync(join(place.dir, 'nats', 'store'))
}

export function preparePlace(
  root: string,
  fleet: string,
  fleetFile: string,
  partitions: number,
): Place | Problem {
  const dir = resolve(root, fleet)
  const found = existsSync(join(dir, 'fleet.json')) ? readPlace(dir) : undefined
  if (found?.kind === 'problem') return found
  if (found && found.partitions !== partitions)
    return problem(
      'D0004',
      `the data in ${dir} was written with ${found.partitions} partitions, the fleet file says ${partitions}`,
      {
        where: join(dir, 'fleet.json'),
        help: `set \`partitions: ${found.partitions}\` in the fleet file, or move the folder away to start anew`,
      },
    )
  try {
    for (const sub of ['policies', 'nats', 'memory', 'world']) makeFolder(join(dir, sub))
    const json: FleetJson = { format: DATA_FORMAT, fleet, fleetFile, partitions }
    writeWhole(join(dir, 'fleet.json'), `${JSON.stringify(json, null, 2)}\n`)
  } catch (cause) {
    return problem('D0005', `cannot write to ${dir}: ${(cause as Error).message}`, {
      help: 'choose another folder with --data DIR',
    })
  }
  return { kind: 'place', dir, fleet, fleetFile, partitions }
}

function readPlace(dir: string): Place | Problem {
  const file = join(dir, 'fleet.json')
  let json: Partial<FleetJson>
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    return problem('D0006', `cannot read ${file}: ${(cause as Error).message}`, {
      where: file,
      help: 'the folder is not a fleet’s data, or was damaged; nothing in it was changed',
    })
  }
  if (json.format !== DATA_FORMAT)
    return problem(
      'D0003',
      `the data in ${dir} has format ${String(json.format)}; this Parapet reads format ${DATA_FORMAT}`,
      {
        where: file,
        help: 'run the Parapet that wrote it, or choose another folder with --data DIR; nothing was changed',
      },
    )
  if (
    typeof json.fleet !== 'string' ||
    typeof json.fleetFile !== 'string' ||
    typeof json.partitions !== 'number'
  )
    return problem('D0006', `${file} lacks \`fleet\`, \`fleetFile\` or \`partitions\``, { where: file })
  return { kind: 'place', dir, fleet: json.fleet, fleetFile: json.fleetFile, partitions: json.partitions }
}

/**
 * The fleet meant by `--fleet`, or the only one there, or of several the only one that a daemon runs now. Data put aside by
 * `--again` is meant only by name.
 */
export function findPlace(root: string, fleet: string | undefined): Place | Problem {
  const names = fleetsIn(root)
  if (fleet !== undefined) {
    if (names.includes(fleet)) return readPlace(join(root, fleet))
    return problem('D0007', `there is no data of a fleet \`${fleet}\` in ${shownPath(root)}`, {
      help: names.length > 0 ? `fleets there: ${names.join(', ')}` : 'run `parapet up FLEET.ts` first',
    })
  }
  const current = names.filter((name) => !name.endsWith(PREVIOUS))
  if (current.length === 1) return readPlace(join(root, current[0]!))
  if (current.length === 0)
    return problem('D0007', `no fleet has run here: ${shownPath(root)} holds no data`, {
      help: 'run `parapet up FLEET.ts` (or `npm run demo`) first, or name the folder with --data DIR',
    })
  const running = current.filter((name) => isLocked(`${join(root, name)}${LOCK}`))
  if (running.length === 1) return readPlace(join(root, running[0]!))
  return problem('D0008', `several fleets have data in ${shownPath(root)}`, {
    help: `choose one with --fleet: ${current.join(', ')}`,
  })
}

function fleetsIn(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'fleet.json')))
    .map((entry) => entry.name)
}

/** A policy's text, and the texts of the files it uses by their paths as written. */
export interface KeptPolicy {
  readonly file: string
  readonly text: string
  readonly imported: Readonly<Record<string, string>>
}

/** Keeps the text of a policy under its hash, so that old verdicts can be explained. */
export function keepPolicy(place: Place, hash: string, { file, text, imported }: KeptPolicy): void {
  const kept = join(place.dir, 'policies', `${hash}.parapet`)
  if (!existsSync(kept)) writeWhole(kept, text)
  writeWhole(`${kept}.json`, JSON.stringify({ file, imported }))
}

export function keptPolicy(place: Place, hash: string): KeptPolicy | undefined {
  const kept = join(place.dir, 'policies', `${hash}.parapet`)
  if (!existsSync(kept)) return undefined
  const { file, imported } = JSON.parse(readFileSync(`${kept}.json`, 'utf8')) as Partial<KeptPolicy>
  return { file: file ?? kept, text: readFileSync(kept, 'utf8'), imported: imported ?? {} }
}

/** A crash leaves the old file or the new one, never half. */
function writeWhole(file: string, text: string): void {
  const half = `${file}.${process.pid}.new`
  writeFileSync(half, text)
  renameSync(half, file)
}
