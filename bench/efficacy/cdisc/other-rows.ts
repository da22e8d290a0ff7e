/** What a condition on one row says of other rows: the last or first that was told with the same values. */
import type { Operation } from './corpus.ts'
import { decimal, NotRun, name, quote } from './said.ts'
import type { Table } from './tables.ts'

/**
 * A table's rows are told before any is judged: in the order of a column, or backwards. The latest row told in an order
 * is its last, the latest told backwards its first.
 */
export interface Telling {
  readonly table: string
  readonly by: string
  readonly backwards: boolean
}

export const tellingName = ({ table, by, backwards }: Telling): string =>
  `${table} by ${by}${backwards ? ' backwards' : ''}`

/** A column here, and the one there with the same value. */
export type Pair = readonly [own: string, there: string]

export class OtherRows {
  readonly #bindings = new Map<string, string>()
  readonly #tellings = new Map<string, Telling>()

  get tellings(): Telling[] {
    return [...this.#tellings.values()]
  }

  /** ` where … and …`, or nothing. */
  get where(): string {
    const where = Array.from(this.#bindings, ([is, binding]) => `${binding} is ${is}`)
    return where.length === 0 ? '' : ` where ${where.join(' and ')}`
  }

  last(table: Table, by: string, filter: string, keys: readonly Pair[]): string {
    return this.#latest({ table: table.name, by, backwards: false }, filter, keys)
  }

  first(table: Table, by: string, filter: string, keys: readonly Pair[]): string {
    return this.#latest({ table: table.name, by, backwards: true }, filter, keys)
  }

  #latest(telling: Telling, filter: string, keys: readonly Pair[]): string {
    const step = tellingName(telling)
    this.#tellings.set(step, telling)
    const same = keys.map(([own, there]) =>
      own === there ? name(own) : `${name(own)} as there ${name(there)}`,
    )
    const what = filter === '' ? `anyone calls ${name(step)}` : `(anyone calls ${name(step)} and ${filter})`
    return this.#bind(`the latest ${what}${same.length === 0 ? '' : ` with the same ${same.join(', ')}`}`)
  }

  #bind(is: string): string {
    const found = this.#bindings.get(is)
    if (found !== undefined) return found
    const binding = `other${this.#bindings.size + 1}`
    this.#bindings.set(is, binding)
    return binding
  }
}

export function filtered(table: Table, filter: Operation['filter']): string {
  return Object.entries(filter ?? {})
    .map(([column, value]) => {
      const full = column.replace(/^--/, table.prefix)
      if (!table.columns.has(full)) throw new NotRun()
      return table.columns.get(full) === 'number'
        ? `${name(full)} = ${decimal(String(value))}`
        : `${name(full)} is ${quote(String(value))} exactly`
    })
    .join(' and ')
}
