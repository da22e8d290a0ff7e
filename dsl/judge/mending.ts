/**
 * What the checks make of one step together, in the policy's order. Cuts and redactions build on each other; of two
 * checks that want different values in one place, different receivers, or different steps, neither is right: that is a
 * conflict. A step in place of the whole leaves nothing for smaller repairs to do.
 */
import { canonical } from './json-schema/equality.ts'
import { applyRepairs } from './repair.ts'
import type { Json, JsonObject, Step } from './step.ts'
import { walk } from './values.ts'
import type { Repair } from './verdict.ts'

/** `idle`: the step is as the check wants it. */
export type Mended = { readonly kind: 'made' | 'idle' } | { readonly kind: 'conflict'; readonly with: string }

const MADE: Mended = { kind: 'made' }
const IDLE: Mended = { kind: 'idle' }

interface Substitute {
  readonly check: string
  readonly name: string
  readonly fields: JsonObject
}

export class Mending {
  readonly #step: Step
  readonly #edits: (Repair & { kind: 'field' })[] = []
  readonly #settings: (Repair & { kind: 'field' })[] = []
  #route: (Repair & { kind: 'peer' | 'name' }) | undefined
  #substitute: Substitute | undefined
  #fields: JsonObject

  constructor(step: Step) {
    this.#step = step
    this.#fields = step.fields
  }

  /** With what was mended so far. */
  get fields(): JsonObject {
    return this.#fields
  }

  /** A value that does not depend on what is there. */
  set(check: string, path: readonly string[], value: Json): Mended {
    const other = this.#settings.find((one) => overlap(one.path, path) && !alike(one, path, value))
    if (other !== undefined) return { kind: 'conflict', with: other.check }
    const before = walk(this.#fields, path)
    if (before !== undefined && canonical(before) === canonical(value)) return IDLE
    this.#settings.push({ kind: 'field', check, path, value })
    return this.edit(check, path, value)
  }

  /** A value made from what is there. */
  edit(check: string, path: readonly string[], value: Json): Mended {
    const made = { kind: 'field', check, path, value } as const
    this.#edits.push(made)
    this.#fields = applyRepairs(this.#fields, [made])
    return MADE
  }

  route(check: string, what: 'peer' | 'name', to: string): Mended {
    if (this.#substitute !== undefined) return { kind: 'conflict', with: this.#substitute.check }
    if (this.#route !== undefined && this.#route.to !== to)
      return { kind: 'conflict', with: this.#route.check }
    if (this.#step[what] === to) return IDLE
    this.#route = { kind: what, check, to }
    return MADE
  }

  /** Another step in its place; without a name it keeps its own. */
  replace(check: string, name: string | undefined, fields: JsonObject): Mended {
    if (this.#route !== undefined) return { kind: 'conflict', with: this.#route.check }
    const made = { check, name: name ?? this.#step.name, fields }
    const other = this.#substitute
    if (other !== undefined && (other.name !== made.name || canonical(other.fields) !== canonical(fields)))
      return { kind: 'conflict', with: other.check }
    if (made.name === this.#step.name && canonical(this.#step.fields) === canonical(fields)) return IDLE
    this.#substitute = made
    return MADE
  }

  repairs(): readonly Repair[] {
    if (this.#substitute === undefined)
      return this.#route === undefined ? this.#edits : [...this.#edits, this.#route]
    const { check, name, fields } = this.#substitute
    const renamed: Repair[] = name === this.#step.name ? [] : [{ kind: 'name', check, to: name }]
    return [...renamed, { kind: 'field', check, path: [], value: fields }]
  }
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.every((part, i) => i >= b.length || part === b[i])
}

function alike(one: { path: readonly string[]; value: Json }, path: readonly string[], value: Json): boolean {
  return one.path.length === path.length && canonical(one.value) === canonical(value)
}
