/** Local time in named zones, through Intl. Offsets are remembered by quarter hour: no zone changes more finely. */

const QUARTER_MS = 900_000
/** Zones and, per zone, quarter hours remembered; beyond them the memory starts over. Never changes an answer. */
const ZONES_MAX = 64
const OFFSETS_MAX = 4_096

interface Zone {
  readonly format: Intl.DateTimeFormat
  readonly offsets: Map<number, number>
}

const zones = new Map<string, Zone | undefined>()

function zoneOf(name: string): Zone | undefined {
  if (zones.has(name)) return zones.get(name)
  if (zones.size >= ZONES_MAX) zones.clear()
  const zone = openZone(name)
  zones.set(name, zone)
  return zone
}

function openZone(name: string): Zone | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    })
    return { format, offsets: new Map() }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Milliseconds to add to UTC for the zone's wall clock at `at`; undefined for a zone nobody knows. */
export function offsetAt(name: string, at: number): number | undefined {
  const zone = zoneOf(name)
  if (zone === undefined || !Number.isFinite(at) || Math.abs(at) > 8.64e15) return undefined
  const quarter = Math.floor(at / QUARTER_MS)
  const known = zone.offsets.get(quarter)
  if (known !== undefined) return known
  if (zone.offsets.size >= OFFSETS_MAX) zone.offsets.clear()
  const start = quarter * QUARTER_MS
  const part: Record<string, string> = {}
  for (const { type, value } of zone.format.formatToParts(start)) part[type] = value
  const year = part.era === 'B' || part.era === 'BC' ? 1 - Number(part.year) : Number(part.year)
  const wall = new Date(0)
  wall.setUTCFullYear(year, Number(part.month) - 1, Number(part.day))
  wall.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second))
  const offset = wall.getTime() - start
  zone.offsets.set(quarter, offset)
  return offset
}

/**
 * The instant at which the zone's clocks show `wall` (milliseconds as if it were UTC). Of a repeated hour the
 * first is taken; a skipped hour is read as if the clocks had not moved yet.
 */
export function instantOf(name: string, wall: number): number | undefined {
  const before = offsetAt(name, wall - 86_400_000)
  const after = offsetAt(name, wall + 86_400_000)
  if (before === undefined || after === undefined) return undefined
  if (offsetAt(name, wall - before) === before) return wall - before
  return offsetAt(name, wall - after) === after ? wall - after : wall - before
}

/** Days since 1970 of the zone's calendar at `at`. */
export function dayIn(name: string, at: number): number | undefined {
  const offset = offsetAt(name, at)
  return offset === undefined ? undefined : Math.floor((at + offset) / 86_400_000)
}

/** Is it the name of an IANA zone? Not remembered: the names come from outside. */
export function isZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && openZone(name) !== undefined
}
