/**
 * Who may read each piece a conversation was told: the lists of readers it was told with, joined by intersection.
 *
 * Invariants:
 * 1. Derived from the memory's cells in their order, and undone in that order: it depends on nothing else.
 * 2. Told again with another list, a piece is for those who are in both. No list ever makes a piece readable by more.
 * 3. Bounded: LISTS_MAX different lists, NAMES_MAX names in one, LISTS_A_PIECE for a piece. What is beyond is nobody's.
 */
import type { Json } from '../step.ts'
import { decode, encode, type Print } from './prints.ts'

/** Different lists of one conversation. */
export const LISTS_MAX = 4_094
/** Names in a list; a longer one is nobody's. */
export const NAMES_MAX = 200
/** Lists that are told apart for one piece: digits of one number. */
const LISTS_A_PIECE = 4
const BASE = LISTS_MAX + 2
const NOBODY = LISTS_MAX + 1

/** Pieces of one step and who may read them: names as they compare, in order. */
export interface Restricted {
  readonly names: readonly string[]
  readonly prints: ReadonlySet<Print>
}

export class Readership {
  /** The list with number n stands at n - 1. */
  readonly #lists: ReadonlySet<string>[] = []
  readonly #numbers = new Map<string, number>()
  /** Numbers of lists, as the digits of one. */
  readonly #pieces = new Map<Print, number>()
  /** For each cell: lists before it, then pieces and what stood there, in turn. */
  readonly #undo: { readonly lists: number; readonly pieces: number[] }[] = []

  get lists(): readonly ReadonlySet<string>[] {
    return this.#lists
  }

  /** The lists it was told with; undefined when nobody restricted it. */
  listsOf(print: Print): readonly ReadonlySet<string>[] | undefined {
    const packed = this.#pieces.get(print)
    return packed === undefined ? undefined : digits(packed).map((number) => this.#list(number))
  }

  /** Those of the pieces about which the list says something new. */
  fresh({ names, prints }: Restricted): Print[] {
    const number = this.#numbers.get(keyOf(names))
    return Array.from(prints).filter((print) => {
      const packed = this.#pieces.get(print)
      return (
        packed === undefined ||
        (packed !== NOBODY && !(number !== undefined && digits(packed).includes(number)))
      )
    })
  }

  /** `restricted`: names and their prints, in turn. */
  push(restricted: Json | undefined): void {
    const lists = this.#lists.length
    const pieces: number[] = []
    if (Array.isArray(restricted))
      for (let i = 0; i + 1 < restricted.length; i += 2) {
        const names = restricted[i]
        const number = this.#numberOf(Array.isArray(names) ? names.map(String) : [])
        for (const print of decode(String(restricted[i + 1]))) {
          const before = this.#pieces.get(print)
          pieces.push(print, before ?? -1)
          this.#pieces.set(print, joined(before, number))
        }
      }
    this.#undo.push({ lists, pieces })
  }

  pop(): void {
    const { lists, pieces } = this.#undo.pop() ?? { lists: 0, pieces: [] }
    for (let i = pieces.length - 2; i >= 0; i -= 2) {
      const before = pieces[i + 1]!
      if (before < 0) this.#pieces.delete(pieces[i]!)
      else this.#pieces.set(pieces[i]!, before)
    }
    while (this.#lists.length > lists) this.#numbers.delete(keyOf([...this.#lists.pop()!]))
  }

  #numberOf(names: readonly string[]): number {
    const key = keyOf(names)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    if (this.#lists.length >= LISTS_MAX) return NOBODY
    const number = this.#lists.push(new Set(names))
    this.#numbers.set(key, number)
    return number
  }

  #list(number: number): ReadonlySet<string> {
    return this.#lists[number - 1] ?? NO_ONE
  }
}

const NO_ONE: ReadonlySet<string> = new Set()

export function restrictedCell(names: readonly string[], prints: readonly Print[]): Json[] {
  return [[...names], encode(prints)]
}

function keyOf(names: readonly string[]): string {
  return JSON.stringify(names)
}

function digits(packed: number): number[] {
  const found: number[] = []
  for (let rest = packed; rest > 0; rest = Math.floor(rest / BASE)) found.push(rest % BASE)
  return found
}

function joined(packed: number | undefined, number: number): number {
  if (packed === undefined || number === NOBODY) return number
  const known = digits(packed)
  if (packed === NOBODY || known.includes(number)) return packed
  return known.length >= LISTS_A_PIECE ? NOBODY : packed * BASE + number
}
