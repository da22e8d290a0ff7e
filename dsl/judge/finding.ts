/** What a check has found against a step. */
import type { Json } from './step.ts'

export interface Finding {
  readonly outcome: 'fired' | 'unknown'
  readonly found: string
  readonly values: Readonly<Record<string, Json>>
  readonly next: readonly NextStep[]
}

export interface NextStep {
  readonly kind: string
  readonly name: string
  readonly with: Readonly<Record<string, Json>>
  /** Plain words, e.g. "call `lookup_order` with order = ORD-000123 first". */
  readonly say: string
}
