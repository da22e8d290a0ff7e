/** What a rule or a breach asks for. */
import type { Expr } from './expression.ts'

export type Action =
  | { readonly kind: 'allow' | 'deny' | 'quarantine' | 'warn' }
  | AskAction
  | { readonly kind: 'alert'; readonly who: string }
  /** Replace what a detector finds (or the whole text) in the field at `path` by `[redacted]`, or by `by`. */
  | {
      readonly kind: 'redact'
      readonly path: readonly string[]
      readonly detector?: string
      readonly by?: string
    }
  | { readonly kind: 'set'; readonly path: readonly string[]; readonly to: Expr }
  /** The text or list at `path` is cut to `most` characters or items. */
  | { readonly kind: 'trim'; readonly path: readonly string[]; readonly most: number }
  /** What is said goes to another peer, what is called is another tool (`name`) with the same arguments. */
  | { readonly kind: 'route'; readonly what: 'peer' | 'name'; readonly to: string }
  /** A step of these fields in its place; with `name` the call of that tool. */
  | {
      readonly kind: 'fallBack'
      readonly name?: string
      readonly fields: readonly { readonly name: string; readonly value: Expr }[]
    }
  /** A denial that asks for another attempt; after `most` of them, `otherwise`. */
  | {
      readonly kind: 'retry'
      readonly feedback?: string
      readonly most: number
      readonly otherwise: AskAction | { readonly kind: 'deny' | 'quarantine' }
    }

interface AskAction {
  readonly kind: 'ask'
  readonly who: string
  /** How many different people have to agree; one unless said. */
  readonly people?: number
  readonly withinMs: number
  readonly otherwise: 'deny' | 'allow'
}
