/** What would be allowed next, as data a model can act on. */
import type { Agent, JoinKey, StepPattern } from '../plan/plan.ts'
import type { NextStep } from './finding.ts'
import { nearest } from './nearest.ts'
import { clip } from './show.ts'
import type { Json, Step } from './step.ts'
import { walk } from './values.ts'

/** Alternatives told for one reason. */
export const NEXT_MAX = 5

/** The steps that must come first, with the values that join them to `step`. A result is had by calling for it. */
export function comesFirst(
  pattern: StepPattern,
  joins: readonly JoinKey[],
  step: Step,
  bySomeoneElse: boolean,
): NextStep[] {
  const given: Record<string, Json> = {}
  for (const { here, there } of joins) given[there.join('.')] = clip(walk(step.fields, here) ?? null)
  const shown = Object.entries(given).map(
    ([name, value]) => `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const rest = `${shown.length > 0 ? ` with ${shown.join(', ')}` : ''} first${bySomeoneElse ? ', by someone else' : ''}`
  const steps = pattern.any.flatMap(({ kinds, names }) => {
    const first = kinds?.[0] ?? 'calls'
    const kind = first === 'result' ? 'calls' : first
    return (names ?? ['']).map((name): NextStep => {
      const say = kind === 'calls' && name !== '' ? `call \`${name}\`` : pattern.shown
      return { kind, name, with: given, say: say + rest }
    })
  })
  return steps.slice(0, NEXT_MAX)
}

/** What the agent may do instead of a step it may not take: the same with the name that was probably meant. */
export function permittedInstead(agent: Agent, { kind, name }: Step): NextStep[] {
  const permitted = agent.may.flatMap((may) => (may.kinds?.includes(kind) === false ? [] : (may.names ?? [])))
  const near = nearest(name, permitted)
  if (near === undefined || near === name) return []
  return [{ kind, name: near, with: {}, say: kind === 'calls' ? `call \`${near}\`` : `${kind} \`${near}\`` }]
}
