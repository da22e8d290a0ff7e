/**
 * What was withdrawn and what rests on it, in LanceDB tables.
 *
 * Invariants:
 * 1. The source is recorded before rows are marked, and rows are looked for again after marking until none is new. Whoever
 *    writes looks at the record before and after writing. So neither order nor a crash leaves a row live that should not be.
 * 2. Only what was named stands in the record; what rests on it follows from the rows.
 */
import type { Table } from '@lancedb/lancedb'
import type { NewRow, RowState } from '../port.ts'
import { reachOf, strides } from '../retraction.ts'
import { citing, isOneOf } from '../sql.ts'
import { READ_TIMEOUT_MS } from './search.ts'

type Withdrawn = Exclude<RowState, 'live'>

const STRENGTH: Readonly<Record<RowState, number>> = { live: 0, held: 1, retracted: 2 }
const stronger = (a: RowState, b: RowState): RowState => (STRENGTH[a] >= STRENGTH[b] ? a : b)

export class Withdrawals {
  readonly #rows: Table
  readonly #record: Table

  constructor(rows: Table, record: Table) {
    this.#rows = rows
    this.#record = record
  }

  version(): Promise<number> {
    return this.#record.version()
  }

  /** The states of those of `news` that rest on something withdrawn. */
  async among(news: readonly NewRow[]): Promise<ReadonlyMap<string, Withdrawn>> {
    if ((await this.#record.countRows()) === 0) return new Map()
    const named = [...new Set(news.flatMap((row) => [row.id, row.writer, ...row.sources]))]
    const states = new Map<string, RowState>()
    for (const some of strides(named)) {
      const isNamed = isOneOf('id', some)
      for (const { id, state } of await this.#record.query().where(isNamed).toArray()) states.set(id, state)
      const gone = this.#rows.query().select(['id', 'state']).where(`state <> 'live' AND ${isNamed}`)
      for (const { id, state } of await gone.toArray({ timeoutMs: READ_TIMEOUT_MS }))
        states.set(id, stronger(state, states.get(id) ?? 'live'))
    }
    const found = new Map<string, Withdrawn>()
    for (const row of news) {
      const rests = [row.id, ...row.sources, ...(row.standing === 'derived' ? [row.writer] : [])]
      const state = rests.map((name) => states.get(name) ?? 'live').reduce(stronger)
      if (state !== 'live') found.set(row.id, state)
    }
    return found
  }

  /** Records the source, then marks what rests on it. Gives the ids of all of that. */
  async withdraw(source: string, state: Withdrawn): Promise<readonly string[]> {
    const known = await this.#record
      .query()
      .where(isOneOf('id', [source]))
      .toArray()
    if (!known.some((each) => STRENGTH[each.state as RowState] >= STRENGTH[state]))
      await this.#record
        .mergeInsert('id')
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute([{ id: source, state }], { timeoutMs: READ_TIMEOUT_MS })
    return this.spread([source], state)
  }

  /** Marks the seeds and what rests on them. A row that came while the others were being marked is found the next time round. */
  async spread(seeds: Iterable<string>, state: Withdrawn): Promise<readonly string[]> {
    const named = [...seeds]
    for (let before = -1; ; ) {
      const reached = await this.#restingOn(named)
      if (reached.length === before) return reached
      before = reached.length
      const weaker = state === 'held' ? ['live'] : ['live', 'held']
      for (const some of strides(reached))
        await this.#rows.update({
          where: `${isOneOf('state', weaker)} AND ${isOneOf('id', some)}`,
          values: { state },
        })
    }
  }

  /** Ends a hold. What also rests on something else that is withdrawn stays so. */
  async release(source: string): Promise<readonly string[]> {
    await this.#record.delete(`state = 'held' AND ${isOneOf('id', [source])}`)
    const reached = await this.#restingOn([source])
    const roots: readonly { readonly id: string }[] = await this.#record.query().toArray()
    const still = new Set(await this.#restingOn(roots.map(({ id }) => id)))
    const free = reached.filter((id) => !still.has(id))
    const released: string[] = []
    for (const some of strides(free)) {
      const where = `state = 'held' AND ${isOneOf('id', some)}`
      for (const { id } of await this.#rows.query().select(['id']).where(where).toArray()) released.push(id)
      await this.#rows.update({ where, values: { state: 'live' } })
    }
    return released.sort()
  }

  /** Ids of rows, sorted. */
  async #restingOn(seeds: readonly string[]): Promise<readonly string[]> {
    const idsWhere = async (where: string): Promise<string[]> => {
      const found = this.#rows.query().select(['id']).where(where)
      return (await found.toArray({ timeoutMs: READ_TIMEOUT_MS })).map((row: { id: string }) => row.id)
    }
    const reached = await reachOf(seeds, (sources) => idsWhere(citing(sources)))
    const ids: string[] = []
    for (const some of strides([...reached])) ids.push(...(await idsWhere(isOneOf('id', some))))
    return ids.sort()
  }
}
