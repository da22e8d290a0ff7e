/**
 * Registers: the latest step a rule's binding speaks of, one cell per binding and join key; `texts.ts` keeps several.
 * `{}` under `seen` is the kept fields; a cell that says `lost` stands for a step that may or may not have matched.
 */
import type { Binding } from '../plan/plan.ts'
import { CELLS_MAX, type Cells } from './cells.ts'
import type { Bound } from './interpret.ts'
import { keyReader } from './keys.ts'
import type { Json, JsonObject, Step } from './step.ts'
import { createTexts } from './texts.ts'
import { isObject, type Truth, walk } from './values.ts'

export interface Register {
  readonly binding: Binding
  /** What the step being judged sees. */
  read(cells: Cells, step: Step): Bound
  /** A step of the binding's kind was let through; `matched` is its `where`. */
  advance(cells: Cells, step: Step, matched: Truth): void
}

export function createRegister(binding: Binding): Register {
  if (binding.texts !== undefined) return createTexts(binding, binding.texts)
  const here = keyReader(
    binding.id,
    'conversation',
    binding.same.map((key) => key.here),
  )
  const there = keyReader(
    binding.id,
    'conversation',
    binding.same.map((key) => key.there),
  )
  return {
    binding,
    read(cells, step) {
      const cell = here(step)
      if (cell === undefined) return undefined
      const value = cells.get(cell)
      if (value === undefined) return cells.size >= CELLS_MAX ? undefined : null
      return isObject(value) && isObject(value.seen) ? value.seen : undefined
    },
    advance(cells, step, matched) {
      if (matched === false) return
      const cell = there(step)
      if (cell === undefined) return
      // Full: the key stays unseen, and `read` answers unknown.
      if (cells.size >= CELLS_MAX && cells.get(cell) === undefined) return
      cells.set(cell, matched === undefined ? { lost: true } : { seen: keep(step.fields, binding.keep) })
    },
  }
}

function keep(fields: JsonObject, paths: readonly (readonly string[])[]): JsonObject {
  if (paths.length === 0) return fields
  const kept: JsonObject = Object.create(null)
  for (const path of paths) {
    const value = walk(fields, path)
    if (value !== undefined) put(kept, path, value)
  }
  return kept
}

function put(into: JsonObject, path: readonly string[], value: Json): void {
  let at = into
  for (let i = 0; i < path.length - 1; i++) {
    const next = at[path[i]!]
    if (isObject(next)) at = next
    else at = at[path[i]!] = Object.create(null) as JsonObject
  }
  at[path[path.length - 1]!] = value
}
