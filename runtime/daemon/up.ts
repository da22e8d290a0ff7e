/**
 * `parapet up FLEET.ts`: the composition root. Finds a nats-server, opens log, memory and world, runs the fleet until
 * its conversations have ended (`--once`) or it is told to stop.
 */
import { randomUUID } from 'node:crypto'
import { appendFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { createJudge } from '#dsl/judge/create.ts'
import type { World } from '#runtime/fleet/definition.ts'
import { type Fleet, openFleet } from '#runtime/fleet/fleet.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { Histogram } from '#runtime/telemetry/histogram.ts'
import { Tally } from '#runtime/telemetry/tally.ts'
import { systemClock, systemStopwatch } from './clock.ts'
import { type LoadedFleet, loadFleet } from './load.ts'
import { openNats } from './nats.ts'
import { type Paint, paintFor } from './paint.ts'
import { keepPolicy, type Place, preparePlace } from './place.ts'
import { type Problem, problem } from './problem.ts'
import { MEMORY_LOG } from './read-log.ts'
import { createScreen, type Screen } from './screen.ts'
import { summaryLines } from './summary.ts'

export const PARTITIONS_DEFAULT = 8
/** A run `--once` that has nothing to do for this long although conversations are open says so and stops. */
const STALLED_MS = 10_000
const LOOK_MS = 50

export interface UpOptions {
  readonly fleetFile: string
  readonly dataRoot: string
  readonly once: boolean
  /** When the run before came to its end, put its data aside and start anew. */
  readonly again: boolean
  readonly natsUrl: string | undefined
  readonly port: number | undefined
  readonly inMemory: boolean
}

interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** Resolves with the run's summary, or with what stood in the way. Ctrl-C ends a run cleanly. */
export async function up(
  options: UpOptions,
  output: Output,
  stop: AbortSignal,
): Promise<Problem | { readonly kind: 'ran'; readonly unfinished: number }> {
  const paint = paintFor(output)
  const loaded = await loadFleet(options.fleetFile, paint.isColorSupported)
  if (loaded.kind === 'problem') return loaded
  const { definition } = loaded
  if (options.again) putAside(options.dataRoot, definition.name)
  const place = preparePlace(
    options.dataRoot,
    definition.name,
    loaded.file,
    definition.partitions ?? PARTITIONS_DEFAULT,
  )
  if (place.kind === 'problem') return place
  const tally = new Tally()
  let expected = 0
  const screen = createScreen(output, paint, tally, () => expected)
  const open: (() => Promise<void> | void)[] = []
  try {
    greet(screen, loaded, paint)
    const log = await openLog(options, place, screen, open)
    if (log.kind === 'problem') return log
    const memory = await openLanceMemory({ dir: join(place.dir, 'memory') })
    if (memory.kind === 'refused') return problem('D0030', memory.message, { help: memory.help })
    open.push(() => memory.memory.close())
    const world = await openWorld(loaded, place)
    if ('kind' in world) return world
    open.push(() => world.close?.())
    for (const notice of world.notices ?? []) screen.say(paint.yellow(notice))
    return await run({
      options,
      loaded,
      place,
      log: log.log,
      memory: memory.memory,
      world,
      screen,
      tally,
      paint,
      output,
      stop,
      setExpected: (n) => {
        expected = n
      },
    })
  } finally {
    screen.close()
    for (const close of open.reverse()) await close()
  }
}

async function run(on: {
  options: UpOptions
  loaded: LoadedFleet
  place: Place
  log: FleetLog
  memory: SharedMemory
  world: World
  screen: Screen
  tally: Tally
  paint: Paint
  output: Output
  stop: AbortSignal
  setExpected: (conversations: number) => void
}): Promise<Problem | { readonly kind: 'ran'; readonly unfinished: number }> {
  const { options, loaded, place, log, world, screen, tally, paint, stop } = on
  const { definition, policy } = loaded
  const judge = createJudge(policy.plan)
  keepPolicy(place, judge.hash, policy.file, policy.text)
  const judging = new Histogram()
  const turns = new Histogram()
  const began = performance.now()
  let halt: Problem | undefined
  const onCommit = (record: CommitRecord) => {
    tally.add(record)
    if (options.inMemory) appendFileSync(join(place.dir, MEMORY_LOG), `${JSON.stringify(record)}\n`)
    screen.committed(record)
  }
  const opened = await openFleet({
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
    onCommit,
    onStop: (partition, reason) => {
      if (reason.kind === 'fenced')
        halt = problem(
          'D0031',
          `partition ${partition} has another owner (record ${reason.by}); this daemon stops`,
          { help: 'another daemon runs this fleet; nothing was lost' },
        )
      if (reason.kind === 'failed')
        halt = problem('D0032', `partition ${partition} stopped: ${reason.error.message}`, {
          ...(process.env['PARAPET_DEBUG'] === undefined ? {} : { detail: reason.error.stack ?? '' }),
          help: 'what is committed is kept; start again to go on',
        })
    },
  })
  if (opened.kind === 'refused') return problem('D0033', opened.message, { help: 'nothing was changed' })
  const { fleet, recoveredRecords } = opened
  if (recoveredRecords > 0)
    screen.say(paint.dim(`goes on from ${recoveredRecords} records of an earlier start`))
  log.onLink((state) =>
    screen.say(
      state === 'connected'
        ? paint.green('nats-server is back')
        : state === 'disconnected'
          ? paint.yellow('nats-server is away; everything waits, nothing is lost')
          : '',
    ),
  )
  const conversations = (await world.feed?.(fleet.inlet)) ?? []
  on.setExpected(conversations.length)
  const finished = await untilOver(fleet, conversations, options.once, stop, () => halt !== undefined)
  await fleet.stop()
  if (halt) return halt
  screen.close()
  const unfinished = conversations.filter((id) => !fleet.conversationEnded(id)).length
  const width = on.output.columns ?? 120
  const figures = {
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
  for (const line of summaryLines(figures, paint, width)) screen.say(line)
  lookFurther(screen, tally, paint)
  if (finished === 'stopped')
    screen.say(paint.yellow('\nStopped. What is committed is kept: the same command goes on from here.'))
  if (finished === 'stalled')
    screen.say(paint.yellow(`\n${unfinished} conversations wait for something that did not come.`))
  if (finished === 'over' && options.once)
    writeFileSync(join(place.dir, FINISHED), `${JSON.stringify({ conversations: conversations.length })}\n`)
  return { kind: 'ran', unfinished }
}

async function untilOver(
  fleet: Fleet,
  conversations: readonly string[],
  once: boolean,
  stop: AbortSignal,
  halted: () => boolean,
) {
  let idleSince = performance.now()
  while (!stop.aborted && !halted()) {
    if (once && conversations.every((id) => fleet.conversationEnded(id))) return 'over'
    if (!fleet.idle || !once) idleSince = performance.now()
    if (performance.now() - idleSince > STALLED_MS) return 'stalled'
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return 'stopped'
}

async function openLog(
  options: UpOptions,
  place: Place,
  screen: Screen,
  open: (() => Promise<void> | void)[],
): Promise<{ kind: 'log'; log: FleetLog } | Problem> {
  if (!options.inMemory) {
    const opened = await openNats({
      place,
      natsUrl: options.natsUrl,
      port: options.port,
      reading: false,
      say: (line) => screen.say(line),
    })
    if (opened.kind === 'problem') return opened
    if (opened.kind === 'open') {
      open.push(() => opened.close())
      rmSync(join(place.dir, MEMORY_LOG), { force: true })
      screen.say(`log     ${opened.log.describe}`)
      return { kind: 'log', log: opened.log }
    }
    screen.say(`no nats-server can be had: ${opened.why}`)
  }
  screen.say('log     in memory: this run does not survive its process')
  writeFileSync(join(place.dir, MEMORY_LOG), '')
  const log = await memoryBroker().open(place.fleet, place.partitions)
  open.push(() => log.close())
  return { kind: 'log', log }
}

async function openWorld(loaded: LoadedFleet, place: Place): Promise<World | Problem> {
  try {
    return await loaded.definition.world({
      dataDir: join(place.dir, 'world'),
      fleetDir: dirname(loaded.file),
    })
  } catch (cause) {
    return problem('D0034', `the fleet’s world could not be opened: ${(cause as Error).message}`, {
      where: loaded.file,
    })
  }
}

function greet(screen: Screen, { definition, policy }: LoadedFleet, paint: Paint): void {
  const { plan } = policy
  screen.say(paint.bold(`Parapet · fleet ${definition.name}`))
  screen.say(
    `policy  "${plan.policy.name}" ${plan.policy.version}, ${plan.rules.length} rules and ${plan.consistencies.length} consistencies over ${plan.tools.length} tools ${paint.dim(plan.hash.slice(0, 12))}`,
  )
  screen.say(`agents  ${Object.keys(definition.agents).join(', ')}`)
  if (policy.warnings !== '') screen.say(policy.warnings)
}

function lookFurther(screen: Screen, tally: Tally, paint: Paint): void {
  const ref = tally.example
  screen.say('')
  screen.say(paint.bold('Look further'))
  if (ref !== undefined) {
    screen.say(
      `  npx parapet explain ${ref}   ${paint.dim('why that step was stopped, every value that decided it')}`,
    )
    screen.say(
      `  npx parapet trace ${ref.slice(0, ref.lastIndexOf('#'))}   ${paint.dim('that conversation, turn by turn')}`,
    )
  }
  screen.say(
    `  npx parapet trace --stopped --replay   ${paint.dim('every verdict that stopped something, judged again and compared')}`,
  )
}

const FINISHED = 'finished.json'

/** A run that came to its end makes room for the next; one that was cut off goes on instead. */
function putAside(root: string, fleet: string): void {
  const dir = resolve(root, fleet)
  if (!existsSync(join(dir, FINISHED))) return
  const previous = `${dir}.previous`
  rmSync(previous, { recursive: true, force: true })
  renameSync(dir, previous)
}

export function shownPath(path: string): string {
  const local = relative(process.cwd(), path)
  return local.startsWith('..') ? path : local
}
