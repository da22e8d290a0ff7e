/** A denial as something to act upon: what to tell a model, and what an agent can do about it without one. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { OfferedTool } from '#runtime/models/model.ts'
import type { AllowedNext, ParapetEvent } from './effects.ts'
import type { Heard } from './task.ts'

export type Denied = Extract<ParapetEvent, { type: 'parapet.denied' }>

/** Only the runtime says `parapet.…`, so what has the name has the shape. */
export function isDenied(event: Heard | Denied): event is Denied {
  return event.type === 'parapet.denied'
}

/** As data, for a model that called a tool. */
export function refusalOf({ reasons, next }: Denied): JsonObject {
  return {
    refused: reasons.map(wordsOfReason),
    ...(next.length > 0 && { allowed_next: next.map(({ say }) => say) }),
  }
}

/** In words, for a model that said something. */
export function feedbackOf({ reasons, next }: Denied): string {
  const allowed = next.map(({ say }) => `You may ${say}.`)
  return ['This was not let through.', ...reasons.map(wordsOfReason), ...allowed].join(' ')
}

/** For a person. */
export function whyDenied({ reasons }: Denied): string {
  return reasons.map(wordsOfReason).join(' ')
}

function wordsOfReason({ check, found, remedy, retry }: Denied['reasons'][number]): string {
  return [`${check}: ${found}.`, remedy, retry?.feedback].filter((words) => words !== undefined).join(' ')
}

/** The first step named as allowed next that is a call of one of these tools, with all it needs. */
export function possibleCall(
  next: readonly AllowedNext[],
  tools: readonly OfferedTool[],
): { readonly tool: string; readonly args: JsonObject } | undefined {
  for (const { kind, name, with: args } of next) {
    const tool = tools.find((each) => each.name === name)
    if (kind === 'calls' && tool && requiredOf(tool).every((field) => Object.hasOwn(args, String(field))))
      return { tool: name, args }
  }
  return undefined
}

function requiredOf({ inputSchema }: OfferedTool): readonly Json[] {
  const { required } = inputSchema
  return Array.isArray(required) ? required : []
}
