/** What a name in a text stands for, and every place that says it. */
import type { Span } from '../plan/plan.ts'

export type MeaningKind =
  | 'schema'
  | 'tool'
  | 'message'
  | 'agent'
  | 'words'
  | 'detector'
  | 'table'
  | 'group'
  | 'fact'
  /** A rule, a consistency, or a check of a schema: what a verdict names. */
  | 'check'
  | 'test'
  /** Of a flow. */
  | 'label'
  | 'field'
  /** Named by a rule's `where`. */
  | 'value'
  /** `p` in `every p in passengers has (…)`. */
  | 'variable'

export interface Meaning {
  readonly kind: MeaningKind
  readonly name: string
  /** Its name where it is declared; tells meanings apart. */
  readonly span: Span
}

export interface Occurrence {
  /** Of a text without its quotes, of a name with its back-ticks. */
  readonly span: Span
  /** More than one only where a field is that of several records. */
  readonly means: readonly Meaning[]
  readonly declares: boolean
  readonly written: 'name' | 'text'
}

/** The occurrence that holds `offset` or ends there; `all` is in order of place and does not overlap. */
export function occurrenceAt(all: readonly Occurrence[], offset: number): Occurrence | undefined {
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (all[middle]!.span[1] < offset) low = middle + 1
    else high = middle
  }
  const found = all[low]
  if (found === undefined || found.span[0] > offset) return undefined
  const next = all[low + 1]
  return next !== undefined && next.span[0] === offset ? next : found
}
