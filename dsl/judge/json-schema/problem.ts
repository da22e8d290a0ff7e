/** What a schema says that cannot be judged, by place. */
export interface SchemaProblem {
  /** `unknown` may be overlooked by a reader who says so; the others leave no meaning to judge by. */
  readonly kind: 'unknown' | 'malformed' | 'unresolved' | 'pattern'
  /** JSON pointer to the keyword. */
  readonly pointer: string
  readonly message: string
}
