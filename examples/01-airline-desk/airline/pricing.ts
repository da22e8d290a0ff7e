/** What legs, bags and insurance cost, and whether a leg may be sold at all. Whole US dollars. */
import type { BookedLeg, Cabin, Leg, Reservation, View } from './tables.ts'

export const BAG_USD = 50
export const INSURANCE_USD = 30

export type Priced =
  | { readonly kind: 'ok'; readonly legs: BookedLeg[] /** For all passengers. */; readonly total: number }
  | { readonly kind: 'refused'; readonly error: string }

/** Prices each leg for one passenger. Legs the reservation holds already, in the same cabin, keep their price. */
export function priceLegs(
  view: View,
  legs: readonly Leg[],
  cabin: Cabin,
  passengers: number,
  held?: Pick<Reservation, 'flights' | 'cabin'>,
): Priced {
  const booked: BookedLeg[] = []
  for (const leg of legs) {
    const kept =
      held?.cabin === cabin
        ? held.flights.find((f) => f.flight_number === leg.flight_number && f.date === leg.date)
        : undefined
    const sold = kept ?? sell(view, leg, cabin, passengers)
    if (typeof sold === 'string') return { kind: 'refused', error: sold }
    const { price, origin, destination } = sold
    booked.push({ flight_number: leg.flight_number, date: leg.date, price, origin, destination })
  }
  return { kind: 'ok', legs: booked, total: legsTotal(booked, passengers) }
}

export function legsTotal(legs: readonly BookedLeg[], passengers: number): number {
  return legs.reduce((sum, leg) => sum + leg.price, 0) * passengers
}

/** A leg at today's price, or the desk's words for why it cannot be sold. */
function sell(
  view: View,
  { flight_number, date }: Leg,
  cabin: Cabin,
  passengers: number,
): Pick<BookedLeg, 'price' | 'origin' | 'destination'> | string {
  const flight = view.flight(flight_number)
  if (flight === undefined) return `Error: flight ${flight_number} not found`
  const day = Object.hasOwn(flight.dates, date) ? flight.dates[date] : undefined
  if (day === undefined) return `Error: flight ${flight_number} not found on date ${date}`
  if (day.status !== 'available') return `Error: flight ${flight_number} not available on date ${date}`
  if (day.available_seats[cabin] < passengers) return `Error: not enough seats on flight ${flight_number}`
  return { price: day.prices[cabin], origin: flight.origin, destination: flight.destination }
}
