/** Deadlines and windows of more than a year. */
import { showDuration } from '../../plan/bounds.ts'
import type { ActionNode, Expr } from '../../syntax/ast.ts'
import type { Check, ConsistencySubject, Finding } from '../subject.ts'

/** Longer than people wait: 366 days. */
export const WAIT_MAX_MS = 366 * 86_400_000

export const longWait: Check = {
  code: 'L0014',
  find: ({ rules, consistencies }) =>
    [
      ...rules.flatMap(({ decl }) => askedFor(decl.action)),
      ...consistencies.flatMap((one) => [...formWaits(one), ...askedFor(one.decl.otherwise)]),
    ].flatMap((wait): Finding[] => {
      if (wait?.kind !== 'duration' || wait.value <= WAIT_MAX_MS) return []
      return [
        {
          span: wait.span,
          message: `this waits for ${showDuration(wait.value)}, more than a year`,
          help: 'Is the unit right? The conversation has to stay open that long.',
        },
      ]
    }),
}

function askedFor(action: ActionNode | undefined): (Expr | undefined)[] {
  if (action?.kind === 'retry') return askedFor(action.otherwise)
  return action?.kind === 'ask' ? [action.within] : []
}

function formWaits({ decl }: ConsistencySubject): (Expr | undefined)[] {
  const { form } = decl
  if (form === undefined) return []
  return ['within' in form ? form.within : undefined, 'window' in form ? form.window : undefined]
}
