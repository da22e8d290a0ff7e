/**
 * The plan: what a checked policy means, as JSON-safe data. The front end ends here and the judge begins here.
 *
 * Values inside the judge, by type:
 *   text, choice   string            flag      boolean
 *   number         double            money     integer count of 1e-6 of the currency unit (MICRO)
 *   date           days since 1970   time      milliseconds since the epoch
 *   duration       milliseconds      list      array of raw JSON items, read at the leaf
 *   record, map    raw JSON object, read at the leaf
 * A value that is absent, of another shape, or overflows is *unknown*; comparisons with it are unknown (Kleene).
 */
import type { JsonObject, StepKind } from '../judge/step.ts'
import type { Action } from './action.ts'
import type { Expr, Span, Type } from './expression.ts'
import type { ConsistencyForm, JoinKey, Selector, StepPattern, Window } from './forms.ts'
import type { Shape } from './shape.ts'

export type { Action } from './action.ts'
export type { Arith, Compare, Expr, FieldType, Span, Type } from './expression.ts'
export type { Calendar, ConsistencyForm, JoinKey, Limit, Selector, StepPattern, Window } from './forms.ts'
export type { FieldCheck, FieldShape, Range, Shape } from './shape.ts'

export const PLAN_VERSION = 1
/** One currency unit in the judge's integers. Sums past Number.MAX_SAFE_INTEGER are unknown. */
export const MICRO = 1_000_000
/** Different values `the number of distinct F of X` can tell; beyond, it is unknown. */
export const DISTINCT_KEPT = 100
/** Characters kept of the texts of a step; what is longer is cut. */
export const TEXT_KEPT_MAX = 8_000
/** What `weekday of …` gives. */
export const WEEKDAYS = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const

// ---------------------------------------------------------------- constraints

export interface Meta {
  /** Stable across versions when the meaning is unchanged: state moves with it. 8 hex digits. */
  readonly id: string
  readonly name: string
  readonly because?: string
  readonly remedy?: string
  readonly severity?: 'low' | 'medium' | 'high' | 'critical'
  readonly shadow: boolean
  readonly onError: 'deny' | 'allow' | 'warn'
  /** The library it comes from, as a path; its places are in that text. */
  readonly library?: string
  readonly span: Span
  readonly line: number
}

/** `where booking is the latest result of get_booking with the same booking_id`, or what earlier steps come to. */
export interface Binding {
  readonly name: string
  readonly of: StepPattern
  /** Absent: the latest such step. */
  readonly tally?: Tally
  /** Paths equal on the remembered step and on the step being judged. */
  readonly same: readonly JoinKey[]
  /** Only these paths of the remembered step are kept. Empty: the whole of its fields. */
  readonly keep: readonly (readonly string[])[]
  /** The texts of so many steps, oldest first, instead of the fields of the latest one. */
  readonly texts?: number
  /** State bound in words, printed by `check`. */
  readonly bound: string
  readonly id: string
}

/**
 * What earlier steps come to: how many, a field added up, how long ago the latest is, the latest few. Of no steps there is
 * no average, highest, lowest or latest: the binding is absent.
 */
export interface Tally extends Window {
  readonly fn: 'count' | 'distinct' | 'total' | 'average' | 'highest' | 'lowest' | 'since' | 'latest'
  /** The field that is added up or compared, read from each step. */
  readonly of?: Expr
  /** Of `latest`: how many are kept, newest first. */
  readonly most?: number
  /** Only steps after the latest of these. */
  readonly after?: StepPattern
}

export interface Rule extends Meta {
  readonly when: StepPattern
  readonly bindings: readonly Binding[]
  readonly locals: readonly { readonly name: string; readonly value: Expr }[]
  readonly action: Action
}

/** `fleet`: all conversations together; its state is not theirs but a ledger's (see `judge/ledgers.ts`). */
export type Scope = 'conversation' | 'agent' | 'turn' | 'fleet'

/** What `for each` may tell steps apart by besides their fields: the tool called, who acts, or whose conversation it is. */
export type StepKey = 'tool' | 'actor' | 'tenant'

export interface Consistency extends Meta {
  readonly scope: Scope
  /** `for each order, customer`: the same path on every step the constraint names. */
  readonly forEach: readonly (readonly string[])[]
  /** `for each tool`, `for each actor`: a step that has none is no step of any slice. */
  readonly forEachOf?: readonly StepKey[]
  readonly form: ConsistencyForm
  /** The stretch of the trace it speaks of; absent: all of it. */
  readonly during?: Stretch
  /** What a breach asks for; `deny` unless written. */
  readonly otherwise: Action
  /** State and cost bound in words, printed by `check`. */
  readonly bound: string
  /** A limit of an agent, which is no consistency to its reader. */
  readonly limit?: true
}

/**
 * The steps that open and close a stretch belong to neither side of it. `between` and `before` speak only of stretches that are
 * closed, so that the closing step is what breaks them; `until` and `while` also of one that is still open.
 */
export type Stretch =
  | { readonly kind: 'after'; readonly opens: StepPattern }
  | { readonly kind: 'before'; readonly closes: StepPattern }
  /** `while`: of one agent; `opens` and `closes` are its entering and leaving a state. */
  | {
      readonly kind: 'between' | 'until' | 'while'
      readonly opens: StepPattern
      readonly closes: StepPattern
    }

// ---------------------------------------------------------------- flows

