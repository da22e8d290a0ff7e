/** A page as data, before it is Markdown or HTML. */

export type Inline =
  | { readonly kind: 'text' | 'code' | 'strong' | 'note'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly to: string }

export interface Item {
  readonly of: readonly Inline[]
  readonly items?: readonly Item[]
}

export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3 | 4; readonly text: string; readonly id: string }
  | { readonly kind: 'paragraph'; readonly of: readonly Inline[] }
  | { readonly kind: 'list'; readonly items: readonly Item[] }
  | {
      readonly kind: 'table'
      readonly head: readonly string[]
      readonly rows: readonly (readonly (readonly Inline[])[])[]
    }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  | { readonly kind: 'figure'; readonly rows: readonly FigureRow[] }
  /** Pairs of a short label and what it says. */
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [string, readonly Inline[]])[] }
  | { readonly kind: 'folded'; readonly summary: readonly Inline[]; readonly blocks: readonly Block[] }

/** A stretch of a trace, in time from left to right, that a pattern accepts or refuses. */
export interface FigureRow {
  readonly holds: boolean
  readonly cells: readonly FigureCell[]
}

export type FigureCell =
  | { readonly kind: 'step'; readonly text: string; readonly refused?: true }
  /** What lies between two steps. */
  | { readonly kind: 'gap'; readonly text: string }
  /** The end of the scope, or a deadline. */
  | { readonly kind: 'end'; readonly text: string }

export interface Page {
  readonly title: string
  readonly subtitle: string
  readonly blocks: readonly Block[]
}

export const text = (said: string): Inline => ({ kind: 'text', text: said })
export const code = (said: string): Inline => ({ kind: 'code', text: said })
export const strong = (said: string): Inline => ({ kind: 'strong', text: said })
export const note = (said: string): Inline => ({ kind: 'note', text: said })
export const link = (said: string, to: string): Inline => ({ kind: 'link', text: said, to })

export function listed(parts: readonly Inline[]): Inline[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [text(', '), part]))
}

/** Letters and digits with hyphens, told apart by a number: where a link leads. */
export class Ids {
  private readonly used = new Map<string, number>()

  of(said: string): string {
    const plain =
      said
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replaceAll(/^-|-$/g, '') || 'part'
    const count = (this.used.get(plain) ?? 0) + 1
    this.used.set(plain, count)
    return count === 1 ? plain : `${plain}-${count}`
  }
}
