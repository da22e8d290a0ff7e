/** Reading JSON that came from outside: own members only, of the kind asked for. */
import type { Json, JsonObject } from '../judge/step.ts'

export function isRecord(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function member(of: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined
}

export function textAt(of: JsonObject, name: string): string | undefined {
  const value = member(of, name)
  return typeof value === 'string' ? value : undefined
}

export function numberAt(of: JsonObject, name: string): number | undefined {
  const value = member(of, name)
  return typeof value === 'number' ? value : undefined
}

/** Undefined when it is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    // The only way the platform says that a text is no JSON.
    return undefined
  }
}
