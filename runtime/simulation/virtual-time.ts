/**
 * Time that moves only from one event to the next.
 *
 * Invariants:
 * 1. Events fire in the order of their times, those of one time in the order they were set.
 * 2. Nothing fires before the promises that the last event set going have run out, and what is done in real time (`during`).
 */
import type { Clock } from '#runtime/fleet/clock.ts'

/** Events that fire in one turn of Node's loop: a turn costs more than most events do, and promises run out without it. */
const EVENTS_PER_TURN = 64

export class VirtualTime {
  #now: number
  /** Events since time last moved. */
  #atOnce = 0
  #order = 0
  #held = 0
  /** Goes on once nothing is done in real time any more. */
  #goOn: (() => void) | undefined
  readonly #heap: Event[] = []

  constructor(start: number) {
    this.#now = start
  }

  get now(): number {
    return this.#now
  }

  /** How many events have fired without time moving on. */
  get atOnce(): number {
    return this.#atOnce
  }

  /** When the next event is due. */
  get next(): number | undefined {
    return this.#heap[0]?.due
  }

  /** `ms` may be a fraction; the returned function cancels. */
  after(ms: number, call: () => void): () => void {
    const event: Event = { due: this.#now + Math.max(0, ms), order: this.#order++, call }
    this.#push(event)
    return () => {
      event.call = undefined
    }
  }

  /**
   * As `after` for each of `ms` in turn, where `call` gets its place among them. Only the next one waits: as events that all
   * wait from the start they would teach the collector that events live long, and whatever hangs on one would with it.
   */
  each(ms: readonly number[], call: (place: number) => void): void {
    const start = this.#now
    const order = this.#order
    this.#order += ms.length
    const places = Array.from(ms.keys()).toSorted((one, other) => ms[one]! - ms[other]!)
    const wait = (at: number) => {
      const place = places[at]
      if (place === undefined) return
      const due = start + Math.max(0, ms[place]!)
      this.#push({
        due,
        order: order + place,
        call: () => {
          wait(at + 1)
          call(place)
        },
      })
    }
    wait(0)
  }

  /** Fires the next event; false when there is none. */
  step(): boolean {
    for (let event = this.#pop(); event; event = this.#pop()) {
      if (!event.call) continue
      this.#atOnce = event.due === this.#now ? this.#atOnce + 1 : 0
      this.#now = event.due
      event.call()
      return true
    }
    return false
  }

  /** Lets promises run out, then fires events until `over` says so or nothing is left to come. */
  async run(over: () => boolean): Promise<void> {
    await this.#quiet()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let running = true
    const end = (settle: () => void) => {
      running = false
      settle()
    }
    const next = () => {
      if (!running || this.#held > 0) return
      try {
        if (over() || !this.step()) end(resolve)
      } catch (cause) {
        end(() => reject(cause))
      }
    }
    // Between two callbacks of one turn all promises that can settle do, as between two turns.
    const turn = () => {
      if (!running) return
      if (this.#held > 0) {
        this.#goOn = turn
        return
      }
      for (let i = 0; i < EVENTS_PER_TURN; i++) setImmediate(next)
      setImmediate(turn)
    }
    turn()
    return promise
  }

  /** Time stands still while real work is done: a tool that reads a file takes none of it. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#held++
    try {
      return await work
    } finally {
      this.#release()
    }
  }

  /** For work that itself waits for something of this world, within `during`: time goes on meanwhile. */
  async letting<T>(wait: Promise<T>): Promise<T> {
    this.#release()
    try {
      return await wait
    } finally {
      this.#held++
    }
  }

  /** The time of a world whose work is done within `during`. */
  get clock(): Clock {
    return {
      now: () => Math.floor(this.#now),
      after: (ms, call) => {
        let open = true
        const end = () => {
          if (open) this.#held++
          open = false
        }
        this.#release()
        const cancel = this.after(ms, () => {
          end()
          call()
        })
        return () => {
          end()
          cancel()
        }
      },
    }
  }

  #release(): void {
    this.#held--
    const goOn = this.#goOn
    if (this.#held > 0 || !goOn) return
    this.#goOn = undefined
    setImmediate(goOn)
  }

  async #quiet(): Promise<void> {
    do await drained()
    while (this.#held > 0)
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = event
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === last || !last) return first
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}

interface Event {
  readonly due: number
  readonly order: number
  /** Absent once cancelled. */
  call: (() => void) | undefined
}

function before(one: Event, other: Event): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order)
}

/** All promises that can settle have: what is queued for the loop's next turn comes after them. */
export function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
