/** What the parts of a compiled schema share: the run over one value, what was looked at, and issues. */
import type { Issue } from '../shape-issue.ts'
import { clip } from '../show.ts'
import type { Json } from '../step.ts'
import type { Resource } from './documents.ts'

/** Schemas open at once while judging one value: a schema that refers to itself ends here. */
export const OPEN_MAX = 400
/** Schemas asked for one value. Beyond it the value is refused: references can double their work with every level. */
export const WORK_MAX = 200_000

/** A place inside the value; kept only while issues are collected. */
export type Place = { readonly up: Place; readonly key: string | number } | undefined

/** True when the value fits. In a run with `issues` every fault is noted, else the first ends the search. */
export type Check = (value: Json, place: Place, run: Run, seen: Seen | undefined) => boolean

export interface Run {
  issues: Issue[] | undefined
  readonly issuesMax: number
  readonly base: readonly (string | number)[]
  /** Resources entered, outermost first. */
  readonly scope: Resource[]
  open: number
  work: number
}

/** What keywords have looked at, for `unevaluatedProperties` and `unevaluatedItems`. */
export class Seen {
  readonly names = new Set<string>()
  readonly places = new Set<number>()
  allNames = false
  /** Items before this one. */
  upTo = 0

  add(other: Seen): void {
    for (const name of other.names) this.names.add(name)
    for (const place of other.places) this.places.add(place)
    this.allNames ||= other.allNames
    this.upTo = Math.max(this.upTo, other.upTo)
  }
}

export function inside(run: Run, place: Place, key: string | number): Place {
  return run.issues === undefined ? undefined : { up: place, key }
}

/** Notes an issue when they are asked for; always false. */
export function fault(
  run: Run,
  place: Place,
  kind: Issue['kind'],
  expected: string,
  found: Json | undefined,
): false {
  const { issues } = run
  if (issues === undefined || issues.length >= run.issuesMax) return false
  const path: (string | number)[] = []
  for (let at = place; at !== undefined; at = at.up) path.unshift(at.key)
  const where = [...run.base, ...path]
  issues.push(
    found === undefined
      ? { kind, path: where, expected }
      : { kind, path: where, expected, found: clip(found) },
  )
  return false
}

/** Asks without noting issues: alternatives that fail are no fault of the value. */
export function quietly(run: Run, ask: () => boolean): boolean {
  const { issues } = run
  run.issues = undefined
  const fits = ask()
  run.issues = issues
  return fits
}
