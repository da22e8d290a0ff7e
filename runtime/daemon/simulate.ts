/** What `parapet simulate` does: runs, counts, and for what fails its shortest story and the command that does it again. */
import { addressOf } from '#runtime/fleet/address.ts'
import type { Timer } from '#runtime/fleet/record.ts'
import type { Run } from '#runtime/testing/run.ts'
import { failureOf, inShort, shrink } from '#runtime/testing/shrink.ts'
import { commandFor, type SimulateOptions } from '#runtime/testing/simulate.ts'
import { readSubject } from '#runtime/testing/subject.ts'
import { type Paint, shownPath } from './paint.ts'
import type { Problem } from './problem.ts'

export interface SimulateFleetOptions {
  readonly fleet: string
  readonly from: number
  readonly seeds: number
  readonly steps: number | undefined
  /** Milliseconds of the fleet's time. */
  readonly forMs: number | undefined
  readonly calm: boolean
  /** Also the story of a run that is well. */
  readonly story: boolean
}

export interface Simulated {
  readonly kind: 'simulated'
  readonly failed: number
  /** What is printed in words, as data. */
  readonly report: Report
}

export interface Report {
  readonly fleet: string
  readonly from: number
  readonly seeds: number
  readonly turns: number
  /** Milliseconds of the fleet's time, and of ours. */
  readonly simulatedMs: number
  readonly tookMs: number
  /** Messages that agents were sent, and those of them that the policy let in. */
  readonly messages: number
  readonly letIn: number
  /** Turns in which a machine threw or could not be stepped, and why the first of them did. */
  readonly failed: number
  readonly firstFailure?: string
  /** Timers of machines, and obligations, that had not fallen due when their run ended. */
  readonly stillToCome: { readonly timers: number; readonly obligations: number }
  /** How often each check spoke, as `deny “Check”`. */
  readonly verdicts: Readonly<Record<string, number>>
  readonly incidents: Readonly<Record<string, number>>
  readonly failures: readonly FailedSeed[]
}

interface FailedSeed {
  readonly seed: number
  readonly what: string
  /** The shortest that was found, a line a turn. */
  readonly story: string
  /** The command that does it again. */
  readonly again: string
}

interface Screen {
  readonly write: (line: string) => void
  readonly paint: Paint
  /** A line that the next one takes the place of, where there is a terminal. */
  readonly progress: (line: string) => void
  /** A line now and then, for those who read a log. */
  readonly milestone: (line: string) => void
}

/** After so many seeds that fail no more are tried. */
export const FAILED_MAX = 3
/** Lines of progress in a log. */
const MILESTONES = 10

export async function simulateFleet(
  { fleet, from, seeds, steps, forMs, calm, story }: SimulateFleetOptions,
  { write, paint, progress, milestone }: Screen,
  stop: AbortSignal,
): Promise<Simulated | Problem> {
  const read = await readSubject(fleet)
  if ('kind' in read) return read
  const subject = { ...read, file: shownPath(fleet) }
  const began = performance.now()
  const tally = new Tally()
  const failures: FailedSeed[] = []
  let seed = from
  for (; seed < from + seeds && failures.length < FAILED_MAX && !stop.aborted; seed++) {
    const done = seed - from
    if (done > 0 && done % Math.max(MILESTONES, Math.ceil(seeds / MILESTONES)) === 0)
      milestone(`${done} of ${seeds} seeds, ${tally.turns} turns`)
    const options: SimulateOptions = {
      seed,
      ...(steps !== undefined && { steps }),
      ...(forMs !== undefined && { forMs }),
      ...(calm && { faults: 'none' }),
    }
    progress(paint.dim(`seed ${seed}, ${seed - from} of ${seeds} done, ${tally.turns} turns`))
    const count = (run: Run) => {
      tally.add(run)
      if (story) write(run.story())
      return undefined
    }
    const failure = await failureOf(subject, options, count)
    if (!failure) continue
    progress('')
    write(`${paint.red('seed')} ${seed}: ${failure.what}`)
    const short = await shrink(subject, failure, () => undefined)
    const again = commandFor(subject, options) ?? ''
    failures.push({ seed, what: failure.what, story: short.run.story(), again })
    write(`in short, ${inShort(short.options)}:`)
    write(short.run.story())
    write(`again: ${again}`)
  }
  progress('')
  const tookMs = Math.round(performance.now() - began)
  for (const line of tally.lines(seed - from, tookMs / 1_000, failures.length)) write(line)
  const report = { fleet: subject.file, from, seeds: seed - from, tookMs, ...tally.counts(), failures }
  return { kind: 'simulated', failed: failures.length, report }
}

