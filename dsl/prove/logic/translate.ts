/**
 * Conditions as questions. A condition becomes two terms, when it is certainly true and when it is certainly false, as the
 * judge's Kleene logic has it. What has no exact translation may be anything: then more seems possible than is, and *cannot*
 * stays a proof.
 */

import { comparesFolded } from '../../judge/operations.ts'
import { fromZero, keyOf } from '../../lint/reason/rewrite.ts'
import { type Compare, type Expr, type Table, WEEKDAYS } from '../../plan/plan.ts'
import { arithmetic, clockOf, dayOf, shown, weekdayOf } from './arithmetic.ts'
import { either, fresh, literal, type Reading, Source, toReal } from './scene.ts'
import { and, eq, implies, NO, not, or, type Question, type Term, whole, YES } from './terms.ts'
import { Texts } from './texts.ts'

export interface Truth {
  readonly yes: Term
  readonly no: Term
}

/** What is known of a step before its fields are read. */
export interface About {
  readonly kind: string
  readonly agent: string | undefined
  readonly name: string | undefined
  readonly peer: string | undefined
}

/** Rows of a table that are written out; a larger one may give anything. */
const ROWS_MAX = 200

export class Translation {
  readonly #question: Question
  readonly #about: About
  readonly #tables: ReadonlyMap<string, Table>
  /** What remembered steps, and items of lists, are; by the names they go by. */
  readonly #sources: Map<string, Source>
  readonly #values = new Map<string, Reading>()
  readonly #truths = new Map<string, Truth>()
  readonly fields: Source
  readonly texts: Texts
  /** How far clocks are from UTC, wherever they are looked at. */
  readonly offsets: { readonly zone: string; readonly is: Term }[] = []
  /** What is not said of the step by its place: `tenant`, `now` and their like. */
  readonly metas = new Map<string, Reading>()
  /** Whether who acts has a role. */
  readonly roles = new Map<string, Term>()
  /** An item of the list at the path, as a quantifier speaks of it. */
  readonly items: { readonly path: readonly string[]; readonly item: Source }[] = []

  constructor(
    question: Question,
    about: About,
    fields: Source,
    tables: ReadonlyMap<string, Table>,
    remembered: ReadonlyMap<string, Source> = new Map(),
  ) {
    this.#question = question
    this.#about = about
    this.fields = fields
    this.texts = new Texts(question)
    this.#tables = tables
    this.#sources = new Map(remembered)
  }

  /** When it is true, and when it is false; else it is unknown. */
  truth(expr: Expr): Truth {
    switch (expr.op) {
      case 'not': {
        const { yes, no } = this.truth(expr.of)
        return { yes: no, no: yes }
      }
      case 'and': {
        const parts = expr.of.map((one) => this.truth(one))
        return { yes: and(...parts.map(({ yes }) => yes)), no: or(...parts.map(({ no }) => no)) }
      }
      case 'or': {
        const parts = expr.of.map((one) => this.truth(one))
        return { yes: or(...parts.map(({ yes }) => yes)), no: and(...parts.map(({ no }) => no)) }
      }
      case 'compare':
        return this.#compare(expr.cmp, expr.left, expr.right)
      case 'same':
        return isScalar(expr.left) && isScalar(expr.right)
          ? this.#compare('==', expr.left, expr.right)
          : this.#any(expr)
      case 'in':
        return this.#within(expr)
      case 'text':
        return this.#search(expr)
      case 'present':
        return this.#present(expr)
      case 'some':
      case 'every':
        return this.#quantified(expr)
      case 'matches':
      case 'detects': {
        const any = this.#any(expr)
        const { known } = this.value(expr.subject)
        this.#question.assert(implies(or(any.yes, any.no), known))
        return any
      }
      default: {
        const value = this.value(expr)
        if (value.kind === 'flag')
          return { yes: and(value.known, value.is), no: and(value.known, not(value.is)) }
        return value.kind === 'other' ? this.#any(expr) : { yes: NO, no: NO }
      }
    }
  }

  value(expr: Expr): Reading {
    const key = keyOf(expr)
    const before = this.#values.get(key)
    if (before) return before
    const made = this.#value(expr)
    this.#values.set(key, made)
    return made
  }

