import type { Code } from './codes.ts'

/** What a person at the terminal is told when something cannot be done: an expected failure, as a value. */
export interface Problem {
  readonly kind: 'problem'
  readonly code: Code
  readonly message: string
  /** The place: a file, a line, a port. */
  readonly where?: string
  readonly help?: string
  /** Ready-made text (rendered diagnostics) printed before the message. */
  readonly detail?: string
}

export function problem(
  code: Code,
  message: string,
  more: Omit<Problem, 'kind' | 'code' | 'message'> = {},
): Problem {
  return { kind: 'problem', code, message, ...more }
}

/** Carries a problem out of a generator, which cannot return it to who loops over it; `main` shows it like any other. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

/** The stack, for those who set PARAPET_DEBUG. */
export function debugDetail(cause: unknown): { detail?: string } {
  if (process.env['PARAPET_DEBUG'] === undefined || !(cause instanceof Error)) return {}
  return { detail: cause.stack ?? cause.message }
}
