/** Whose role it may be: the one who takes the step, or who sent what is received. */
import type { Type } from '../plan/plan.ts'
import type { Expr } from '../syntax/ast.ts'
import type { Environment } from './environment.ts'
import type { Typing } from './typing.ts'

export function roleType(
  { of, span }: Extract<Expr, { kind: 'hasRole' }>,
  env: Environment,
  typing: Typing,
): Type {
  const who = of.kind === 'path' && of.parts.length === 1 ? of.parts[0]!.name : ''
  const received = env.fields.received
  const fits = received === undefined || received === (who === 'sender')
  if (env.builtIns && fits && (who === 'actor' || who === 'sender')) {
    if (of.kind === 'path') typing.refs.set(of, { kind: 'meta', name: 'roles' })
  } else
    typing.report.add(
      'P0228',
      span,
      who === 'actor' ? 'what is received has a sender' : 'roles are those of who acts',
      received === true ? 'Write `sender has role "…"`.' : 'Write `actor has role "…"`.',
    )
  typing.types.set(of, { kind: 'text' })
  return { kind: 'flag' }
}
