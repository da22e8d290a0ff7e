/** Keywords that hold other schemas. `inner` compiles one of them. */
import type { Json, JsonObject } from '../step.ts'
import { isObject } from '../values.ts'
import { pointerPart } from './documents.ts'
import { type Check, fault, inside, quietly, Seen } from './evaluation.ts'
import { compileExpression } from './expressions.ts'
import type { SchemaProblem } from './problem.ts'

export interface Compiling {
  /** Compiles the schema at `pointer`, relative to the keyword. */
  readonly inner: (schema: Json, pointer: string) => Check
  readonly note: (kind: SchemaProblem['kind'], message: string) => void
  /** The schema the keyword stands in. */
  readonly beside: JsonObject
}

/** Runs several checks of one value; all of them when issues are wanted. */
export function all(checks: readonly Check[]): Check {
  const [first, second] = checks
  if (first === undefined) return () => true
  if (second === undefined) return first
  return (value, place, run, seen) => {
    let fits = true
    for (let i = 0; i < checks.length; i++) {
      if (checks[i]!(value, place, run, seen)) continue
      if (run.issues === undefined) return false
      fits = false
    }
    return fits
  }
}

type Applicator = (value: Json, compiling: Compiling) => Check | undefined

const schemaList =
  (make: (checks: readonly Check[]) => Check): Applicator =>
  (list, { inner, note }) => {
    if (Array.isArray(list)) return make(list.map((one, i) => inner(one, pointerPart(i))))
    note('malformed', 'a list of schemas is needed')
    return undefined
  }

/** Asks one alternative; what it looked at counts only when it fits. */
function alternative(check: Check, value: Json, run: Parameters<Check>[2], seen: Seen | undefined): boolean {
  if (seen === undefined) return quietly(run, () => check(value, undefined, run, undefined))
  const own = new Seen()
  const fits = quietly(run, () => check(value, undefined, run, own))
  if (fits) seen.add(own)
  return fits
}

const anyOf = schemaList((checks) => (value, place, run, seen) => {
  let fits = false
  for (const check of checks) {
    if (!alternative(check, value, run, seen)) continue
    fits = true
    if (seen === undefined) return true
  }
  // With a single alternative, or one that is of the value's type, its own issues would say more; the first does.
  return fits || fault(run, place, 'type', 'one of the forms the schema allows', value)
})

const oneOf = schemaList((checks) => (value, place, run, seen) => {
  let fitting = 0
  for (const check of checks) if (alternative(check, value, run, seen)) fitting++
  if (fitting === 1) return true
  return fault(
    run,
    place,
    'type',
    fitting === 0 ? 'one of the forms the schema allows' : 'only one of the forms the schema allows',
    value,
  )
})

const not: Applicator = (schema, { inner }) => {
  const check = inner(schema, '')
  return (value, place, run) =>
    !quietly(run, () => check(value, undefined, run, undefined)) ||
    fault(run, place, 'type', 'another form: the schema excludes this one', value)
}

const conditional: Applicator = (schema, { inner, beside }) => {
  const when = inner(schema, '')
  const otherwise = beside['else'] === undefined ? undefined : inner(beside['else'], '/../else')
  const then = beside['then'] === undefined ? undefined : inner(beside['then'], '/../then')
  return (value, place, run, seen) => {
    const branch = alternative(when, value, run, seen) ? then : otherwise
    return branch === undefined || branch(value, place, run, seen)
  }
}

const namedSchemas = (named: Json, { inner, note }: Compiling): [string, Check][] | undefined => {
  if (isObject(named))
    return Object.entries(named).map(([name, one]) => [name, inner(one, pointerPart(name))])
  note('malformed', 'a map of schemas is needed')
  return undefined
}

/** `properties`, `patternProperties` and `additionalProperties` look at members together. */
export function members(schema: JsonObject, compilingOf: (keyword: string) => Compiling): Check | undefined {
  const { properties, patternProperties, additionalProperties } = schema
  if (properties === undefined && patternProperties === undefined && additionalProperties === undefined)
    return undefined
  const named = new Map(
    properties === undefined ? [] : (namedSchemas(properties, compilingOf('properties')) ?? []),
  )
  const patterns: [{ test(text: string): boolean }, Check][] = []
  if (patternProperties !== undefined) {
    const compiling = compilingOf('patternProperties')
    for (const [source, check] of namedSchemas(patternProperties, compiling) ?? []) {
      const expression = compileExpression(source)
      if (expression === undefined)
        compiling.note(
          'pattern',
          `\`${source}\` has no meaning in linear time (no look-around, no back-references)`,
        )
      else patterns.push([expression, check])
    }
  }
  const rest =
    additionalProperties === undefined
      ? undefined
      : compilingOf('additionalProperties').inner(additionalProperties, '')
  const refused = additionalProperties === false
  return (value, place, run, seen) => {
    if (!isObject(value)) return true
    let fits = true
    for (const name in value) {
      if (!Object.hasOwn(value, name)) continue
      const member = value[name]!
      let known = false
      const ask = (check: Check) => {
        known = true
        if (!check(member, inside(run, place, name), run, undefined)) fits = false
      }
      const check = named.get(name)
      if (check !== undefined) ask(check)
      for (const [expression, matching] of patterns) if (expression.test(name)) ask(matching)
      if (!known && rest !== undefined) {
        if (refused) {
          known = true
          fits = fault(run, inside(run, place, name), 'unexpected', 'no such field', member)
        } else ask(rest)
      }
      if (known) seen?.names.add(name)
      if (!fits && run.issues === undefined) return false
    }
    return fits
  }
}

