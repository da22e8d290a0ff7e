/**
 * The state of a policy: a flat set of cells, one per monitor and join key, for one conversation.
 *
 * Invariants:
 * 1. A cell's value is plain JSON and is replaced, never mutated: a reference kept is a snapshot kept.
 * 2. Every change goes through `set`, which journals the value before; `rollback(mark)` undoes all since.
 * 3. `since(mark)` is the delta to persist; folding deltas in order gives the same cells (`apply`).
 */
import type { Json } from './step.ts'

export interface CellChange {
  readonly cell: string
  /** `undefined` removes the cell. */
  readonly value: Json | undefined
}

/** Cells a conversation may hold; beyond it a monitor answers *unknown*, never *fine*. */
export const CELLS_MAX = 10_000

/** Looked for one after the other: cheaper than a set. */
const FEW = 16
/** Places for changes that are kept for the next step: what stood there last lives so long. */
const KEPT_MAX = 32

export class Cells {
  readonly #values: Map<string, Json>
  /** Cells changed and what they held before, in turn: the first `#changes` of both. Their places are used again. */
  #changed: string[] = []
  #before: (Json | undefined)[] = []
  #changes = 0

  /** `values` are these cells' own from here on. */
  constructor(values: Map<string, Json> = new Map()) {
    this.#values = values
  }

  get size(): number {
    return this.#values.size
  }

  get(cell: string): Json | undefined {
    return this.#values.get(cell)
  }

  set(cell: string, value: Json | undefined): void {
    this.#changed[this.#changes] = cell
    this.#before[this.#changes++] = this.#values.get(cell)
    if (value === undefined) this.#values.delete(cell)
    else this.#values.set(cell, value)
  }

  mark(): number {
    return this.#changes
  }

  /** Undoes every change since `mark`. */
  rollback(mark: number): void {
    for (let i = this.#changes - 1; i >= mark; i--) {
      const cell = this.#changed[i]!
      const before = this.#before[i]
      if (before === undefined) this.#values.delete(cell)
      else this.#values.set(cell, before)
    }
    this.#changes = Math.min(mark, this.#changes)
  }

  /** The last value of every cell changed since `mark`, in order of first change. */
  since(mark: number): CellChange[] {
    if (this.#changes - mark > FEW) {
      const changed = new Set<string>()
      for (let i = mark; i < this.#changes; i++) changed.add(this.#changed[i]!)
      return Array.from(changed, (cell) => ({ cell, value: this.#values.get(cell) }))
    }
    const changes: CellChange[] = []
    for (let i = mark; i < this.#changes; i++) {
      const cell = this.#changed[i]!
      if (!changes.some((change) => change.cell === cell))
        changes.push({ cell, value: this.#values.get(cell) })
    }
    return changes
  }

  /** Forgets the journal: what has been committed cannot be rolled back. */
  settle(): void {
    this.#changes = 0
    if (this.#changed.length <= KEPT_MAX) return
    this.#changed = []
    this.#before = []
  }

  apply(changes: readonly CellChange[]): void {
    for (const { cell, value } of changes) {
      if (value === undefined) this.#values.delete(cell)
      else this.#values.set(cell, value)
    }
  }

  entries(): IterableIterator<[string, Json]> {
    return this.#values.entries()
  }
}
