/**
 * The query language of the desk: JSON of one schema, which a model can write, a policy can judge and nobody has to parse.
 * It reads, never writes; what it may read at most is the policy's word.
 *
 *   { "conditions": [{ "field": "origin", "equals": "OMA" }, { "field": "delay", "from": 60 }],
 *     "measure": ["flights", "average_delay"], "by": "destination", "most": 10 }
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { fromJsonSchema } from '#runtime/tools/schema.ts'
import { defineTool, type Tool } from '#runtime/tools/tool.ts'
import type { Flight } from './flights.ts'

type Field = keyof Flight

/** `equals` one value, or lies `from` … `to`, both included. */
type Condition = {
  field: Field
  equals?: string | number
  from?: string | number
  to?: string | number
}

type Measure = 'flights' | 'average_delay' | 'longest_delay' | 'share_late'

export type Query = {
  /** All of them hold. */
  conditions: Condition[]
  /** Figures in the place of flights, over all that match or over each value of `by`. */
  measure?: Measure[]
  by?: Field
  /** Rows at most; the rest is counted in `matched`. */
  most: number
}

/** Late is what the Bureau of Transportation Statistics calls late. */
const LATE_MINUTES = 15

const FIELD = { type: 'string', enum: ['day', 'time', 'origin', 'destination', 'delay', 'distance'] }
const VALUE = { type: ['string', 'number'] }

export const QUERY: JsonObject = {
  type: 'object',
  properties: {
    conditions: {
      type: 'array',
      minItems: 1,
      maxItems: 5,
      items: {
        type: 'object',
        properties: { field: FIELD, equals: VALUE, from: VALUE, to: VALUE },
        required: ['field'],
        additionalProperties: false,
      },
    },
    measure: {
      type: 'array',
      minItems: 1,
      maxItems: 4,
      items: { type: 'string', enum: ['flights', 'average_delay', 'longest_delay', 'share_late'] },
    },
    by: FIELD,
    most: { type: 'integer', minimum: 1, maximum: 1_000 },
  },
  required: ['conditions', 'most'],
  additionalProperties: false,
}

const FOUND: JsonObject = {
  type: 'object',
  properties: {
    matched: { type: 'integer', minimum: 0 },
    rows: { type: 'array', items: { type: 'object' } },
  },
  required: ['matched', 'rows'],
}

export function queryFlights(flights: () => readonly Flight[]): Tool {
  return defineTool({
    name: 'query_flights',
    description:
      'Looks into the record of flights. `conditions` lists what all holds; `measure` asks for figures in the place of flights (delays in minutes, share_late in percent), `by` for one row for each value of a field; `most` rows at most.',
    readsOnly: true,
    idempotent: true,
    takes: fromJsonSchema(QUERY),
    returns: fromJsonSchema(FOUND),
    run: (args) => ({ kind: 'ok', value: found(flights(), asQuery(args)) }),
  })
}

/** The schema above is the type. */
function asQuery(value: unknown): Query {
  return value as Query
}

export function found(flights: readonly Flight[], query: Query): { matched: number; rows: Json[] } {
  const { conditions, measure, by, most } = query
  const matching = flights.filter((flight) => conditions.every((condition) => holds(flight, condition)))
  if (!measure) return { matched: matching.length, rows: matching.slice(0, most) }
  const groups = Map.groupBy(matching, (flight) => (by === undefined ? '' : flight[by]))
  const rows = [...groups].map(
    ([value, group]): JsonObject => ({
      ...(by !== undefined && { [by]: value }),
      ...Object.fromEntries(measure.map((each) => [each, figure(group, each)])),
    }),
  )
  const [first] = measure
  return {
    matched: matching.length,
    rows: rows.sort((a, b) => Number(b[first!]) - Number(a[first!])).slice(0, most),
  }
}

/** Values of another type than the field's match nothing. */
function holds(flight: Flight, { field, equals, from, to }: Condition): boolean {
  const value = flight[field]
  const comparable = (other: string | number) => typeof other === typeof value
  return (
    (equals === undefined || value === equals) &&
    (from === undefined || (comparable(from) && value >= from)) &&
    (to === undefined || (comparable(to) && value <= to))
  )
}

function figure(group: readonly Flight[], measure: Measure): number {
  const delays = group.map(({ delay }) => delay)
  switch (measure) {
    case 'flights':
      return group.length
    case 'longest_delay':
      return Math.max(...delays)
    case 'average_delay':
      return round(delays.reduce((sum, delay) => sum + delay, 0) / group.length)
    case 'share_late':
      return round((100 * delays.filter((delay) => delay >= LATE_MINUTES).length) / group.length)
  }
}

/** To one decimal: more would be false precision of a sample. */
function round(value: number): number {
  return Math.round(value * 10) / 10
}
