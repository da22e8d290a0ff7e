/**
 * What a conversation has been told, as fingerprints: which sources gave each piece and where it was seen first.
 *
 * Invariants:
 * 1. The memory is in cells: one head and one cell for each step that brought something new, written once. What a
 *    step adds to the state is linear in its own size, and nothing is rewritten.
 * 2. The index is derived from the cells and never more than them: it follows a rollback by undoing, and is rebuilt
 *    after a restart. It is an acceleration, so that a look-up costs the same in the first step and the last.
 * 3. Bounded by PRINTS_MAX; what no longer fits marks the memory as cut, and what depends on it is unknown.
 */
import { CELLS_MAX, type Cells } from '../cells.ts'
import type { Json } from '../step.ts'
import { Pieces } from './pieces.ts'
import { decode, encode, PRINT_CHARS, type Print, printOf } from './prints.ts'
import { Readership, type Restricted, restrictedCell } from './readership.ts'

/** Pieces remembered for one conversation; about seven bytes each. */
export const PRINTS_MAX = 200_000
/** Whole texts of a conversation that are known again as such. */
const TEXTS_MAX = 4_096
/** Sources of one policy: bits of a mask, of which bit 0 says that the piece was seen at all. */
export const BITS_MAX = 30
export const ANYWHERE = 1

export interface Memory {
  /** Which sources gave the piece, and where it was first seen. */
  maskOf(print: Print): number
  originOf(print: Print): string | undefined
  /** Was a whole text with this print told before, with all of these bits? Then telling it again tells nothing. */
  wasTold(text: Print, mask: number): boolean
  readonly readership: Readership
  readonly head: Head
}

export interface Head {
  /** Cells written, pieces in them. */
  readonly count: number
  readonly prints: number
  /** Something did not fit, from then on. */
  readonly cut: boolean
  /** Labels that were read, labels that were released: masks. */
  readonly read: number
  readonly released: number
}

const EMPTY: Head = { count: 0, prints: 0, cut: false, read: 0, released: 0 }

export interface Keeper {
  /** Is the cell one of this memory's? */
  owns(cell: string): boolean
  open(cells: Cells): Memory
  /** Adds pieces with the bits that are new about them; `texts`: whole texts, all of whose pieces are among these. */
  add(cells: Cells, origin: string, pieces: Pieces, restricted: readonly Restricted[], texts: Pieces): void
  mark(cells: Cells, change: Partial<Pick<Head, 'cut' | 'read' | 'released'>>): void
}

/** `id` stands for the sources: another policy's memory is none of this one's. */
export function createKeeper(id: string): Keeper {
  const headCell = `seen-${id}:`
  const indexes = new WeakMap<Cells, Index>()
  /** The one asked for last: a step asks for its own again and again. */
  let near: { readonly cells: Cells; readonly index: Index } | undefined

  const indexOf = (cells: Cells): Index => {
    if (near?.cells !== cells) {
      const index = indexes.get(cells) ?? new Index()
      indexes.set(cells, index)
      near = { cells, index }
    }
    const { index } = near
    const value = cells.get(headCell)
    // Cells are replaced, never changed, and no cell of ours is without a new head: the same head, the same cells.
    if (value === undefined || value !== index.written) {
      index.head = headIn(value)
      index.written = value
      index.follow(index.head.count, (n) => cells.get(headCell + n))
    }
    return index
  }
  const setHead = (cells: Cells, index: Index, head: Head): void => {
    const { count, prints, cut, read, released } = head
    index.head = head
    index.written = [count, prints, cut ? 1 : 0, read, released]
    cells.set(headCell, index.written)
  }

  return {
    owns: (cell) => cell.startsWith(headCell),
    open(cells) {
      const index = indexOf(cells)
      return {
        head: index.head,
        maskOf: (print) => index.maskOf(print),
        originOf: (print) => index.originOf(print),
        wasTold: (text, mask) => index.wasTold(text, mask),
        readership: index.readership,
      }
    },
    add(cells, origin, pieces, restricted, texts) {
      const index = indexOf(cells)
      const { head } = index
      const byMask = new Map<number, Print[]>()
      let room = PRINTS_MAX - head.prints
      for (let piece = 0; piece < pieces.size; piece++) {
        const print = pieces.printAt(piece)
        const fresh = pieces.maskAt(piece) & ~index.maskOf(print)
        if (fresh === 0 || room-- <= 0) continue
        const group = byMask.get(fresh)
        if (group === undefined) byMask.set(fresh, [print])
        else group.push(print)
      }
      const lists: Json[] = []
      for (const one of restricted) {
        const fresh = index.readership.fresh(one)
        room -= fresh.length
        if (fresh.length > 0 && room >= 0) lists.push(...restrictedCell(one.names, fresh))
      }
      const full = room < 0 || cells.size >= CELLS_MAX
      if (byMask.size + lists.length === 0 || cells.size >= CELLS_MAX) {
        if (full) setHead(cells, index, { ...head, cut: true })
        else index.tell(texts)
        return
      }
      const groups: Json[] = []
      let added = lists.reduce<number>((sum, one) => sum + printsIn(one), 0)
      for (const [mask, prints] of byMask) {
        groups.push(mask, encode(prints))
        added += prints.length
      }
      const before = index.chain
      const chain = [...groups, ...lists].reduce<number>(
        (sum, group) => printOf(sum, [String(group), origin], 0, 2),
        before,
      )
      const cell = [chain, origin, groups]
      cells.set(headCell + (head.count + 1), lists.length === 0 ? cell : [...cell, lists])
      index.push(chain, origin, byMask, lists)
      if (!full) index.tell(texts)
      const { count, prints, cut } = head
      setHead(cells, index, { ...head, count: count + 1, prints: prints + added, cut: cut || full })
    },
    mark(cells, change) {
      const index = indexOf(cells)
      const { head } = index
      const changed: Head = {
        ...head,
        cut: head.cut || change.cut === true,
        read: head.read | (change.read ?? 0),
        released: head.released | (change.released ?? 0),
      }
      if (changed.cut !== head.cut || changed.read !== head.read || changed.released !== head.released)
        setHead(cells, index, changed)
    },
  }
}

