/** What became of a call, told to the ledgers that hold something for it; for how much, where its tool says so. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import type { Spent } from '../definition.ts'
import { closeIntent } from '../effect-changes.ts'
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

/**
 * The call's own fields with what was spent in place of what it reserved (`settles cost by spends`). Undefined: what was
 * reserved stands.
 */
export function actualOf(plan: Plan, effect: Effect, spent: Spent | undefined): JsonObject | undefined {
  if (spent === undefined || effect.kind !== 'call') return undefined
  const { settles } = plan.tools.find(({ name }) => name === effect.tool)?.traits ?? {}
  if (settles === undefined) return undefined
  const actual = { ...effect.args }
  for (const [field, by] of Object.entries(settles)) actual[field] = spent[by]
  return actual
}
