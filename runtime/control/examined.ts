/** What a policy comes to before it judges anybody: its own tests, and the recorded log judged by it. As it travels in an answer. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { VerdictKind } from '#dsl/judge/verdict.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import type { Refusal } from './asks.ts'

export interface Examined {
  readonly kind: 'examined'
  /** All passed. */
  readonly tests: number
  readonly backtest: Backtest
}

export type Backtest =
  | {
      readonly kind: 'judged'
      readonly conversations: number
      readonly steps: number
      /** Of the steps, those that cannot be compared, as a detector was not asked when they were recorded. */
      readonly unknown: number
      /** Steps with another verdict, and in how many conversations. */
      readonly changed: number
      readonly changedConversations: number
      /** Steps with the same verdict for other reasons. */
      readonly otherReasons: number
      readonly examples: readonly ChangedVerdict[]
    }
  /** Not asked for, or not possible. */
  | { readonly kind: 'none'; readonly why: string }

export interface ChangedVerdict {
  readonly conversation: string
  readonly step: { readonly kind: string; readonly agent: string; readonly name: string }
  /** Left out when they are long. */
  readonly fields?: JsonObject
  readonly was: VerdictKind
  readonly now: VerdictKind
  /** What speaks now, or spoke and does no more: the check and what it found. */
  readonly because: readonly string[]
}

/** `standing`: hash of the policy that judges now. Refused: a test fails, or it cannot be opened. */
export type Examine = (bundle: Bundle, standing: string, backtest: boolean) => Promise<Examined | Refusal>

/** Why there is no backtest when none was wanted. */
export const NOT_ASKED = 'not asked for'