class Tally {
  turns = 0
  #tookMs = 0
  #messages = 0
  #letIn = 0
  #failed = 0
  #firstFailure: string | undefined
  #timers = 0
  #obligations = 0
  readonly #verdicts = new Map<string, number>()
  readonly #incidents = new Map<string, number>()

  add(run: Run): void {
    this.turns += run.turns.length
    this.#tookMs += run.tookMs
    for (const { input, outcome } of run.turns) {
      if (input.kind !== 'message' || input.runtime === true) continue
      this.#messages++
      if (outcome !== 'refused') this.#letIn++
    }
    for (const { agent, outcome, why = '' } of run.turns)
      if (outcome === 'failed') {
        this.#failed++
        this.#firstFailure ??= `${addressOf(agent).role}: ${why}`
      }
    for (const kind of stillToComeIn(run.turns))
      if (kind === 'machine') this.#timers++
      else if (kind === 'obligation') this.#obligations++
    for (const { verdict } of run.judged)
      for (const { check, action } of verdict.reasons) more(this.#verdicts, `${action} “${check}”`, 1)
    for (const [what, count] of Object.entries(run.incidents)) more(this.#incidents, what, count)
  }

  counts(): Omit<Report, 'fleet' | 'from' | 'seeds' | 'tookMs' | 'failures'> {
    return {
      turns: this.turns,
      messages: this.#messages,
      letIn: this.#letIn,
      failed: this.#failed,
      ...(this.#firstFailure !== undefined && { firstFailure: this.#firstFailure }),
      stillToCome: { timers: this.#timers, obligations: this.#obligations },
      simulatedMs: Math.round(this.#tookMs),
      verdicts: Object.fromEntries(this.#verdicts),
      incidents: Object.fromEntries(this.#incidents),
    }
  }

  lines(seeds: number, seconds: number, failed: number): string[] {
    const of = (title: string, counts: ReadonlyMap<string, number>) =>
      counts.size === 0
        ? []
        : [
            title,
            ...Array.from(counts, ([what, n]) => `  ${String(n).padStart(7)}  ${what}`)
              .toSorted()
              .toReversed(),
          ]
    const hours = (this.#tookMs / 3_600_000).toFixed(1)
    return [
      `${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, ${this.turns} turns, ${hours} hours of the fleet’s time in ${seconds.toFixed(1)} s`,
      `${this.#letIn} of ${this.#messages} messages were let in${this.#letIn === 0 && this.#messages > 0 ? ': nothing was tried of what comes after' : ''}`,
      ...(this.#firstFailure === undefined
        ? []
        : [`${this.#failed} turns failed, the first of ${this.#firstFailure}`]),
      ...(this.#timers + this.#obligations === 0
        ? []
        : [
            `${this.#timers} timers and ${this.#obligations} obligations had not fallen due when their runs ended: \`--minutes\` says how long they last`,
          ]),
      ...of('what the policy said:', this.#verdicts),
      ...of('what went wrong in the world:', this.#incidents),
      failed === 0 ? 'every invariant held' : `${failed} ${failed === 1 ? 'seed' : 'seeds'} failed`,
    ]
  }
}

/** Kinds of the timers that are set and not done after these turns. */
function stillToComeIn(turns: Run['turns']): readonly Timer['kind'][] {
  const set = new Map<string, Timer['kind']>()
  for (const { changes } of turns)
    for (const change of changes)
      if (change.kind === 'timer') set.set(change.id, change.timer.kind)
      else if (change.kind === 'timer-done') set.delete(change.id)
  return [...set.values()]
}

function more(counts: Map<string, number>, what: string, by: number): void {
  counts.set(what, (counts.get(what) ?? 0) + by)
}
