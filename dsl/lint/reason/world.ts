/** What may be taken for granted of the values a condition reads. */

import { children } from '../../judge/children.ts'
import type { Expr, FieldCheck, Shape, Table, Type } from '../../plan/plan.ts'
import { type Domain, finite, interval, OPEN, shapeDomain } from './domain.ts'
import { fromZero, keyOf } from './rewrite.ts'

export interface World {
  /** What the step's fields look like; absent: nothing is taken for granted. */
  readonly fields: Shape | undefined
  /** Items of lists, by the name they go by inside a quantifier. */
  readonly items: ReadonlyMap<string, Shape>
  readonly tables: ReadonlyMap<string, Table>
}

/** Reads: expressions whose value comes from the step, from memory or from the clock. */
export type Atom = Expr & { op: 'field' | 'get' | 'meta' | 'variable' }

export function isAtom(expr: Expr): expr is Atom {
  return expr.op === 'field' || expr.op === 'get' || expr.op === 'meta' || expr.op === 'variable'
}

/** Everything `expr` reads, inside quantifiers too. */
export function atomsOf(expr: Expr): Atom[] {
  return isAtom(expr) ? [expr] : children(expr).flatMap(atomsOf)
}

/** What must be known for `expr` to be: not what stands under `present`, nor list items that another may spare. */
export function neededBy(expr: Expr): Atom[] {
  if (isAtom(expr)) return [expr]
  switch (expr.op) {
    case 'present':
    case 'default':
    case 'list':
    case 'and':
    case 'or':
      return []
    case 'in':
      return [...neededBy(expr.item), ...neededBy(expr.list)]
    case 'text':
      return [...neededBy(expr.subject), ...(expr.any.length === 1 ? neededBy(expr.any[0]!) : [])]
    case 'some':
    case 'every':
    case 'count':
    case 'total':
      return neededBy(expr.list)
    default:
      return children(expr).flatMap(neededBy)
  }
}

/** The shape of what is read, as far as it is declared, and whether it is always there. */
export function shapeAt(
  expr: Expr,
  world: World,
): { readonly shape: Shape; readonly required: boolean } | undefined {
  if (expr.op === 'field') {
    return world.fields === undefined ? undefined : inside(world.fields, expr.path)
  }
  if (expr.op === 'variable') {
    const shape = world.items.get(expr.name)
    return shape === undefined ? undefined : { shape, required: NEVER_NULL.has(shape.kind) }
  }
  if (expr.op !== 'get') return undefined
  const of = shapeAt(expr.of, world)
  const found = of === undefined ? undefined : inside(of.shape, expr.path)
  return of === undefined || found === undefined
    ? undefined
    : { ...found, required: of.required && found.required }
}

function inside(
  from: Shape,
  path: readonly string[],
): { readonly shape: Shape; readonly required: boolean } | undefined {
  let shape = from
  let required = true
  for (const name of path) {
    const field = shape.kind === 'record' ? shape.fields.find((one) => one.name === name) : undefined
    if (field === undefined) return undefined
    shape = field.shape
    required &&= !field.optional && NEVER_NULL.has(shape.kind)
  }
  return { shape, required }
}

/** A value that looks as one of these is there. */
export const NEVER_NULL: ReadonlySet<Shape['kind']> = new Set([
  'text',
  'number',
  'money',
  'date',
  'time',
  'duration',
  'flag',
  'choice',
  'list',
  'map',
  'record',
])

/** The values `expr` can have if it is known. */
export function domainOf(expr: Expr, world: World): Domain {
  if (expr.op === 'length' || expr.op === 'count') return sizeOf(expr, world)
  const found = isAtom(expr) ? shapeAt(expr, world) : undefined
  if (found !== undefined && reads(found.shape, expr.type)) return shapeDomain(found.shape)
  const low = expr.op === 'variable' ? fromZero(expr.name) : undefined
  return low === undefined
    ? typeDomain(expr.type)
    : interval(low === 'whole' || expr.type.kind === 'money', 0)
}

