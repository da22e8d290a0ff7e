/**
 * Questions about conditions, to a solver: can all of it be had of one step, and which step would that be? *Cannot* is a proof,
 * for what has no exact translation was taken to be anything. An example is a guess until the judge has looked at it.
 */
import type { Json, JsonObject } from '../../judge/step.ts'
import { fold, type TextTest } from '../../judge/text.ts'
import { DAY_MS, write } from '../../judge/values.ts'
import { offsetAt } from '../../judge/zone.ts'
import type { Assumed, Condition, Further, Ground, Want } from '../../lint/reason/conditions.ts'
import { fieldsAt, type Place } from '../../lint/reason/places.ts'
import { keyOf, standalone } from '../../lint/reason/rewrite.ts'
import { atomsOf, promisesOf } from '../../lint/reason/world.ts'
import type { Expr, Shape } from '../../plan/plan.ts'
import { type Sampling, samplesOf } from '../samples.ts'
import { type Reading, type Seen, Source } from './scene.ts'
import { type Solved, type SolvedValue, type Solver, solve } from './solver.ts'
import { and, eq, not, or, Question, type Term, whole, YES } from './terms.ts'
import { Translation } from './translate.ts'

/** What of a step an example says. */
export interface Example {
  readonly fields: JsonObject
  readonly roles?: readonly string[]
  readonly tenant?: string
  readonly peer?: string
  /** Milliseconds since the epoch. */
  readonly at?: number
}

/** Asks a solver what the linter's reasoning leaves open, once for each question. */
export function furtherBy(solver: Solver, ground: Ground): Further {
  const known = new Map<string, boolean>()
  return (wants, place, assumed) => {
    if (!areEntangled(wants, place, ground)) return true
    const key = JSON.stringify([
      wants.map(({ expr, of, wanted, certain }) => [expr && keyOf(standalone(expr, of)), wanted, certain]),
      place,
      assumed,
    ])
    const before = known.get(key)
    if (before !== undefined) return before
    const { question } = asked(wants, place, assumed, ground)
    const may = solve(solver, question).kind !== 'cannot'
    known.set(key, may)
    return may
  }
}

/**
 * A step of the place that has it all, about `at`, or undefined where none was found. `sampling`: what texts of a form may be.
 */
export function exampleOf(
  wants: readonly Want[],
  place: Place,
  ground: Ground,
  solver: Solver,
  sampling: Sampling,
  at: number,
): Example | undefined {
  const fields = fieldsAt(place, ground.plan)
  const { question, translation } = asked(wants, place, 'declared', ground)
  for (const seen of translation.fields.seen) prefer(question, seen, sampling)
  // Soon, and by what clocks show then.
  const now = translation.metas.get('now')
  if (now?.kind === 'number') question.assert(`(<= ${whole(at)} ${now.is} ${whole(at + SOON_MS)})`)
  for (const { zone, is } of translation.offsets) question.assert(eq(is, whole(offsetAt(zone, at) ?? 0)))
  return exampleIn(question, translation, fields, solver, sampling)
}

function asked(
  wants: readonly Want[],
  place: Place,
  assumed: Assumed,
  ground: Ground,
): { readonly question: Question; readonly translation: Translation } {
  const question = new Question()
  const shape = assumed === 'declared' ? fieldsAt(place, ground.plan) : undefined
  const fields = new Source(question, shape, YES)
  const translation = new Translation(question, place, fields, ground.tables)
  for (const { expr, of, wanted, certain } of wants) {
    if (expr === undefined) {
      if (!wanted) question.assert('false')
      continue
    }
    const { yes, no } = translation.truth(standalone(expr, of))
    const [way, other] = wanted ? [yes, no] : [no, yes]
    question.assert(certain ? way : not(other))
  }
  for (const { holds } of promisesOf(shape)) question.assert(translation.truth(holds).yes)
  translation.texts.settle()
  return { question, translation }
}

/** Tests that read nothing in common and can each go the wanted way can all go it: there is nothing to be asked. */
function areEntangled(wants: readonly Want[], place: Place, { plan }: Ground): boolean {
  const seen = new Set<string>()
  const leaves = [
    ...wants.flatMap(({ expr, of }) => (expr === undefined ? [] : leavesOf(standalone(expr, of)))),
    ...promisesOf(fieldsAt(place, plan)).flatMap(({ holds }) => leavesOf(holds)),
  ]
  return leaves.some((leaf) => {
    const atoms = atomsOf(leaf).map(keyOf)
    const again = new Set(atoms).size < atoms.length || atoms.some((atom) => seen.has(atom)) || computes(leaf)
    for (const atom of atoms) seen.add(atom)
    return again
  })
}

