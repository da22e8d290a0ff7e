/**
 * What became of a call, and for how much, where its tool says so (`settles cost by spends`): told to the ledgers that hold
 * something for it, and changed in what the conversation itself has counted.
 */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Plan, Tool } from '#dsl/plan/plan.ts'
import { type Actor, stepOfEffect } from '#runtime/guard/steps.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import type { Spent } from '../definition.ts'
import { closeIntent } from '../effect-changes.ts'
import type { Intent } from '../partition-state.ts'
import type { Input } from '../record.ts'
import type { Turn } from '../turn.ts'
import type { Became } from './words.ts'

type Outcome = Input & { readonly kind: 'result' | 'failure' }

export function closeOutcome({ batch, changes, judge }: Turn, input: Outcome): void {
  const effect = batch.state.intents.get(input.intent)?.effect
  closeIntent(
    batch,
    changes,
    input.intent,
    becameOf(input, effect && actualOf(judge.plan, effect, input.spent)),
  )
}

function becameOf(input: Outcome, actual: JsonObject | undefined): Became {
  if (input.kind === 'result' || input.cameAbout === 'yes')
    return { kind: 'came about', ...(actual && { actual }) }
  return input.cameAbout === 'unknown' ? { kind: 'unknown', why: input.error } : { kind: 'did not' }
}

/** The policy that counts what the effect reserves, if that is settled by what it costs. */
export function countedBy({ plan, hash }: Judge, effect: Effect): string | undefined {
  return settlesOf(plan, effect) === undefined ? undefined : hash
}

/** What nobody knows the outcome of goes on counting for what it reserved. */
export function settleHere(
  judge: Judge,
  cells: Cells,
  actor: Actor,
  { at, effect, countedBy }: Intent,
  input: Outcome,
): void {
  if (countedBy !== judge.hash || (input.kind === 'failure' && input.cameAbout === 'unknown')) return
  const actual = actualOf(judge.plan, effect, input.spent)
  const step = actual && stepOfEffect({ ...actor, at }, effect)
  if (step) judge.settle(cells, step, actual)
}

/**
 * The call's own fields with what was spent in place of what it reserved (`settles cost by spends`). Undefined: what was
 * reserved stands.
 */
function actualOf(plan: Plan, effect: Effect, spent: Spent | undefined): JsonObject | undefined {
  const settles = settlesOf(plan, effect)
  if (spent === undefined || settles === undefined || effect.kind !== 'call') return undefined
  const actual = { ...effect.args }
  for (const [field, by] of Object.entries(settles)) actual[field] = spent[by]
  return actual
}

function settlesOf(plan: Plan, effect: Effect): Tool['traits']['settles'] {
  if (effect.kind !== 'call') return undefined
  return plan.tools.find(({ name }) => name === effect.tool)?.traits.settles
}
