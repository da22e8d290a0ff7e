/**
 * What is said `across the fleet`. Its monitors are those of any consistency; their cells are not a conversation's but a
 * ledger's, which every conversation asks before a step (`reserve`) and tells afterwards what came of it (`settle`, `release`).
 *
 * Invariants:
 * 1. What may come about counts: limits count a step from its reservation on, and give it back only when it is said not to have
 *    come about. What permits (`needs an earlier`) or forbids (`never after`) is remembered only once it has.
 * 2. What has happened already (`spends`, `fails`) is counted whatever the limit says; the answer tells. What will be spent is a
 *    claim like any other, if it says that it lies ahead.
 * 3. All state is in the cells of one entry. Reserving changes them only when it is granted.
 */
import type { Consistency, Expr } from '../plan/plan.ts'
import type { Cells } from './cells.ts'
import { children } from './children.ts'
import type { Finding } from './finding.ts'
import type { Claim, Grounds, ReservationNeed, Reserved } from './grounds.ts'
import { keyReader } from './keys.ts'
import { type Matches, type Monitor, unknown } from './monitors/monitor.ts'
import type { Json, JsonObject, Step } from './step.ts'
import { DAY_MS, own, type Truth } from './values.ts'

export interface Ledgers {
  readonly consistencies: readonly Consistency[]
  /** Everything ledgers would be asked about the step, whatever else is said of it. Slow path. */
  claims(step: Step, grounds?: Grounds): readonly ReservationNeed[]
  /** `claim.step.at` is the ledger's own time. */
  reserve(cells: Cells, claim: Claim): Reserved
  /** It has come about, unasked. */
  count(cells: Cells, claim: Claim): void
  /** It came about; `actual` are the fields that say for how much, where that is known. */
  settle(cells: Cells, claim: Claim, actual?: JsonObject): void
  /** It did not come about. */
  release(cells: Cells, claim: Claim): void
  /** How long what is counted now counts; undefined: for ever. */
  keptMs(claim: Claim): number | undefined
  /** Nothing of the entry counts any more at `at`: it can be forgotten. */
  isOver(cells: Cells, claim: Claim, at: number): boolean
  /** The state the claim meets, in words. */
  describe(cells: Cells, claim: Claim): string
}

/** What asks a ledger about steps, made once for each constraint. */
export interface LedgerDoor {
  readonly monitor: Monitor
  /** Undefined when no pattern can match. A claim without its key is a finding at once. */
  claim(step: Step, is: Matches): ReservationNeed | Finding | undefined
}

export function createLedgerDoor(monitor: Monitor): LedgerDoor {
  const { id, scope, forEach, forEachOf, form } = monitor.consistency
  const entryOf = keyReader(id, scope, forEach, forEachOf)
  const read = Object.values(form).filter(isExpression)
  const kept = new Set([...forEach, ...read.flatMap(pathsIn)].map((path) => path[0]!))
  return {
    monitor,
    claim(step, is) {
      if (!is.some((truth) => truth !== false)) return undefined
      const entry = entryOf(step)
      if (entry === undefined) return unknown(`a value that names the entry of the ledger is missing`)
      const read = Array.from(kept).flatMap((name): [string, Json][] => {
        const value = own(step.fields, name)
        return value === undefined ? [] : [[name, value]]
      })
      const fields = Object.fromEntries(read)
      return {
        kind: 'reservation',
        key: `${entry} ${step.kind} ${step.name} ${JSON.stringify(fields)}`,
        check: id,
        entry,
        step: { ...step, fields },
        is: is.map((truth) => truth ?? null),
      }
    },
  }
}

