/** The tree of types and expressions; see `ast.ts`. */
import type { Json } from '../judge/step.ts'
import type { Span } from '../plan/plan.ts'

export interface Ident {
  readonly name: string
  readonly span: Span
  /** Written in back-ticks: always a name, never a built-in. */
  readonly quoted: boolean
}

/** Text as written, unescaped. */
export interface TextNode {
  readonly value: string
  readonly span: Span
}

interface Node {
  readonly span: Span
}

// ---------------------------------------------------------------- types

export interface RecordType extends Node {
  readonly kind: 'record'
  readonly fields: readonly FieldNode[]
  readonly checks: readonly CheckNode[]
  /** `and more`: fields that are not named may be there. Imported ones may refuse them. By its place when left out. */
  readonly more?: 'allowed' | 'refused'
  /** Imported, and judged as this schema has it; the fields are what expressions read. */
  readonly judged?: { readonly schema: Json; readonly at?: string }
}
export interface FieldNode extends Node {
  readonly name: Ident
  readonly type: TypeExpr
  readonly constraints: readonly Constraint[]
  /** Imported: null does not count as absent. */
  readonly strict?: true
}
export interface CheckNode extends Node {
  readonly name: TextNode | undefined
  readonly holds: Expr
}
export type TypeExpr =
  | RecordType
  | (Node &
      (
        | { readonly kind: 'named'; readonly name: Ident }
        | {
            readonly kind: 'text'
            readonly like?: TextNode
            readonly matching?: TextNode
            readonly format?: Ident
          }
        | { readonly kind: 'number'; readonly whole: boolean; readonly unit?: Ident }
        /** `others`: `money in USD or EUR`. */
        | { readonly kind: 'money'; readonly currency: Ident | undefined; readonly others?: readonly Ident[] }
        | { readonly kind: 'constant'; readonly value: Expr }
        | { readonly kind: 'nullable'; readonly of: TypeExpr }
        | { readonly kind: 'union'; readonly variants: readonly Ident[]; readonly by: Ident }
        /** Imported, and said only as a JSON Schema; `as` is what expressions read it as. */
        | {
            readonly kind: 'json-schema'
            readonly schema: Json
            readonly at?: string
            readonly as: TypeExpr
          }
        | { readonly kind: 'date' | 'duration' | 'flag' | 'anything' | 'broken' }
        | { readonly kind: 'time'; readonly zone?: TextNode }
        | { readonly kind: 'choice'; readonly options: readonly TextNode[] }
        | { readonly kind: 'list'; readonly of: TypeExpr }
        | { readonly kind: 'map'; readonly of: TypeExpr; readonly keys?: TypeExpr }
      ))
export type Constraint = Node &
  (
    | { readonly kind: 'optional' }
    | { readonly kind: 'unique' }
    | { readonly kind: 'plain' }
    | { readonly kind: 'distinct'; readonly by: Path }
    | { readonly kind: 'default'; readonly value: Expr }
    | { readonly kind: 'least' | 'most' | 'over' | 'under' | 'before' | 'after'; readonly value: Expr }
    | { readonly kind: 'between'; readonly low: Expr; readonly high: Expr }
  )

// ---------------------------------------------------------------- expressions

