/**
 * Expressions, evaluated by walking them: the meaning that generated code is tested against, and the slow path that
 * keeps every sub-expression's value for reasons and `explain`.
 */
import type { Expr, Table } from '../plan/plan.ts'
import * as operations from './operations.ts'
import { compilePattern, type Pattern } from './patterns.ts'
import { type Asking, score } from './scores.ts'
import type { Json, Step } from './step.ts'
import { presentAt, read, type Truth, type Value, walk } from './values.ts'

/** A remembered step's fields, or what earlier steps come to; null when there is none, undefined when that cannot be known. */
export type Bound = Json | undefined

export interface Part {
  readonly expr: Expr
  readonly depth: number
  value: Value
}

/** Everything an expression may read. */
export interface Scene {
  readonly step: Step
  /** What `field` paths start at: the step's fields, or the record a `check` belongs to. */
  readonly fields: Json | undefined
  readonly tables: ReadonlyMap<string, Table>
  readonly bindings: readonly Bound[]
  readonly locals: readonly Expr[]
  /** Where scores are looked up, and what is lacking noted. */
  readonly asking?: Asking
  /** When present, every evaluated sub-expression is added in reading order. */
  readonly parts?: Part[]
}

interface Variable {
  readonly value: Json | undefined
  /** A judge value already, not raw JSON. */
  readonly cooked: boolean
}

type Variables = ReadonlyMap<string, Variable>

const NONE: Variables = new Map()

export function interpret(expr: Expr, scene: Scene): Value {
  return evaluate(expr, scene, NONE, 0)
}

/** The truth of a condition; an absent condition holds. */
export function holds(expr: Expr | undefined, scene: Scene): Truth {
  return expr === undefined ? true : truth(interpret(expr, scene))
}

function truth(value: Value): Truth {
  return typeof value === 'boolean' ? value : undefined
}

function evaluate(expr: Expr, scene: Scene, vars: Variables, depth: number): Value {
  if (scene.parts === undefined) return compute(expr, scene, vars, depth)
  const part: Part = { expr, depth, value: undefined }
  scene.parts.push(part)
  part.value = compute(expr, scene, vars, depth)
  return part.value
}

function compute(expr: Expr, scene: Scene, vars: Variables, depth: number): Value {
  const value = (of: Expr) => evaluate(of, scene, vars, depth + 1)
  switch (expr.op) {
    case 'literal':
      return expr.value
    case 'list': {
      const items = expr.items.map(value)
      return items.every((item) => item !== undefined) ? items : undefined
    }
    case 'field':
      return read(walk(scene.fields, expr.path), expr.type, expr.zone)
    case 'meta':
      return meta(scene.step, expr.name)
    case 'get':
      return read(walk(value(expr.of), expr.path), expr.type, expr.zone)
    case 'variable': {
      const variable = vars.get(expr.name)
      return variable?.cooked ? variable.value : read(variable?.value, expr.type)
    }
    case 'binding':
      return scene.bindings[expr.index] ?? undefined
    case 'local':
      return value(scene.locals[expr.index]!)
    case 'not': {
      const of = truth(value(expr.of))
      return of === undefined ? undefined : !of
    }
    case 'and':
      return all(expr.of, (of) => truth(value(of)))
    case 'or': {
      const none = all(expr.of, (of) => negate(truth(value(of))))
      return negate(none)
    }
    case 'compare':
      return operations.compare(
        expr.cmp,
        value(expr.left),
        value(expr.right),
        operations.comparesFolded(expr.left.type, expr.right.type),
      )
    case 'same':
      return operations.same(value(expr.left), value(expr.right), expr.left.type)
    case 'in':
      return operations.within(
        value(expr.item),
        value(expr.list),
        expr.item.type,
        itemType(expr.list),
        isCooked(expr.list, scene.locals),
      )
    case 'text':
      return operations.text(expr.test, value(expr.subject), expr.any.map(value), expr.exactly, expr.words)
    case 'matches':
      return operations.matches(value(expr.subject), patternOf(expr))
    case 'detects':
      return operations.detects(value(expr.subject), expr.detector)
    case 'score':
      return score(expr, value(expr.subject), expr.to && value(expr.to), scene.asking)
    case 'default':
      return present(expr.of, { ...scene, parts: [] }, vars, depth) === false
        ? value(expr.to)
        : value(expr.of)
    case 'present':
      return present(expr.of, scene, vars, depth + 1)
    case 'length':
      return operations.length(value(expr.of))
    case 'keys':
      return operations.keys(value(expr.of))
    case 'count':
    case 'some':
    case 'every':
    case 'total':
      return quantify(expr, scene, vars, depth)
    case 'arith':
      return operations.arith(
        expr.fn,
        value(expr.left),
        value(expr.right),
        expr.left.type,
        expr.right.type,
        expr.type,
      )
    case 'lookup': {
      const table = scene.tables.get(expr.table)
      const keys = expr.keys.map(value)
      return table === undefined ? undefined : operations.lookup(table.rows, keys)
    }
    case 'wall':
      return operations.wall(value(expr.of), expr.zone, expr.part)
    case 'day':
      return operations.day(value(expr.of), expr.zone)
  }
}

