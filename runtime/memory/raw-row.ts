/** Rows as columns hold them: fields as JSON text, snake case, everything else as it is. */
import type { NewRow, Row } from './port.ts'

/** As LanceDB takes rows: it carries a second copy of Arrow and rebuilds tables made with ours, so plain objects are what it takes best. */
export function rawOf(row: NewRow, retracted: boolean): Record<string, unknown> {
  return {
    id: row.id,
    kind: row.kind,
    text: row.text,
    fields: JSON.stringify(row.fields),
    writer: row.writer,
    conversation: row.conversation,
    written_at: row.writtenAt,
    sources: row.sources,
    labels: row.labels,
    standing: row.standing,
    state: retracted ? 'retracted' : 'live',
  }
}

/** As LanceDB hands rows out. */
export interface RawRow extends Omit<Row, 'fields' | 'writtenAt' | 'sources' | 'labels'> {
  readonly fields: string
  readonly written_at: number
  readonly sources: Iterable<string>
  readonly labels: Iterable<string>
}

export interface RawHit extends RawRow {
  readonly _score: number
}

export function rowOf(raw: RawRow): Row {
  return {
    id: raw.id,
    kind: raw.kind,
    text: raw.text,
    fields: JSON.parse(raw.fields),
    writer: raw.writer,
    conversation: raw.conversation,
    writtenAt: raw.written_at,
    sources: [...raw.sources],
    labels: [...raw.labels],
    standing: raw.standing,
    state: raw.state,
  }
}
