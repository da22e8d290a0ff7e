/** What a section of the reference is, and the vocabulary its examples speak of. */

export interface Section {
  readonly title: string
  readonly lead: string
  /** The example as a part of a policy, after `FRAME`. */
  readonly wrap: (example: string) => string
  readonly entries: readonly Entry[]
}
/** As it is written, what it means, an example. */
export type Entry = readonly [said: string, means: string, example: string]

/** What the examples speak of. */
export const FRAME = `policy "Reference" version 1.0
schema Line { sku: text  price: money in EUR }
schema Order { order: text  status: one of "open", "closed"  lines: list of Line  placed: time in "UTC"  price: money in EUR }
tool lookup(order: text) returns Order { reads only }
tool approve(order: text)
tool pay(
  order: text, amount: money in EUR, tip: money in EUR, optional, to: text, at: time in "UTC", due: date, stay: duration,
  weight: number in kg, count: whole number, urgent: yes or no, lines: list of Line, rates: map of number, note: text, optional
) { external, idempotent by order }
tool ship(order: text, pieces: whole number) { external }
message status_note { order: text, status: one of "open", "closed", text: text }
message release { label: text }
agent clerk {
  may call lookup, pay, ship
  may send status_note to desk
  may receive status_note from customer
  may receive release from dpo
  may answer customer
}
schema Card { kind: always "card" }
schema Cash { kind: always "cash" }
agent boss { may call approve }
words greetings are "hello", "good day"
table caps by status { "open": 3  "closed": 0 }
table limits by to { "rent": 1_000 EUR  "shop": 50 EUR }
group writes is pay, ship
`