function negate(of: Truth): Truth {
  return of === undefined ? undefined : !of
}

function all<T>(items: readonly T[], holdsFor: (item: T) => Truth): Truth {
  let result: Truth = true
  for (const item of items) {
    const one = holdsFor(item)
    if (one === false) return false
    if (one === undefined) result = undefined
  }
  return result
}

export function meta(step: Step, name: (Expr & { op: 'meta' })['name']): Value {
  if (name === 'roles') return step.roles?.slice()
  return name === 'now' ? step.at : step[name]
}

type Quantifier = Expr & { op: 'count' | 'some' | 'every' | 'total' }

function quantify(expr: Quantifier, scene: Scene, vars: Variables, depth: number): Value {
  const list = evaluate(expr.list, scene, vars, depth + 1)
  if (!Array.isArray(list)) return undefined
  const cooked = isCooked(expr.list, scene.locals)
  const at = (of: Expr, item: Json) =>
    evaluate(of, scene, new Map(vars).set(expr.name, { value: item, cooked }), depth + 1)
  switch (expr.op) {
    case 'some':
      return negate(all(list, (item) => negate(truth(at(expr.where, item)))))
    case 'every':
      return all(list, (item) => truth(at(expr.where, item)))
    case 'count': {
      if (expr.where === undefined) return list.length
      let count = 0
      for (const item of list) {
        const one = truth(at(expr.where, item))
        if (one === undefined) return undefined
        if (one) count++
      }
      return count
    }
    case 'total': {
      let sum: number | undefined = 0
      for (const item of list) {
        const one = at(expr.of, item)
        if (typeof one !== 'number') return undefined
        sum = operations.settle(sum + one, expr.type)
        if (sum === undefined) return undefined
      }
      return sum
    }
  }
}

/** Absent is no; what cannot be asked is unknown. */
function present(expr: Expr, scene: Scene, vars: Variables, depth: number): Truth {
  switch (expr.op) {
    case 'field':
      note(expr, read(walk(scene.fields, expr.path), expr.type, expr.zone), scene, depth)
      return presentAt(scene.fields, expr.path)
    case 'get': {
      const there = present(expr.of, scene, vars, depth + 1)
      if (there !== true) return there
      return presentAt(evaluate(expr.of, { ...scene, parts: [] }, vars, depth), expr.path)
    }
    case 'binding': {
      const bound = scene.bindings[expr.index]
      return bound === null ? false : bound === undefined ? undefined : true
    }
    case 'variable': {
      const value = vars.get(expr.name)?.value
      return value !== undefined && value !== null
    }
    case 'local':
      return present(scene.locals[expr.index]!, scene, vars, depth)
    case 'default':
      return present(expr.of, scene, vars, depth)
    default:
      return evaluate(expr, scene, vars, depth) === undefined ? undefined : true
  }
}

function note(expr: Expr, value: Value, scene: Scene, depth: number): void {
  scene.parts?.push({ expr, depth, value })
}

/** Lists written in the policy hold judge values; all others hold raw JSON. */
export function isCooked(list: Expr, locals: readonly Expr[]): boolean {
  if (list.op === 'local') return isCooked(locals[list.index]!, locals)
  return list.op === 'list' || list.op === 'keys'
}

export function itemType(list: Expr): Expr['type'] {
  return list.type.kind === 'list' ? list.type.of : { kind: 'anything' }
}

type Matches = Expr & { op: 'matches' }

const patterns = new WeakMap<Matches, { readonly pattern: Pattern | undefined }>()

/** Compiled once for each expression. */
export function patternOf(expr: Matches): Pattern | undefined {
  const known = patterns.get(expr)
  if (known !== undefined) return known.pattern
  const pattern = compilePattern(expr.pattern, expr.find, expr.exactly)
  patterns.set(expr, { pattern })
  return pattern
}
