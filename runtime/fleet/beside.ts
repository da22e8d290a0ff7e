/**
 * A policy judges a turn beside the one that has the say. What the turn did is what it is asked about: it sees the steps as
 * they were proposed and its monitors follow those that were let through, as an audit of a recording would.
 *
 * Its cells stand among the conversation's own, under names the other policy does not use: so they survive a crash, and
 * a policy that has judged beside has its history when it gets the say, or gets it back.
 */
import type { CellChange, Cells } from '#dsl/judge/cells.ts'
import type { Grounds } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import { Claims } from '#runtime/guard/claims.ts'
import type { Trail } from '#runtime/guard/guard.ts'
import type { Beside, Divergence } from './record.ts'

/** Kept of one turn. */
const EXAMPLES_MAX = 3
/** Of one finding, in an example. */
const FOUND_CHARS_MAX = 200

export interface Turned {
  readonly cells: Cells
  /** Where the turn's cells began. */
  readonly mark: number
  readonly trail: readonly Trail[]
  readonly grounds: Grounds | undefined
  /** The machine's own steps came about. */
  readonly passed: boolean
}

/** Leaves in `cells` what the turn left, and what `beside` alone keeps. Undefined: it said the same. */
export function judgeBeside(say: Judge, beside: Judge, turned: Turned): Beside | undefined {
  const { cells, mark } = turned
  const done = cells.since(mark)
  cells.rollback(mark)
  const owed = new Set<string>()
  const { differences, unknown } = compare(beside, turned, owed)
  // A duty is owed to a policy that has the say; one that only watches sets no deadline.
  const own = cells
    .since(mark)
    .filter(({ cell }) => beside.keeps(cell) && !say.keeps(cell) && !owed.has(cell))
  cells.rollback(mark)
  put(cells, done)
  put(cells, own)
  if (differences.length === 0 && unknown === 0) return undefined
  return {
    policy: beside.hash,
    changed: differences.length,
    ...(unknown > 0 && { unknown }),
    examples: differences.slice(0, EXAMPLES_MAX),
  }
}

function compare(beside: Judge, { cells, trail, grounds, passed }: Turned, owed: Set<string>) {
  const differences: Divergence[] = []
  let unknown = 0
  const claims = new Claims(beside, grounds)
  for (const { step, verdict, received, settled } of trail) {
    const now = (received ? new Claims(beside, grounds) : claims).decide(cells, step)
    // What only a detector or a ledger could tell, and nobody asked, is not known: neither a difference nor none. But
    // whatever they said, it would let nothing through that something else speaks against.
    const isOther = verdict.kind === 'allow' && !verdict.needs && now.kind !== 'allow'
    if (!isOther && (now.needs || verdict.needs)) unknown++
    else if (now.kind !== verdict.kind)
      differences.push({ step, was: verdict.kind, now: now.kind, because: speaking(verdict, now) })
    if (settled === undefined || !(received || passed)) continue
    for (const { kind, cell } of beside.advance(cells, settled, grounds)) if (kind === 'owed') owed.add(cell)
  }
  return { differences, unknown }
}

function speaking(was: Verdict, now: Verdict): string[] {
  const { reasons } = now.kind === 'allow' ? was : now
  return reasons.flatMap(({ shadow, check, found }) =>
    shadow ? [] : [`${check}: ${found.slice(0, FOUND_CHARS_MAX)}`],
  )
}

function put(cells: Cells, changes: readonly CellChange[]): void {
  for (const { cell, value } of changes) cells.set(cell, value)
}
