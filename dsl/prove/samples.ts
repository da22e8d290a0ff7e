/** Values of a declared shape to try: all of them where they are few, else some on each side of what the policy compares with. */

import { formedTexts } from '../judge/formed-texts.ts'
import { validate } from '../judge/shape.ts'
import { type Json, type JsonObject, NOWHERE } from '../judge/step.ts'
import { MICRO, type Plan, type Shape, type Table } from '../plan/plan.ts'
import { type Constant, type Constants, constantsOf, examplesIn } from './constants.ts'

export interface Samples {
  readonly values: readonly Json[]
  /** Paths of which there are more values than these. */
  readonly open: readonly string[]
}

/** Values tried of one shape. */
export const VALUES_MAX = 64
/** Texts tried of one mask or format. */
const FORMED_MAX = 2
/** A range of whole numbers with no more is tried in full. */
const WHOLE_MAX = 8

export interface Sampling {
  readonly constants: Constants
  /** By the name of a field: tried beside what is made up. */
  readonly examples: ReadonlyMap<string, readonly Json[]>
  readonly tables: ReadonlyMap<string, Table>
  /** What was made up before. */
  readonly made: Map<Shape, Samples>
}

export function samplingOf(plan: Plan): Sampling {
  return {
    constants: constantsOf(plan),
    examples: examplesIn(plan),
    tables: new Map(plan.tables.map((table) => [table.name, table])),
    made: new Map(),
  }
}

/** Only values that look as declared: others are refused before anything else is asked. */
export function samplesOf(shape: Shape, sampling: Sampling): Samples {
  const samples = sampling.made.get(shape) ?? samplesAnew(shape, sampling)
  sampling.made.set(shape, samples)
  return samples
}

function samplesAnew(shape: Shape, sampling: Sampling): Samples {
  const { tables } = sampling
  const looks = (value: Json): boolean => validate(shape, value, { step: NOWHERE, tables }).length === 0
  const { values, open } = made(shape, '', sampling)
  const distinct = new Map(values.filter(looks).map((value) => [JSON.stringify(value), value]))
  return {
    values: [...distinct.values()].slice(0, VALUES_MAX),
    open: distinct.size > VALUES_MAX ? [''] : open,
  }
}

function made(shape: Shape, path: string, sampling: Sampling): Samples {
  const name = path.slice(path.lastIndexOf('.') + 1)
  const known = [...(sampling.constants.get(name) ?? [])]
  const examples = sampling.examples.get(name) ?? []
  const some = (values: readonly Json[]): Samples => ({ values: [...examples, ...values], open: [path] })
  const all = (values: readonly Json[]): Samples => ({ values, open: [] })
  switch (shape.kind) {
    case 'flag':
      return all([true, false])
    case 'choice':
      return all(shape.options)
    case 'constant':
      return all([shape.value])
    case 'number': {
      const { range, whole } = shape
      const low = range.min ?? (range.over === undefined ? undefined : Math.floor(range.over) + 1)
      const high = range.max ?? (range.under === undefined ? undefined : Math.ceil(range.under) - 1)
      if (whole && low !== undefined && high !== undefined && high - low < WHOLE_MAX)
        return all(Array.from({ length: high - low + 1 }, (_, i) => low + i))
      return some(around([...numbers(known), ...edges(range)], 1))
    }
    case 'money': {
      const amounts = around([...numbers(known), ...edges(shape.range)], MICRO).map(
        (amount) => amount / MICRO,
      )
      if (shape.others === undefined) return some(amounts)
      return some(amounts.map((amount) => ({ amount, currency: shape.currency })))
    }
    case 'text':
      return some([...known.filter((one) => typeof one === 'string'), ...texts(shape)])
    case 'date':
      return some(['2024-05-15', '2030-01-01', '2000-01-01'])
    case 'time':
      return some(['2024-05-15T15:00:00Z', '2030-01-01T00:00:00Z', '2000-01-01T00:00:00Z'])
    case 'duration':
      return some(['1 minute', '2 days'])
    case 'nullable': {
      const of = made(shape.of, path, sampling)
      return { values: [null, ...of.values], open: of.open }
    }
    case 'list': {
      const of = made(shape.of, path, sampling)
      const { min = 0 } = shape
      const filled = of.values.map((value): Json => Array.from({ length: Math.max(1, min) }, () => value))
      return some([...(min === 0 ? [[]] : []), ...filled])
    }
    case 'map': {
      const of = made(shape.of, path, sampling)
      return some([{}, ...of.values.map((value): Json => ({ a: value }))])
    }
    case 'union': {
      const variants = shape.variants.flatMap(({ tags, shape: of }) =>
        tags.map((tag) => {
          const { values, open } = made(of, path, sampling)
          return {
            values: values.map((value) => (isRecord(value) ? { ...value, [shape.by]: tag } : value)),
            open,
          }
        }),
      )
      return { values: variants.flatMap(({ values }) => values), open: variants.flatMap(({ open }) => open) }
    }
    case 'record':
      return records(shape, path, sampling)
    case 'json-schema':
    case 'anything':
      return some(['', {}, 1])
  }
}

/** Every combination of the fields where they are few; else each field's values beside the first ones of the others. */
function records(shape: Shape & { kind: 'record' }, path: string, sampling: Sampling): Samples {
  const fields = shape.fields.map(({ name, shape: of, optional }) => {
    const { values, open } = made(of, path === '' ? name : `${path}.${name}`, sampling)
    return { name, values: optional ? [...values, undefined] : values, open }
  })
  const open = fields.flatMap((field) => field.open)
  const many = fields.reduce((product, { values }) => product * Math.max(1, values.length), 1)
  if (many <= VALUES_MAX * 4) {
    const values = fields.reduce<JsonObject[]>(
      (soFar, { name, values }) =>
        soFar.flatMap((record) => values.map((value) => withField(record, name, value))),
      [{}],
    )
    return { values, open }
  }
  const base = fields.reduce<JsonObject>((record, { name, values }) => withField(record, name, values[0]), {})
  const values = fields.flatMap(({ name, values }) => values.map((value) => withField(base, name, value)))
  return { values: [base, ...values], open: open.length > 0 ? open : [path] }
}

function withField(record: JsonObject, name: string, value: Json | undefined): JsonObject {
  const { [name]: _, ...rest } = record
  return value === undefined ? rest : { ...rest, [name]: value }
}

function numbers(known: readonly Constant[]): number[] {
  return known.filter((one) => typeof one === 'number')
}

function edges({
  min,
  max,
  over,
  under,
}: {
  min?: number
  max?: number
  over?: number
  under?: number
}): number[] {
  return [min, max, over, under].filter((one) => one !== undefined)
}

/** Each number, and one unit to either side of it. */
function around(values: readonly number[], unit: number): number[] {
  return [...values.flatMap((value) => [value, value - unit, value + unit]), unit, 0, 1_000 * unit]
}

function texts(shape: Shape & { kind: 'text' }): string[] {
  const { min = 0, max } = shape
  const formed = formedTexts(shape, []).slice(0, FORMED_MAX)
  return [...formed, 'a', 'b', ''].map((one) => one.padEnd(min, 'a').slice(0, max))
}

function isRecord(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
