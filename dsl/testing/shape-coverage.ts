/** What the tests have seen of what records must look like: each limit of a field, and each `check` between fields, kept and not. */
import { interpret } from '../judge/interpret.ts'
import { validate } from '../judge/shape.ts'
import { variantOf } from '../judge/shape-tests.ts'
import type { Json, Step } from '../judge/step.ts'
import { isObject, own } from '../judge/values.ts'
import type { FieldCheck, Plan, Range, Shape, Span, Table } from '../plan/plan.ts'
import type { Seen } from './operands.ts'

export interface LimitCoverage extends Seen {
  /** The field, with those around it: `booking.bags`. */
  readonly field: string
  /** Of its type, in the policy text. */
  readonly span: Span
}

export interface RecordCheckCoverage extends Seen {
  readonly check: string
  readonly span: Span
}

interface Mutable {
  holds: boolean
  fails: boolean
}

export class ShapeCoverage {
  readonly #limits = new Map<string, LimitCoverage & Mutable>()
  readonly #checks = new Map<string, RecordCheckCoverage & Mutable>()
  readonly #plan: Plan
  readonly #tables: ReadonlyMap<string, Table>

  constructor(plan: Plan, tables: ReadonlyMap<string, Table>) {
    this.#plan = plan
    this.#tables = tables
    for (const { takes, returns } of plan.tools) {
      this.#declare(takes, '')
      if (returns !== undefined) this.#declare(returns, '')
    }
    for (const { shape } of plan.messages) this.#declare(shape, '')
  }

  see(step: Step): void {
    const shape = shapeOf(this.#plan, step)
    if (shape === undefined) return
    const isRecord = shape.kind === 'record' || step.kind !== 'result'
    this.#visit(shape, isRecord ? step.fields : own(step.fields, 'value'), '', step)
  }

  report(): { limits: LimitCoverage[]; records: RecordCheckCoverage[] } {
    return { limits: [...this.#limits.values()], records: [...this.#checks.values()] }
  }

  #declare(shape: Shape, field: string): void {
    if (isLimited(shape)) {
      const { span } = shape
      if (!this.#limits.has(keyOf(span))) this.#limits.set(keyOf(span), { field, span, ...UNSEEN })
    }
    for (const [name, inner] of innerOf(shape)) this.#declare(inner, join(field, name))
    if (shape.kind !== 'record') return
    for (const { name, span } of shape.checks)
      if (!this.#checks.has(keyOf(span))) this.#checks.set(keyOf(span), { check: name, span, ...UNSEEN })
  }

  #visit(shape: Shape, value: Json | undefined, field: string, step: Step): void {
    if (value === undefined || value === null) return
    const limit = isLimited(shape) ? this.#limits.get(keyOf(shape.span)) : undefined
    if (limit !== undefined) note(limit, validate(alone(shape), value).length === 0)
    switch (shape.kind) {
      case 'nullable':
        return this.#visit(shape.of, value, field, step)
      case 'union': {
        const variant = variantOf(shape, value)
        return variant === undefined ? undefined : this.#visit(variant, value, field, step)
      }
      case 'list':
        if (Array.isArray(value)) for (const item of value) this.#visit(shape.of, item, field, step)
        return
      case 'map':
        if (isObject(value)) for (const item of Object.values(value)) this.#visit(shape.of, item, field, step)
        return
      case 'record':
        if (!isObject(value)) return
        for (const { name, shape: of } of shape.fields)
          this.#visit(of, own(value, name), join(field, name), step)
        for (const check of shape.checks) this.#check(check, value, step)
    }
  }

  #check({ span, holds }: FieldCheck, record: Json, step: Step): void {
    const seen = this.#checks.get(keyOf(span))
    const value = interpret(holds, { step, fields: record, tables: this.#tables, bindings: [], locals: [] })
    if (seen !== undefined && typeof value === 'boolean') note(seen, value)
  }
}

const UNSEEN = { holds: false, fails: false }

function note(seen: Mutable, held: boolean): void {
  if (held) seen.holds = true
  else seen.fails = true
}

function shapeOf({ tools, messages }: Plan, { kind, name }: Step): Shape | undefined {
  if (kind === 'sends' || kind === 'receives') return messages.find((one) => one.name === name)?.shape
  const tool = tools.find((one) => one.name === name)
  return kind === 'calls' ? tool?.takes : kind === 'result' ? tool?.returns : undefined
}

function innerOf(shape: Shape): readonly (readonly [name: string, shape: Shape])[] {
  switch (shape.kind) {
    case 'nullable':
    case 'list':
    case 'map':
      return [['', shape.of]]
    case 'union':
      return shape.variants.map(({ shape: variant }) => ['', variant])
    case 'record':
      return shape.fields.map(({ name, shape: of }) => [name, of])
    default:
      return []
  }
}

/** Does it say more than of what kind the value is? */
function isLimited(shape: Shape): boolean {
  switch (shape.kind) {
    case 'text':
      return [shape.min, shape.max, shape.like, shape.format].some((limit) => limit !== undefined)
    case 'number':
    case 'money':
    case 'date':
    case 'time':
    case 'duration':
      return bounds(shape.range)
    case 'choice':
    case 'constant':
      return true
    case 'list':
      return [shape.min, shape.max, shape.unique, shape.distinctBy].some((limit) => limit !== undefined)
    case 'map':
      return shape.min !== undefined || shape.max !== undefined
    default:
      return false
  }
}

function bounds({ min, max, over, under }: Range): boolean {
  return [min, max, over, under].some((bound) => bound !== undefined)
}

/** Without what its items must look like: those have limits of their own. */
function alone(shape: Shape): Shape {
  const { span } = shape
  return shape.kind === 'list' || shape.kind === 'map' ? { ...shape, of: { kind: 'anything', span } } : shape
}

const keyOf = ([start, end]: Span): string => `${start}:${end}`
const join = (field: string, name: string): string => [field, name].filter((part) => part !== '').join('.')
