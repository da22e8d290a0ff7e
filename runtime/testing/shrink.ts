/**
 * From a run that fails to a short story that fails alike: fewer messages, then fewer kinds of trouble. Delta debugging
 * (Zeller and Hildebrandt, 2002) over what clients said; every try is a whole run of the same seed.
 */
import type { Faults } from '#runtime/simulation/faults.ts'
import type { Told } from '#runtime/simulation/simulate.ts'
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
    await fewerMessages(told, (fewer) => fails({ ...best.options, told: fewer }))
  }
  await fewerFaults(faultsOf(best.options.faults), (faults) => fails({ ...best.options, faults }))
  return best
}

/** The fewest messages, of those tried, with which it still fails. */
export async function fewerMessages(
  told: readonly Told[],
  fails: (told: readonly Told[]) => Promise<boolean>,
): Promise<readonly Told[]> {
  let best = told
  for (let parts = 2; best.length > 1 && parts <= best.length; ) {
    const kept = await firstOf(slices(best, parts), fails)
    if (kept) {
      best = kept
      parts = Math.max(2, parts - 1)
    } else parts *= 2
  }
  return best
}

/** Turns off one knob after the other for as long as it still fails. */
export async function fewerFaults(
  faults: Faults,
  fails: (faults: Faults) => Promise<boolean>,
): Promise<Faults> {
  let best = faults
  for (const knob of Object.keys(faults) as (keyof Faults)[])
    if (best[knob] > 0 && (await fails({ ...best, [knob]: 0 }))) best = { ...best, [knob]: 0 }
  return best
}

/** All but one of so many parts, for each of them. */
function slices(told: readonly Told[], parts: number): Told[][] {
  const size = Math.ceil(told.length / parts)
  return Array.from({ length: parts }, (_, part) =>
    told.filter((_, i) => i < part * size || i >= (part + 1) * size),
  ).filter((rest) => rest.length < told.length)
}

async function firstOf<T>(list: readonly T[], holds: (item: T) => Promise<boolean>): Promise<T | undefined> {
  for (const item of list) if (await holds(item)) return item
  return undefined
}
