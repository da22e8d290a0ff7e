/** Questions a policy asks, and who may be asking. */
import type { Action } from '../plan/plan.ts'
import type { ActionNode } from '../syntax/ast.ts'
import type { ConsistencySubject, RuleSubject, Subject } from './subject.ts'

export interface Asked {
  readonly by: RuleSubject | ConsistencySubject
  readonly ask: Action & { kind: 'ask' }
  readonly node: ActionNode & { kind: 'ask' }
}

export function asksOf({ rules, consistencies }: Subject): Asked[] {
  return [...rules, ...consistencies].flatMap((by): Asked[] => {
    const node = by.decl.kind === 'rule' ? by.decl.action : by.decl.otherwise
    const asks = by.action.kind === 'retry' ? by.action.otherwise : by.action
    const written = node?.kind === 'retry' ? node.otherwise : node
    return asks.kind === 'ask' && written?.kind === 'ask' ? [{ by, ask: asks, node: written }] : []
  })
}
