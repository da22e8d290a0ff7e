/** Shapes of a plan: what one value must look like. */
import type { Json } from '../judge/step.ts'
import type { Expr, Span } from './expression.ts'

/** What one value must look like. Bounds are in the judge's units and inclusive unless `over`/`under`. */
export type Shape = { readonly span: Span } & (
  | {
      readonly kind: 'text'
      readonly min?: number
      readonly max?: number
      readonly like?: string
      readonly likeShown?: string
      readonly format?: string
      /** No control characters. */
      readonly plain?: true
    }
  | { readonly kind: 'number'; readonly whole: boolean; readonly unit?: string; readonly range: Range }
  | {
      readonly kind: 'money'
      readonly currency: string
      readonly range: Range
      /** Further currencies; the value then names its own: `{"amount": …, "currency": …}`. */
      readonly others?: readonly { readonly currency: string; readonly range: Range }[]
    }
  | { readonly kind: 'date'; readonly range: Range }
  | { readonly kind: 'time'; readonly zone?: string; readonly range: Range }
  | { readonly kind: 'duration'; readonly range: Range }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  /** The very value: text, number or yes/no. */
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  | {
      readonly kind: 'list'
      readonly of: Shape
      readonly min?: number
      readonly max?: number
      /** No two items are equal, or equal in the value at a path. */
      readonly unique?: true
      readonly distinctBy?: readonly string[]
    }
  | {
      readonly kind: 'map'
      readonly of: Shape
      readonly keys?: Shape
      readonly min?: number
      readonly max?: number
    }
  /** Null, or what `of` says. */
  | { readonly kind: 'nullable'; readonly of: Shape }
  /** Records told apart by the text in the field `by`. */
  | {
      readonly kind: 'union'
      readonly by: string
      readonly variants: readonly { readonly tags: readonly string[]; readonly shape: Shape }[]
    }
  /** A schema as it was imported, judged as the standard has it; `at` points into it. */
  | { readonly kind: 'json-schema'; readonly schema: Json; readonly at?: string }
  | {
      readonly kind: 'record'
      readonly name?: string
      readonly fields: readonly FieldShape[]
      readonly checks: readonly FieldCheck[]
      /** A closed record refuses fields it does not name (arguments); an open one lets them pass (results). */
      readonly closed: boolean
    }
  | { readonly kind: 'anything' }
)

export interface Range {
  readonly min?: number
  readonly max?: number
  readonly over?: number
  readonly under?: number
}

export interface FieldShape {
  readonly name: string
  readonly shape: Shape
  /** Absent, or null, which counts as absent unless `strict`. */
  readonly optional: boolean
  readonly strict?: true
  /** What it is when absent, as JSON. */
  readonly default?: Json
}

/** `check "…": expr` inside a schema. `field` paths in `expr` start at the record itself. */
export interface FieldCheck {
  readonly name: string
  readonly holds: Expr
  readonly span: Span
}
