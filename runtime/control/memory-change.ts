/** What an operator wants done to shared memory. */

/** Who wants it is who asks. */
export type MemoryChange =
  | { readonly what: 'retract' | 'hold' | 'release'; readonly source: string }
  | { readonly what: 'forget'; readonly rows: string; readonly before: number }
