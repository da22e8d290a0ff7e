/** The airline's data as it stood when every recorded conversation began: read once, never changed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export type Cabin = 'basic_economy' | 'economy' | 'business'

/** Amounts are whole US dollars, dates `YYYY-MM-DD`, times local to New York without an offset. */
export type Leg = { flight_number: string; date: string }
export type BookedLeg = Leg & { price: number; origin: string; destination: string }
export type Passenger = { first_name: string; last_name: string; dob: string }
export type Payment = { payment_id: string; amount: number }
export type PaymentMethod =
  | { source: 'credit_card'; brand: string; last_four: string; id: string }
  | { source: 'gift_card' | 'certificate'; amount: number; id: string }

export type User = {
  name: { first_name: string; last_name: string }
  address: Record<string, string>
  email: string
  dob: string
  payment_methods: Record<string, PaymentMethod>
  saved_passengers: Passenger[]
  membership: 'regular' | 'silver' | 'gold'
  reservations: string[]
}

export type Reservation = {
  reservation_id: string
  user_id: string
  origin: string
  destination: string
  flight_type: 'one_way' | 'round_trip'
  cabin: Cabin
  flights: BookedLeg[]
  passengers: Passenger[]
  payment_history: Payment[]
  created_at: string
  total_baggages: number
  nonfree_baggages: number
  insurance: 'yes' | 'no'
  status?: 'cancelled'
}

/** What a flight is on one day. Seats and prices exist while it is `available`. */
export type FlightDay =
  | { status: 'available'; available_seats: Record<Cabin, number>; prices: Record<Cabin, number> }
  | { status: 'landed' | 'cancelled' | 'on time' | 'flying' | 'delayed' }

export type FlightPlan = {
  flight_number: string
  origin: string
  destination: string
  scheduled_departure_time_est: string
  scheduled_arrival_time_est: string
}
export type Flight = FlightPlan & { dates: Record<string, FlightDay> }

/** What tools see of the airline: the tables, overlaid by what their conversation has changed. */
export interface View {
  user(id: string): User | undefined
  reservation(id: string): Reservation | undefined
  flight(number: string): Flight | undefined
  flights(): Iterable<Flight>
}

/** One row a write wants to put in place of the old. */
export type Change =
  | { readonly table: 'users'; readonly id: string; readonly row: User }
  | { readonly table: 'reservations'; readonly id: string; readonly row: Reservation }

/** Throws when a table is missing or is not gzip'd JSON: the example is incomplete then. */
export function loadTables(dataDir: string): View {
  const users = new Map(Object.entries<StoredUser>(readTable(dataDir, 'users')))
  const reservations = new Map(Object.entries<Reservation>(readTable(dataDir, 'reservations')))
  const flights = new Map(Object.entries<Flight>(readTable(dataDir, 'flights')))
  return {
    user: (id) => {
      const user = users.get(id)
      return user === undefined ? undefined : withProvince(user)
    },
    reservation: (id) => reservations.get(id),
    flight: (number) => flights.get(number),
    flights: () => flights.values(),
  }
}

type StoredUser = User & { address: { state?: string } }

/** The desk that was recorded called the state `province`; the tables were published with the newer name. */
function withProvince(user: StoredUser): User {
  const { state, ...address } = user.address
  return state === undefined ? user : { ...user, address: { ...address, province: state } }
}

function readTable(dataDir: string, name: string) {
  const file = join(dataDir, `${name}.json.gz`)
  try {
    return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'))
  } catch (cause) {
    throw new Error(`the airline's table ${file} cannot be read`, { cause })
  }
}