/** What any value read as `type` can be: what is no option of a choice is unknown. */
function typeDomain(type: Type): Domain {
  switch (type.kind) {
    case 'flag':
      return finite([true, false])
    case 'choice':
      return finite(type.options)
    case 'money':
    case 'date':
      return interval(true)
    case 'number':
    case 'time':
    case 'duration':
      return interval(false)
    default:
      return OPEN
  }
}

function sizeOf(expr: Expr & { op: 'length' | 'count' }, world: World): Domain {
  const of = expr.op === 'length' ? expr.of : expr.list
  const shape = shapeAt(of, world)?.shape
  const bounded = shape?.kind === 'list' || shape?.kind === 'text' ? shape : undefined
  // Some of the items may be left out.
  const least = expr.op === 'count' && expr.where !== undefined ? 0 : (bounded?.min ?? 0)
  return interval(true, Math.max(0, least), bounded?.max)
}

/** A value of this shape is read as a value of this type, never as unknown. */
export function reads(shape: Shape, type: Type): boolean {
  if (shape.kind !== type.kind || type.kind === 'anything') return false
  // Of several currencies, a read means one.
  if (shape.kind === 'money')
    return type.kind === 'money' && type.currency === shape.currency && !('others' in shape)
  if (shape.kind === 'number') return !('unit' in shape || 'unit' in type)
  if (shape.kind === 'time') return type.kind === 'time' && type.zone === shape.zone
  if (shape.kind === 'choice')
    return type.kind === 'choice' && shape.options.every((option) => type.options.includes(option))
  return true
}

/** Whether `expr` has a value whenever the step looks as declared and the atoms in `known` have one. */
export function isKnown(expr: Expr, world: World, known: ReadonlySet<string>): boolean {
  if (isAtom(expr)) {
    if (known.has(keyOf(expr))) return true
    if (expr.op === 'meta') return expr.name !== 'peer' && expr.name !== 'tenant' && expr.name !== 'roles'
    const found = shapeAt(expr, world)
    return found?.required === true && reads(found.shape, expr.type)
  }
  switch (expr.op) {
    case 'literal':
      return true
    case 'list':
      return expr.items.every((item) => isKnown(item, world, known))
    case 'length':
      return isKnown(expr.of, world, known)
    case 'count':
      return expr.where === undefined && isKnown(expr.list, world, known)
    default:
      return false
  }
}

/** Whether `leaf` is decided, one way or the other, whenever the step looks as declared. */
export function isDecided(leaf: Expr, world: World, known: ReadonlySet<string>): boolean {
  const has = (expr: Expr): boolean => isKnown(expr, world, known)
  switch (leaf.op) {
    case 'compare':
      return sorted(leaf.left.type, leaf.right.type) && has(leaf.left) && has(leaf.right)
    case 'in':
      return (
        leaf.list.op === 'list' &&
        leaf.list.items.every((item) => sorted(leaf.item.type, item.type)) &&
        has(leaf.item) &&
        has(leaf.list)
      )
    case 'text':
      return (
        isText(leaf.subject.type) &&
        has(leaf.subject) &&
        leaf.any.every((one) => isText(one.type) && has(one))
      )
    case 'present':
      return canBeAsked(leaf.of, world)
    case 'field':
    case 'get':
    case 'variable':
      return leaf.type.kind === 'flag' && has(leaf)
    default:
      return false
  }
}

/** `is present` is unknown only where a part on the way is no record. */
function canBeAsked(expr: Expr, world: World): boolean {
  if (expr.op !== 'field') return false
  return expr.path.length === 1 || shapeAt(expr, world) !== undefined
}

function isText(type: Type): boolean {
  return type.kind === 'text' || type.kind === 'choice'
}

function sorted(left: Type, right: Type): boolean {
  return (left.kind === right.kind && left.kind !== 'anything') || (isText(left) && isText(right))
}

/** What a declared record promises of its fields together. */
export function promisesOf(shape: Shape | undefined): readonly FieldCheck[] {
  return shape?.kind === 'record' ? shape.checks : []
}
