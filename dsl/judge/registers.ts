/**
 * Registers: the earlier steps a rule's binding speaks of, one cell per binding and join key. A step of the latest kept is
 * `{ seen }` with the kept fields, one that may or may not have matched `{ lost }`; `texts.ts` keeps texts.
 */
import type { Binding, Tally } from '../plan/plan.ts'
import { CELLS_MAX, type Cells } from './cells.ts'
import { keyReader } from './keys.ts'
import { periodOf } from './monitors/calendar.ts'
import type { ValueOf } from './monitors/monitor.ts'
import type { Register } from './register.ts'
import type { Json, JsonObject, Step } from './step.ts'
import { createFold } from './tallies.ts'
import { createTexts } from './texts.ts'
import { isObject, walk } from './values.ts'

export function createRegister(binding: Binding, readValue: ValueOf): Register {
  if (binding.texts !== undefined) return createTexts(binding, binding.texts)
  const { id, same, tally } = binding
  const here = keyReader(
    id,
    'conversation',
    same.map((key) => key.here),
  )
  const there = keyReader(
    id,
    'conversation',
    same.map((key) => key.there),
  )
  // Full: the key stays unseen, and `read` answers unknown.
  const full = (cells: Cells, cell: string) => cells.size >= CELLS_MAX && cells.get(cell) === undefined
  if (tally !== undefined) return tallied(binding, tally, { here, there, full }, readValue)
  return {
    binding,
    patterns: [binding.of],
    read(cells, step) {
      const cell = here(step)
      if (cell === undefined) return undefined
      const value = cells.get(cell)
      if (value === undefined) return full(cells, cell) ? undefined : null
      return isObject(value) && isObject(value.seen) ? value.seen : undefined
    },
    advance(cells, step, [matched]) {
      if (matched === false) return
      const cell = there(step)
      if (cell === undefined || full(cells, cell)) return
      cells.set(cell, matched === undefined ? { lost: true } : { seen: keep(step.fields, binding.keep) })
    },
  }
}

interface Keys {
  here(step: Step): string | undefined
  there(step: Step): string | undefined
  full(cells: Cells, cell: string): boolean
}

/**
 * Cell: `[lost, state, period]`. `lost` is when a step came that may have been one, or whose value could not be read (null: none);
 * until it has left the window the answer is unknown. `period` is that of the calendar, else 0.
 */
function tallied(binding: Binding, tally: Tally, { here, there, full }: Keys, readValue: ValueOf): Register {
  const { of, inMs, per, after } = tally
  const fold = createFold(tally)
  const period = (step: Step): number => (per === undefined ? 0 : periodOf(per, step.at))
  const current = (stored: Json | undefined, step: Step): readonly [Json, Json | undefined] =>
    Array.isArray(stored) && (per === undefined || stored[2] === period(step))
      ? [stored[0] ?? null, stored[1]]
      : [null, undefined]
  const isLost = (lost: Json, step: Step): boolean =>
    lost !== null && (inMs === undefined || step.at - Number(lost) < inMs)
  return {
    binding,
    patterns: after === undefined ? [binding.of] : [binding.of, after],
    read(cells, step) {
      const cell = here(step)
      if (cell === undefined || full(cells, cell)) return undefined
      const [lost, state] = current(cells.get(cell), step)
      return isLost(lost, step) ? undefined : fold.read(state, step)
    },
    advance(cells, step, is) {
      const matched = is[0]
      const anew = after === undefined ? false : is[1]
      const cell = there(step)
      if (cell === undefined) return
      const stored = cells.get(cell)
      // A step that is both begins anew and is not counted itself.
      if (anew === true) {
        if (stored !== undefined) cells.set(cell, undefined)
        return
      }
      if (full(cells, cell)) return
      const [lost, state] = current(stored, step)
      const sure = matched === true && anew === false
      const value = !sure
        ? undefined
        : of !== undefined
          ? readValue(of, step)
          : tally.fn === 'latest'
            ? keep(step.fields, binding.keep)
            : undefined
      const next = sure ? fold.add(state, value ?? undefined, step) : undefined
      if (matched === false && anew === false) return
      const before = state ?? null
      cells.set(cell, next === undefined ? [step.at, before, period(step)] : [lost, next, period(step)])
    },
    ...((inMs !== undefined || per !== undefined) && {
      expired(_: string, value: Json, step: Step) {
        if (!Array.isArray(value)) return false
        if (per !== undefined && Number(value[2]) < period(step)) return true
        if (inMs === undefined || isLost(value[0] ?? null, step)) return false
        const state = value[1] ?? null
        return state === null || step.at - fold.latest(state) >= inMs
      },
    }),
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
