/** The tree of steps and of the patterns between them; see `ast.ts`. */
import type { Span } from '../plan/plan.ts'
import type { Expr, Ident, Path, TextNode } from './ast-value.ts'

interface Node {
  readonly span: Span
}

export interface Pattern extends Node {
  readonly steps: readonly StepNode[]
  readonly where: Expr | undefined
}
export interface StepNode extends Node {
  /** Agents' names; absent: anyone, or no subject written. */
  readonly subjects: readonly Ident[]
  /** `anyone` or agents were written. */
  readonly hasSubject: boolean
  /** `calls`, `result`, …; undefined for a bare name. */
  readonly verb: string | undefined
  readonly verbSpan: Span
  readonly anything: boolean
  readonly objects: readonly Ident[]
  readonly peers: readonly Ident[]
}
/** `with the same here as there there`. */
export interface SameKey extends Node {
  readonly here: Path
  readonly there: Path
}

/** The part of a trace a consistency speaks of. */
export type StretchNode = Node &
  (
    | { readonly kind: 'after'; readonly opens: Pattern }
    | { readonly kind: 'before'; readonly closes: Pattern }
    | { readonly kind: 'between' | 'until'; readonly opens: Pattern; readonly closes: Pattern }
    | { readonly kind: 'while'; readonly state: Ident }
  )
/** `per calendar day in "Europe/Berlin"` */
export interface CalendarNode extends Node {
  readonly unit: 'day' | 'week' | 'month' | 'year'
  readonly zone: TextNode | undefined
}
/** What may stand behind the second step of a relation. */
export interface Terms {
  readonly within: Expr | undefined
  /** `at least 15 seconds later` */
  readonly apart?: Expr
  /** `within` was said in percent. */
  readonly percent?: true
  readonly same: readonly SameKey[]
  /** `by someone else` */
  readonly bySomeoneElse: boolean
  /** `by 2 different people`, `by 2 others` */
  readonly people?: { readonly count: number; readonly others: boolean; readonly span: Span }
  readonly eachTime?: Node
  readonly byEnd?: Node
  /** `before another X` */
  readonly another?: Pattern
}
export type FormNode = Node &
  (
    | ({
        readonly kind: 'needs'
        readonly what: Pattern
        readonly earlier: Pattern
        /** `, then Z` */
        readonly then: readonly Pattern[]
      } & Terms)
    | {
        readonly kind: 'atMost' | 'atLeast' | 'exactly'
        readonly what: Pattern
        readonly times: Expr | undefined
        readonly window: Expr | undefined
        readonly per?: CalendarNode
      }
    | ({
        readonly kind: 'neverAfter'
        readonly what: Pattern
        readonly after: Pattern
        /** `never within D after` */
        readonly rest?: Expr
        /** `5 times in any 2 minutes` */
        readonly times?: Expr
        readonly window?: Expr
      } & Terms)
    | ({
        readonly kind: 'followedBy'
        readonly what: Pattern
        readonly by: Pattern
        readonly then: readonly Pattern[]
      } & Terms)
    | {
        readonly kind: 'total'
        readonly fn: 'total' | 'distinct' | 'average' | 'highest' | 'lowest'
        readonly of: Path
        readonly what: Pattern
        readonly bound: 'atMost' | 'atLeast'
        readonly limit: Expr
        readonly window: Expr | undefined
        readonly per?: CalendarNode
      }
    /** The second and third mention of the two steps are `no` and `without`. */
    | ({
        readonly kind: 'succession'
        readonly what: Pattern
        readonly by: Pattern
        readonly directly: boolean
        readonly no: Pattern
        readonly without: Pattern
      } & Terms)
    /** Two steps with the words between them. `excludes` is `never after`, said from the other side. */
    | ({
        readonly kind: 'pair'
        readonly how:
          | 'alternate'
          | 'together'
          | 'requires'
          | 'excludes'
          | 'notBoth'
          | 'either'
          | 'onlyDirectlyAfter'
          | 'directlyFollowedBy'
          | 'neverDirectlyAfter'
        readonly what: Pattern
        readonly other: Pattern
      } & Terms)
    | { readonly kind: 'edge'; readonly which: 'first' | 'last'; readonly what: Pattern }
    | ({
        readonly kind: 'agreement'
        readonly how: 'agrees' | 'equals' | 'notBelow' | 'notAbove'
        readonly of: Path
        readonly what: Pattern
        readonly to: Path
        readonly latest: Pattern
      } & Terms)
    | { readonly kind: 'steady'; readonly of: Path; readonly what: Pattern }
  )
