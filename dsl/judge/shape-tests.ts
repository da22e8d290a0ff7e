/** What shapes ask of a value beside its type; interpreter and generated code share these. */
import type { Shape } from '../plan/plan.ts'
import { type CompiledSchema, compileSchema } from './json-schema/compile.ts'
import { canonical } from './json-schema/equality.ts'
import type { Json } from './step.ts'
import { isObject, own, readMoney, walk } from './values.ts'

type Of<K extends Shape['kind']> = Shape & { readonly kind: K }

/** No control characters: C0 but tab and line break are controls too, C1, and the separators of lines. */
export function isPlain(text: string): boolean {
  return !/[\p{Cc}\u2028\u2029]/u.test(text)
}

/** Money that may be in several currencies says which; the bounds are that currency's. */
export function moneyIn(
  shape: Of<'money'>,
  value: Json,
): [micro: number, range: Of<'money'>['range'], currency: string] | undefined {
  if (shape.others === undefined) {
    const micro = readMoney(value, shape.currency)
    return micro === undefined ? undefined : [micro, shape.range, shape.currency]
  }
  if (!isObject(value)) return undefined
  const written = own(value, 'currency')
  const found = written === shape.currency ? shape : shape.others.find(({ currency }) => currency === written)
  const micro = found === undefined ? undefined : readMoney(value, found.currency)
  return found === undefined || micro === undefined ? undefined : [micro, found.range, found.currency]
}

/** No two items agree: in all, or in the value at the path. What lacks the value agrees with nothing. */
export function allDistinct(items: readonly Json[], by?: readonly string[]): boolean {
  const seen = new Set<string>()
  for (const item of items) {
    const value = by === undefined ? item : walk(item, by)
    if (value === undefined || (by !== undefined && value === null)) continue
    const key = canonical(value)
    if (seen.has(key)) return false
    seen.add(key)
  }
  return true
}

/** The variant whose tag the value carries. */
export function variantOf(shape: Of<'union'>, value: Json): Shape | undefined {
  const tag = isObject(value) ? own(value, shape.by) : undefined
  return typeof tag === 'string' ? shape.variants.find(({ tags }) => tags.includes(tag))?.shape : undefined
}

const schemas = new WeakMap<Of<'json-schema'>, CompiledSchema>()

export function compiledSchema(shape: Of<'json-schema'>): CompiledSchema {
  let compiled = schemas.get(shape)
  if (compiled === undefined) {
    compiled = compileSchema(shape.schema, shape.at === undefined ? {} : { at: shape.at })
    schemas.set(shape, compiled)
  }
  return compiled
}
