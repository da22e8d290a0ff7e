/**
 * A step of which not everything is known: what a machine that was only read, not run, will ask for. What is said of a
 * sketch is said of every step that fits it.
 */
import type { Json, StepKind } from '../judge/step.ts'
import { read } from '../judge/values.ts'
import { canBe, conditionOf, type Ground } from '../lint/reason/conditions.ts'
import { covers, meets, type Place } from '../lint/reason/places.ts'
import { rewrite, standalone } from '../lint/reason/rewrite.ts'
import type { Expr, Rule, StepPattern } from '../plan/plan.ts'

/** What is known of a value. A field that is not listed in a closed record is not there. */
export type Known =
  | { readonly kind: 'any' }
  | { readonly kind: 'is'; readonly value: Json }
  | { readonly kind: 'record'; readonly fields: Readonly<Record<string, Known>>; readonly open: boolean }

export const ANY: Known = { kind: 'any' }

/** `name`, `peer`: absent where they are computed. */
export interface Sketch {
  readonly kind: StepKind
  readonly agent: string
  readonly name?: string
  readonly peer?: string
  readonly fields: Known
}

export function placeOf({ kind, agent, name, peer }: Sketch): Place {
  return { kind, agent, name, peer }
}

/** Some step that fits it may match, or nobody could tell. */
export function mayBe(pattern: StepPattern, sketch: Sketch, ground: Ground, rule?: Rule): boolean {
  const place = placeOf(sketch)
  if (!pattern.any.some((selector) => meets(selector, place))) return false
  const where = known(pattern.where, sketch, rule)
  if (where === undefined) return true
  return canBe(
    [{ expr: where, of: conditionOf(pattern), wanted: true, certain: false }],
    place,
    'any',
    ground,
  )
}

/** Every step that fits it and looks as declared matches; `orUnknown`: or nobody can tell. */
export function mustBe(
  pattern: StepPattern,
  sketch: Sketch,
  ground: Ground,
  { orUnknown, rule }: { readonly orUnknown: boolean; readonly rule?: Rule },
): boolean {
  const place = placeOf(sketch)
  if (!pattern.any.some((selector) => covers(selector, place))) return false
  const where = known(pattern.where, sketch, rule)
  if (where === undefined) return true
  const wants = [{ expr: where, of: conditionOf(pattern), wanted: false, certain: orUnknown }]
  return !canBe(wants, place, 'declared', ground)
}

/** The condition with the fields that are known written in. */
function known(where: Expr | undefined, { fields }: Sketch, rule: Rule | undefined): Expr | undefined {
  if (where === undefined) return undefined
  const alone = rule === undefined ? where : standalone(where, rule)
  return rewrite(alone, (node) => {
    if (node.op !== 'field') return undefined
    const found = at(fields, node.path)
    if (found?.kind !== 'is') return undefined
    const value = read(found.value, node.type, node.zone)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
    return { op: 'literal', value, span: node.span, type: node.type }
  })
}

function at(fields: Known, path: readonly string[]): Known | undefined {
  return path.reduce<Known | undefined>(
    (found, name) =>
      found?.kind === 'record' && Object.hasOwn(found.fields, name) ? found.fields[name] : undefined,
    fields,
  )
}
