/** What the judge says of one step, as data; text is made last (see `describe.ts`). */
import type { NextStep } from './finding.ts'
import type { Need } from './grounds.ts'
import type { Json } from './step.ts'

/** Strength order: a later one wins over an earlier one. */
export const VERDICT_KINDS = ['allow', 'repair', 'ask', 'deny', 'quarantine'] as const
export type VerdictKind = (typeof VERDICT_KINDS)[number]

export type CheckKind = 'permission' | 'schema' | 'rule' | 'consistency' | 'flow' | 'limit'

export interface Reason {
  /** Name of the rule, consistency, schema or permission that spoke. */
  readonly check: string
  readonly checkKind: CheckKind
  /** What it asks for. `alert` and `warn` never stop a step. */
  readonly action: 'allow' | 'repair' | 'ask' | 'deny' | 'quarantine' | 'alert' | 'warn'
  /** `unknown`: it could not be decided (missing field, overflow, failed detector) and `on error` was taken. */
  readonly outcome: 'fired' | 'unknown'
  readonly because?: string
  readonly remedy?: string
  readonly severity?: string
  /** Whom an `alert` is for. */
  readonly who?: string
  /** A shadow reason is reported and never enforced. */
  readonly shadow: boolean
  /** Plain words made by the judge: what was found, e.g. "`amount` is 150 USD, over 100 USD". */
  readonly found: string
  /** The values that decided it, by the path as written in the policy. */
  readonly values: Readonly<Record<string, Json>>
  /** What would be allowed next, as data a model can act on. */
  readonly next: readonly NextStep[]
  /** The agent is to try again; refused, the cell is set to `attempt`. */
  readonly retry?: {
    readonly attempt: number
    readonly most: number
    readonly feedback?: string
    readonly cell: string
  }
  /** Where it stands in the policy text. */
  readonly at: { readonly file: string; readonly start: number; readonly end: number; readonly line: number }
}

/** A rewrite of the step: the value at `path` of its fields (all of them when empty), its peer, or its name. */
export type Repair =
  | {
      readonly kind: 'field'
      readonly check: string
      readonly path: readonly string[]
      readonly value: Json
    }
  | { readonly kind: 'peer' | 'name'; readonly check: string; readonly to: string }

export interface Ask {
  readonly check: string
  /** Role that decides. */
  readonly who: string
  /** How many different people of the role have to agree; one unless said. */
  readonly people?: number
  readonly withinMs: number
  readonly otherwise: 'deny' | 'allow'
}

/** A promise the step created, met or broke (`X is followed by Y within T`). */
export interface Obligation {
  readonly kind: 'owed' | 'met' | 'broken'
  readonly check: string
  /** Cell that holds it; the runtime sets a durable timer on it when `owed`. */
  readonly cell: string
  readonly dueAt: number
}

export interface Verdict {
  readonly kind: VerdictKind
  readonly reasons: readonly Reason[]
  readonly repairs: readonly Repair[]
  readonly asks: readonly Ask[]
  readonly obligations: readonly Obligation[]
  /** What has to be known before the step can be let through; absent when nothing is, or when it is stopped anyway. */
  readonly needs?: readonly Need[]
  /** Keys of the reservations it rests on; absent when on none. */
  readonly holds?: readonly string[]
}

export const ALLOW: Verdict = Object.freeze({
  kind: 'allow',
  reasons: Object.freeze([]),
  repairs: Object.freeze([]),
  asks: Object.freeze([]),
  obligations: Object.freeze([]),
}) as Verdict
