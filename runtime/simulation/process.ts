/**
 * A simulated process: all that happens to it (timers, deliveries, answers) goes through it, so that it can be paused, killed,
 * and have a clock that is wrong.
 *
 * Invariants:
 * 1. Nothing happens to a dead process; what it waits for never comes, and nothing leaves it.
 * 2. A paused process takes up in order what happened meanwhile, at once when it wakes: the zombie that still believes
 *    it owns what another has taken over.
 */
import type { Clock } from '#runtime/fleet/clock.ts'
import type { VirtualTime } from './virtual-time.ts'

export class SimulatedProcess implements Clock {
  readonly name: string
  readonly #time: VirtualTime
  #state: 'running' | 'paused' | 'dead' = 'running'
  readonly #missed: (() => void)[] = []
  readonly #dies: () => boolean
  #skewMs: number
  #latest = Number.NEGATIVE_INFINITY

  /** `dies`: asked before each of its effects; true when it has just died. */
  constructor(name: string, time: VirtualTime, skewMs = 0, dies: () => boolean = () => false) {
    this.name = name
    this.#time = time
    this.#skewMs = skewMs
    this.#dies = dies
  }

  get alive(): boolean {
    return this.#state !== 'dead'
  }

  get running(): boolean {
    return this.#state === 'running'
  }

  /** A clock of one process never goes back, however it is set. */
  now(): number {
    this.#latest = Math.max(this.#latest, Math.floor(this.#time.now + this.#skewMs))
    return this.#latest
  }

  after(ms: number, call: () => void): () => void {
    return this.#time.after(ms, () => this.happen(call))
  }

  /** Something reaches the process. */
  happen(call: () => void): void {
    if (this.#state === 'running') call()
    else if (this.#state === 'paused') this.#missed.push(call)
  }

  /** Before anything it does to the world: false when it does not get that far. */
  reaches(): boolean {
    return this.alive && !this.#dies()
  }

  jump(ms: number): void {
    this.#skewMs += ms
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  wake(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    for (const call of this.#missed.splice(0)) this.happen(call)
  }

  kill(): void {
    this.#state = 'dead'
    this.#missed.length = 0
  }
}
