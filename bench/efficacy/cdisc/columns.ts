/** A column as conditions name it, and what its value shows as text, as a number and as a time. */
import { name } from './said.ts'
import { asNumber, asText, asTime } from './tables.ts'

/** `X` of `DM.X` and `X.DM`. */
export function parts(column: string, table: string): string[] {
  const [before, after] = [column.slice(0, table.length + 1), column.slice(-table.length - 1)]
  return [
    ...(before.toUpperCase() === `${table}.` ? [column.slice(table.length + 1)] : []),
    ...(after.toUpperCase() === `.${table}` ? [column.slice(0, -table.length - 1)] : []),
  ]
}

export interface Column {
  readonly said: string
  /** As text, as a number, as a time: what a value shows stands beside it, see `tables.ts`. */
  readonly text: string
  readonly number: string
  readonly time: string
  readonly type: 'text' | 'number'
  readonly empty: string
}

export function columnOf(record: string, column: string, type: 'text' | 'number'): Column {
  const said = `${record}${name(column)}`
  return {
    said,
    type,
    text: type === 'text' ? said : `${record}${name(asText(column))}`,
    number: type === 'number' ? said : `${record}${name(asNumber(column))}`,
    time: `${record}${name(asTime(column))}`,
    empty: type === 'text' ? `${said} is ""` : `${said} is missing`,
  }
}
