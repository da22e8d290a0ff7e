/**
 * The texts of the last steps a binding speaks of: a ring of cells for each join key, and one that counts. A step is
 * written once, so that what a commit records does not grow with the ring. A text that is `null` stands for a step
 * that may or may not have matched; while it is in the ring, nothing is known.
 */
import { type Binding, TEXT_KEPT_MAX } from '../plan/plan.ts'
import { CELLS_MAX } from './cells.ts'
import { keyReader } from './keys.ts'
import type { Register } from './register.ts'
import { textsIn } from './scores.ts'
import { toldBy } from './step.ts'

export function createTexts(binding: Binding, count: number): Register {
  const reader = (paths: readonly (readonly string[])[]) => keyReader(binding.id, 'conversation', paths)
  const here = reader(binding.same.map((key) => key.here))
  const there = reader(binding.same.map((key) => key.there))
  const place = (key: string, at: number) => `${key}~${at % count}`
  return {
    binding,
    patterns: [binding.of],
    read(cells, step) {
      const key = here(step)
      if (key === undefined) return undefined
      const seen = cells.get(key)
      if (seen === undefined) return cells.size >= CELLS_MAX ? undefined : []
      if (typeof seen !== 'number') return undefined
      const texts: string[] = []
      for (let at = Math.max(0, seen - count); at < seen; at++) {
        const text = cells.get(place(key, at))
        if (typeof text !== 'string') return undefined
        texts.push(text)
      }
      return texts
    },
    advance(cells, step, [matched]) {
      if (matched === false) return
      const key = there(step)
      if (key === undefined) return
      const before = cells.get(key)
      const seen = typeof before === 'number' ? before : 0
      // Full: what is not written is missed by `read`, which answers unknown.
      const full = cells.size >= CELLS_MAX && cells.get(place(key, seen)) === undefined
      const text = textsIn(toldBy(step)).join('\n').slice(0, TEXT_KEPT_MAX)
      if (!full) cells.set(place(key, seen), matched === undefined ? null : text)
      if (!full || before !== undefined) cells.set(key, seen + 1)
    },
  }
}
