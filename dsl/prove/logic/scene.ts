/**
 * What a condition reads, as constants of a question: of each place in a step whether anything is there, and of each way of
 * reading it whether it can be read so and what is read. What the declared shape promises is asserted; nothing else is.
 */
import { fold } from '../../judge/text.ts'
import { NEVER_NULL, reads } from '../../lint/reason/world.ts'
import type { Range, Shape, Type } from '../../plan/plan.ts'
import { and, eq, implies, NO, not, or, type Question, real, type Term, whole, YES } from './terms.ts'

/** `known`: it is not unknown. Terms mean nothing where it is. */
export type Reading =
  | { readonly kind: 'number'; readonly sort: 'Int' | 'Real'; readonly known: Term; readonly is: Term }
  /** As it stands, and as people read it. */
  | { readonly kind: 'text'; readonly known: Term; readonly raw: Term; readonly folded: Term }
  | { readonly kind: 'flag'; readonly known: Term; readonly is: Term }
  /** A list, a record, anything. */
  | { readonly kind: 'other'; readonly known: Term }

/** One read, to be asked for its value. */
export interface Seen {
  readonly path: readonly string[]
  readonly type: Type
  readonly zone?: string
  readonly shape: Shape | undefined
  readonly reading: Reading
}

const DATE_RANGE = { min: -719_528, max: 2_932_896 }
const TIME_RANGE = { min: -62_167_392_000_000, max: 253_402_473_600_000 }
const SAFE = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }

/** One JSON value, such as the fields of a step, an item of a list, a remembered step. */
export class Source {
  readonly #question: Question
  readonly #shape: Shape | undefined
  readonly #there = new Map<string, Term>()
  readonly #seen = new Map<string, Seen>()

  /** `there`: whether it is there at all. */
  constructor(question: Question, shape: Shape | undefined, there: Term) {
    this.#question = question
    this.#shape = shape
    this.#there.set('[]', there)
  }

