/** Due times in order. Entries are never removed from the middle: whoever pops one checks that it still stands. */
export class TimerHeap {
  readonly #items: { readonly dueAt: number; readonly id: string }[] = []

  get next(): { readonly dueAt: number; readonly id: string } | undefined {
    return this.#items[0]
  }

  push(dueAt: number, id: string): void {
    const items = this.#items
    items.push({ dueAt, id })
    let i = items.length - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(items[i]!, items[parent]!)) break
      swap(items, i, parent)
      i = parent
    }
  }

  pop(): { readonly dueAt: number; readonly id: string } | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (items.length === 0 || last === undefined) return top
    items[0] = last
    let i = 0
    for (;;) {
      const left = 2 * i + 1
      let least = i
      if (left < items.length && before(items[left]!, items[least]!)) least = left
      if (left + 1 < items.length && before(items[left + 1]!, items[least]!)) least = left + 1
      if (least === i) return top
      swap(items, i, least)
      i = least
    }
  }
}

type Item = { readonly dueAt: number; readonly id: string }

/** Ties go by id, so that the order of firing is a function of what is due. */
function before(a: Item, b: Item): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.id < b.id)
}

function swap(items: Item[], i: number, j: number): void {
  const kept = items[i]!
  items[i] = items[j]!
  items[j] = kept
}
