/** Which tables a rule speaks of, and a table's columns and rows as steps have them. */
import type { JsonObject } from '../../../dsl/judge/step.ts'
import type { Case, CdiscRule, Dataset } from './corpus.ts'

export interface Table {
  /** In capitals, as rules write it. */
  readonly name: string
  /** What `--` stands for in the names of its columns. */
  readonly prefix: string
  readonly label: string
  readonly columns: ReadonlyMap<string, 'text' | 'number'>
  readonly rows: readonly JsonObject[]
}

/** The row's number, from 1, beside its columns. */
export const ROW = 'row number'

/** Columns beside a column: what its value shows, where it shows one. A partial date is taken at its beginning. */
export const asText = (column: string): string => `${column} as text`
export const asNumber = (column: string): string => `${column} as number`
export const asTime = (column: string): string => `${column} as time`

export function tablesOf({ datasets }: Pick<Case, 'datasets'>): Table[] {
  return Object.entries(datasets).map(([name, dataset]) => tableOf(name, dataset))
}

export function tableOf(given: string, { label, columns, rows: recorded }: Dataset): Table {
  const rows = recorded.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column.trim(), value])),
  )
  const name = given.toUpperCase()
  const typed = new Map<string, 'text' | 'number'>()
  for (const { variable, type } of columns)
    if (variable.trim() !== '') typed.set(variable.trim(), type === 'Num' ? 'number' : 'text')
  for (const row of rows)
    for (const column of Object.keys(row))
      if (column.trim() !== '' && !typed.has(column.trim())) typed.set(column.trim(), 'text')
  // A number that is none makes the column text: what was recorded is judged, not what was declared.
  for (const [column, type] of typed)
    if (type === 'number' && rows.some((row) => Number.isNaN(Number(row[column] ?? ''))))
      typed.set(column, 'text')
  const domain = rows.find((row) => row['DOMAIN'])?.['DOMAIN'] ?? name
  return {
    name,
    prefix: domain.startsWith('AP') && domain.length === 4 ? domain.slice(2) : domain.slice(0, 2),
    label: label ?? '',
    columns: typed,
    rows: rows.map((row, i) => {
      const fields: JsonObject = { [ROW]: i + 1 }
      for (const [column, type] of typed) {
        const value = row[column] ?? ''
        if (type === 'text') fields[column] = value
        if (type === 'number') fields[asText(column)] = value
        if (value.trim() !== '' && !Number.isNaN(Number(value)))
          fields[type === 'number' ? column : asNumber(column)] = Number(value)
        const time = TIME.test(value)
          ? Date.parse(value.length > 10 && !/Z|[+-]\d\d:?\d\d$/.test(value) ? `${value}Z` : value)
          : Number.NaN
        if (!Number.isNaN(time)) fields[asTime(column)] = new Date(time).toISOString()
      }
      return fields
    }),
  }
}

const TIME = /^\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d)?)?)?)?/

const CLASSES: Readonly<Record<string, string>> = {
  INTERVENTIONS: 'AG CM EC EX ML PR SU',
  EVENTS: 'AE BE CE DS DV EM HO MH',
  'FINDINGS ABOUT': 'FA SR',
  'SPECIAL PURPOSE': 'CO DM SE SJ SM SV',
  'TRIAL DESIGN': 'TA TD TE TI TM TP TS TT TV TX PD',
  RELATIONSHIP: 'RELREC RELSPEC RELSUB RELREF POOLDEF APRELSUB',
  'STUDY REFERENCE': 'DI OI AC TO',
}
const CLASS_OF = new Map(
  Object.entries(CLASSES).flatMap(([name, domains]) =>
    domains.split(' ').map((domain) => [domain, name] as const),
  ),
)

function classOf(table: Table): string {
  if (/^(?:SUPP|SQ)/.test(table.name)) return 'RELATIONSHIP'
  if (/^AD/.test(table.name) || !/^[A-Z]{2,8}$/.test(table.name)) return 'other'
  return CLASS_OF.get(table.name) ?? CLASS_OF.get(domainOf(table)) ?? 'FINDINGS'
}

const domainOf = ({ prefix, rows }: Table): string => {
  const own = rows[0]?.['DOMAIN']
  return typeof own === 'string' && own !== '' ? own : prefix
}

export function isInScope(table: Table, { scope }: CdiscRule): boolean {
  const names = [table.name, domainOf(table)]
  const fits = (pattern: string): boolean =>
    pattern === 'ALL' ||
    names.some((name) =>
      pattern.endsWith('--') ? name.startsWith(pattern.slice(0, -2)) : name === pattern.toUpperCase(),
    )
  const own = classOf(table)
  const { Classes, Domains, Entities, Datasets } = scope
  // Names of tables are cut to what a sheet's name can hold.
  const isEntity = (each: string): boolean =>
    fits(each) || (table.name.length >= 26 && each.toUpperCase().startsWith(table.name))
  if (Entities?.Include && !Entities.Include.some(isEntity)) return false
  if (Entities?.Exclude?.some(fits)) return false
  if (Datasets?.Include && !Datasets.Include.some(fits)) return false
  // A domain that is named is meant, whatever class it is said to be of.
  const named = Domains?.Include?.some((each) => each !== 'ALL' && fits(each)) === true
  const ofClass = (each: string): boolean =>
    each === 'ALL' || each === own || (each === 'FINDINGS' && own === 'FINDINGS ABOUT')
  if (!named && Classes?.Include && !Classes.Include.some(ofClass)) return false
  if (Classes?.Exclude?.includes(own)) return false
  if (Domains?.Include && !Domains.Include.some(fits)) return false
  return !Domains?.Exclude?.some(fits)
}