function leavesOf(expr: Expr): readonly Expr[] {
  if (expr.op === 'not') return leavesOf(expr.of)
  return expr.op === 'and' || expr.op === 'or' ? expr.of.flatMap(leavesOf) : [expr]
}

function computes(leaf: Expr): boolean {
  if (leaf.op !== 'compare') return false
  return [leaf.left, leaf.right].some(
    ({ op }) => op === 'arith' || op === 'lookup' || op === 'wall' || op === 'day',
  )
}

// ------------------------------------------------------------------ examples

const SOON_MS = 14 * DAY_MS

/** Texts that have to look like something are some that do. */
function prefer(question: Question, { path, shape, reading }: Seen, sampling: Sampling): void {
  if (reading.kind !== 'text' || shape?.kind !== 'text') return
  if (shape.like === undefined && shape.format === undefined) return
  const samples = textsFor(path, shape, sampling)
  const isSample = (one: string): Term =>
    and(eq(reading.raw, question.text(one)), eq(reading.folded, question.text(fold(one))))
  if (samples.length > 0) question.assert(or(...samples.map(isSample)))
}

/** What a text there may be, as the policy and its tests have it. */
function textsFor(path: readonly string[], shape: Shape, sampling: Sampling): string[] {
  const [name = ''] = path.slice(-1)
  const known = [...(sampling.examples.get(name) ?? []), ...(sampling.constants.get(name) ?? [])]
  const { values } = samplesOf(shape, {
    ...sampling,
    examples: new Map([['', known.filter((one) => typeof one === 'string')]]),
    made: new Map(),
  })
  return values.filter((one) => typeof one === 'string')
}

function exampleIn(
  question: Question,
  translation: Translation,
  shape: Shape | undefined,
  solver: Solver,
  sampling: Sampling,
): Example | undefined {
  const terms: Term[] = []
  const ask = (term: Term): (() => SolvedValue) => {
    const at = terms.push(term) - 1
    return () => (solved.kind === 'can' ? solved.values[at] : undefined)
  }
  const found = translation.texts.searches.map((search) => ({ search, holds: ask(search.found) }))
  const wordsIn = (on: Term, test: TextTest): string[] =>
    found.flatMap(({ search, holds }) =>
      search.on === on && search.test === test && holds() === true ? [search.word] : [],
    )
  const sizes = new Map(translation.texts.lengths.map(({ of, size }) => [of, ask(size)]))
  const scribe: Scribe = {
    ask,
    sampling,
    /** One that is written, or one made of what has to be in it. */
    text({ path, shape, reading }, raw, folded) {
      const [written, readAs] = [raw, folded].map((id) =>
        typeof id === 'number' ? question.textOf(id) : undefined,
      )
      if (written !== undefined && fold(written) === readAs) return written
      if (readAs !== undefined) return readAs
      const ons = reading.kind === 'text' ? [reading.folded, reading.raw] : []
      const words = (['starts', 'contains', 'ends'] as const).flatMap((test) =>
        ons.flatMap((on) => wordsIn(on, test)),
      )
      const size = reading.kind === 'text' ? sizes.get(reading.raw)?.() : undefined
      const made = [...new Set(words)].join(question.knows([...new Set(words)].join(' ')) ? ' so ' : ' ')
      const sample =
        shape === undefined
          ? 'x'
          : (textsFor(path, shape, sampling).find((one) => one !== '' && !question.knows(fold(one))) ?? 'x')
      const any = made === '' ? sample : made
      return typeof size === 'number' ? any.slice(0, size).padEnd(size, 'x') : any
    },
  }
  const fields = builderOf(translation.fields, shape, scribe)
  const lists = translation.items.map(({ path, item }) => {
    const of = translation.fields.shapeAt(path)
    return { path, of, item: builderOf(item, of?.kind === 'list' ? of.of : undefined, scribe) }
  })
  const metas = [...translation.metas].map(([name, reading]) => {
    const [known, is, folded] = [ask(reading.known), ask(termOf(reading)), ask(foldedOf(reading))]
    const read = (): Json | undefined =>
      reading.kind === 'text'
        ? scribe.text({ path: [], type: { kind: 'text' }, shape: undefined, reading }, is(), folded())
        : is()
    return { name, value: () => (known() === true ? read() : undefined) }
  })
  const roles = [...translation.roles].map(([role, has]) => ({ role, has: ask(has) }))
  const solved: Solved = solve(solver, question, terms)
  if (solved.kind !== 'can') return undefined
  const meta = (name: string): Json | undefined => metas.find((one) => one.name === name)?.value()
  const [now, tenant, peer] = [meta('now'), meta('tenant'), meta('peer')]
  const made = lists.reduce<Json>((soFar, { path, of, item }) => {
    const least = of?.kind === 'list' ? Math.max(1, of.min ?? 0) : 1
    return written(
      soFar,
      path,
      Array.from({ length: least }, () => item()),
    )
  }, fields())
  if (typeof made !== 'object' || made === null || Array.isArray(made)) return undefined
  return {
    fields: made,
    ...(translation.roles.size > 0 && {
      roles: roles.filter(({ has }) => has() === true).map(({ role }) => role),
    }),
    ...(typeof tenant === 'string' && { tenant }),
    ...(typeof peer === 'string' && { peer }),
    ...(typeof now === 'number' && { at: now }),
  }
}

