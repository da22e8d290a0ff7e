/**
 * `parapet up FLEET.ts`: the composition root. Finds a nats-server, opens log, memory and world, runs the fleet until
 * its conversations have ended (`--once`) or it is told to stop.
 */
import { dirname, join } from 'node:path'
import { Events } from '#runtime/control/events.ts'
import { askedScores } from '#runtime/evidence/asked.ts'
import { lackingDetectors, withDetectors } from '#runtime/evidence/detectors.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import type { World } from '#runtime/fleet/definition.ts'
import { errorText } from '#runtime/kernel/refusal.ts'
import { keptSearches } from '#runtime/memory/kept-searches.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { Tally } from '#runtime/telemetry/tally.ts'
import { systemClock } from './clock.ts'
import { dataFlag, launcher } from './command.ts'
import { type HttpPlace, openControlPlane } from './control-plane.ts'
import { type Embedding, openEmbedding } from './embedding.ts'
import { lackingNotices } from './fits.ts'
import { greetingLines } from './greeting.ts'
import { type LoadedFleet, loadFleet } from './load.ts'
import { Notices } from './notices.ts'
import { openLog } from './open-log.ts'
import { paintFor, shownPath } from './paint.ts'
import {
  isFinished,
  lockPlace,
  markFinished,
  markUnfinished,
  type Place,
  preparePlace,
  putAside,
} from './place.ts'
import { debugDetail, type Problem, problem } from './problem.ts'
import { type Ran, type RunEnd, runFleet } from './run-fleet.ts'
import { createScreen } from './screen.ts'
import { type Sharing, sharingOf } from './shared.ts'

export const PARTITIONS_DEFAULT = 8

export interface UpOptions {
  readonly fleetFile: string
  readonly dataRoot: string
  readonly once: boolean
  /** When the run before came to its end, put its data aside and start anew. */
  readonly again: boolean
  readonly natsUrl: string | undefined
  /** Path of the one nats-server to use, PARAPET_NATS_SERVER; searched for unless given. */
  readonly natsProgram: string | undefined
  readonly port: number | undefined
  readonly inMemory: boolean
  readonly version: string
  /** Where the control plane is also served over HTTP. */
  readonly http: HttpPlace | undefined
}

interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Resolves with the run's summary, or with what stood in the way. `stop` ends a run cleanly. */
export async function up(options: UpOptions, output: Output, stop: AbortSignal): Promise<Problem | Ran> {
  const loaded = await loadFleet(options.fleetFile, paintFor(output).isColorSupported)
  if (loaded.kind === 'problem') return loaded
  const sharing = sharingOf(process.env)
  if (sharing.kind === 'problem') return sharing
  const { name, partitions } = loaded.definition
  if (options.again && options.natsUrl !== undefined && isFinished(options.dataRoot, name))
    return problem('D0045', `--again cannot put aside the log at ${options.natsUrl}`, {
      help: 'leave --again away, or unset NATS_URL to run on a server of the fleet’s own',
    })
  const lock = await lockPlace(options.dataRoot, name)
  if ('kind' in lock) return lock
  try {
    if (options.again) putAside(options.dataRoot, name)
    const place = preparePlace(options.dataRoot, name, loaded.file, partitions ?? PARTITIONS_DEFAULT)
    if (place.kind === 'problem') return place
    return await runAt(place, loaded, options, sharing, output, stop)
  } finally {
    lock.release()
  }
}

