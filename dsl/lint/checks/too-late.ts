/** A denial, question or repair of what has failed already. */
import type { Action } from '../../plan/plan.ts'
import type { Check, Finding } from '../subject.ts'

/** They act although the step has happened. */
const ACTS: ReadonlySet<Action['kind']> = new Set(['quarantine', 'alert', 'warn'])

export const tooLate: Check = {
  code: 'L0020',
  find: ({ rules, consistencies }) =>
    [...rules, ...consistencies.filter(({ consistency }) => !isPromise(consistency.form.kind))].flatMap(
      ({ condition, action, name, nameSpan }): Finding[] => {
        const { any } = condition.when
        const ofFailures = any.every(({ kinds }) => kinds?.every((kind) => kind === 'fails') === true)
        if (ACTS.has(action.kind) || any.length === 0 || !ofFailures) return []
        return [
          {
            span: nameSpan,
            message: `"${name}" comes too late: what failed has failed`,
            help: 'Say what follows: `quarantine` or `alert`; or speak of the next call: `calls never within 10 minutes after failure of …`.',
          },
        ]
      },
    ),
}

/** A failure may owe something; what is refused then is not the failure. */
function isPromise(kind: string): boolean {
  return kind === 'followedBy' || kind === 'leadsTo'
}
