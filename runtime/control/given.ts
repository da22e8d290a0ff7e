/** Reads the fields of a question's body; what is missing or wrong is told in words. */
import type { JsonObject } from '#dsl/judge/step.ts'
import { type Bundle, readBundle } from '#runtime/deploy/bundle.ts'
import { readRollout } from '#runtime/deploy/read.ts'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import type { MemoryChange } from './memory-change.ts'

const NAME_CHARS_MAX = 512
/** A name is shown on a line, and is part of ids: it ends no line, turns none round and steers no terminal. */
const NO_NAME = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u
/** Of one rollout. */
const BUNDLES_MAX = 3
/** Stands where a fault is reported. */
const NO_ROLLOUT: Rollout = { number: 1, id: '', by: '', why: '', at: 0, standing: '', warmUp: 'none' }

/** Reads fields of a body and remembers the first that is not what it should be. */
export class Given {
  fault: string | undefined
  readonly #body: JsonObject

  constructor(body: JsonObject) {
    this.#body = body
  }

  /** A name; with `charsMax` any text. */
  text(name: string, charsMax?: number): string {
    const value = this.optional(name, charsMax)
    if (value === undefined || value === '') this.#wrong(`\`${name}\` must be a text`)
    return value ?? ''
  }

  /** As `text`, or left out. */
  optional(name: string, charsMax?: number): string | undefined {
    const value = this.#body[name]
    if (value === undefined) return undefined
    const most = charsMax ?? NAME_CHARS_MAX
    if (typeof value !== 'string') this.#wrong(`\`${name}\` must be a text`)
    else if (value.length > most) this.#wrong(`\`${name}\` has over ${most} characters`)
    else if (charsMax === undefined && (NO_NAME.test(value) || !value.isWellFormed()))
      this.#wrong(
        `\`${name}\` has characters that no name has: line breaks, control characters or halves of others`,
      )
    else return value
    return undefined
  }

  change(): MemoryChange {
    const body = this.#body['change']
    const change = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
    const given = new Given(change)
    const what = change['what']
    const read: MemoryChange =
      what === 'forget'
        ? { what, rows: given.text('rows'), before: given.count('before', 0, Number.MAX_SAFE_INTEGER) }
        : { what: what === 'retract' || what === 'release' ? what : 'hold', source: given.text('source') }
    if (read.what !== what) this.#wrong('`change` must retract, hold, release or forget')
    this.fault ??= given.fault
    return read
  }

  truth(name: string): boolean {
    const value = this.#body[name]
    if (typeof value !== 'boolean') this.#wrong(`\`${name}\` must be true or false`)
    return value === true
  }

  count(name: string, otherwise: number, most: number): number {
    const value = this.#body[name]
    if (value === undefined) return otherwise
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value
    this.#wrong(`\`${name}\` must be a whole number up to ${most}`)
    return otherwise
  }

  fields(name: string): JsonObject {
    const value = this.#body[name]
    if (value === undefined) return {}
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    this.#wrong(`\`${name}\` must be an object`)
    return {}
  }

  rollout(name: string): Rollout {
    const rollout = readRollout(this.#body[name])
    if (!rollout) this.#wrong(`\`${name}\` is no rollout`)
    return rollout ?? NO_ROLLOUT
  }

  bundles(name: string): Bundle[] {
    const given = this.#body[name]
    const read = Array.isArray(given) ? given.map(readBundle) : []
    if (!Array.isArray(given) || given.length > BUNDLES_MAX || read.includes(undefined))
      this.#wrong(`\`${name}\` must be at most ${BUNDLES_MAX} bundles`)
    return read.filter((bundle) => bundle !== undefined)
  }

  #wrong(fault: string): void {
    this.fault ??= fault
  }
}
