/**
 * The way between processes and the broker. Everything sent is an event of virtual time; what is lost is found out by waiting.
 *
 * Invariants:
 * 1. What one process sends arrives in the order it was sent, as on one connection, or not at all. What several send mixes.
 * 2. A process may die before any request: it and what would have come after it never leave.
 * 3. Every request ends for its sender: answered, or lost after `TIMEOUT_MS`. The broker may have done it all the same.
 */
import type { Knobs } from './knobs.ts'
import type { SimulatedProcess } from './process.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** After this long without an answer a request counts as lost. */
export const TIMEOUT_MS = 1_000

export class Network {
  readonly #time: VirtualTime
  readonly #random: Random
  /** Of its own: without late requests everything else goes as if there were no such thing. */
  readonly #late: Random
  readonly #knobs: Knobs
  /** When the last request of a process arrives. */
  readonly #arrivals = new WeakMap<SimulatedProcess, number>()
  readonly #cut = new WeakSet<SimulatedProcess>()
  /** Grows with every restart: what was under way then is lost. */
  #life = 0
  #up = true

  constructor(time: VirtualTime, random: Random, knobs: Knobs) {
    this.#time = time
    this.#random = random
    this.#late = random.fork('late')
    this.#knobs = knobs
  }

  get up(): boolean {
    return this.#up
  }

  /** Nothing passes between the process and the broker. */
  cut(process: SimulatedProcess): void {
    this.#cut.add(process)
  }

  heal(process: SimulatedProcess): void {
    this.#cut.delete(process)
  }

  reaches(process: SimulatedProcess): boolean {
    return this.#up && !this.#cut.has(process)
  }

  stopBroker(): void {
    this.#up = false
    this.#life++
  }

  startBroker(): void {
    this.#up = true
  }

  delayMs(): number {
    return this.#knobs.upTo('delayMaxMs', this.#random)
  }

  /** `apply` is done by the broker, perhaps twice, perhaps with nobody told. */
  request<T>(
    process: SimulatedProcess,
    apply: () => T,
    answered: (answer: T) => void,
    lost: () => void,
  ): void {
    if (!process.reaches()) return
    const random = this.#random
    const knobs = this.#knobs
    let open = true
    const end = (call: () => void) => {
      if (!open) return
      open = false
      giveUp()
      call()
    }
    const giveUp = process.after(TIMEOUT_MS, () => end(lost))
    if (knobs.strikes('requestLost', random)) return
    const life = this.#life
    const arrive = () => {
      if (!this.reaches(process) || this.#life !== life) return
      const answer = apply()
      if (knobs.strikes('answerLost', random)) return
      this.#time.after(this.delayMs(), () => {
        if (!this.reaches(process) || this.#life !== life) return
        process.happen(() => end(() => answered(answer)))
      })
    }
    this.#time.after(this.#arrivalMs(process), arrive)
    if (knobs.strikes('requestTwice', random)) this.#time.after(this.#arrivalMs(process), arrive)
  }

  #arrivalMs(process: SimulatedProcess): number {
    const { now } = this.#time
    const late = this.#knobs.strikes('requestLate', this.#late)
      ? this.#knobs.upTo('lateMaxMs', this.#late)
      : 0
    const due = now + this.delayMs() + late
    const inOrder = Math.max(due, this.#arrivals.get(process) ?? 0)
    this.#arrivals.set(process, inOrder)
    return inOrder - now
  }
}