/** Asks for what a value is made of, and writes it. */
interface Scribe {
  readonly ask: (term: Term) => () => SolvedValue
  readonly sampling: Sampling
  text(seen: Seen, raw: SolvedValue, folded: SolvedValue): string
}

/** The value of a source: what is declared, with what was solved written in. */
function builderOf(source: Source, shape: Shape | undefined, scribe: Scribe): () => Json {
  const { ask, sampling } = scribe
  const sample = shape === undefined ? {} : (samplesOf(shape, sampling).values[0] ?? {})
  const places = source.places
    .filter(({ path }) => path.length > 0)
    .map(({ path, there }) => ({ path, there: ask(there) }))
  const reads = source.seen.map((seen) => ({
    seen,
    known: ask(seen.reading.known),
    is: ask(termOf(seen.reading)),
    folded: ask(foldedOf(seen.reading)),
  }))
  return () => {
    let made: Json = sample
    for (const { path, there } of places) {
      if (there() === false) made = written(made, path, undefined)
      else if (at(made, path) === undefined) {
        const declared = source.shapeAt(path)
        made = written(
          made,
          path,
          declared === undefined ? {} : (samplesOf(declared, sampling).values[0] ?? {}),
        )
      }
    }
    for (const { seen, known, is, folded } of reads) {
      const value = known() === true ? jsonOf(seen, is(), folded(), scribe) : undefined
      if (value !== undefined) made = written(made, seen.path, value)
    }
    return made
  }
}

function termOf(reading: Reading): Term {
  if (reading.kind === 'text') return reading.raw
  return reading.kind === 'other' ? reading.known : reading.is
}

function foldedOf(reading: Reading): Term {
  return reading.kind === 'text' ? reading.folded : reading.known
}

function jsonOf(seen: Seen, value: SolvedValue, folded: SolvedValue, scribe: Scribe): Json | undefined {
  const { type, shape, reading } = seen
  if (reading.kind === 'other' || value === undefined) return undefined
  if (reading.kind === 'text') return scribe.text(seen, value, folded)
  if (typeof value !== 'number') return value
  const made = write(value, type)
  return type.kind === 'money' && shape?.kind === 'money' && shape.others !== undefined
    ? { amount: made, currency: type.currency }
    : made
}

function at(value: Json, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner) && Object.hasOwn(inner, name)
        ? inner[name]
        : undefined,
    value,
  )
}

/** `value` with `part` at the path; without anything there where it is undefined. */
function written(value: Json, path: readonly string[], part: Json | undefined): Json {
  const [name, ...rest] = path
  if (name === undefined) return part ?? {}
  const record: JsonObject = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  if (rest.length > 0) {
    const inner = Object.hasOwn(record, name) ? record[name] : undefined
    return inner === undefined && part === undefined
      ? record
      : { ...record, [name]: written(inner ?? {}, rest, part) }
  }
  const { [name]: _, ...others } = record
  return part === undefined ? others : { ...others, [name]: part }
}

/** A condition that is wanted to hold. */
export function holdsOf(of: Condition): Want {
  return { expr: of.when.where, of, wanted: true, certain: true }
}