/** `prefixItems` and `items`. */
export function items(schema: JsonObject, compilingOf: (keyword: string) => Compiling): Check | undefined {
  // Before 2020-12 a list under `items` was what `prefixItems` is now, and `additionalItems` what `items` is.
  const old = Array.isArray(schema['items']) && isOld(schema)
  const prefix = old ? schema['items'] : schema['prefixItems']
  const rest = old ? schema['additionalItems'] : schema['items']
  if (prefix === undefined && rest === undefined) return undefined
  if (prefix !== undefined && !Array.isArray(prefix)) {
    compilingOf('prefixItems').note('malformed', 'a list of schemas is needed')
    return undefined
  }
  const first = (prefix ?? []).map((one, i) =>
    compilingOf(old ? 'items' : 'prefixItems').inner(one, pointerPart(i)),
  )
  const others =
    rest === undefined ? undefined : compilingOf(old ? 'additionalItems' : 'items').inner(rest, '')
  return (value, place, run, seen) => {
    if (!Array.isArray(value)) return true
    let fits = true
    const end = others === undefined ? Math.min(first.length, value.length) : value.length
    for (let i = 0; i < end; i++) {
      const check = i < first.length ? first[i]! : others!
      if (check(value[i]!, inside(run, place, i), run, undefined)) continue
      if (run.issues === undefined) return false
      fits = false
    }
    if (seen !== undefined) seen.upTo = Math.max(seen.upTo, end)
    return fits
  }
}

/** Drafts before 2020-12 name themselves; without a name the newest is meant. */
function isOld(schema: JsonObject): boolean {
  return 'additionalItems' in schema || !('prefixItems' in schema)
}

const contains: Applicator = (schema, { inner, beside }) => {
  const check = inner(schema, '')
  const least = typeof beside['minContains'] === 'number' ? beside['minContains'] : 1
  const most = typeof beside['maxContains'] === 'number' ? beside['maxContains'] : Number.POSITIVE_INFINITY
  const expected = `${most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`} items of the form the schema asks for`
  return (value, place, run, seen) => {
    if (!Array.isArray(value)) return true
    let count = 0
    for (let i = 0; i < value.length; i++) {
      if (!quietly(run, () => check(value[i]!, undefined, run, undefined))) continue
      count++
      seen?.places.add(i)
    }
    return (count >= least && count <= most) || fault(run, place, 'length', expected, value)
  }
}

const propertyNames: Applicator = (schema, { inner }) => {
  const check = inner(schema, '')
  return (value, place, run) => {
    if (!isObject(value)) return true
    let fits = true
    for (const name of Object.keys(value)) {
      if (quietly(run, () => check(name, undefined, run, undefined))) continue
      fits = fault(run, inside(run, place, name), 'unexpected', 'a name the schema allows', name)
      if (run.issues === undefined) return false
    }
    return fits
  }
}

const dependentSchemas: Applicator = (named, compiling) => {
  const entries = namedSchemas(named, compiling)
  if (entries === undefined) return undefined
  return (value, place, run, seen) => {
    if (!isObject(value)) return true
    let fits = true
    for (const [name, check] of entries)
      if (Object.hasOwn(value, name) && !check(value, place, run, seen)) fits = false
    return fits
  }
}

export const APPLICATORS: Readonly<Record<string, Applicator>> = {
  allOf: schemaList(all),
  anyOf,
  oneOf,
  not,
  if: conditional,
  contains,
  propertyNames,
  dependentSchemas,
}

export function unevaluatedProperties(check: Check): Check {
  return (value, place, run, seen) => {
    if (!isObject(value) || seen === undefined || seen.allNames) return true
    let fits = true
    for (const name of Object.keys(value)) {
      if (seen.names.has(name)) continue
      if (!check(value[name]!, inside(run, place, name), run, undefined)) fits = false
      if (!fits && run.issues === undefined) return false
    }
    seen.allNames = true
    return fits
  }
}

export function unevaluatedItems(check: Check): Check {
  return (value, place, run, seen) => {
    if (!Array.isArray(value) || seen === undefined) return true
    let fits = true
    for (let i = seen.upTo; i < value.length; i++) {
      if (seen.places.has(i)) continue
      if (!check(value[i]!, inside(run, place, i), run, undefined)) fits = false
      if (!fits && run.issues === undefined) return false
    }
    seen.upTo = value.length
    return fits
  }
}
