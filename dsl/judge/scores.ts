/**
 * Scores: what detectors say of texts. The judge never runs a detector; it looks the answer up in the grounds, by a key
 * that detector and texts alone decide, and says what it lacks.
 */
import type { Expr } from '../plan/plan.ts'
import { sha256Hex } from '../sha256.ts'
import type { EvidenceNeed, Grounds } from './grounds.ts'
import type { Json, JsonObject } from './step.ts'
import { isObject, type Value } from './values.ts'

export type ScoreExpr = Expr & { op: 'score' }

/** Characters a detector is given; a longer text is unknown. */
export const SCORED_CHARS_MAX = 200_000
const DEPTH_MAX = 32
const MICRO = 1_000_000

/** What one check could not look up. */
export interface Asking {
  readonly grounds: Grounds | undefined
  readonly wanted: Wanted[]
  /** Why detectors gave no score, in words. */
  readonly failures: string[]
}

/** `cost` of the look, in millionths of its currency. */
export interface Wanted {
  readonly need: EvidenceNeed
  readonly cost: number
}

export function asking(grounds: Grounds | undefined): Asking {
  return { grounds, wanted: [], failures: [] }
}

/** Undefined when the texts are unknown, the detector failed, or it has not looked yet: then it is wanted. */
export function score(
  expr: ScoreExpr,
  subject: Value,
  to: Value,
  asked: Asking | undefined,
): number | undefined {
  const input = inputOf(expr, subject, to)
  // Nothing to be grounded in, nothing to resemble.
  if (input === NOTHING) return 0
  if (input === undefined) return undefined
  const { detector, withinMs, cost } = expr
  const key = evidenceKey(detector, input)
  const evidence = asked?.grounds?.evidence?.[key]
  if (evidence === undefined) {
    const need: EvidenceNeed = { kind: 'evidence', key, detector, input, withinMs }
    asked?.wanted.push({ need: cost > 0 ? { ...need, cost: cost / MICRO } : need, cost })
    return undefined
  }
  const found = evidence.kind === 'found' ? scoreIn(evidence.value) : undefined
  if (found === undefined)
    asked?.failures.push(`${detector}: ${evidence.kind === 'failed' ? evidence.why : 'it gave no score'}`)
  return found
}

/** For generated code: the slow path finds out what is wanted. */
export function scoreOr(
  expr: ScoreExpr,
  subject: Value,
  to: Value,
  grounds: Grounds | undefined,
): number | undefined {
  const asked = asking(grounds)
  const found = score(expr, subject, to, asked)
  if (asked.wanted.length > 0) throw new Lacking()
  return found
}

/** Evidence is not at hand. */
class Lacking extends Error {}

export function evidenceKey(detector: string, input: JsonObject): string {
  return `${detector}:${sha256Hex(JSON.stringify([input.text, input.to ?? null])).slice(0, 32)}`
}

/** The needs to be met first: those of the cheapest looks. The dear ones may turn out to be needless. */
export function cheapest(wanted: readonly Wanted[]): readonly EvidenceNeed[] {
  const least = Math.min(...wanted.map(({ cost }) => cost))
  const first = wanted.filter(({ cost }) => cost === least).map(({ need }) => need)
  return Array.from(new Map(first.map((need) => [need.key, need])).values())
}

/** A number, or a record with a `score`. */
export function scoreIn(value: Json): number | undefined {
  const found = isObject(value) ? value.score : value
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

/** Every text inside a value, in order, on lines of their own. */
export function textsIn(value: Json | undefined, depth = 0): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return []
  return Object.values(value).flatMap((inner) => textsIn(inner, depth + 1))
}

const NOTHING = Symbol('nothing to compare with')

function inputOf(expr: ScoreExpr, subject: Value, to: Value): JsonObject | typeof NOTHING | undefined {
  if (subject === undefined || subject === null || (expr.to !== undefined && to === undefined))
    return undefined
  const text = textsIn(subject).join('\n')
  if (expr.to === undefined) return text.length > SCORED_CHARS_MAX ? undefined : { text }
  const others = [...textsIn(to)]
  if (others.length === 0) return NOTHING
  const length = others.reduce((sum, other) => sum + other.length, text.length)
  return length > SCORED_CHARS_MAX ? undefined : { text, to: others }
}

/** Does an expression ask detectors? */
export function asks(expr: Expr | undefined, children: (expr: Expr) => readonly Expr[]): boolean {
  if (expr === undefined) return false
  return expr.op === 'score' || children(expr).some((child) => asks(child, children))
}
