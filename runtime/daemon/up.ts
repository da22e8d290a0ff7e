/**
 * `parapet up FLEET.ts`: the composition root. Finds a nats-server, opens log, memory and world, runs the fleet until
 * its conversations have ended (`--once`) or it is told to stop.
 */
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createJudge } from '#dsl/judge/create.ts'
import type { World } from '#runtime/fleet/definition.ts'
import { type Fleet, openFleet } from '#runtime/fleet/fleet.ts'
import type { Stopped } from '#runtime/fleet/owner.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { Histogram } from '#runtime/telemetry/histogram.ts'
import { Tally } from '#runtime/telemetry/tally.ts'
import { systemClock, systemStopwatch } from './clock.ts'
import { dataFlag, launcher, shellWord } from './command.ts'
import { type Called, greetingLines, lookFurtherLines } from './greeting.ts'
import { type LoadedFleet, loadFleet } from './load.ts'
import { Notices } from './notices.ts'
import { openLog } from './open-log.ts'
import { type Paint, paintFor, shownPath } from './paint.ts'
import {
  isFinished,
  keepPolicy,
  lockPlace,
  markFinished,
  markUnfinished,
  type Place,
  preparePlace,
  putAside,
} from './place.ts'
import { debugDetail, type Problem, problem } from './problem.ts'
import { createScreen, type Screen } from './screen.ts'
import { summaryLines } from './summary.ts'

export const PARTITIONS_DEFAULT = 8
/** A run `--once` that has nothing to do for this long although conversations are open says so and stops. */
const STALLED_MS = 10_000
const LOOK_MS = 50
/** When told to stop while the log is out of reach, the commit in hand is waited for this long; after a restart it is settled. */
const STOP_WAIT_MS = 3_000
/** Conversations that are named when they wait in vain. */
const WAITING_NAMED_MAX = 5

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
}

export interface Ran {
  readonly kind: 'ran'
  /** Conversations the fleet started and that have not ended. */
  readonly unfinished: number
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
    return await runAt(place, loaded, options, output, stop)
  } finally {
    lock.release()
  }
}

