/** A layout before its lines are cut: what must stand together, where a line may end, how far the next one is indented. */
export type Doc =
  | string
  | readonly Doc[]
  /** In a broken group the line ends here, with an empty line after it if `blank`; else `flat` stands here. */
  | { readonly kind: 'line'; readonly flat: string; readonly blank: boolean }
  | { readonly kind: 'indent'; readonly by: number; readonly of: Doc }
  /** All its lines end, or none. `broken`: they end whether or not the group fits. */
  | { readonly kind: 'group'; readonly of: Doc; readonly broken: boolean }
  /** As many items on each line as fit. */
  | { readonly kind: 'fill'; readonly items: readonly FillItem[] }
  /** One thing in a broken group, another in one that stays on its line. */
  | { readonly kind: 'either'; readonly broken: Doc; readonly flat: Doc }
  /** Runs to the end of its line; `own`: nothing stands before it either. */
  | { readonly kind: 'comment'; readonly text: string; readonly own: boolean; readonly blank: boolean }

export interface FillItem {
  readonly doc: Doc
  /** What stands before it when the item before is on the same line. */
  readonly gap: string
}

export const NOTHING: Doc = ''

export function indent(by: number, of: Doc): Doc {
  return { kind: 'indent', by, of }
}

export function group(of: Doc, broken = false): Doc {
  return { kind: 'group', of, broken }
}

export function fill(items: readonly FillItem[]): Doc {
  return { kind: 'fill', items }
}

export function either(broken: Doc, flat: Doc): Doc {
  return { kind: 'either', broken, flat }
}

export function isList(doc: Doc): doc is readonly Doc[] {
  return Array.isArray(doc)
}
