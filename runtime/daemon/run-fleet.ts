/** One run of a fleet whose log, memory and world are open: recover, feed, run, stop, sum up. */
import { randomUUID } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createJudge } from '#dsl/judge/create.ts'
import type { Control } from '#runtime/control/control.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { partitionOf } from '#runtime/fleet/address.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import type { World } from '#runtime/fleet/definition.ts'
import type { Fleet } from '#runtime/fleet/fleet.ts'
import type { Ownership } from '#runtime/fleet/ownership.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { Retention } from '#runtime/fleet/retention.ts'
import { errorText } from '#runtime/kernel/refusal.ts'
import type { Leases } from '#runtime/log/leases.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { Histogram } from '#runtime/telemetry/histogram.ts'
import type { Tally } from '#runtime/telemetry/tally.ts'
import { systemClock, systemStopwatch } from './clock.ts'
import { whyNotFitting } from './fits.ts'
import { type Called, endingLines, lookFurtherLines } from './greeting.ts'
import type { LoadedFleet } from './load.ts'
import { makeBundle } from './make-bundle.ts'
import type { Notices } from './notices.ts'
import { type Paint, shownPath } from './paint.ts'
import { keepPolicy, type Place } from './place.ts'
import { debugDetail, type Problem, problem } from './problem.ts'
import type { Screen } from './screen.ts'
import { SharedFleet } from './share.ts'
import { memberOf } from './shared.ts'
import { summaryLines } from './summary.ts'

/** A run `--once` that has nothing to do for this long although conversations are open says so and stops. */
const STALLED_MS = 10_000
const LOOK_MS = 50
/** When told to stop while the log is out of reach, the commit in hand is waited for this long; after a restart it is settled. */
const STOP_WAIT_MS = 3_000

export interface Ran {
  readonly kind: 'ran'
  /** Conversations the fleet started and that have not ended. */
  readonly unfinished: number
}

export interface RunEnd extends Ran {
  readonly over: boolean
  readonly conversations: number
}

/** Everything the run needs, opened by `up`. */
export interface RunDeps {
  readonly options: { readonly fleetFile: string; readonly once: boolean; readonly inMemory: boolean }
  readonly loaded: LoadedFleet
  readonly place: Place
  readonly log: FleetLog
  readonly leases: Leases
  readonly leaseMs: number
  readonly keep: (record: CommitRecord) => void
  readonly memory: SharedMemory
  /** The fleet's time. */
  readonly clock: Clock
  readonly world: World
  readonly screen: Screen
  readonly tally: Tally
  readonly notices: Notices
  readonly called: Called
  readonly paint: Paint
  readonly width: number
  readonly stop: AbortSignal
  readonly control: Control
  /** Aborted with a Problem as its reason when the run cannot go on. */
  readonly halted: AbortController
  readonly setExpected: (conversations: number) => void
}