  get seen(): readonly Seen[] {
    return [...this.#seen.values()]
  }

  /** Paths asked about, with whether something is there. */
  get places(): readonly { readonly path: readonly string[]; readonly there: Term }[] {
    return [...this.#there].map(([key, there]) => ({ path: JSON.parse(key) as string[], there }))
  }

  shapeAt(path: readonly string[]): Shape | undefined {
    return path.reduce<Shape | undefined>(
      (shape, name) =>
        shape?.kind === 'record' ? shape.fields.find((field) => field.name === name)?.shape : undefined,
      this.#shape,
    )
  }

  /** Something other than null is at the path. */
  there(path: readonly string[]): Term {
    const key = JSON.stringify(path)
    const known = this.#there.get(key)
    if (known !== undefined) return known
    const parent = this.there(path.slice(0, -1))
    const there = this.#question.fresh('Bool')
    this.#there.set(key, there)
    this.#question.assert(implies(there, parent))
    const shape = this.shapeAt(path.slice(0, -1))
    const field = shape?.kind === 'record' ? shape.fields.find((one) => one.name === path.at(-1)) : undefined
    if (field && !field.optional && NEVER_NULL.has(field.shape.kind))
      this.#question.assert(implies(parent, there))
    // A closed record has nothing else.
    if (!field && shape?.kind === 'record' && shape.closed) this.#question.assert(not(there))
    return there
  }

  /** Whether it can be asked what is there: no part on the way is anything but a record. */
  asked(path: readonly string[]): Term {
    if (path.length <= 1 || path.every((_, i) => this.shapeAt(path.slice(0, i))?.kind === 'record'))
      return YES
    return this.#question.fresh('Bool')
  }

  read(path: readonly string[], type: Type, zone?: string): Reading {
    const key = JSON.stringify([path, type, zone ?? null])
    const before = this.#seen.get(key)
    if (before) return before.reading
    const shape = this.shapeAt(path)
    const there = this.there(path)
    const isDeclared = shape !== undefined && reads(shape, type)
    const known = isDeclared ? there : this.#question.fresh('Bool')
    this.#question.assert(implies(known, there))
    const reading = fresh(this.#question, type, known, isDeclared ? shape : undefined)
    this.#seen.set(key, { path, type, ...(zone !== undefined && { zone }), shape, reading })
    return reading
  }
}

/** Any value of the type; of the shape where it is declared. */
export function fresh(question: Question, type: Type, known: Term, shape?: Shape): Reading {
  const number = (sort: 'Int' | 'Real', ...ranges: readonly Range[]): Reading => {
    const is = question.fresh(sort)
    for (const range of ranges) question.assert(implies(known, within(is, sort, range)))
    return { kind: 'number', sort, known, is }
  }
  const declared = shape !== undefined && 'range' in shape ? shape.range : {}
  switch (type.kind) {
    case 'number':
      return shape?.kind === 'number' && shape.whole
        ? number('Int', SAFE, declared)
        : number('Real', declared)
    case 'money':
      return number('Int', SAFE, declared)
    case 'duration':
      return number('Int', { ...SAFE, min: 0 }, declared)
    case 'date':
      return number('Int', DATE_RANGE, declared)
    case 'time':
      return number('Int', TIME_RANGE, declared)
    case 'flag':
      return { kind: 'flag', known, is: question.fresh('Bool') }
    case 'text':
      return { kind: 'text', known, raw: question.fresh('Int'), folded: question.fresh('Int') }
    case 'choice': {
      const [raw, folded] = [question.fresh('Int'), question.fresh('Int')]
      const options = shape?.kind === 'choice' ? shape.options : type.options
      question.assert(implies(known, or(...options.map((option) => eq(raw, question.text(option))))))
      for (const option of options)
        question.assert(implies(eq(raw, question.text(option)), eq(folded, question.text(fold(option)))))
      return { kind: 'text', known, raw, folded }
    }
    default:
      return { kind: 'other', known }
  }
}

export function within(is: Term, sort: 'Int' | 'Real', { min, max, over, under }: Range): Term {
  const bound = (cmp: string, value: number | undefined): Term => {
    if (value === undefined || !Number.isFinite(value)) return YES
    if (sort === 'Int' && Number.isInteger(value)) return `(${cmp} ${is} ${whole(value)})`
    return `(${cmp} ${sort === 'Int' ? `(to_real ${is})` : is} ${real(value)})`
  }
  return and(bound('>=', min), bound('<=', max), bound('>', over), bound('<', under))
}

/** A value written in the policy. */
export function literal(question: Question, value: string | number | boolean): Reading {
  if (typeof value === 'boolean') return { kind: 'flag', known: YES, is: value ? YES : NO }
  if (typeof value === 'string')
    return { kind: 'text', known: YES, raw: question.text(value), folded: question.text(fold(value)) }
  return Number.isSafeInteger(value)
    ? { kind: 'number', sort: 'Int', known: YES, is: whole(value) }
    : { kind: 'number', sort: 'Real', known: YES, is: real(value) }
}

export type Numeric = Reading & { kind: 'number' }

export function toReal({ sort, is }: Numeric): Term {
  return sort === 'Real' ? is : `(to_real ${is})`
}

/** The one, and otherwise the other. */
export function either(when: Term, then: Reading, otherwise: Reading): Reading {
  const pick = (a: Term, b: Term): Term => (a === b ? a : `(ite ${when} ${a} ${b})`)
  const known = pick(then.known, otherwise.known)
  if (then.kind === 'number' && otherwise.kind === 'number') {
    const areWhole = then.sort === 'Int' && otherwise.sort === 'Int'
    const is = areWhole ? pick(then.is, otherwise.is) : pick(toReal(then), toReal(otherwise))
    return { kind: 'number', sort: areWhole ? 'Int' : 'Real', known, is }
  }
  if (then.kind === 'text' && otherwise.kind === 'text')
    return {
      kind: 'text',
      known,
      raw: pick(then.raw, otherwise.raw),
      folded: pick(then.folded, otherwise.folded),
    }
  if (then.kind === 'flag' && otherwise.kind === 'flag')
    return { kind: 'flag', known, is: pick(then.is, otherwise.is) }
  return { kind: 'other', known }
}