function headIn(value: Json | undefined): Head {
  if (!Array.isArray(value)) return EMPTY
  const [count, prints, cut, read, released] = value.map(Number)
  return {
    count: count ?? 0,
    prints: prints ?? 0,
    cut: cut === 1,
    read: read ?? 0,
    released: released ?? 0,
  }
}

/** Prints encoded in a part of a cell; names are none. */
function printsIn(part: Json): number {
  return typeof part === 'string' ? part.length / PRINT_CHARS : 0
}

/** The cells' content by piece. `follow` costs what has changed since it was last called. */
class Index {
  /** As it was met last: in the cells, and read. */
  written: Json | undefined
  head = EMPTY
  /** Each with the number of the cell it was first seen in. */
  readonly #pieces = new Pieces()
  readonly #origins: string[] = []
  readonly #chains: number[] = []
  /** For each cell: pieces before it, then those of them that it changed and their masks before, in turn. */
  readonly #undo: { readonly size: number; readonly changed: number[]; readonly texts: number }[] = []
  /** Whole texts told, with the bits all their pieces have. Not in the cells: after a restart they are told anew. */
  readonly #texts = new Pieces()
  readonly readership = new Readership()

  get chain(): number {
    return this.#chains.at(-1) ?? 0
  }

  maskOf(print: Print): number {
    const entry = this.#pieces.find(print)
    return entry < 0 ? 0 : this.#pieces.maskAt(entry)
  }

  originOf(print: Print): string | undefined {
    const entry = this.#pieces.find(print)
    return entry < 0 ? undefined : this.#origins[this.#pieces.numberAt(entry)]
  }

  wasTold(text: Print, mask: number): boolean {
    const entry = this.#texts.find(text)
    return entry >= 0 && (mask & ~this.#texts.maskAt(entry)) === 0
  }

  /** Those of a step whose pieces are all here. A text told anew with more bits is looked at piece by piece each time. */
  tell(texts: Pieces): void {
    for (let entry = 0; entry < texts.size && this.#texts.size < TEXTS_MAX; entry++) {
      const text = texts.printAt(entry)
      if (this.#texts.find(text) < 0) this.#texts.push(text, texts.maskAt(entry), 0)
    }
  }

  follow(count: number, cellAt: (n: number) => Json | undefined): void {
    while (this.#chains.length > count || !this.#agrees(cellAt)) this.#pop()
    for (let n = this.#chains.length + 1; n <= count; n++) this.#read(cellAt(n))
  }

  /** Each chain covers all cells before it, so that the last one speaks for all. */
  #agrees(cellAt: (n: number) => Json | undefined): boolean {
    if (this.#chains.length === 0) return true
    const cell = cellAt(this.#chains.length)
    return Array.isArray(cell) && cell[0] === this.chain
  }

  #read(cell: Json | undefined): void {
    const [chain, origin, groups, restricted] = Array.isArray(cell) ? cell : []
    const byMask = new Map<number, Print[]>()
    if (Array.isArray(groups))
      for (let i = 0; i + 1 < groups.length; i += 2)
        byMask.set(Number(groups[i]), decode(String(groups[i + 1])))
    this.push(Number(chain), String(origin), byMask, restricted)
  }

  /** A cell's content, as it was read or as it has just been written. */
  push(
    chain: number,
    origin: string,
    byMask: ReadonlyMap<number, readonly Print[]>,
    restricted: Json | undefined,
  ): void {
    const size = this.#pieces.size
    const changed: number[] = []
    this.readership.push(restricted)
    const number = this.#origins.length
    for (const [mask, prints] of byMask) {
      for (const print of prints) {
        const entry = this.#pieces.find(print)
        if (entry < 0) {
          this.#pieces.push(print, mask, number)
          continue
        }
        const before = this.#pieces.maskAt(entry)
        changed.push(entry, before)
        this.#pieces.setMask(entry, before | mask)
      }
    }
    this.#origins.push(origin)
    this.#chains.push(chain)
    this.#undo.push({ size, changed, texts: this.#texts.size })
  }

  #pop(): void {
    const { size, changed, texts } = this.#undo.pop() ?? { size: 0, changed: [], texts: 0 }
    this.readership.pop()
    for (let i = changed.length - 2; i >= 0; i -= 2) this.#pieces.setMask(changed[i]!, changed[i + 1]!)
    this.#pieces.shrink(size)
    this.#texts.shrink(texts)
    this.#origins.pop()
    this.#chains.pop()
  }
}