  #value(expr: Expr): Reading {
    switch (expr.op) {
      case 'literal':
        return literal(this.#question, expr.value)
      case 'field':
      case 'get':
      case 'variable': {
        const found = this.#located(expr)
        if (!found) return this.#unknown(expr)
        const reading = found.source.read(found.path, expr.type, 'zone' in expr ? expr.zone : undefined)
        const counted = expr.op === 'variable' ? fromZero(expr.name) : undefined
        if (counted !== undefined && reading.kind === 'number')
          this.#question.assert(`(>= ${toReal(reading)} 0.0)`)
        if (counted === 'whole' && reading.kind === 'number' && reading.sort === 'Real')
          this.#question.assert(`(is_int ${reading.is})`)
        return reading
      }
      case 'meta':
        return this.#meta(expr)
      case 'default': {
        const there = this.truth({ op: 'present', of: expr.of, span: expr.span, type: { kind: 'flag' } })
        return either(there.no, this.value(expr.to), this.value(expr.of))
      }
      case 'length':
      case 'count':
        return this.#size(expr)
      case 'arith': {
        const [left, right] = [this.value(expr.left), this.value(expr.right)]
        if (left.kind !== 'number' || right.kind !== 'number') return this.#unknown(expr)
        return arithmetic(this.#question, expr, left, right)
      }
      case 'lookup':
        return this.#row(expr)
      case 'day':
      case 'wall': {
        const at = this.value(expr.of)
        if (at.kind !== 'number' || at.sort !== 'Int' || (expr.op === 'wall' && expr.part === 'start'))
          return this.#unknown(expr)
        const offset = this.#offset(expr.of, expr.zone)
        if (expr.op === 'day') return dayOf(at, offset)
        return expr.part === 'weekday'
          ? weekdayOf(this.#question, at, offset, WEEKDAYS)
          : clockOf(at, offset, expr.part === 'hour' ? 'hour' : 'clock')
      }
      case 'not':
      case 'and':
      case 'or':
      case 'compare':
      case 'same':
      case 'in':
      case 'text':
      case 'matches':
      case 'detects':
      case 'present':
      case 'some':
      case 'every': {
        const { yes, no } = this.truth(expr)
        return { kind: 'flag', known: or(yes, no), is: yes }
      }
      default:
        return this.#unknown(expr)
    }
  }

  /** May be any value of its type, or none; the same wherever it is asked for. */
  #unknown({ type }: Expr): Reading {
    return fresh(this.#question, type, this.#question.fresh('Bool'))
  }

  /** May go any way; the same wherever it is asked. */
  #any(expr: Expr): Truth {
    const key = keyOf(expr)
    const before = this.#truths.get(key)
    if (before) return before
    const any = this.#freeTruth()
    this.#truths.set(key, any)
    return any
  }

  #located(expr: Expr): { readonly source: Source; readonly path: readonly string[] } | undefined {
    if (expr.op === 'field') return { source: this.fields, path: expr.path }
    if (expr.op === 'variable') {
      let source = this.#sources.get(expr.name)
      if (!source) {
        source = new Source(this.#question, undefined, this.#question.fresh('Bool'))
        this.#sources.set(expr.name, source)
      }
      return { source, path: [] }
    }
    if (expr.op !== 'get') return undefined
    const of = this.#located(expr.of)
    return of && { source: of.source, path: [...of.path, ...expr.path] }
  }

  #meta({ name, type }: Expr & { op: 'meta' }): Reading {
    const before = this.metas.get(name)
    if (before) return before
    const said = {
      kind: this.#about.kind,
      agent: this.#about.agent,
      name: this.#about.name,
      peer: this.#about.peer,
    }
    const found = name in said ? said[name as keyof typeof said] : undefined
    if (found !== undefined) return literal(this.#question, found)
    const isSure = name !== 'peer' && name !== 'tenant' && name !== 'roles'
    const any = fresh(this.#question, type, isSure ? YES : this.#question.fresh('Bool'))
    this.metas.set(name, any)
    return any
  }

  // ---------------------------------------------------------------- tests

  #compare(cmp: Compare, leftExpr: Expr, rightExpr: Expr): Truth {
    const [left, right] = [this.value(leftExpr), this.value(rightExpr)]
    const known = and(left.known, right.known)
    const decided = (holds: Term): Truth => ({ yes: and(known, holds), no: and(known, not(holds)) })
    if (left.kind === 'number' && right.kind === 'number') {
      const areWhole = left.sort === 'Int' && right.sort === 'Int'
      const [a, b] = areWhole ? [left.is, right.is] : [toReal(left), toReal(right)]
      return decided(cmp === '==' ? eq(a, b) : cmp === '!=' ? not(eq(a, b)) : `(${cmp} ${a} ${b})`)
    }
    const isEqual = cmp === '==' || cmp === '!='
    if (left.kind === 'text' && right.kind === 'text' && isEqual) {
      const same = this.texts.same(left, right, comparesFolded(leftExpr.type, rightExpr.type))
      return decided(cmp === '==' ? same : not(same))
    }
    if (left.kind === 'flag' && right.kind === 'flag' && isEqual)
      return decided(cmp === '==' ? eq(left.is, right.is) : not(eq(left.is, right.is)))
    return this.#any({
      op: 'compare',
      cmp,
      left: leftExpr,
      right: rightExpr,
      span: leftExpr.span,
      type: { kind: 'flag' },
    })
  }

  #within(expr: Expr & { op: 'in' }): Truth {
    const { item, list } = expr
    if (list.op === 'list') {
      const tests = list.items.map((one) => this.#compare('==', item, one))
      const { known } = this.value(item)
      return {
        yes: or(...tests.map(({ yes }) => yes)),
        no: and(known, ...tests.map(({ no }) => no)),
      }
    }
    const any = this.#any(expr)
    if (list.op === 'meta' && list.name === 'roles' && item.op === 'literal')
      this.roles.set(String(item.value), any.yes)
    return any
  }

  #search(expr: Expr & { op: 'text' }): Truth {
    const { test, any, exactly, words } = expr
    const key = keyOf(expr)
    const before = this.#truths.get(key)
    if (before) return before
    const subject = this.value(expr.subject)
    if (subject.kind !== 'text') return this.#any(expr)
    const wanted = any.flatMap((one) => (one.op === 'list' ? one.items : [one])).map((one) => this.value(one))
    const tests = wanted.map((one): Truth => {
      if (one.kind !== 'text') return this.#freeTruth()
      const known = and(subject.known, one.known)
      const same = this.texts.same(subject, one, !exactly)
      const holds = test === 'equals' ? same : this.texts.found({ test, words, exactly }, subject, one)
      return { yes: and(known, holds), no: and(known, not(holds)) }
    })
    const made = {
      yes: or(...tests.map(({ yes }) => yes)),
      no: and(subject.known, ...tests.map(({ no }) => no)),
    }
    this.#truths.set(key, made)
    return made
  }

  #freeTruth(): Truth {
    const free = { yes: this.#question.fresh('Bool'), no: this.#question.fresh('Bool') }
    this.#question.assert(not(and(free.yes, free.no)))
    return free
  }

  #present({ of }: Expr & { op: 'present' }): Truth {
    if (of.op === 'default')
      return this.#present({ op: 'present', of: of.of, span: of.span, type: { kind: 'flag' } })
    const found = this.#located(of)
    if (!found) return { yes: this.value(of).known, no: NO }
    const there = found.source.there(found.path)
    const key = `asked ${keyOf(of)}`
    const before = this.#truths.get(key)
    const asked =
      before?.yes ?? (of.op === 'field' ? found.source.asked(found.path) : this.#question.fresh('Bool'))
    this.#truths.set(key, { yes: asked, no: NO })
    return { yes: there, no: and(asked, not(there)) }
  }

  /** `some` needs an item for which it holds; `every` fails only by one for which it does not. */
  #quantified(expr: Expr & { op: 'some' | 'every' }): Truth {
    const isKnown = this.#truths.has(keyOf(expr))
    const any = this.#any(expr)
    if (isKnown) return any
    const found = this.#located(expr.list)
    const shape = found?.source.shapeAt(found.path)
    const item = new Source(
      this.#question,
      shape?.kind === 'list' ? shape.of : undefined,
      this.#question.fresh('Bool'),
    )
    const inner = new Translation(
      this.#question,
      this.#about,
      this.fields,
      this.#tables,
      new Map([...this.#sources, [expr.name, item]]),
    )
    const { yes, no } = inner.truth(expr.where)
    inner.texts.settle()
    const [decides, way] = expr.op === 'some' ? [any.yes, yes] : [any.no, no]
    this.#question.assert(implies(decides, way))
    if (found) this.#question.assert(implies(or(any.yes, any.no), found.source.there(found.path)))
    if (found?.source === this.fields) this.items.push({ path: found.path, item })
    return any
  }

  // ---------------------------------------------------------------- values

  #size(expr: Expr & { op: 'length' | 'count' }): Reading {
    const list = expr.op === 'length' ? expr.of : expr.list
    const of = this.value(list)
    const found = this.#located(list)
    const shape = found?.source.shapeAt(found.path)
    const bounds = shape?.kind === 'text' || shape?.kind === 'list' || shape?.kind === 'map' ? shape : {}
    const isWhole = expr.op === 'length' || expr.where === undefined
    if (of.kind === 'text') {
      const size = this.texts.lengthOf(of.raw)
      this.#question.assert(implies(of.known, sized(size, bounds)))
      return { kind: 'number', sort: 'Int', known: of.known, is: size }
    }
    const known = isWhole && of.kind === 'other' && 'of' in bounds ? of.known : this.#question.fresh('Bool')
    const key = `size ${keyOf(list)}`
    const all = this.#values.get(key) ?? {
      kind: 'number',
      sort: 'Int',
      known,
      is: this.#question.fresh('Int'),
    }
    this.#values.set(key, all)
    if (all.kind !== 'number') return all
    this.#question.assert(`(>= ${all.is} 0)`)
    this.#question.assert(implies(known, sized(all.is, bounds)))
    if (isWhole) return all
    const some = this.#question.fresh('Int')
    this.#question.assert(`(<= 0 ${some} ${all.is})`)
    return { kind: 'number', sort: 'Int', known, is: some }
  }

  #row(expr: Expr & { op: 'lookup' }): Reading {
    const table = this.#tables.get(expr.table)
    const rows = Object.entries(table?.rows ?? {})
    const keys = expr.keys.map((key) => this.value(key))
    const any = this.#unknown(expr)
    if (rows.length > ROWS_MAX || keys.some(({ kind }) => kind !== 'text')) return any
    const isRow = (row: string): Term => {
      const parts = row.split('\u001f')
      if (parts.length !== keys.length) return NO
      return and(
        ...keys.map((key, i) => (key.kind === 'text' ? eq(key.raw, this.#question.text(parts[i]!)) : NO)),
      )
    }
    const known = and(...keys.map((key) => key.known))
    this.#question.assert(eq(any.known, and(known, or(...rows.map(([row]) => isRow(row))))))
    for (const [row, value] of rows) {
      const there = literal(this.#question, value)
      if (there.kind === 'number' && any.kind === 'number')
        this.#question.assert(implies(and(any.known, isRow(row)), eq(toReal(any), toReal(there))))
      if (there.kind === 'text' && any.kind === 'text')
        this.#question.assert(
          implies(and(any.known, isRow(row)), and(eq(any.raw, there.raw), eq(any.folded, there.folded))),
        )
      if (there.kind === 'flag' && any.kind === 'flag')
        this.#question.assert(implies(and(any.known, isRow(row)), eq(any.is, there.is)))
    }
    return any
  }

  #offset(of: Expr, zone: string): Term {
    const key = `offset ${zone} ${keyOf(of)}`
    const before = this.#values.get(key)
    if (before?.kind === 'number') return before.is
    const is = zone === 'UTC' ? whole(0) : shown(this.#question)
    if (zone !== 'UTC') this.offsets.push({ zone, is })
    this.#values.set(key, { kind: 'number', sort: 'Int', known: YES, is })
    return is
  }
}

function sized(size: Term, { min = 0, max }: { readonly min?: number; readonly max?: number }): Term {
  return and(
    `(>= ${size} ${whole(Math.max(0, min))})`,
    max === undefined ? YES : `(<= ${size} ${whole(max)})`,
  )
}

const SCALARS: ReadonlySet<string> = new Set([
  'text',
  'choice',
  'number',
  'money',
  'date',
  'time',
  'duration',
  'flag',
])

function isScalar({ type: { kind } }: Expr): boolean {
  return SCALARS.has(kind)
}
