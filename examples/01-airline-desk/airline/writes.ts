/**
 * The desk's tools that change a booking or a profile, as pure functions: they read the view and say which rows to
 * replace; the store does it. They check what the airline's own interface checks and no more: the desk's rules are
 * the policy's business.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { BAG_USD, INSURANCE_USD, legsTotal, priceLegs } from './pricing.ts'
import { choice, list, number, type Reader, record, text, wholeNumber } from './shape.ts'
import type { Change, Payment, PaymentMethod, Reservation, User, View } from './tables.ts'

export type Written =
  | { readonly kind: 'ok'; readonly value: Json; readonly changes: readonly Change[] }
  | { readonly kind: 'failed'; readonly error: string }
export type WriteTool = (view: View, args: JsonObject) => Written

/** The desk's clock, as the recorded bookings carry it. */
const BOOKED_AT = '2024-05-15T15:00:00'
/** The recorded desk hands out at most three of each in one conversation. */
const NEW_RESERVATION_IDS = ['HATHAT', 'HATHAU', 'HATHAV']
const NEW_CERTIFICATE_IDS = ['certificate_3221322', 'certificate_3221323', 'certificate_3221324']

const refused = (error: string): Written => ({ kind: 'failed', error: `Error: ${error}` })

function tool<A>(args: Reader<A>, run: (view: View, args: A) => Written): WriteTool {
  return (view, given) => {
    const read = args(given, '')
    return read.kind === 'bad' ? refused(read.problem) : run(view, read.value)
  }
}

const cabin = choice('basic_economy', 'economy', 'business')
const legs = list(record({ flight_number: text, date: text }))
const passengers = list(record({ first_name: text, last_name: text, dob: text }))

const bookReservation = tool(
  record({
    user_id: text,
    origin: text,
    destination: text,
    flight_type: choice('one_way', 'round_trip'),
    cabin,
    flights: legs,
    passengers,
    payment_methods: list(record({ payment_id: text, amount: number })),
    total_baggages: wholeNumber,
    nonfree_baggages: wholeNumber,
    insurance: choice('yes', 'no'),
  }),
  (view, a) => {
    const user = view.user(a.user_id)
    if (user === undefined) return refused('user not found')
    const id = NEW_RESERVATION_IDS.find((candidate) => view.reservation(candidate) === undefined)
    if (id === undefined) return refused('no more reservations can be made in this conversation')
    const people = a.passengers.length
    const priced = priceLegs(view, a.flights, a.cabin, people)
    if (priced.kind === 'refused') return { kind: 'failed', error: priced.error }
    const extras = (a.insurance === 'yes' ? INSURANCE_USD * people : 0) + BAG_USD * a.nonfree_baggages
    const paid = pay(user, a.payment_methods, priced.total + extras)
    if (paid.kind === 'refused') return refused(paid.error)
    const row: Reservation = {
      reservation_id: id,
      user_id: a.user_id,
      origin: a.origin,
      destination: a.destination,
      flight_type: a.flight_type,
      cabin: a.cabin,
      flights: priced.legs,
      passengers: a.passengers,
      payment_history: a.payment_methods,
      created_at: BOOKED_AT,
      total_baggages: a.total_baggages,
      nonfree_baggages: a.nonfree_baggages,
      insurance: a.insurance,
    }
    const owner = { ...user, payment_methods: paid.methods, reservations: [...user.reservations, id] }
    return {
      kind: 'ok',
      value: row,
      changes: [
        { table: 'reservations', id, row },
        { table: 'users', id: a.user_id, row: owner },
      ],
    }
  },
)

const updateFlights = tool(
  record({ reservation_id: text, cabin, flights: legs, payment_id: text }),
  (view, a) => {
    const held = view.reservation(a.reservation_id)
    if (held === undefined) return refused('reservation not found')
    const priced = priceLegs(view, a.flights, a.cabin, held.passengers.length, held)
    if (priced.kind === 'refused') return { kind: 'failed', error: priced.error }
    const due = priced.total - legsTotal(held.flights, held.passengers.length)
    // The recorded desk leaves `cabin` as it was; later reads and prices depend on it.
    return settle(view, { ...held, flights: priced.legs }, a.payment_id, due)
  },
)

const updateBaggages = tool(
  record({
    reservation_id: text,
    total_baggages: wholeNumber,
    nonfree_baggages: wholeNumber,
    payment_id: text,
  }),
  (view, a) => {
    const held = view.reservation(a.reservation_id)
    if (held === undefined) return refused('reservation not found')
    const due = BAG_USD * Math.max(0, a.nonfree_baggages - held.nonfree_baggages)
    const row = { ...held, total_baggages: a.total_baggages, nonfree_baggages: a.nonfree_baggages }
    return settle(view, row, a.payment_id, due)
  },
)