export interface Path extends Node {
  readonly kind: 'path'
  readonly parts: readonly Ident[]
}
export interface Entry extends Node {
  readonly name: Ident
  readonly value: Expr
}
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='
export type Expr =
  | Path
  | (Node &
      (
        | { readonly kind: 'broken' }
        | { readonly kind: 'number'; readonly value: number; readonly unit?: Ident }
        /** `value` in millionths of the unit. */
        | { readonly kind: 'money'; readonly value: number; readonly currency: Ident }
        /** Milliseconds. */
        | { readonly kind: 'duration'; readonly value: number }
        /** Days since 1970, NaN if there is no such date. */
        | { readonly kind: 'date'; readonly value: number; readonly written: string }
        /** Milliseconds since the epoch, NaN if there is no such time. */
        | { readonly kind: 'time'; readonly value: number; readonly written: string }
        | { readonly kind: 'text'; readonly value: string }
        | { readonly kind: 'flag'; readonly value: boolean }
        | { readonly kind: 'list'; readonly items: readonly Expr[] }
        | { readonly kind: 'record'; readonly entries: readonly Entry[] }
        /** Parentheses as written. */
        | { readonly kind: 'group'; readonly of: Expr }
        | { readonly kind: 'not'; readonly of: Expr }
        | { readonly kind: 'and' | 'or'; readonly of: readonly Expr[] }
        | {
            readonly kind: 'compare'
            readonly cmp: Comparison
            readonly left: Expr
            readonly right: Expr
            readonly exactly: boolean
          }
        | {
            readonly kind: 'between'
            readonly of: Expr
            readonly low: Expr
            readonly high: Expr
            readonly not: boolean
          }
        | {
            readonly kind: 'oneOf'
            readonly of: Expr
            readonly items: readonly Expr[]
            readonly not: boolean
            readonly exactly: boolean
          }
        | {
            readonly kind: 'in'
            readonly of: Expr
            readonly list: Expr
            readonly not: boolean
            readonly exactly: boolean
          }
        /** `actor has role "manager"`; one of several is enough. */
        | { readonly kind: 'hasRole'; readonly of: Expr; readonly roles: readonly Expr[] }
        | { readonly kind: 'present'; readonly of: Expr; readonly missing: boolean }
        | { readonly kind: 'same'; readonly left: Expr; readonly right: Expr; readonly not: boolean }
        | {
            readonly kind: 'textTest'
            readonly test: 'contains' | 'starts' | 'ends'
            readonly of: Expr
            readonly any: readonly Expr[]
            /** `any of` / `any word of` was written: the operands may name lists. */
            readonly spread: boolean
            readonly words: boolean
            readonly exactly: boolean
          }
        | {
            readonly kind: 'matches' | 'like'
            readonly of: Expr
            readonly pattern: TextNode
            readonly not: boolean
            readonly exactly: boolean
          }
        | {
            readonly kind: 'arith'
            readonly fn: '+' | '-' | '*' | '/' | 'smaller' | 'larger'
            readonly left: Expr
            readonly right: Expr
          }
        | {
            readonly kind: 'count'
            readonly list: Expr
            readonly variable: Ident | undefined
            readonly where: Expr | undefined
          }
        | {
            readonly kind: 'quantified'
            readonly how: 'some' | 'every' | 'no'
            readonly list: Expr
            readonly variable: Ident
            readonly has: Expr
          }
        | { readonly kind: 'total'; readonly of: Expr; readonly variable: Ident; readonly list: Expr }
        | { readonly kind: 'length' | 'keys'; readonly of: Expr }
        /** `today in "…"`; with `start` the moment at which it began. */
        | { readonly kind: 'today'; readonly start: boolean; readonly zone: TextNode | undefined }
        /** `D is more than 10 days after E`; never the other way round. */
        | {
            readonly kind: 'apart'
            readonly cmp: Comparison
            readonly side: 'after' | 'before'
            readonly of: Expr
            readonly by: Expr
            readonly from: Expr
            readonly not: boolean
          }
        | { readonly kind: 'day'; readonly of: Expr; readonly zone: TextNode | undefined }
        /** `weekday of T in "…"`, `hour of T in "…"`. */
        | { readonly kind: 'weekday' | 'hour'; readonly of: Expr; readonly zone: TextNode | undefined }
        /** `is between 22:00 and 06:00 in "…"`; minutes since midnight, NaN where there is no such time of day. */
        | {
            readonly kind: 'clock'
            readonly of: Expr
            readonly from: number
            readonly to: number
            readonly zone: TextNode | undefined
            readonly not: boolean
          }
        /** `is on a weekend in "…"`, `is on Monday, Friday in "…"`. */
        | {
            readonly kind: 'onDays'
            readonly of: Expr
            readonly days: readonly Ident[]
            readonly zone: TextNode | undefined
            readonly not: boolean
          }
        | { readonly kind: 'lookup'; readonly table: Ident; readonly keys: readonly Expr[] }
        /** `injection in text over 0.7`; `over` is the detector's own threshold where none is written. */
        | {
            readonly kind: 'scored'
            readonly detector: Ident
            readonly of: Expr
            readonly over: Expr | undefined
          }
        /** `text resembles "…"`, `text is about "…"`, `text is grounded in passages`. */
        | {
            readonly kind: 'meaning'
            readonly how: 'resembles' | 'about' | 'grounded'
            readonly of: Expr
            /** One of these is enough, except as grounds, which are taken together. */
            readonly to: readonly Expr[]
            readonly over: Expr | undefined
            readonly not: boolean
          }
      ))