/** Opens log, memory and world in turn, runs, and closes them in the opposite order whatever happens. */
async function runAt(
  place: Place,
  loaded: LoadedFleet,
  options: UpOptions,
  sharing: Sharing,
  output: Output,
  stop: AbortSignal,
): Promise<Problem | Ran> {
  const paint = paintFor(output)
  const tally = new Tally()
  let expected = 0
  const screen = createScreen(output, paint, tally, () => expected)
  const say = (line: string) => screen.say(line)
  const events = new Events(systemClock().now)
  const notices = new Notices((text) => {
    events.add('warn', text)
    say(paint.yellow(text))
  }, systemClock().now)
  const halted = new AbortController()
  const drain = new AbortController()
  const open = new AsyncDisposableStack()
  let result: Problem | RunEnd
  let unclosed: Problem | undefined
  try {
    for (const line of greetingLines(loaded, paint)) say(line)
    const log = await openLog({
      place,
      inMemory: options.inMemory,
      natsUrl: options.natsUrl,
      natsProgram: options.natsProgram,
      durable: process.env['NODE_ENV'] === 'production',
      port: options.port,
      replicas: sharing.replicas,
      say,
      notice: (text) => notices.notice(text),
      onGivenUp: (message) =>
        halted.abort(
          problem('D0044', message, {
            where: join(place.dir, 'nats', 'server.log'),
            help: 'what is committed is kept; after mending, the same command goes on',
          }),
        ),
    })
    if (log.kind === 'problem') return log
    open.defer(log.close)
    markUnfinished(place)
    log.log.onLink((state) => notices.link(state))
    // One for detectors and memory.
    const embedding = await openEmbedding(loaded, (text) => notices.notice(text))
    if (embedding.kind === 'problem') return embedding
    open.defer(() => embedding.close())
    const { embedder } = embedding
    const { startsAt, memory: settings } = loaded.definition
    const memoryAt = settings?.at ?? join(log.dir, 'memory')
    const memory = await openLanceMemory({
      dir: memoryAt,
      ...(settings?.storage && { storage: settings.storage }),
      embedder,
      warn: (text) => notices.notice(text),
    })
    if (memory.kind === 'refused')
      return problem('D0030', memory.message, { where: memoryAt, help: memory.help })
    open.defer(() => memory.memory.close())
    const shared = settings?.searchesKeptMs
      ? keptSearches(memory.memory, { keptMs: settings.searchesKeptMs, now: systemClock().now })
      : memory.memory
    const clock = systemClock(startsAt === undefined ? undefined : Date.parse(startsAt))
    const world = await openWorld(loaded, {
      dataDir: join(log.dir, 'world'),
      clock,
      embedding,
      memory: shared,
      notices,
    })
    if ('kind' in world) return world
    open.defer(async () => {
      unclosed = await closeWorld(world, loaded)
    })
    const lacking = lackingNotices(loaded.definition, world, loaded.policy.plan)
    for (const notice of [...(world.notices ?? []), ...lacking]) say(paint.yellow(notice))
    const plane = await openControlPlane({
      loaded,
      place,
      log: log.log,
      memory: memory.memory,
      natsUrl: log.url,
      http: options.http,
      tally,
      events,
      version: options.version,
      onDrain: (by) => {
        say(`${by} asked to drain`)
        drain.abort()
      },
    })
    if (plane.kind === 'problem') return plane
    open.defer(() => plane.close())
    if (plane.http !== undefined) say(`control ${plane.http}`)
    result = await runFleet({
      options,
      loaded,
      place,
      log: log.log,
      leases: log.leases,
      leaseMs: sharing.leaseMs,
      keep: log.keep,
      memory: shared,
      clock,
      world,
      screen,
      tally,
      notices,
      called: {
        launcher: launcher(process.argv[1], process.cwd()),
        dataFlag: dataFlag(options.dataRoot, process.cwd()),
      },
      paint,
      width: output.columns ?? 120,
      stop: AbortSignal.any([stop, drain.signal]),
      control: plane.control,
      halted,
      setExpected: (n) => {
        expected = n
      },
    })
  } finally {
    notices.close()
    screen.close()
    await open.disposeAsync()
  }
  if (result.kind === 'problem') return result
  if (unclosed) return unclosed
  if (result.over && options.once) markFinished(place, result.conversations)
  return { kind: 'ran', unfinished: result.unfinished }
}

interface WorldDeps {
  readonly dataDir: string
  readonly clock: Clock
  readonly embedding: Embedding
  readonly memory: SharedMemory
  readonly notices: Notices
}

async function openWorld(
  loaded: LoadedFleet,
  { dataDir, clock, embedding, memory, notices }: WorldDeps,
): Promise<World | Problem> {
  try {
    const world: Partial<World> | undefined = await loaded.definition.world({
      dataDir,
      fleetDir: dirname(loaded.file),
      clock,
      notice: (text) => notices.notice(text),
    })
    if (typeof world?.tools !== 'object') throw new TypeError('`world` must return `{ tools: { … } }`')
    const provided = withDetectors({ ...world, tools: world.tools }, { ...embedding, memory })
    const lacking = lackingDetectors(loaded.policy.plan, provided)
    if (lacking.length === 0) {
      // A model takes longer to load than a detector has to look.
      const asked = askedScores(loaded.policy.plan)
      if (asked.length > 0) await embedding.embedder.embed(['ready'])
      if (asked.some(({ detector }) => detector === 'injection')) await embedding.offline.embed(['ready'])
      return provided
    }
    await provided.close?.()
    return problem(
      'D0035',
      `the policy asks detectors the fleet does not have: \`${lacking.join('`, `')}\``,
      {
        where: loaded.policy.file,
        help: 'give them in the fleet file: `world: () => ({ tools, detectors: { … } })`',
      },
    )
  } catch (cause) {
    return problem('D0034', `the fleet’s world could not be opened: ${errorText(cause)}`, {
      where: shownPath(loaded.file),
      ...debugDetail(cause),
      help: 'mend what it says; nothing was started',
    })
  }
}

/** What is wrong with how it closed; undefined when it has. */
async function closeWorld(world: World, loaded: LoadedFleet): Promise<Problem | undefined> {
  try {
    await world.close?.()
    return undefined
  } catch (cause) {
    return problem('D0034', `the fleet’s world could not be closed: ${errorText(cause)}`, {
      where: shownPath(loaded.file),
      ...debugDetail(cause),
      help: 'what is committed is kept; see whether the world has kept what it should',
    })
  }
}
