/** Counting rows for status pages, from whatever a store can stream. */
import { type Line, type Row, type RowState, SUMMARY_LINES_MAX, type Summary } from './port.ts'

export type Counted = Pick<Row, 'kind' | 'standing' | 'writer' | 'state'>

/** Feed it rows in any order and portions. */
export function counter(): { count(row: Counted): void; summary(): Summary } {
  const all = { live: 0, held: 0, retracted: 0 }
  const kinds: Tally = new Map()
  const standings: Tally = new Map()
  const writers: Tally = new Map()
  return {
    count(row) {
      all[row.state]++
      tally(kinds, row.kind)[row.state]++
      tally(standings, row.standing)[row.state]++
      tally(writers, row.writer)[row.state]++
    },
    summary: () => ({
      kind: 'summary',
      rows: all,
      byKind: lines(kinds),
      byStanding: lines(standings),
      byWriter: lines(writers),
    }),
  }
}

type Tallied = Record<RowState, number>
type Tally = Map<string, Tallied>

function tally(into: Tally, name: string): Tallied {
  const counts = into.get(name) ?? { live: 0, held: 0, retracted: 0 }
  into.set(name, counts)
  return counts
}

function lines(from: Tally): readonly Line[] {
  return [...from]
    .map(([name, counts]) => ({ name, ...counts }))
    .sort((a, b) => total(b) - total(a) || (a.name < b.name ? -1 : 1))
    .slice(0, SUMMARY_LINES_MAX)
}

function total({ live, held, retracted }: Tallied): number {
  return live + held + retracted
}