/** What a value may come from, or what gives a label. */
export interface FlowSource {
  readonly pattern: StepPattern
  /** Only what stands there; lists on the way are gone through. */
  readonly field?: readonly string[]
}

/** A value the policy itself lists. */
export interface FlowConstant {
  readonly kind: 'is' | 'starts' | 'ends'
  readonly text: string
}

export interface FlowLabel {
  readonly name: string
  readonly on: readonly FlowSource[]
}

/** `only readers, "auditor" may read text of read_document`: fields of the step that gives it, or names. */
export interface FlowReaders {
  readonly source: FlowSource
  readonly readers: readonly (
    | { readonly kind: 'field'; readonly path: readonly string[] }
    | { readonly kind: 'is'; readonly text: string }
  )[]
}

export interface Flow extends Meta {
  readonly form: FlowForm
  /** What a breach asks for; `deny` unless written. */
  readonly otherwise: Action
  /** State bound in words, printed by `check`. */
  readonly bound: string
}

export type FlowForm =
  | {
      readonly kind: 'comesOnlyFrom'
      readonly what: StepPattern
      readonly fields: readonly (readonly string[])[]
      /** Only these parts of the text. */
      readonly part?: 'links' | 'addresses' | 'numbers' | 'dates' | 'identifiers'
      readonly sources: readonly FlowSource[]
      readonly constants: readonly FlowConstant[]
      /** A value that was seen nowhere is the agent's own, and may be. */
      readonly orAgent: boolean
      /** The sources as written, for messages. */
      readonly shownSources: string
    }
  | {
      readonly kind: 'neverReaches'
      readonly label: string
      /** Everything that has the label, wherever the policy says so. */
      readonly on: readonly FlowSource[]
      readonly what: StepPattern
      /** Empty: any field. */
      readonly fields: readonly (readonly string[])[]
      /** Anything with the label read in the conversation is enough. */
      readonly evenReworded: boolean
      readonly releasedBy: readonly string[]
    }
  | {
      readonly kind: 'readable'
      /** Who may read what, wherever the policy says so. */
      readonly on: readonly FlowReaders[]
      readonly what: StepPattern
      /** Empty: any field but those of `by`. */
      readonly fields: readonly (readonly string[])[]
      /** Fields that name who reads it; of `peer`, whom the step is for. */
      readonly by: readonly (readonly string[] | 'peer')[]
      /** Only if they may read everything that was read in the conversation. */
      readonly evenReworded: boolean
      readonly releasedBy: readonly string[]
    }

// ---------------------------------------------------------------- vocabulary

export interface Tool {
  readonly name: string
  /** A record shape, closed. */
  readonly takes: Shape
  readonly returns?: Shape
  readonly traits: {
    readonly readsOnly: boolean
    readonly external: boolean
    /** Paths that make the idempotency key; [] with `idempotent: true` means the runtime's own key. */
    readonly idempotentBy: readonly string[]
    readonly idempotent: boolean
    /** Fields that are reserved by the call and replaced by what it turned out to cost. */
    readonly settles?: Readonly<Record<string, 'amount' | 'tokens'>>
  }
  readonly span: Span
  readonly line: number
}

export interface Message {
  readonly name: string
  readonly shape: Shape
  readonly span: Span
  readonly line: number
}

export interface Agent {
  readonly name: string
  /** Steps it may take. A step outside is denied unless an `allow` rule grants it. */
  readonly may: readonly Selector[]
  /** Sentences of a model may be answered one by one, each judged, before the rest is known. */
  readonly bySentence?: true
  readonly span: Span
  readonly line: number
}

export interface Table {
  readonly name: string
  /** Options joined by U+001F → value in the judge's units. */
  readonly rows: Readonly<Record<string, number | string | boolean>>
  readonly type: Type
}

export interface TestCase {
  readonly name: string
  /** Milliseconds since the epoch at which the test starts (`at 2024-05-15T15:00:00Z`); the runner's own when absent. */
  readonly startsAt?: number
  readonly given: readonly TestStep[]
  readonly when: TestStep
  readonly expect: {
    readonly kind: 'allow' | 'repair' | 'ask' | 'deny' | 'quarantine'
    readonly because?: string
    readonly who?: string
  }
  readonly span: Span
  readonly line: number
}

export interface TestStep {
  readonly kind: StepKind
  readonly agent: string
  readonly actor?: string
  readonly roles?: readonly string[]
  readonly tenant?: string
  readonly name: string
  readonly peer?: string
  readonly fields: JsonObject
  /** What detectors say of the step. */
  readonly scores?: readonly {
    readonly detector: string
    readonly of: readonly string[]
    readonly value: number
  }[]
  /** Milliseconds after the test's start; also moves the turn on unless `sameTurn`. */
  readonly atMs: number
  readonly sameTurn: boolean
}

export interface Plan {
  readonly planVersion: typeof PLAN_VERSION
  readonly policy: {
    readonly name: string
    readonly version: string
    readonly owner?: string
    readonly file: string
  }
  /** SHA-256 over the plan's meaning (everything but spans, lines and test cases), hex. */
  readonly hash: string
  readonly tools: readonly Tool[]
  readonly messages: readonly Message[]
  readonly agents: readonly Agent[]
  readonly tables: readonly Table[]
  readonly rules: readonly Rule[]
  readonly consistencies: readonly Consistency[]
  readonly flows: readonly Flow[]
  readonly tests: readonly TestCase[]
}
