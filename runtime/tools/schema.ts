/**
 * What a tool takes and what it gives, in any of three spellings: a shape of a policy, a zod schema, a JSON Schema.
 * Each can judge a value and say itself as JSON Schema, so that one declaration checks calls and describes the tool.
 */
import { z } from 'zod'
import { exportShape } from '#dsl/jsonschema/export.ts'
import { compileSchema } from '#dsl/judge/json-schema/compile.ts'
import { ISSUES_MAX, type Issue, validate } from '#dsl/judge/shape.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Shape } from '#dsl/plan/plan.ts'
import { NotJson, toJson } from '#runtime/kernel/json.ts'

export interface Schema<T> {
  /** JSON Schema 2020-12. */
  readonly json: JsonObject
  read(value: Json): Read<T>
}

export type Read<T> =
  | { readonly kind: 'fits'; readonly value: T }
  /** Faults in words, each with its place: `amount: at most 100 is expected, 250 was given`. */
  | { readonly kind: 'unfit'; readonly faults: readonly string[] }

/** A shape of a compiled policy: `plan.tools.find(…).takes`, `plan.messages.find(…).shape`. */
export function fromShape(shape: Shape): Schema<Json> {
  return { json: exportShape(shape), read: (value) => readBy(validate(shape, value), value) }
}

/**
 * A JSON Schema 2020-12, judged with every keyword and patterns in linear time. Throws when it says what cannot be judged:
 * such a schema would refuse every value.
 */
export function fromJsonSchema(json: JsonObject): Schema<Json> {
  const compiled = compileSchema(json)
  const [problem] = compiled.problems.filter(({ kind }) => kind !== 'unknown')
  if (problem) throw new TypeError(`a schema that cannot be judged: #${problem.pointer}: ${problem.message}`)
  return { json, read: (value) => readBy(compiled.issues(value, [], ISSUES_MAX), value) }
}

/** A zod schema. What `run` is given is its output: defaults filled in, transforms applied. */
export function fromZod<T>(schema: z.ZodType<T>): Schema<T> {
  const json = toJson(z.toJSONSchema(schema, { io: 'input' }))
  if (json instanceof NotJson || json === null || typeof json !== 'object' || Array.isArray(json))
    throw new TypeError('a zod schema that has no JSON Schema')
  return {
    json,
    read(value) {
      const parsed = schema.safeParse(value)
      if (parsed.success) return { kind: 'fits', value: parsed.data }
      const faults = parsed.error.issues
        .slice(0, ISSUES_MAX)
        .map(({ path, message }) => `${placeOf(path)}${message}`)
      return { kind: 'unfit', faults }
    },
  }
}

function readBy(issues: readonly Issue[], value: Json): Read<Json> {
  return issues.length === 0 ? { kind: 'fits', value } : { kind: 'unfit', faults: issues.map(faultOf) }
}

function faultOf({ path, expected, found }: Issue): string {
  const given = found === undefined ? 'nothing' : JSON.stringify(found)
  return `${placeOf(path)}${expected} is expected, ${given} was given`
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : `${path.map(String).join('.')}: `
}