/** Recovers the fleet, lets the world start its conversations, and runs until they have ended or `stop`. */
export async function runFleet(on: RunDeps): Promise<Problem | RunEnd> {
  const { options, loaded, place, log, world, screen, tally, paint, halted } = on
  const { definition, policy } = loaded
  const judge = createJudge(policy.plan)
  keepPolicy(place, judge.hash, policy)
  const policyFile = resolve(dirname(loaded.file), definition.policy)
  const kept = new Set<string>()
  const keepTexts = (bundles: Iterable<Bundle> = []) => {
    for (const bundle of bundles) {
      if (kept.has(bundle.hash)) continue
      kept.add(bundle.hash)
      keepPolicy(place, bundle.hash, bundle)
    }
  }
  const judging = new Histogram()
  const turns = new Histogram()
  const began = performance.now()
  const ending = AbortSignal.any([on.stop, halted.signal])
  ending.addEventListener('abort', () => on.control.draining(), { once: true })
  let conversations: readonly string[] | undefined
  let allOver = false
  const shared = new SharedFleet({
    fleet: {
      definition,
      judge,
      policy: makeBundle(policy, policyFile),
      whyNotFitting: (plan) => whyNotFitting(definition, world, plan),
      log,
      world,
      memory: on.memory,
      clock: on.clock,
      stopwatch: systemStopwatch,
      measured: {
        judging: (ns, steps) => {
          if (steps > 0) judging.add(ns / steps, steps)
        },
        turn: (ns) => turns.add(ns),
      },
      writer: randomUUID(),
      checkPurity: process.env['NODE_ENV'] !== 'production',
      onCommit: (record) => {
        keepTexts(record.switch?.bundles)
        tally.add(record)
        on.control.committed(record)
        on.keep(record)
        screen.committed(record)
      },
    },
    onRecovered: (record) => {
      keepTexts(record.switch?.bundles)
      tally.add(record)
    },
    leases: on.leases,
    clock: systemClock(),
    member: memberOf(place),
    leaseMs: on.leaseMs,
    quiet: (fleet, partition) =>
      conversations !== undefined && isQuiet(fleet, partition, log.partitions, conversations),
    onHalt: (why) => halted.abort(why),
    // Latched: another daemon may leave, and take what it knew along, before this one looks again.
    onChange: () => {
      for (const partition of shared.fleet.owned) keepTexts(shared.fleet.stateOf(partition).bundles.values())
      allOver ||= conversations !== undefined && shared.ownership.allQuiet
    },
    say: (line) => screen.say(line),
  })
  const { fleet, ownership } = shared
  const retention = new Retention({
    keptMs: definition.memory?.keptMs ?? {},
    curate: (id, curation) => fleet.curate(id, curation),
    clock: on.clock,
  })
  const end = () => {
    retention.close()
    return stopFleet(shared, log, on.notices)
  }
  const joined = await Promise.race([ownership.join().then(() => 'joined' as const), aborted(ending)])
  // Stopped before it began: the log is out of reach.
  if (joined === undefined) {
    await end()
    if (halted.signal.aborted) return halted.signal.reason as Problem
    return { kind: 'ran', unfinished: 1, over: false, conversations: 0 }
  }
  const { recoveredRecords } = shared
  if (recoveredRecords > 0)
    screen.say(paint.dim(`goes on from ${recoveredRecords} records of an earlier start`))
  const fed = await feed(world, fleet, loaded, ending)
  if (fed.kind === 'problem') {
    await end()
    return fed
  }
  on.control.open(fleet, judge.hash)
  retention.start()
  for (const line of rolledOut(fleet, judge.hash)) screen.say(paint.yellow(line))
  if (!options.once) screen.say('runs until it is told to stop')
  conversations = fed.conversations
  on.setExpected(conversations.length)
  const isOver = () => allOver || ownership.allQuiet
  const finished = await untilOver(isOver, ownership, options.once, ending)
  const waiting = finished === 'over' ? [] : conversations.filter((id) => !fleet.conversationEnded(id))
  await end()
  if (halted.signal.aborted) return halted.signal.reason as Problem
  screen.close()
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
  if (tally.turns > 0) for (const line of lookFurtherLines(tally, on.called, paint)) screen.say(line)
  const nothingNew = recoveredRecords > 0 && tally.records === recoveredRecords
  for (const line of endingLines(finished, waiting, nothingNew, options, on.called))
    screen.say(paint.yellow(line))
  return {
    kind: 'ran',
    unfinished: fed.stopped ? Math.max(1, waiting.length) : waiting.length,
    over: finished === 'over',
    conversations: conversations.length,
  }
}

/** When the log says that another policy judges, the fleet file's has no say. */
function rolledOut(fleet: Fleet, own: string): string[] {
  const [standing] = fleet.owned.map((partition) => fleet.standing(partition)).filter((hash) => hash !== own)
  const bundle = standing === undefined ? undefined : fleet.text(standing)
  if (!bundle) return []
  return [
    `judged by "${bundle.name}" ${bundle.version} ${bundle.hash.slice(0, 12)}, which was deployed; the fleet file's policy has no say (parapet policies)`,
  ]
}

/** Every conversation that this partition was given has ended. */
function isQuiet(
  fleet: Fleet,
  partition: number,
  partitions: number,
  conversations: readonly string[],
): boolean {
  return conversations.every((id) => partitionOf(id, partitions) !== partition || fleet.conversationEnded(id))
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
    return problem('D0034', `the fleet’s world could not start its conversations: ${errorText(cause)}`, {
      where: shownPath(loaded.file),
      ...debugDetail(cause),
      help: 'what is committed is kept; after mending, the same command goes on',
    })
  }
}

async function untilOver(
  isOver: () => boolean,
  ownership: Ownership,
  once: boolean,
  ending: AbortSignal,
): Promise<'over' | 'stalled' | 'stopped'> {
  let idleSince = performance.now()
  const end = aborted(ending)
  while (!ending.aborted) {
    if (once && isOver()) return 'over'
    if (!ownership.allIdle || !once) idleSince = performance.now()
    if (performance.now() - idleSince > STALLED_MS) return 'stalled'
    await Promise.race([wait(LOOK_MS), end])
  }
  return 'stopped'
}

/** Lets the commits in hand finish and hands over; when the log does not answer, closes it, which ends every wait. */
async function stopFleet(shared: SharedFleet, log: FleetLog, notices: Notices): Promise<void> {
  const { fleet, ownership } = shared
  const cancel = new AbortController()
  const left = ownership.leave().then(() => 'left' as const)
  const late = wait(STOP_WAIT_MS, 'late' as const, { signal: cancel.signal }).catch(() => 'left' as const)
  const how = await Promise.race([left, late])
  cancel.abort()
  if (how === 'left') return
  notices.close()
  await ownership.close()
  await log.close()
  await fleet.stop()
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
