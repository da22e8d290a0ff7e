/** Actions that are weaker, or stricter, than the one that is written. */
import type { Action } from '../../plan/plan.ts'
import type { Change } from './change.ts'

/** Only what a test can tell apart: an expectation speaks of the verdict, not of a repair's text or a deadline. */
export function otherActions(action: Action): Change<Action>[] {
  const to = (kind: 'deny' | 'warn'): Change<Action> => ({
    to: { kind },
    says: `\`${kind}\` in place of \`${action.kind === 'fallBack' ? 'fall back' : action.kind}\``,
  })
  switch (action.kind) {
    // Anything else permits nothing: the same as leaving the rule out.
    case 'allow':
      return []
    case 'warn':
    case 'alert':
      return [to('deny')]
    case 'deny':
    case 'retry':
      return [to('warn')]
    case 'ask':
    case 'quarantine':
    case 'redact':
    case 'set':
    case 'trim':
    case 'route':
    case 'fallBack':
      return [to('deny'), to('warn')]
  }
}
