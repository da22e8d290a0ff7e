/** What a machine is told, as events, and how reasons are shortened for it. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Reason } from '#dsl/judge/verdict.ts'
import type { Effect } from '#runtime/kernel/effect.ts'

export type Event = JsonObject & { readonly type: string }

/** The event that tells a machine how its effect came out. */
export function settled(
  effect: Effect,
  value: JsonObject[string] | undefined,
  error = '',
  withheld = 0,
): Event {
  if (effect.kind === 'invoke') {
    return value === undefined
      ? { type: `xstate.error.actor.${effect.id}`, actorId: effect.id, error: { message: error } }
      : { type: `xstate.done.actor.${effect.id}`, actorId: effect.id, output: value }
  }
  if (effect.kind === 'recall')
    return value === undefined
      ? { type: 'parapet.failed', id: effect.id, tool: 'recall', error }
      : { type: 'parapet.recalled', id: effect.id, rows: value, ...(withheld > 0 && { withheld }) }
  const id = effect.kind === 'call' ? effect.id : ''
  const tool = effect.kind === 'call' ? effect.tool : effect.kind
  return value === undefined
    ? { type: 'parapet.failed', id, tool, error }
    : { type: 'parapet.result', id, tool, value }
}

export function shortReason(reason: Reason) {
  return {
    check: reason.check,
    found: reason.found,
    ...(reason.because === undefined ? {} : { because: reason.because }),
    ...(reason.remedy === undefined ? {} : { remedy: reason.remedy }),
    ...(reason.retry === undefined ? {} : { retry: retryOf(reason.retry) }),
  }
}

/** Which attempt it was, of how many, and what to do better. */
function retryOf({ attempt, most, feedback }: NonNullable<Reason['retry']>) {
  return { attempt, of: most, ...(feedback === undefined ? {} : { feedback }) }
}

/** Drops what JSON cannot carry, as the record will. */
export function asJson(value: unknown): JsonObject[string] {
  return JSON.parse(JSON.stringify(value))
}
