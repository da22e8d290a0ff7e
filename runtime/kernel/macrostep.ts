/** One event taken in full, as a value. */
import type { Json } from '#dsl/judge/step.ts'
import type { Effect, StateMove } from './effect.ts'
import type { KernelSnapshot } from './pack.ts'
import type { Refusal } from './refusal.ts'

export interface Macrostep {
  readonly kind: 'stepped'
  readonly snapshot: KernelSnapshot
  /** In the order the machine asked for them. */
  readonly effects: readonly Effect[]
  readonly moves: readonly StateMove[]
  /** The event and those raised after it, in order. */
  readonly events: readonly { readonly type: string }[]
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  /** What a finished machine gives; absent when it has no output. */
  readonly output?: Json
  /** Why `status` is `error`. */
  readonly error?: string
  /** Whether any transition was taken, an `always` or a forbidding one included. */
  readonly handled: boolean
}

export type Stepped = Macrostep | Refusal
