/** Values that a shape lets in, made up: small, at bounds, and now and then past them. */

import { formedTexts } from '#dsl/judge/formed-texts.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { MICRO } from '#dsl/plan/plan.ts'
import type { Range, Shape } from '#dsl/plan/shape.ts'
import type { Random } from '#runtime/simulation/random.ts'

const WORDS = [
  'order',
  'refund',
  'please',
  'today',
  'account',
  'again',
  'thanks',
  'why',
  'late',
  'A-1',
  'B-22',
]
const SMALL = 1_000
const DAY_MS = 86_400_000
const ITEMS_MAX = 3
/** Of the texts that have a form. */
const MISSHAPEN = 0.03

/** What values are made of. */
export interface Making {
  readonly random: Random
  /** Milliseconds since the epoch, near which times and dates lie. */
  readonly at: number
  /** By the name of a field: what the policy's tests give it. */
  readonly examples: ReadonlyMap<string, readonly Json[]>
}

function valueLike(shape: Shape, name: string, making: Making): Json {
  const { random, at } = making
  switch (shape.kind) {
    case 'text':
      return textOf(shape, name, making)
    case 'number':
      return numberOf(shape.range, random, 1, shape.whole)
    case 'money': {
      const amount = numberOf(shape.range, random, MICRO, false)
      if (!shape.others || shape.others.length === 0) return amount
      const currency = random.pick([shape.currency, ...shape.others.map((other) => other.currency)])
      return { amount, currency }
    }
    case 'date':
      return isoAt(at, random).slice(0, 'YYYY-MM-DD'.length)
    case 'time':
      return isoAt(at, random)
    case 'duration':
      return `${1 + random.int(60)} minutes`
    case 'flag':
      return random.chance(0.5)
    case 'choice':
      return random.pick(shape.options)
    case 'constant':
      return shape.value
    case 'list':
      return manyOf(shape, random, () => valueLike(shape.of, name, making))
    case 'map':
      return Object.fromEntries(
        manyOf(shape, random, (i) => [`k${i}`, valueLike(shape.of, name, making)] as const),
      )
    case 'nullable':
      return random.chance(0.2) ? null : valueLike(shape.of, name, making)
    case 'union': {
      const { tags, shape: of } = random.pick(shape.variants)
      const value = valueLike(of, name, making)
      return isRecord(value) ? { ...value, [shape.by]: random.pick(tags) } : value
    }
    case 'record':
      return recordOf(shape, making)
    case 'json-schema':
    case 'anything':
      return random.pick(WORDS)
  }
}

export function recordOf(shape: Shape, making: Making): JsonObject {
  if (shape.kind !== 'record') return {}
  const fields = shape.fields.filter(({ optional }) => !optional || making.random.chance(0.5))
  return Object.fromEntries(fields.map(({ name, shape: of }) => [name, valueLike(of, name, making)]))
}

function textOf(shape: Shape & { kind: 'text' }, name: string, { random, examples }: Making): string {
  const { like, format, min, max } = shape
  if (like !== undefined || format !== undefined) {
    const formed = formedTexts(shape, examples.get(name) ?? [])
    if (formed.length > 0 && !random.chance(MISSHAPEN)) return random.pick(formed)
  }
  let text = Array.from({ length: 1 + random.int(4) }, () => random.pick(WORDS)).join(' ')
  while (text.length < (min ?? 0)) text += ` ${random.pick(WORDS)}`
  return max === undefined ? text : text.slice(0, max)
}

/** `unit`: how many of the judge's units one is. */
function numberOf(range: Range, random: Random, unit: number, whole: boolean): number {
  const low = (range.min ?? range.over ?? Math.min(0, range.max ?? range.under ?? 0)) / unit
  const high = (range.max ?? range.under ?? (low + SMALL) * unit) / unit
  const value = low + random.next() * (high - low)
  const rounded = whole || random.chance(0.8) ? Math.round(value) : Math.round(value * 100) / 100
  const edge = random.next()
  if (edge < 0.05) return low
  return edge < 0.1 ? high : rounded
}

function isoAt(at: number, random: Random): string {
  return new Date(at + (random.int(60) - 30) * DAY_MS).toISOString()
}

function manyOf<T>(
  { min = 0, max = ITEMS_MAX }: { min?: number; max?: number },
  random: Random,
  of: (i: number) => T,
): T[] {
  const length = Math.min(max, min + random.int(ITEMS_MAX + 1))
  return Array.from({ length }, (_, i) => of(i))
}

function isRecord(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
