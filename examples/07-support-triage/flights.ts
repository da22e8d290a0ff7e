/** The record the desk looks into: 10,000 flights within the United States, January to March 2001 (`data/NOTICE`). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export type Flight = {
  /** Of the planned departure: `2001-02-05`, `20:02`, local. */
  day: string
  time: string
  /** IATA codes. */
  origin: string
  destination: string
  /** Minutes by which it arrived late; below 0: early. */
  delay: number
  /** Miles. */
  distance: number
}

/** Throws when the file is not there or not what it was. */
export function readFlights(dataDir: string): Flight[] {
  const text = gunzipSync(readFileSync(join(dataDir, 'flights.csv.gz'))).toString('utf8')
  const [, ...lines] = text.trimEnd().split('\n')
  return lines.map((line, at) => {
    const [day = '', time = '', origin = '', destination = '', delay = '', distance = ''] = line.split(',')
    if (distance === '') throw new Error(`flights.csv.gz: line ${at + 2} has too few columns`)
    return { day, time, origin, destination, delay: Number(delay), distance: Number(distance) }
  })
}