export function createLedgers(
  doors: readonly LedgerDoor[],
  matching: (monitor: Monitor, step: Step, grounds: Grounds | undefined) => Matches,
): Ledgers {
  const byId = new Map(doors.map(({ monitor }) => [monitor.consistency.id, monitor]))
  const matches = ({ is }: Claim): Truth[] => is.map((truth) => truth ?? undefined)

  return {
    consistencies: doors.map(({ monitor }) => monitor.consistency),
    claims: (step, grounds) =>
      doors.flatMap((door) => {
        const claim = door.claim(step, matching(door.monitor, step, grounds))
        return claim !== undefined && 'key' in claim ? [claim] : []
      }),
    reserve(cells, claim) {
      const monitor = byId.get(claim.check)
      if (monitor === undefined)
        return { kind: 'refused', finding: unknown('the policy that keeps the ledger has no such limit') }
      const { step } = claim
      const is = matches(claim)
      const finding = monitor.check(cells, step, is)
      const happened = hasHappened(step) && claim.ahead !== true
      if (finding !== undefined && !happened && stops(monitor.consistency, finding))
        return { kind: 'refused', finding }
      const counts = isLimit(monitor) || is[1] !== false
      if (counts && (happened || isLimit(monitor))) monitor.advance(cells, step, is, [])
      return { kind: 'granted', held: counts && !happened, ...(finding !== undefined && { finding }) }
    },
    count(cells, claim) {
      byId.get(claim.check)?.advance(cells, claim.step, matches(claim), [])
    },
    settle(cells, claim, actual) {
      const monitor = byId.get(claim.check)
      if (monitor === undefined) return
      const is = matches(claim)
      if (!isLimit(monitor)) monitor.advance(cells, claim.step, is, [])
      else if (actual !== undefined) monitor.amend?.(cells, claim.step, is, { ...claim.step, fields: actual })
    },
    release(cells, claim) {
      const monitor = byId.get(claim.check)
      if (monitor !== undefined && isLimit(monitor))
        monitor.amend?.(cells, claim.step, matches(claim), undefined)
    },
    keptMs(claim) {
      const form = byId.get(claim.check)?.consistency.form
      if (form === undefined) return undefined
      if (form.kind === 'rests') return form.forMs === undefined ? undefined : (form.inMs ?? 0) + form.forMs
      if ('withinMs' in form) return form.withinMs
      if ('inMs' in form && form.inMs !== undefined) return form.inMs
      return 'per' in form && form.per !== undefined ? PERIOD_MS[form.per.unit] : undefined
    },
    isOver(cells, claim, at) {
      const value = cells.get(claim.entry)
      const monitor = byId.get(claim.check)
      if (value === undefined || monitor === undefined) return value === undefined
      return monitor.expires && monitor.expired(claim.entry, value, { ...claim.step, at })
    },
    describe: (cells, claim) => byId.get(claim.check)?.describe(cells, claim.step) ?? 'of another policy',
  }
}

/** The longest each can be. */
const PERIOD_MS = { day: 2 * DAY_MS, week: 8 * DAY_MS, month: 32 * DAY_MS, year: 367 * DAY_MS } as const

/** Does it keep a step from being taken? In shadow, and where it only warns, it is told and counts. */
export function stops({ shadow, onError, otherwise }: Consistency, { outcome }: Finding): boolean {
  if (shadow) return false
  return outcome === 'unknown' ? onError === 'deny' : otherwise.kind !== 'alert' && otherwise.kind !== 'warn'
}

/** What was spent is spent and what failed has failed: nobody can be kept from it any more. */
export function hasHappened({ kind }: Step): boolean {
  return kind === 'spends' || kind === 'fails'
}

/** A limit has one pattern, and that is what it counts; what permits or forbids has a second one, the step that came earlier. */
function isLimit({ patterns }: Monitor): boolean {
  return patterns.length === 1
}

/** Of a form: what it counts, and a limit that the step says. */
function isExpression(part: unknown): part is Expr {
  return typeof part === 'object' && part !== null && 'op' in part
}

function pathsIn(expr: Expr): (readonly string[])[] {
  return [...(expr.op === 'field' ? [expr.path] : []), ...children(expr).flatMap(pathsIn)]
}
