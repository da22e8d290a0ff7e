/**
 * The world as a simulated process meets it: late, failing, lying, and silent to the dead, who die before any call of theirs. What it does, it does at once; only
 * the answer travels.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { CallContext, Inlet, Outcome, World } from '#runtime/fleet/definition.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import type { Knobs } from './knobs.ts'
import { type Lie, lieAbout } from './lies.ts'
import type { Luck } from './luck.ts'
import type { SimulatedProcess } from './process.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Tricks {
  readonly process: SimulatedProcess
  readonly time: VirtualTime
  readonly luck: Luck
  readonly knobs: Knobs
  /** Told of everything that reaches the world, by its key. */
  readonly acts: (key: string, what: string) => void
}

export function trickyWorld(world: World, tricks: Tricks): World {
  const { process, time, luck: ofAll, knobs, acts } = tricks
  const each = <From, To>(
    of: Readonly<Record<string, From>> | undefined,
    to: (name: string, from: From) => To,
  ) =>
    Object.fromEntries(Object.entries(of ?? {}).map(([name, from]): [string, To] => [name, to(name, from)]))
  const reaches = (key: string, name: string): boolean => {
    if (!process.reaches()) return false
    acts(key, name)
    return true
  }
  const answered = async <T>(lateMs: number, work: () => T | Promise<T>): Promise<T> => {
    let answer: () => T
    try {
      const value = await time.during((async () => work())())
      answer = () => value
    } catch (cause) {
      answer = () => {
        throw cause
      }
    }
    await waited(process, lateMs)
    return answer()
  }

  const tools = each(world.tools, (name, tool) => async (args: JsonObject, context: CallContext) => {
    if (!reaches(context.key, name)) return never()
    const luck = ofAll.next(context.conversation, name, args)
    const lateMs = knobs.upTo('toolDelayMaxMs', luck)
    const fails = knobs.strikes('toolFails', luck)
    // Half of those that fail say so and have done nothing; the others have done it and break.
    if (fails && luck.chance(0.5)) return answered(lateMs, () => FAILED)
    const outcome = await answered(lateMs, () => tool(args, context))
    if (fails) throw new Error('the tool broke')
    return knobs.strikes('toolLies', luck) ? lying(outcome, 'made-up', luck) : outcome
  })

  const said = new Map<string, Outcome>()
  const sources = each(world.sources, (name, source) => async (input: Json, context: CallContext) => {
    if (!reaches(context.key, name)) return never()
    const luck = ofAll.next(context.conversation, name, input)
    const truth = await answered(knobs.upTo('toolDelayMaxMs', luck), () => source(input, context))
    const before = said.get(name)
    said.set(name, truth)
    if (knobs.strikes('modelRefuses', luck)) return REFUSED
    if (before && knobs.strikes('modelLoops', luck)) return before
    if (knobs.strikes('modelHallucinates', luck)) return lying(truth, 'made-up', luck)
    if (knobs.strikes('modelContradicts', luck)) return lying(truth, 'opposite', luck)
    return knobs.strikes('modelInjects', luck) ? lying(truth, 'injection', luck) : truth
  })

  const outside = each(
    world.outside,
    (name, deliver) => (fields: JsonObject, context: CallContext, inlet: Parameters<typeof deliver>[2]) => {
      if (!reaches(context.key, name)) return never()
      return answered(knobs.upTo('toolDelayMaxMs', ofAll.next(context.conversation, name, fields)), () =>
        deliver(fields, context, speaking(inlet, time)),
      )
    },
  )

  const detectors = each(
    world.detectors,
    (name, detect) => async (input: JsonObject, context: CallContext) => {
      const luck = ofAll.next(context.conversation, name, input)
      const evidence = await answered(knobs.upTo('toolDelayMaxMs', luck), () => detect(input, context))
      if (knobs.strikes('detectorFails', luck)) throw new Error(`the detector ${name} is out of order`)
      return evidence
    },
  )

  return { ...world, tools, sources, outside, detectors }
}

/** What is said through it crosses the world's own network: time goes on until it is kept. */
export function speaking(inlet: Inlet, time: VirtualTime): Inlet {
  return { tell: (message) => time.letting(inlet.tell(message)) }
}

/** Slow, and now and then behind: a search that misses the newest of what it would have found. */
export function trickyMemory(memory: SharedMemory, random: Random, { process, knobs }: Tricks): SharedMemory {
  const late = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (!process.reaches()) return never()
    const lateMs = knobs.upTo('memoryDelayMaxMs', random)
    const value = await ask()
    await waited(process, lateMs)
    return value
  }
  return {
    describe: memory.describe,
    write: (rows) => late(() => memory.write(rows)),
    get: (ids) => late(() => memory.get(ids)),
    async search(query) {
      const found = await late(() => memory.search(query))
      if (found.kind !== 'found' || !knobs.strikes('memoryBehind', random)) return found
      const newest = Math.max(...found.hits.map(({ row }) => row.writtenAt))
      return { ...found, hits: found.hits.filter(({ row }) => row.writtenAt < newest) }
    },
    summary: () => late(() => memory.summary()),
    retract: (source) => late(() => memory.retract(source)),
    hold: (source) => late(() => memory.hold(source)),
    release: (source) => late(() => memory.release(source)),
    forget: (kind, before) => late(() => memory.forget(kind, before)),
    optimize: () => memory.optimize(),
    close: () => memory.close(),
  }
}

/** What a dead process waits for. Each of its own: one for all would know who waits for it, and keep every world there was. */
const never = () => new Promise<never>(() => {})

const FAILED: Outcome = { kind: 'failed', error: 'the tool is out of order' }
const REFUSED: Outcome = { kind: 'failed', error: 'I cannot help with that.' }

function lying(outcome: Outcome, lie: Lie, random: Random): Outcome {
  return outcome.kind === 'ok' ? { ...outcome, value: lieAbout(outcome.value, lie, random) } : outcome
}

function waited(process: SimulatedProcess, ms: number): Promise<void> {
  return new Promise((resolve) => {
    process.after(ms, resolve)
  })
}
