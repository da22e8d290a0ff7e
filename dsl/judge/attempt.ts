/**
 * Evaluation that must not take the judge down: deep nesting may exhaust the stack, and a bug may do anything. What
 * throws is unknown, which never permits; the reason says so.
 */
export function attempt<T>(evaluate: () => T): T | undefined {
  return attemptOr(evaluate, undefined)
}

export function attemptOr<T, U>(evaluate: () => T, otherwise: U): T | U {
  try {
    return evaluate()
  } catch {
    return otherwise
  }
}

export const INTERNAL = 'an internal error kept it from being decided'
