/** What happens in a story. */
import type { JsonObject } from '#dsl/judge/step.ts'

export type Happening =
  | {
      readonly kind: 'says'
      readonly from: string
      readonly to: string
      readonly message: string
      readonly fields: JsonObject
      readonly conversation: string
    }
  | { readonly kind: 'decides'; readonly by: string; readonly grant: boolean; readonly note: string }
  | { readonly kind: 'passes'; readonly ms: number }

/** Somebody outside says something: `says('customer', 'clerk', 'order', { amount: 20 })`. */
export function says(
  from: string,
  to: string,
  message: string,
  fields: JsonObject = {},
  conversation = 'story',
): Happening {
  return { kind: 'says', from, to, message, fields, conversation }
}

/** A person grants what waits for them. */
export function grants(by: string, note = ''): Happening {
  return { kind: 'decides', by, grant: true, note }
}

export function refuses(by: string, note = ''): Happening {
  return { kind: 'decides', by, grant: false, note }
}

/** So much time passes, in milliseconds. */
export function passes(ms: number): Happening {
  return { kind: 'passes', ms }
}
