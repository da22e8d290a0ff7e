/**
 * Cell ids: the constraint's id, its scope and the join values, each written so that no two lists of values share a
 * text. Text joins in its plain form (compatibility characters and invisible ones resolved, case kept, since
 * identifiers may differ in case only).
 */
import type { Scope, StepKey } from '../plan/plan.ts'
import type { Json, Step } from './step.ts'
import { plain } from './text.ts'
import { walk } from './values.ts'

/** Longest encoded key, in UTF-16 units; a longer one is unknown. */
export const KEY_MAX = 512

/** The key of a step; undefined when a part is missing, no scalar, or too long. */
export type KeyOf = (step: Step) => string | undefined

/** `id` and the scope come first, so that a cell's owner can be told from its id. */
export function keyReader(
  id: string,
  scope: Scope,
  paths: readonly (readonly string[])[],
  of: readonly StepKey[] = [],
): KeyOf {
  if (paths.length === 0 && of.length === 0 && isShared(scope)) {
    const only = `${id}:`
    return () => only
  }
  const read = (step: Step): string | undefined => {
    let key = scopeOf(id, scope, step)
    for (const name of of) {
      const part = encode(stepKey(step, name))
      if (part === undefined) return undefined
      key += part
    }
    for (const path of paths) {
      const part = encode(walk(step.fields, path))
      if (part === undefined) return undefined
      key += part
    }
    return key.length > KEY_MAX ? undefined : key
  }
  // A step is decided and then recorded: the second time its key is known, and so is the hash of that text.
  let last: Step | undefined
  let known: string | undefined
  return (step) => {
    if (step !== last) {
      known = read(step)
      last = step
    }
    return known
  }
}

/** What the step itself has; undefined: a step of no tool. */
export function stepKey({ kind, name, actor, tenant }: Step, of: StepKey): string | undefined {
  if (of === 'actor') return actor
  if (of === 'tenant') return tenant
  return kind === 'calls' || kind === 'result' || kind === 'fails' ? name : undefined
}

/** Whoever acts, and whenever: a conversation's cells are its own already, and so are a ledger's. */
function isShared(scope: Scope): boolean {
  return scope === 'conversation' || scope === 'fleet'
}

/** What every cell of the step's scope begins with. */
export function scopeOf(id: string, scope: Scope, step: Step): string {
  return isShared(scope) ? `${id}:` : `${id}:${encode(step.actor)}`
}

/** The owner's id of a cell made by `keyReader`. */
export function ownerOf(cell: string): string {
  return cell.slice(0, cell.indexOf(':'))
}

export function encode(value: Json | undefined): string | undefined {
  switch (typeof value) {
    case 'string': {
      const text = plain(value)
      return `${text.length}'${text}`
    }
    case 'number':
      return Number.isFinite(value) ? `#${value};` : undefined
    case 'boolean':
      return value ? '+' : '-'
    default:
      return undefined
  }
}