const updatePassengers = tool(record({ reservation_id: text, passengers }), (view, a) => {
  const held = view.reservation(a.reservation_id)
  if (held === undefined) return refused('reservation not found')
  if (a.passengers.length !== held.passengers.length) return refused('number of passengers does not match')
  const row = { ...held, passengers: a.passengers }
  return { kind: 'ok', value: row, changes: [{ table: 'reservations', id: row.reservation_id, row }] }
})

const cancelReservation = tool(record({ reservation_id: text }), (view, a) => {
  const held = view.reservation(a.reservation_id)
  if (held === undefined) return refused('reservation not found')
  const refunds = held.payment_history.map((p) => ({ payment_id: p.payment_id, amount: -p.amount }))
  const row: Reservation = {
    ...held,
    payment_history: [...held.payment_history, ...refunds],
    status: 'cancelled',
  }
  return { kind: 'ok', value: row, changes: [{ table: 'reservations', id: row.reservation_id, row }] }
})

const sendCertificate = tool(record({ user_id: text, amount: number }), (view, a) => {
  const user = view.user(a.user_id)
  if (user === undefined) return refused('user not found')
  const id = NEW_CERTIFICATE_IDS.find((candidate) => !Object.hasOwn(user.payment_methods, candidate))
  if (id === undefined) return refused('no more certificates can be sent in this conversation')
  const method: PaymentMethod = { source: 'certificate', amount: a.amount, id }
  const row = { ...user, payment_methods: { ...user.payment_methods, [id]: method } }
  return {
    kind: 'ok',
    value: `Certificate ${id} added to user ${a.user_id} with amount ${a.amount}.`,
    changes: [{ table: 'users', id: a.user_id, row }],
  }
})

export const WRITES: Readonly<Record<string, WriteTool>> = {
  book_reservation: bookReservation,
  update_reservation_flights: updateFlights,
  update_reservation_baggages: updateBaggages,
  update_reservation_passengers: updatePassengers,
  cancel_reservation: cancelReservation,
  send_certificate: sendCertificate,
}

type Paid =
  | { readonly kind: 'ok'; readonly methods: Record<string, PaymentMethod> }
  | { readonly kind: 'refused'; readonly error: string }

/** Pays a booking: gift cards lose what was used of them, a certificate is gone whatever was left on it. */
function pay(user: User, payments: readonly Payment[], totalUsd: number): Paid {
  const methods = { ...user.payment_methods }
  for (const { payment_id, amount } of payments) {
    const method = Object.hasOwn(methods, payment_id) ? methods[payment_id] : undefined
    if (method === undefined) return { kind: 'refused', error: `payment method ${payment_id} not found` }
    if (method.source === 'credit_card') continue
    if (method.amount < amount)
      return { kind: 'refused', error: `not enough balance in payment method ${payment_id}` }
    if (method.source === 'certificate') delete methods[payment_id]
    else methods[payment_id] = { ...method, amount: method.amount - amount }
  }
  const paid = payments.reduce((sum, p) => sum + p.amount, 0)
  if (paid !== totalUsd)
    return {
      kind: 'refused',
      error: `payment amount does not add up, total price is ${totalUsd}, but paid ${paid}`,
    }
  return { kind: 'ok', methods }
}

/** Charges (or refunds, when negative) one payment method for a changed reservation and puts the row in place. */
function settle(view: View, row: Reservation, paymentId: string, dueUsd: number): Written {
  const owner = view.user(row.user_id)
  const method =
    owner !== undefined && Object.hasOwn(owner.payment_methods, paymentId)
      ? owner.payment_methods[paymentId]
      : undefined
  if (owner === undefined || method === undefined) return refused('payment method not found')
  if (method.source === 'certificate') return refused('certificate cannot be used to update reservation')
  if (method.source === 'gift_card' && method.amount < dueUsd)
    return refused('gift card balance is not enough')
  const payment = { payment_id: paymentId, amount: dueUsd }
  const settled = dueUsd === 0 ? row : { ...row, payment_history: [...row.payment_history, payment] }
  const changes: Change[] = [{ table: 'reservations', id: row.reservation_id, row: settled }]
  if (method.source === 'gift_card' && dueUsd !== 0) {
    const methods = { ...owner.payment_methods, [paymentId]: { ...method, amount: method.amount - dueUsd } }
    changes.push({ table: 'users', id: row.user_id, row: { ...owner, payment_methods: methods } })
  }
  return { kind: 'ok', value: settled, changes }
}
