/** The checks of a policy as answers name them. */
import type { Reason } from '#dsl/judge/verdict.ts'
import type { Consistency, Flow, Plan, Rule } from '#dsl/plan/plan.ts'

export type Check = Rule | Consistency | Flow

export function checksOf(plan: Plan): Check[] {
  return [...plan.rules, ...plan.consistencies, ...plan.flows]
}

export function keyOf({ name, library, span }: Check, plan: Plan): string {
  return checkKey({
    check: name,
    at: { file: library ?? plan.policy.file, start: span[0] },
  })
}

/** Names a check in answers: a name may be used twice, a place in the text not. */
export function checkKey({
  check,
  at,
}: {
  readonly check: string
  readonly at: Pick<Reason['at'], 'file' | 'start'>
}): string {
  return `${check}@${at.file}:${at.start}`
}
