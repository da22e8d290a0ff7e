/**
 * From a run that fails to a short story that fails too: fewer kinds of trouble and fewer messages, in turns until neither gets
 * less. Delta debugging (Zeller and Hildebrandt, 2002); every try is a whole run of the same seed.
 */
import { type Faults, NO_FAULTS } from '#runtime/simulation/faults.ts'
import { Run } from './run.ts'
import { faultsOf, type SimulateOptions, simulate, toldTo } from './simulate.ts'
import type { Subject } from './subject.ts'

/** What is wrong with a run; undefined: nothing. */
export type Check = (run: Run) => string | undefined | Promise<string | undefined>

export interface Failure {
  readonly what: string
  readonly run: Run
  readonly options: SimulateOptions
}

/** Runs that shrinking may take. */
export const TRIES_MAX = 200

/** The failure, if the run is one. What the product throws is one too. */
export async function failureOf(
  subject: Subject,
  options: SimulateOptions,
  check: Check,
): Promise<Failure | undefined> {
  let run: Run
  try {
    run = await simulate(subject, options)
  } catch (cause) {
    return { what: `thrown: ${cause}`, run: new Run({ records: [] }), options }
  }
  const what = broken(run) ?? (await check(run))
  return what === undefined ? undefined : { what, run, options }
}

export function broken(run: Run): string | undefined {
  const [fault] = run.faults
  if (fault) return `${fault.invariant}: ${fault.what}`
  return run.settled ? undefined : 'the fleet does not come to rest'
}

/** The smallest failure found; never none. */
export async function shrink(
  subject: Subject,
  first: Failure,
  check: Check,
  triesMax = TRIES_MAX,
): Promise<Failure> {
  let best = first
  let tries = 0
  const fails = async (options: SimulateOptions): Promise<boolean> => {
    if (tries++ >= triesMax) return false
    const failure = await failureOf(subject, options, check)
    if (failure) best = failure
    return failure !== undefined
  }
  await fails({ ...best.options, faults: 'none' })
  // A fleet whose world speaks by itself needs no clients to fail.
  if (!(await fails({ ...best.options, told: [] }))) {
    const told = toldTo(subject, first.options)
    if (!(await fails({ ...best.options, told }))) return best
  }
  for (let size = Number.POSITIVE_INFINITY; sizeOf(best.options) < size; ) {
    size = sizeOf(best.options)
    // Trouble first: a run in which less goes wrong is a shorter one.
    await fewerFaults(faultsOf(best.options.faults), (faults) => fails({ ...best.options, faults }))
    await fewest(best.options.told ?? [], (told) => fails({ ...best.options, told }))
  }
  return best
}

function sizeOf({ told = [], faults }: SimulateOptions): number {
  return told.length + knobsOn(faultsOf(faults)).length
}

/** The fewest of them, of those tried, with which it still fails; one is left. */
export async function fewest<Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let best = items
  for (let parts = 2; best.length > 1 && parts <= best.length; ) {
    const kept = await firstOf(slices(best, parts), fails)
    if (kept) {
      best = kept
      parts = Math.max(2, parts - 1)
    } else if (parts === best.length) break
    else parts = Math.min(2 * parts, best.length)
  }
  return best
}

/** Turns knobs off for as long as it still fails. */
export async function fewerFaults(
  faults: Faults,
  fails: (faults: Faults) => Promise<boolean>,
): Promise<Faults> {
  const only = (on: readonly (keyof Faults)[]): Faults => ({
    ...NO_FAULTS,
    ...Object.fromEntries(on.map((knob) => [knob, faults[knob]])),
  })
  return only(await fewest(knobsOn(faults), (on) => fails(only(on))))
}

/** What is left of a run, in words: `2 messages, with toolFails, killsPerSecond`. */
export function inShort({ told, faults }: SimulateOptions): string {
  const knobs = knobsOn(faultsOf(faults))
  const trouble = knobs.length === 0 ? 'nothing going wrong' : knobs.join(', ')
  return `${messagesIn(told)}, with ${trouble}`
}

function messagesIn(told: SimulateOptions['told']): string {
  if (told === undefined) return 'all that is said'
  if (told.length === 0) return 'what its own world says'
  return `${told.length} ${told.length === 1 ? 'message' : 'messages'}`
}

/** Those that do something. */
export function knobsOn(faults: Faults): readonly (keyof Faults)[] {
  return (Object.keys(faults) as (keyof Faults)[]).filter((knob) => faults[knob] > 0)
}

/** All but one of so many parts, for each of them. */
function slices<Item>(items: readonly Item[], parts: number): Item[][] {
  const size = Math.ceil(items.length / parts)
  return Array.from({ length: parts }, (_, part) =>
    items.filter((_, i) => i < part * size || i >= (part + 1) * size),
  ).filter((rest) => rest.length < items.length)
}

async function firstOf<T>(list: readonly T[], holds: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of list) if (await holds(item)) return item
  return undefined
}
