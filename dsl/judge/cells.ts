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

export class Cells {
  readonly #values: Map<string, Json>
  #journal: { cell: string; before: Json | undefined }[] = []

  constructor(values: Iterable<readonly [string, Json]> = []) {
    this.#values = new Map(values)
  }

  get size(): number {
    return this.#values.size
  }

  get(cell: string): Json | undefined {
    return this.#values.get(cell)
  }

  set(cell: string, value: Json | undefined): void {
    this.#journal.push({ cell, before: this.#values.get(cell) })
    if (value === undefined) this.#values.delete(cell)
    else this.#values.set(cell, value)
  }

  mark(): number {
    return this.#journal.length
  }

  /** Undoes every change since `mark`. */
  rollback(mark: number): void {
    for (let i = this.#journal.length - 1; i >= mark; i--) {
      const { cell, before } = this.#journal[i]!
      if (before === undefined) this.#values.delete(cell)
      else this.#values.set(cell, before)
    }
    this.#journal.length = mark
  }

  /** The last value of every cell changed since `mark`, in order of first change. */
  since(mark: number): CellChange[] {
    const journal = this.#journal
    if (journal.length - mark > FEW) {
      const changed = new Set<string>()
      for (let i = mark; i < journal.length; i++) changed.add(journal[i]!.cell)
      return Array.from(changed, (cell) => ({ cell, value: this.#values.get(cell) }))
    }
    const changes: CellChange[] = []
    for (let i = mark; i < journal.length; i++) {
      const { cell } = journal[i]!
      if (!changes.some((change) => change.cell === cell))
        changes.push({ cell, value: this.#values.get(cell) })
    }
    return changes
  }

  /** Forgets the journal: what has been committed cannot be rolled back. */
  settle(): void {
    this.#journal.length = 0
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
