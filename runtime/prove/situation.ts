/** One agent alone under a policy: what may happen to it, and where that leaves it. */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Claim, Grounds, Need } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Json, JsonObject, Step } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import type { Kept } from '#dsl/prove/own-ledgers.ts'
import type { Judged } from '#runtime/guard/guard.ts'
import type { Effect, StateMove } from '#runtime/kernel/effect.ts'
import type { Kernel, KernelSnapshot, Origin } from '#runtime/kernel/kernel.ts'
import type { Spent } from './spent.ts'

export type Event = JsonObject & { readonly type: string }

/** What may happen to an agent. */
export type Happening =
  /** The roles it has and the tenant it works for, where some check reads them. */
  | { readonly kind: 'start'; readonly roles?: readonly string[]; readonly tenant?: string }
  | {
      readonly kind: 'message'
      readonly from: string
      readonly message: string
      readonly fields: JsonObject
      /** Of who says it. */
      readonly roles?: readonly string[]
    }
  | {
      readonly kind: 'result'
      readonly id: string
      readonly tool: string
      readonly value: Json
      /** What it cost, where that counts. */
      readonly spent?: Spent
    }
  | {
      readonly kind: 'failure'
      readonly id: string
      readonly tool: string
      readonly error: string
      /** It may have come about all the same: what a ledger reserved for it stays counted. */
      readonly unsure?: true
    }
  | { readonly kind: 'recalled'; readonly id: string; readonly what: string; readonly rows: Json[] }
  | {
      readonly kind: 'done'
      readonly id: string
      readonly src: string
      readonly output: Json
      readonly spent?: Spent
    }
  | { readonly kind: 'error'; readonly id: string; readonly src: string; readonly error: string }
  | { readonly kind: 'timer'; readonly id: string }
  /** Time passes, and nothing else happens. */
  | { readonly kind: 'time'; readonly ms: number }
  /** The runtime's word on what was denied just now. */
  | { readonly kind: 'told'; readonly event: Event }
  /** Somebody decides on what was asked just now. */
  | { readonly kind: 'decided'; readonly grant: boolean }
  /** A detector gives a score, or none. */
  | { readonly kind: 'looked'; readonly detector: string; readonly says: number | null }
  /** Another agent of the fleet does something in the same conversation that some check remembers. */
  | { readonly kind: 'other'; readonly step: OtherStep }
  /** A ledger across the fleet answers: by what this agent has done alone, or the other way for what others have done. */
  | { readonly kind: 'ledger'; readonly check: string; readonly by: 'itself' | 'others' }

/** Without a turn and a time. */
export type OtherStep = Omit<Step, 'turn' | 'at'>

/** What an agent waits for: results, sources it invoked, timers it set. */
export type Awaited = Effect & { readonly kind: 'call' | 'recall' | 'invoke' | 'schedule' } & {
  /** When it was asked for, in milliseconds since all began. */
  readonly sinceMs: number
  /** What ledgers hold for it. */
  readonly holds?: readonly Claim[]
}

interface Asked {
  readonly event: Event
  readonly origin: Origin
  readonly grounds: Grounds | undefined
  readonly checks: readonly string[]
  readonly reasons: readonly Reason[]
}

/** What is lacking before a step can be judged, and what is done again once it is known. */
export interface Wanted {
  readonly needs: readonly Need[]
  readonly grounds: Grounds | undefined
  /** What ledgers hold for it so far, by the key of the need. */
  readonly held: Readonly<Record<string, Claim>>
  readonly again:
    | { readonly kind: 'happening'; readonly happening: Happening }
    | { readonly kind: 'event'; readonly event: Event; readonly origin: Origin }
}

export interface Situation {
  /** Absent before the start. */
  readonly snapshot: KernelSnapshot | undefined
  readonly cells: Kept
  /** Of the ledgers across the fleet, as they were if nobody else were in it. */
  readonly ledgers: Kept
  readonly roles?: readonly string[]
  readonly tenant?: string
  readonly awaited: readonly Awaited[]
  /** Denials in a row. */
  readonly denials: number
  readonly turn: number
  /** Milliseconds since all began. */
  readonly elapsedMs: number
  readonly status: 'active' | 'done' | 'stopped' | 'quarantined'
  /** What comes next, before anything else. */
  readonly next?:
    | { readonly kind: 'told'; readonly event: Event }
    | { readonly kind: 'asked'; readonly asked: Asked }
    | { readonly kind: 'wants'; readonly wanted: Wanted }
}

export interface Setting {
  readonly role: string
  readonly kernel: Kernel
  /** Undefined: nothing is judged. */
  readonly judge: Judge | undefined
  readonly input: Json
  /** When all begins, in milliseconds since the epoch. */
  readonly at: number
  /** Denials in a row after which an agent is stopped. */
  readonly denialsMax: number
  /** After a turn that failed it may begin anew. */
  readonly restarts: boolean
}

export type Outcome =
  | 'passed'
  | 'denied'
  | 'asked'
  | 'stopped'
  | 'quarantined'
  | 'unheard'
  | 'refused'
  | 'failed'
  /** It waits for what a detector or a ledger says. */
  | 'wants'
  /** Another agent did something, and was let through. */
  | 'beside'

export interface Taken {
  readonly outcome: Outcome
  /** Absent where nothing can be said of what comes after (`failed`). */
  readonly after: Situation | undefined
  readonly judged: readonly Judged[]
  /** What was said of obligations whose deadline passed. */
  readonly broken: readonly Verdict[]
  readonly moves: readonly StateMove[]
  readonly effects: readonly Effect[]
  /** Transitions that were chosen, whether or not they passed, as marked. */
  readonly chosen: readonly string[]
  /** Why it was stopped or failed, or what it waits for. */
  readonly why?: string
}

export interface TakeOptions {
  /** Cells that nothing else uses: what the judge derives from them is made anew only as far as they differ. */
  readonly room?: Cells
  /** What comes after is not asked for: it is absent. */
  readonly isLast?: boolean
}

/** The name of actions that mark transitions; nothing else knows them. */
export const MARK = 'parapet.prove.mark'

export const BEFORE: Situation = {
  snapshot: undefined,
  cells: [],
  ledgers: [],
  awaited: [],
  denials: 0,
  turn: 0,
  elapsedMs: 0,
  status: 'active',
}
