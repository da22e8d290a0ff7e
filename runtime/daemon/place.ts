/**
 * A fleet's data folder: `.parapet/<fleet>/` with `fleet.json` (which fleet, which format), `policies/<hash>.parapet`
 * (every policy text that ever judged here), `nats/` (the server's store), `memory/` (LanceDB), `world/` (the fleet's own).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
    for (const sub of ['policies', 'nats', 'memory', 'world']) mkdirSync(join(dir, sub), { recursive: true })
    const json: FleetJson = { format: DATA_FORMAT, fleet, fleetFile, partitions }
    writeWhole(join(dir, 'fleet.json'), `${JSON.stringify(json, null, 2)}\n`)
  } catch (cause) {
    return problem('D0005', `cannot write to ${dir}: ${(cause as Error).message}`, {
      help: 'choose another folder with --data DIR',
    })
  }
  return { kind: 'place', dir, fleet, fleetFile, partitions }
}

export function readPlace(dir: string): Place | Problem {
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

/** The fleet meant by `--fleet`, or the only one there. */
export function findPlace(root: string, fleet: string | undefined): Place | Problem {
  const names = existsSync(root)
    ? readdirSync(root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'fleet.json')))
        .map((entry) => entry.name)
    : []
  if (fleet !== undefined) {
    if (names.includes(fleet)) return readPlace(join(root, fleet))
    return problem('D0007', `there is no data of a fleet \`${fleet}\` in ${root}`, {
      help: names.length > 0 ? `fleets there: ${names.join(', ')}` : 'run `parapet up FLEET.ts` first',
    })
  }
  if (names.length === 1) return readPlace(join(root, names[0]!))
  if (names.length === 0)
    return problem('D0007', `no fleet has run here: ${root} holds no data`, {
      help: 'run `parapet up FLEET.ts` (or `npm run demo`) first',
    })
  return problem('D0008', `several fleets have data in ${root}`, {
    help: `choose one with --fleet: ${names.join(', ')}`,
  })
}

/** Keeps the text of a policy under its hash, so that old verdicts can be explained. */
export function keepPolicy(place: Place, hash: string, file: string, text: string): void {
  const kept = join(place.dir, 'policies', `${hash}.parapet`)
  if (!existsSync(kept)) writeWhole(kept, text)
  writeWhole(`${kept}.json`, JSON.stringify({ file }))
}

export function keptPolicy(place: Place, hash: string): { file: string; text: string } | undefined {
  const kept = join(place.dir, 'policies', `${hash}.parapet`)
  if (!existsSync(kept)) return undefined
  const { file } = JSON.parse(readFileSync(`${kept}.json`, 'utf8')) as { file: string }
  return { file, text: readFileSync(kept, 'utf8') }
}

/** A crash leaves the old file or the new one, never half. */
function writeWhole(file: string, text: string): void {
  const half = `${file}.${process.pid}.new`
  writeFileSync(half, text)
  renameSync(half, file)
}
