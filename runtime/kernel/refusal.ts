/** A transition that cannot be taken at all, as a value. Nothing of it has happened. */

const REFUSALS = [
  /** An event from outside bears a name of the runtime's. */
  'forged',
  /** More microsteps than `maxMicrosteps`. */
  'endless',
  /** A guard, an assign, params or a context factory threw; the message is kept. */
  'threw',
  /** The machine wants something that only a live actor system could do. */
  'unsupported',
  /** Params, a context or an output hold what JSON cannot carry, or params lack what the effect needs. */
  'not-data',
  /** Found by `checkPurity`: two runs differ, or the machine changed its input. */
  'impure',
  /** A packed snapshot of another machine, another version, or of states that are gone. */
  'other-machine',
] as const
export type RefusalCode = (typeof REFUSALS)[number]

export interface Refusal {
  readonly kind: 'refused'
  readonly code: RefusalCode
  readonly message: string
}

export function refused(code: RefusalCode, message: string): Refusal {
  return { kind: 'refused', code, message }
}

/** The text of whatever was thrown or failed; errors that went through JSON keep their `message`. Never throws itself. */
export function errorText(error: unknown): string {
  if (typeof error === 'string') return error
  if (error === undefined) return 'unknown error'
  try {
    if (
      typeof error === 'object' &&
      error !== null &&
      'message' in error &&
      typeof error.message === 'string'
    )
      return error.message
    return JSON.stringify(error) ?? String(error)
  } catch {
    return 'unknown error'
  }
}
