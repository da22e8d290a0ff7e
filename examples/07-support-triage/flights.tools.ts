/** For `parapet tools pull --module`: what the listing beside the policy is made of. */
import { join } from 'node:path'
import { readFlights } from './flights.ts'
import { queryFlights } from './query.ts'

const dataDir = join(import.meta.dirname, 'data')

export const query_flights = queryFlights(() => readFlights(dataDir))
