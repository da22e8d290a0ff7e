/** The tree of what follows from a check; see `ast.ts`. */
import type { Span } from '../plan/plan.ts'
import type { Entry, Expr, Ident, Path, TextNode } from './ast-value.ts'

interface Node {
  readonly span: Span
}

export type ActionNode = Node &
  (
    | { readonly kind: 'allow' | 'deny' | 'quarantine' | 'warn' }
    | {
        readonly kind: 'ask'
        readonly who: Ident
        /** `ask 2 of supervisor`: so many different people have to agree. */
        readonly people: { readonly count: number; readonly span: Span } | undefined
        readonly within: Expr | undefined
        readonly otherwise: 'deny' | 'allow'
      }
    | { readonly kind: 'alert'; readonly who: Ident }
    | { readonly kind: 'redact'; readonly what: Path; readonly field: Path | undefined }
    | { readonly kind: 'set'; readonly field: Path; readonly to: Expr }
    | {
        readonly kind: 'trim'
        readonly field: Path
        readonly most: Expr | undefined
        readonly unit: 'characters' | 'items'
      }
    /** `what`: a field, or with `field` what a detector finds in it. */
    | {
        readonly kind: 'replace'
        readonly what: Path
        readonly field: Path | undefined
        readonly by: Expr
      }
    | { readonly kind: 'route'; readonly to: Ident }
    | {
        readonly kind: 'retry'
        readonly feedback: TextNode | undefined
        readonly most: Expr | undefined
        readonly otherwise: ActionNode | undefined
      }
    /** Either another call or other words. */
    | {
        readonly kind: 'fallBack'
        readonly call: Ident | undefined
        readonly values: readonly Entry[]
        readonly words: Expr | undefined
      }
  )
