/** What every implementation refuses before it touches its store. */
import {
  FIELDS_BYTES_MAX,
  GET_IDS_MAX,
  LABELS_MAX,
  NAME_CHARS_MAX,
  type NewRow,
  type Query,
  type Refused,
  SEARCH_CHARS_MAX,
  SEARCH_LIMIT_MAX,
  SOURCES_MAX,
  TEXT_CHARS_MAX,
  WRITE_ROWS_MAX,
} from './port.ts'

export function refuseRows(rows: readonly NewRow[]): Refused | undefined {
  if (rows.length > WRITE_ROWS_MAX)
    return refused(
      'MEM01',
      `${rows.length} rows in one write`,
      `Write at most ${WRITE_ROWS_MAX} rows at a time.`,
    )
  for (const row of rows) {
    const wrong = wrongWith(row)
    if (wrong) return refused('MEM02', `row \`${shown(row.id)}\`: ${wrong[0]}`, wrong[1])
  }
  return undefined
}

export function refuseQuery(query: Query): Refused | undefined {
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > SEARCH_LIMIT_MAX)
    return refused('MEM03', `a search for ${query.limit} rows`, `Ask for 1 to ${SEARCH_LIMIT_MAX} rows.`)
  if (query.text.length > SEARCH_CHARS_MAX)
    return refused(
      'MEM04',
      `a search text of ${query.text.length} characters`,
      `Search with at most ${SEARCH_CHARS_MAX}.`,
    )
  return undefined
}

export function refuseIds(ids: readonly string[]): Refused | undefined {
  if (ids.length <= GET_IDS_MAX) return undefined
  return refused('MEM05', `${ids.length} ids in one read`, `Read at most ${GET_IDS_MAX} ids at a time.`)
}

export function refuseSource(source: string): Refused | undefined {
  if (isName(source)) return undefined
  return refused(
    'MEM06',
    `\`${shown(source)}\` cannot be a source`,
    `A source is 1 to ${NAME_CHARS_MAX} characters.`,
  )
}

export function refused(code: string, message: string, help: string): Refused {
  return { kind: 'refused', code, message, help }
}

function wrongWith(row: NewRow): readonly [message: string, help: string] | undefined {
  for (const name of [row.id, row.kind, row.writer, row.conversation, ...row.sources, ...row.labels])
    if (!isName(name))
      return [`\`${shown(name)}\` cannot be a name`, `Names are 1 to ${NAME_CHARS_MAX} characters.`]
  if (row.text.length > TEXT_CHARS_MAX)
    return [
      `its text has ${row.text.length} characters`,
      `Keep passages under ${TEXT_CHARS_MAX} characters; split longer ones.`,
    ]
  if (row.sources.length > SOURCES_MAX)
    return [`it has ${row.sources.length} sources`, `Name at most ${SOURCES_MAX}, or write a row in between.`]
  if (row.labels.length > LABELS_MAX)
    return [`it has ${row.labels.length} labels`, `Use at most ${LABELS_MAX}.`]
  if (!Number.isFinite(row.writtenAt))
    return ['it has no time', 'Set writtenAt to milliseconds since the epoch.']
  const bytes = Buffer.byteLength(JSON.stringify(row.fields))
  if (bytes > FIELDS_BYTES_MAX)
    return [
      `its fields take ${bytes} bytes`,
      `Keep fields under ${FIELDS_BYTES_MAX} bytes; long words belong in text.`,
    ]
  return undefined
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= NAME_CHARS_MAX
}

function shown(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name
}
