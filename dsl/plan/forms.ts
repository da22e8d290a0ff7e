/** Which steps a check speaks of, and the patterns between them that a consistency may state. */
import type { StepKind } from '../judge/step.ts'
import type { Expr } from './expression.ts'

/** One way a step may match; lists are alternatives, an absent list means any. */
export interface Selector {
  readonly kinds?: readonly StepKind[]
  readonly agents?: readonly string[]
  readonly names?: readonly string[]
  readonly peers?: readonly string[]
}

export interface StepPattern {
  readonly any: readonly Selector[]
  /** Reads the matched step's own fields. */
  readonly where?: Expr
  /** As written, for messages. */
  readonly shown: string
}

/** `there` is the path on the remembered step, `here` on the judged one. */
export interface JoinKey {
  readonly there: readonly string[]
  readonly here: readonly string[]
}

/** A period of the calendar in a zone: every day, week (from Monday), month or year starts anew. */
export interface Calendar {
  readonly unit: 'day' | 'week' | 'month' | 'year'
  readonly zone: string
}

/** Times within which a count or total is taken; both absent: the whole scope. */
export interface Window {
  readonly inMs?: number
  readonly per?: Calendar
}

/**
 * How much or how often there may be at most, in the judge's units: a number, or what the step that is judged says, as one of
 * its fields or a table read by them. What cannot be read is unknown.
 */
export type Limit = number | Expr

export type ConsistencyForm =
  | {
      readonly kind: 'needs'
      readonly what: StepPattern
      readonly earlier: StepPattern
      readonly withinMs?: number
      readonly same: readonly JoinKey[]
      readonly bySomeoneElse: boolean
    }
  | ({ readonly kind: 'atMost'; readonly what: StepPattern; readonly times: Limit } & Window)
  | {
      readonly kind: 'neverAfter'
      readonly what: StepPattern
      readonly after: StepPattern
      readonly same: readonly JoinKey[]
    }
  /**
   * `X never within 10 minutes after Y 5 times in any 2 minutes`: a Y with `times` of them less than `inMs` old, itself
   * included, bars the X for `forMs`; without `inMs` all Y count, without `forMs` it bars for good.
   */
  | {
      readonly kind: 'rests'
      readonly what: StepPattern
      readonly after: StepPattern
      readonly times: number
      readonly inMs?: number
      readonly forMs?: number
      readonly same: readonly JoinKey[]
    }
  | {
      readonly kind: 'followedBy'
      readonly what: StepPattern
      readonly by: StepPattern
      readonly withinMs: number
      readonly same: readonly JoinKey[]
    }
  /** `total amount of issue_refund at most 1_000 USD in any 24 hours` */
  | ({
      readonly kind: 'total'
      readonly what: StepPattern
      readonly of: Expr
      readonly atMost: Limit
    } & Window)
  /** Judged when the scope ends; too many are refused at once. */
  | { readonly kind: 'atLeast' | 'exactly'; readonly what: StepPattern; readonly times: number }
  /** `X needs an earlier Y, then Z`: a Y and after it a Z, all within the time before the X. */
  | {
      readonly kind: 'needsChain'
      readonly what: StepPattern
      readonly chain: readonly StepPattern[]
      readonly withinMs?: number
      readonly same: readonly JoinKey[]
    }
  /** `X needs an earlier Y each time`: a Y since the X before. */
  | {
      readonly kind: 'needsEach'
      readonly what: StepPattern
      readonly earlier: StepPattern
      readonly withinMs?: number
      readonly same: readonly JoinKey[]
    }
  /** `X needs an earlier Y by 2 different people`; with `bySomeoneElse` none of them is who takes the X. */
  | {
      readonly kind: 'quorum'
      readonly what: StepPattern
      readonly earlier: StepPattern
      readonly people: number
      readonly bySomeoneElse: boolean
      readonly withinMs?: number
      readonly same: readonly JoinKey[]
    }
  /**
   * `X is followed by Y, then Z`, with a deadline or by the end; with `alone` also before another X. In `same`, as in
   * `followedBy`, `there` is read from the X and `here` from what follows.
   */
  | {
      readonly kind: 'leadsTo'
      readonly what: StepPattern
      readonly chain: readonly StepPattern[]
      readonly withinMs?: number
      readonly alone: boolean
      readonly same: readonly JoinKey[]
    }
  /** `every X has its Y, and no Y without an X`; with `alternate` strictly in turns, X first. */
  | {
      readonly kind: 'succession'
      readonly what: StepPattern
      readonly by: StepPattern
      readonly withinMs?: number
      readonly alternate: boolean
      readonly same: readonly JoinKey[]
    }
  /**
   * Neighbours among the steps of the kinds in `among`. `after`: X only directly after Y. `next`: X is directly followed by Y.
   * `both`: X and Y only one directly after the other. `never`: X never directly after Y. `here` is read from the X.
   */
  | {
      readonly kind: 'adjacent'
      readonly how: 'after' | 'next' | 'both' | 'never'
      readonly what: StepPattern
      readonly other: StepPattern
      readonly among: readonly StepKind[]
      /** The two are no more, and no less, than this apart. */
      readonly withinMs?: number
      readonly afterMs?: number
      readonly same: readonly JoinKey[]
    }
  /** `requires`: with X also Y, before or after. `together`: both or none. `apart`: not both. `either`: exactly one of them. */
  | {
      readonly kind: 'pair'
      readonly how: 'requires' | 'together' | 'apart' | 'either'
      readonly what: StepPattern
      readonly other: StepPattern
      readonly same: readonly JoinKey[]
    }
  /** The first or last among the steps of the kinds in `among`. */
  | {
      readonly kind: 'edge'
      readonly which: 'first' | 'last'
      readonly what: StepPattern
      readonly among: readonly StepKind[]
    }
  /**
   * `limit` in the judge's units. What one more step can never repair is refused at once: any total, number or highest `atMost`,
   * any lowest `atLeast`, and averages, which are judged at every step. The rest is judged when the scope ends.
   */
  | ({
      readonly kind: 'aggregate'
      readonly fn: 'total' | 'distinct' | 'average' | 'highest' | 'lowest'
      readonly bound: 'atMost' | 'atLeast'
      readonly what: StepPattern
      readonly of: Expr
      readonly limit: number
    } & Window)
  /** `status in answer agrees with status in the latest lookup`; nothing to compare with holds. `to` reads the earlier step. */
  | {
      readonly kind: 'agrees'
      readonly how: 'agrees' | 'equals' | 'notBelow' | 'notAbove'
      readonly what: StepPattern
      readonly of: Expr
      readonly latest: StepPattern
      readonly to: Expr
      readonly tolerance?: { readonly kind: 'percent' | 'amount'; readonly value: number }
      readonly same: readonly JoinKey[]
    }
  /** `amount of pay stays the same`: as in the first one. */
  | { readonly kind: 'steady'; readonly what: StepPattern; readonly of: Expr }
