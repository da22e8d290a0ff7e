import type { Json } from './step.ts'

/** One way in which a value does not look as its shape says. */
export interface Issue {
  readonly kind: 'missing' | 'unexpected' | 'type' | 'range' | 'length' | 'format' | 'choice' | 'check'
  readonly path: readonly (string | number)[]
  /** In words: `money in USD`, `at most 500 characters`. */
  readonly expected: string
  /** The value as it came, cut to a bounded size; absent when there is none. */
  readonly found?: Json
}
