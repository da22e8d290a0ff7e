/** Keywords that look at one value alone. */

import type { Json } from '../step.ts'
import { characters } from '../text.ts'
import { isObject } from '../values.ts'
import { canonical, isMultiple } from './equality.ts'
import { type Check, fault } from './evaluation.ts'
import { compileExpression } from './expressions.ts'
import { JSON_FORMATS } from './formats.ts'
import type { SchemaProblem } from './problem.ts'

/** Undefined and a note when the keyword's value is not what it must be. */
export type Assertion = (
  value: Json,
  note: (kind: SchemaProblem['kind'], message: string) => void,
) => Check | undefined

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  integer: (value) => typeof value === 'number' && Number.isInteger(value),
  string: (value) => typeof value === 'string',
  array: (value) => Array.isArray(value),
  object: (value) => isObject(value),
}

const WORDS: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'yes or no (true or false)',
  number: 'a number',
  integer: 'a whole number',
  string: 'text',
  array: 'a list',
  object: 'a record',
}

const type: Assertion = (value, note) => {
  const names = Array.isArray(value) ? value : [value]
  const tests: ((value: Json) => boolean)[] = []
  const words: string[] = []
  for (const name of names) {
    if (typeof name !== 'string' || !Object.hasOwn(TYPES, name)) {
      note('malformed', `\`type\` knows no ${JSON.stringify(name)}`)
      return undefined
    }
    tests.push(TYPES[name]!)
    words.push(WORDS[name]!)
  }
  const expected = words.join(' or ')
  const [first] = tests
  const fits =
    tests.length === 1 && first !== undefined ? first : (one: Json) => tests.some((test) => test(one))
  return (one, place, run) => fits(one) || fault(run, place, one === null ? 'missing' : 'type', expected, one)
}

const oneOfThese = (values: readonly Json[]): Check => {
  const simple = new Set<Json>(values.filter((value) => typeof value !== 'object' || value === null))
  const complex = new Set(
    values.filter((value) => typeof value === 'object' && value !== null).map((value) => canonical(value)),
  )
  const expected = `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`.slice(0, 400)
  const fits = (one: Json): boolean =>
    typeof one === 'object' && one !== null
      ? complex.size > 0 && complex.has(canonical(one))
      : simple.has(one)
  return (one, place, run) => fits(one) || fault(run, place, 'choice', expected, one)
}

const bounded =
  (fits: (value: number, bound: number) => boolean, words: string): Assertion =>
  (bound, note) => {
    if (typeof bound !== 'number') {
      note('malformed', 'a bound is a number')
      return undefined
    }
    const expected = `${words} ${bound}`
    return (one, place, run) =>
      typeof one !== 'number' || fits(one, bound) || fault(run, place, 'range', expected, one)
  }

const sized =
  (sizeOf: (value: Json) => number | undefined, most: boolean, words: string): Assertion =>
  (bound, note) => {
    if (typeof bound !== 'number' || !Number.isInteger(bound) || bound < 0) {
      note('malformed', 'a size is a whole number')
      return undefined
    }
    const expected = `at ${most ? 'most' : 'least'} ${bound} ${words}`
    return (one, place, run) => {
      const size = sizeOf(one)
      return (
        size === undefined ||
        (most ? size <= bound : size >= bound) ||
        fault(run, place, 'length', expected, one)
      )
    }
  }

const textSize = (value: Json) => (typeof value === 'string' ? characters(value) : undefined)
const listSize = (value: Json) => (Array.isArray(value) ? value.length : undefined)
const memberCount = (value: Json) => (isObject(value) ? Object.keys(value).length : undefined)

const pattern: Assertion = (source, note) => {
  if (typeof source !== 'string') {
    note('malformed', 'a pattern is text')
    return undefined
  }
  const expression = compileExpression(source)
  if (expression === undefined) {
    note('pattern', `\`${source}\` has no meaning in linear time (no look-around, no back-references)`)
    return undefined
  }
  return (one, place, run) =>
    typeof one !== 'string' ||
    expression.test(one) ||
    fault(run, place, 'format', `text matching ${source}`, one)
}

const format: Assertion = (name, note) => {
  if (typeof name !== 'string') {
    note('malformed', 'a format is text')
    return undefined
  }
  if (!Object.hasOwn(JSON_FORMATS, name)) {
    note('unknown', `the format \`${name}\` is not known`)
    return undefined
  }
  const fits = JSON_FORMATS[name]!
  return (one, place, run) => typeof one !== 'string' || fits(one) || fault(run, place, 'format', name, one)
}

const required: Assertion = (names, note) => {
  if (!Array.isArray(names)) {
    note('malformed', '`required` is a list of names')
    return undefined
  }
  return (one, place, run) => {
    if (!isObject(one)) return true
    let fits = true
    for (const name of names) {
      if (typeof name !== 'string' || Object.hasOwn(one, name)) continue
      fits = fault(
        run,
        run.issues === undefined ? undefined : { up: place, key: name },
        'missing',
        'a value',
        undefined,
      )
      if (run.issues === undefined) return false
    }
    return fits
  }
}

const dependentRequired: Assertion = (needs, note) => {
  if (!isObject(needs)) {
    note('malformed', '`dependentRequired` is a map of lists')
    return undefined
  }
  const entries = Object.entries(needs)
  return (one, place, run) => {
    if (!isObject(one)) return true
    let fits = true
    for (const [name, others] of entries) {
      if (!Object.hasOwn(one, name) || !Array.isArray(others)) continue
      for (const other of others) {
        if (typeof other !== 'string' || Object.hasOwn(one, other)) continue
        fits = fault(
          run,
          run.issues === undefined ? undefined : { up: place, key: other },
          'missing',
          `a value, as \`${name}\` is there`,
          undefined,
        )
      }
    }
    return fits
  }
}

export const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  type,
  enum: (values, note) => {
    if (Array.isArray(values)) return oneOfThese(values)
    note('malformed', '`enum` is a list')
    return undefined
  },
  const: (value) => oneOfThese([value]),
  minimum: bounded((value, bound) => value >= bound, 'at least'),
  maximum: bounded((value, bound) => value <= bound, 'at most'),
  exclusiveMinimum: bounded((value, bound) => value > bound, 'over'),
  exclusiveMaximum: bounded((value, bound) => value < bound, 'under'),
  multipleOf: (unit, note) => {
    if (typeof unit !== 'number' || unit <= 0) {
      note('malformed', '`multipleOf` is a number over 0')
      return undefined
    }
    return (one, place, run) =>
      typeof one !== 'number' ||
      isMultiple(one, unit) ||
      fault(run, place, 'range', `a multiple of ${unit}`, one)
  },
  minLength: sized(textSize, false, 'characters'),
  maxLength: sized(textSize, true, 'characters'),
  minItems: sized(listSize, false, 'items'),
  maxItems: sized(listSize, true, 'items'),
  minProperties: sized(memberCount, false, 'members'),
  maxProperties: sized(memberCount, true, 'members'),
  uniqueItems: (unique) => {
    if (unique !== true) return () => true
    return (one, place, run) =>
      !Array.isArray(one) ||
      new Set(one.map((item) => canonical(item))).size === one.length ||
      fault(run, place, 'format', 'no item twice', one)
  },
  pattern,
  format,
  required,
  dependentRequired,
}