/** Opens log, memory and world in turn, runs, and closes them in the opposite order whatever happens. */
async function runAt(
  place: Place,
  loaded: LoadedFleet,
  options: UpOptions,
  output: Output,
  stop: AbortSignal,
): Promise<Problem | Ran> {
  const paint = paintFor(output)
  const tally = new Tally()
  let expected = 0
  const screen = createScreen(output, paint, tally, () => expected)
  const say = (line: string) => screen.say(line)
  const notices = new Notices((text) => say(paint.yellow(text)), systemClock().now)
  const halted = new AbortController()
  const open: (() => Promise<void> | void)[] = []
  let result: Problem | (Ran & { readonly over: boolean; readonly conversations: number })
  try {
    for (const line of greetingLines(loaded, paint)) say(line)
    const log = await openLog({
      place,
      inMemory: options.inMemory,
      natsUrl: options.natsUrl,
      natsProgram: options.natsProgram,
      port: options.port,
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
    open.push(log.close)
    markUnfinished(place)
    log.log.onLink((state) => notices.link(state))
    const memory = await openLanceMemory({ dir: join(log.dir, 'memory') })
    if (memory.kind === 'refused')
      return problem('D0030', memory.message, { where: join(log.dir, 'memory'), help: memory.help })
    open.push(() => memory.memory.close())
    const world = await openWorld(loaded, join(log.dir, 'world'))
    if ('kind' in world) return world
    open.push(() => world.close?.())
    for (const notice of world.notices ?? []) say(paint.yellow(notice))
    result = await run({
      options,
      loaded,
      place,
      log: log.log,
      keep: log.keep,
      memory: memory.memory,
      world,
      screen,
      tally,
      notices,
      paint,
      width: output.columns ?? 120,
      stop,
      halted,
      setExpected: (n) => {
        expected = n
      },
    })
  } finally {
    notices.close()
    screen.close()
    for (const close of open.reverse()) await close()
  }
  if (result.kind === 'problem') return result
  if (result.over && options.once) markFinished(place, result.conversations)
  return { kind: 'ran', unfinished: result.unfinished }
}

async function run(on: {
  options: UpOptions
  loaded: LoadedFleet
  place: Place
  log: FleetLog
  keep: (record: CommitRecord) => void
  memory: SharedMemory
  world: World
  screen: Screen
  tally: Tally
  notices: Notices
  paint: Paint
  width: number
  stop: AbortSignal
  /** Aborted with a Problem as its reason when the run cannot go on. */
  halted: AbortController
  setExpected: (conversations: number) => void
}): Promise<Problem | (Ran & { readonly over: boolean; readonly conversations: number })> {
  const { options, loaded, place, log, world, screen, tally, paint, halted } = on
  const { definition, policy } = loaded
  const judge = createJudge(policy.plan)
  keepPolicy(place, judge.hash, policy.file, policy.text)
  const judging = new Histogram()
  const turns = new Histogram()
  const began = performance.now()
  const ending = AbortSignal.any([on.stop, halted.signal])
  const opening = openFleet({
    definition,
    judge,
    log,
    world,
    memory: on.memory,
    clock: systemClock(definition.startsAt === undefined ? undefined : Date.parse(definition.startsAt)),
    stopwatch: systemStopwatch,
    measured: {
      judging: (ns, steps) => {
        if (steps > 0) judging.add(ns / steps, steps)
      },
      turn: (ns) => turns.add(ns),
    },
    writer: randomUUID(),
    checkPurity: process.env['NODE_ENV'] !== 'production',
    onRecovered: (record) => tally.add(record),
    onCommit: (record) => {
      tally.add(record)
      on.keep(record)
      screen.committed(record)
    },
    onStop: (partition, reason) => {
      const why = stoppedProblem(partition, reason)
      if (why) halted.abort(why)
    },
  })
  const opened = await Promise.race([opening, aborted(ending)]).catch((cause: unknown) =>
    problem('D0032', `the log could not be taken up: ${(cause as Error).message}`, {
      where: log.describe,
      ...debugDetail(cause),
      help: 'nothing was changed',
    }),
  )
  // Stopped before it began: the log is out of reach.
  if (opened === undefined) {
    if (halted.signal.aborted) return halted.signal.reason as Problem
    return { kind: 'ran', unfinished: 1, over: false, conversations: 0 }
  }
  if (opened.kind === 'problem') return opened
  if (opened.kind === 'refused')
    return problem('D0033', opened.message, {
      where: log.describe,
      help: 'something else wrote there, or another version of Parapet; nothing was changed',
    })
  const { fleet, recoveredRecords } = opened
  if (recoveredRecords > 0)
    screen.say(paint.dim(`goes on from ${recoveredRecords} records of an earlier start`))
  const fed = await feed(world, fleet, loaded, ending)
  if (fed.kind === 'problem') {
    await stopFleet(fleet, log, on.notices)
    return fed
  }
  const { conversations } = fed
  on.setExpected(conversations.length)
  const finished = await untilOver(fleet, conversations, options.once, ending)
  await stopFleet(fleet, log, on.notices)
  if (halted.signal.aborted) return halted.signal.reason as Problem
  screen.close()
  const waiting = conversations.filter((id) => !fleet.conversationEnded(id))
  const summary = {
    tally,
    judging,
    turns,
    memory: await on.memory.summary(),
    conversations: conversations.length,
    seconds: (performance.now() - began) / 1000,
    log: log.describe,
    memoryPlace: on.memory.describe,
    recovered: recoveredRecords,
  }
  for (const line of summaryLines(summary, paint, on.width)) screen.say(line)
  const called: Called = {
    launcher: launcher(process.argv[1], process.cwd()),
    dataFlag: dataFlag(options.dataRoot, process.cwd()),
  }
  if (tally.turns > 0) for (const line of lookFurtherLines(tally, called, paint)) screen.say(line)
  const nothingNew = recoveredRecords > 0 && tally.records === recoveredRecords
  for (const line of endingLines(finished, waiting, nothingNew, options, called))
    screen.say(paint.yellow(line))
  return {
    kind: 'ran',
    unfinished: fed.stopped ? Math.max(1, waiting.length) : waiting.length,
    over: finished === 'over',
    conversations: conversations.length,
  }
}

type Finished = 'over' | 'stopped' | 'stalled'

function endingLines(
  finished: Finished,
  waiting: readonly string[],
  nothingNew: boolean,
  options: UpOptions,
  called: Called,
): string[] {
  const again = `${called.launcher} up ${shellWord(shownPath(options.fleetFile))}${options.once ? ' --once' : ''}${called.dataFlag}`
  if (finished === 'over' && !nothingNew) return []
  if (finished === 'over')
    return [
      '',
      'Every conversation had ended before this start. To put the data aside and start anew:',
      `  ${again} --again`,
    ]
  if (finished === 'stopped' && options.inMemory)
    return ['', 'Stopped. This run was in memory; the next one starts anew.']
  if (finished === 'stopped')
    return ['', 'Stopped. What is committed is kept; this goes on from here:', `  ${again}`]
  const named = waiting.slice(0, WAITING_NAMED_MAX).join(', ')
  const more = waiting.length > WAITING_NAMED_MAX ? ` and ${waiting.length - WAITING_NAMED_MAX} more` : ''
  return [
    '',
    `${waiting.length === 1 ? '1 conversation waits' : `${waiting.length} conversations wait`} for something that did not come: ${named}${more}`,
    `  ${called.launcher} trace ${shellWord(waiting[0]!)}${called.dataFlag}`,
  ]
}

function stoppedProblem(partition: number, reason: Stopped): Problem | undefined {
  if (reason.kind === 'fenced')
    return problem(
      'D0031',
      `partition ${partition} has another owner (record ${reason.by}); this daemon stops`,
      { help: 'another daemon runs this fleet; nothing was lost' },
    )
  if (reason.kind === 'failed')
    return problem('D0032', `partition ${partition} stopped: ${reason.error.message}`, {
      ...debugDetail(reason.error),
      help: 'what is committed is kept; start again to go on (PARAPET_DEBUG=1 shows the stack)',
    })
  return undefined
}

async function feed(
  world: World,
  fleet: Fleet,
  loaded: LoadedFleet,
  ending: AbortSignal,
): Promise<
  { readonly kind: 'fed'; readonly conversations: readonly string[]; readonly stopped: boolean } | Problem
> {
  try {
    const conversations = await Promise.race([world.feed?.(fleet.inlet) ?? [], aborted(ending)])
    if (conversations !== undefined && !Array.isArray(conversations))
      throw new TypeError('`feed` must resolve to a list of conversation ids')
    return { kind: 'fed', conversations: conversations ?? [], stopped: conversations === undefined }
  } catch (cause) {
    return problem(
      'D0034',
      `the fleet’s world could not start its conversations: ${(cause as Error).message}`,
      {
        where: shownPath(loaded.file),
        ...debugDetail(cause),
        help: 'what is committed is kept; after mending, the same command goes on',
      },
    )
  }
}

async function untilOver(
  fleet: Fleet,
  conversations: readonly string[],
  once: boolean,
  ending: AbortSignal,
): Promise<Finished> {
  let idleSince = performance.now()
  const end = aborted(ending)
  while (!ending.aborted) {
    if (once && conversations.every((id) => fleet.conversationEnded(id))) return 'over'
    if (!fleet.idle || !once) idleSince = performance.now()
    if (performance.now() - idleSince > STALLED_MS) return 'stalled'
    await Promise.race([wait(LOOK_MS), end])
  }
  return 'stopped'
}

/** Lets the commit in hand finish; when the log does not answer, closes it, which ends every wait. */
async function stopFleet(fleet: Fleet, log: FleetLog, notices: Notices): Promise<void> {
  const cancel = new AbortController()
  const stopped = fleet.stop().then(() => 'stopped' as const)
  const late = wait(STOP_WAIT_MS, 'late' as const, { signal: cancel.signal }).catch(() => 'stopped' as const)
  const how = await Promise.race([stopped, late])
  cancel.abort()
  if (how === 'stopped') return
  notices.close()
  await log.close()
  await stopped
}

async function openWorld(loaded: LoadedFleet, dataDir: string): Promise<World | Problem> {
  try {
    const world: Partial<World> | undefined = await loaded.definition.world({
      dataDir,
      fleetDir: dirname(loaded.file),
    })
    if (typeof world?.tools !== 'object') throw new TypeError('`world` must return `{ tools: { … } }`')
    return { ...world, tools: world.tools }
  } catch (cause) {
    return problem('D0034', `the fleet’s world could not be opened: ${(cause as Error).message}`, {
      where: shownPath(loaded.file),
      ...debugDetail(cause),
      help: 'mend what it says; nothing was started',
    })
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
