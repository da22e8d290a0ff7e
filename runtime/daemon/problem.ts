/** What a person at the terminal is told when something cannot be done: an expected failure, as a value. */
export interface Problem {
  readonly kind: 'problem'
  /** Permanent: `D0001` and up; listed in design/errors.md. */
  readonly code: string
  readonly message: string
  /** The place: a file, a line, a port. */
  readonly where?: string
  readonly help?: string
  /** Ready-made text (rendered diagnostics) printed before the message. */
  readonly detail?: string
}

export function problem(
  code: string,
  message: string,
  more: Omit<Problem, 'kind' | 'code' | 'message'> = {},
): Problem {
  return { kind: 'problem', code, message, ...more }
}
