/** What a detector is given: a text, and others to compare it with. */
import type { JsonObject } from '#dsl/judge/step.ts'

export function textIn({ text }: JsonObject): string {
  return typeof text === 'string' ? text : ''
}

export function textsIn({ to }: JsonObject): readonly string[] {
  return Array.isArray(to) ? to.filter((one) => typeof one === 'string') : []
}
