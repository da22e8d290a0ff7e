/** What one macrostep wants, written down while it is computed. */
import type { AnyMachineSnapshot } from 'xstate'
import type { Effect, StateMove } from './effect.ts'
import { type Refusal, type RefusalCode, refused } from './refusal.ts'

/** What XState has taken, one after the other. */
export interface Microstep {
  /** Undefined where nothing listened to a raised event. */
  readonly transition: unknown
  readonly snapshot: AnyMachineSnapshot
  /** Moves of the macrostep up to here. */
  readonly moves: number
}

export class Take {
  readonly effects: Effect[] = []
  readonly moves: StateMove[] = []
  readonly events: { readonly type: string }[] = []
  readonly microsteps: Microstep[] = []
  handled = false
  /** The child whose end is the event: there is nothing left to stop. */
  settled: string | undefined
  #serial: number
  #refusal: Refusal | undefined

  /** `serial`: how many names the agent has been given so far. */
  constructor(serial: number) {
    this.#serial = serial
  }

  get serial(): number {
    return this.#serial
  }

  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** The first reason stands; the rest follows from it. */
  refuse(code: RefusalCode, message: string): void {
    this.#refusal ??= refused(code, message)
  }

  /** A name that is the agent's own and the same in every replay. */
  nextId(prefix: string): string {
    return `${prefix}${this.#serial++}`
  }

  /** Takes back what was asked for and revoked within the same macrostep: it never was. */
  retract(kind: 'invoke' | 'schedule', id: string): boolean {
    const at = this.effects.findLastIndex((effect) => effect.kind === kind && effect.id === id)
    if (at < 0) return false
    this.effects.splice(at, 1)
    return true
  }
}
