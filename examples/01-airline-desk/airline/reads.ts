/** The desk's tools that change nothing: profile, reservation, airports and the two searches. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { calculate } from './arithmetic.ts'
import { type Reader, record, text } from './shape.ts'
import type { Flight, FlightDay, FlightPlan, View } from './tables.ts'

export type ToolResult =
  | { readonly kind: 'ok'; readonly value: Json }
  /** In the tool's own words, `Error: …`, as a model reads it. */
  | { readonly kind: 'failed'; readonly error: string }

export type ReadTool = (view: View, args: JsonObject) => ToolResult

/** Binds a tool to the shape of its arguments, so that its body sees them typed. */
function tool<A>(args: Reader<A>, run: (view: View, args: A) => ToolResult): ReadTool {
  return (view, given) => {
    const read = args(given, '')
    return read.kind === 'bad' ? { kind: 'failed', error: `Error: ${read.problem}` } : run(view, read.value)
  }
}

const ok = (value: Json): ToolResult => ({ kind: 'ok', value })
const orNotFound = (value: Json | undefined, what: string): ToolResult =>
  value === undefined ? { kind: 'failed', error: `Error: ${what} not found` } : ok(value)

const route = record({ origin: text, destination: text, date: text })

export const READS: Readonly<Record<string, ReadTool>> = {
  get_user_details: tool(record({ user_id: text }), (view, a) => orNotFound(view.user(a.user_id), 'user')),
  get_reservation_details: tool(record({ reservation_id: text }), (view, a) =>
    orNotFound(view.reservation(a.reservation_id), 'reservation'),
  ),
  list_all_airports: tool(record({}), () => ok({ ...AIRPORTS })),
  search_direct_flight: tool(route, (view, { origin, destination, date }) => {
    const found: Json[] = []
    for (const flight of view.flights()) {
      if (flight.origin !== origin || flight.destination !== destination) continue
      const day = onSale(flight, date)
      if (day !== undefined) found.push({ ...planOf(flight), ...day })
    }
    return ok(found)
  }),
  search_onestop_flight: tool(route, (view, { origin, destination, date }) =>
    ok(oneStop(view, origin, destination, date)),
  ),
  calculate: tool(record({ expression: text }), (_, a) => {
    const sum = calculate(a.expression)
    return sum.kind === 'ok' ? ok(sum.shown) : { kind: 'failed', error: `Error: ${sum.problem}` }
  }),
  think: tool(record({ thought: text }), () => ok('')),
  transfer_to_human_agents: tool(record({ summary: text }), () => ok('Transfer successful')),
}

function oneStop(view: View, origin: string, destination: string, date: string): Json[] {
  const found: Json[] = []
  const into = [...view.flights()].filter((f) => f.destination === destination)
  for (const first of view.flights()) {
    if (first.origin !== origin) continue
    const day = onSale(first, date)
    if (day === undefined) continue
    const overnight = first.scheduled_arrival_time_est.includes('+1')
    const nextDate = overnight ? dayAfter(date) : date
    for (const second of into) {
      if (second.origin !== first.destination) continue
      if (first.scheduled_arrival_time_est > second.scheduled_departure_time_est) continue
      // The recorded desk shows the second leg's seats and prices of the first leg's date; so does this one.
      const shown = second.dates[date]
      if (onSale(second, nextDate) === undefined || shown === undefined) continue
      found.push([
        { ...planOf(first), ...day, date },
        { ...planOf(second), ...shown, date: nextDate },
      ])
    }
  }
  return found
}

function onSale(flight: Flight, date: string): Extract<FlightDay, { status: 'available' }> | undefined {
  const day = Object.hasOwn(flight.dates, date) ? flight.dates[date] : undefined
  return day?.status === 'available' ? day : undefined
}

/** The tables hold May 2024; a day past its end, or not a date at all, is simply not found. */
function dayAfter(date: string): string {
  return `2024-05-${String(Number(date.slice(-2)) + 1).padStart(2, '0')}`
}

function planOf({ dates: _, ...plan }: Flight): FlightPlan {
  return plan
}

const AIRPORTS: Readonly<Record<string, string>> = {
  SFO: 'San Francisco',
  JFK: 'New York',
  LAX: 'Los Angeles',
  ORD: 'Chicago',
  DFW: 'Dallas',
  DEN: 'Denver',
  SEA: 'Seattle',
  ATL: 'Atlanta',
  MIA: 'Miami',
  BOS: 'Boston',
  PHX: 'Phoenix',
  IAH: 'Houston',
  LAS: 'Las Vegas',
  MCO: 'Orlando',
  EWR: 'Newark',
  CLT: 'Charlotte',
  MSP: 'Minneapolis',
  DTW: 'Detroit',
  PHL: 'Philadelphia',
  LGA: 'LaGuardia',
}
