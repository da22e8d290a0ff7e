/** Runs translated rules over tables. */
import { Cells } from '../../../dsl/judge/cells.ts'
import { createJudge } from '../../../dsl/judge/create.ts'
import type { Judge } from '../../../dsl/judge/judge.ts'
import type { JsonObject, Step } from '../../../dsl/judge/step.ts'
import { compile } from '../../../dsl/pipeline.ts'
import { source } from '../../../dsl/source.ts'
import type { CdiscRule } from './corpus.ts'
import { type Telling, tellingName } from './other-rows.ts'
import { NotRun, name, Unsaid } from './said.ts'
import { asNumber, asText, asTime, isInScope, ROW, type Table } from './tables.ts'
import { translate } from './translate.ts'

export type Prepared =
  | {
      readonly kind: 'prepared'
      readonly judge: Judge
      readonly policy: string
      readonly tellings: readonly Telling[]
      /** Tables that a rule flags as a whole, by the rule's number. */
      readonly whole: ReadonlySet<string>
      readonly rules: number
    }
  | { readonly kind: 'unsaid'; readonly why: string }

/** All of these rules over all of these tables as one policy. Checks are named `number/TABLE`. */
export function prepare(rules: readonly CdiscRule[], tables: readonly Table[]): Prepared {
  const said: string[] = []
  const tellings = new Map<string, Telling>()
  const whole = new Set<string>()
  for (const [number, rule] of rules.entries())
    for (const table of tables.filter((each) => isInScope(each, rule))) {
      try {
        const translated = translate(rule, table, tables)
        if (translated.rule === undefined) continue
        said.push(`rule "${number}/${table.name}" { ${translated.rule} }`)
        if (translated.whole || rule.sensitivity === 'Dataset') whole.add(`${number}/${table.name}`)
        for (const each of translated.tellings) tellings.set(tellingName(each), each)
      } catch (cause) {
        if (cause instanceof Unsaid) return { kind: 'unsaid', why: cause.message }
        if (!(cause instanceof NotRun)) throw cause
      }
    }
  const policy = `${vocabulary(tables, [...tellings.values()])}${said.join('\n')}\n`
  const { plan, diagnostics } = compile(source(policy, 'cdisc.parapet'))
  if (plan === undefined) {
    const wrong = diagnostics.find(({ severity }) => severity === 'error')
    return { kind: 'unsaid', why: `it does not compile: ${wrong?.code} ${wrong?.message}` }
  }
  const judge = createJudge(plan)
  return { kind: 'prepared', judge, policy, tellings: [...tellings.values()], whole, rules: said.length }
}

function vocabulary(tables: readonly Table[], tellings: readonly Telling[]): string {
  const lines = ['policy "Tables" version 1.0']
  const names: string[] = []
  for (const { name: table, columns } of tables) {
    const fields = [`${name(ROW)}: number`]
    for (const [column, type] of columns) {
      fields.push(`${name(column)}: ${type}, optional`, `${name(asTime(column))}: time, optional`)
      const other = type === 'text' ? `${name(asNumber(column))}: number` : `${name(asText(column))}: text`
      fields.push(`${other}, optional`)
    }
    for (const step of [table, ...tellings.filter((each) => each.table === table).map(tellingName)]) {
      lines.push(`tool ${name(step)}(${fields.join(', ')})`)
      names.push(name(step))
    }
  }
  return `${[...lines, `agent reader { may call ${names.join(', ')} }`].join('\n')}\n`
}

/** What is flagged, as `table/row`, or `table/` for a table as a whole. */
export function flaggedIn(prepared: Prepared & { kind: 'prepared' }, tables: readonly Table[]): Set<string> {
  const { judge, tellings, whole } = prepared
  const flagged = new Set<string>()
  const cells = tell(judge, tellings, tables)
  for (const { name: table, rows } of tables)
    for (const [i, row] of rows.entries())
      for (const { check, action } of judge.decide(cells, stepOf(table, row, i)).reasons)
        if (action === 'warn') flagged.add(`${table.toLowerCase()}/${whole.has(check) ? '' : i + 1}`)
  return flagged
}

export function tell(judge: Judge, tellings: readonly Telling[], tables: readonly Table[]): Cells {
  const cells = new Cells()
  for (const telling of tellings) {
    const rows = tables.find(({ name: each }) => each === telling.table)?.rows ?? []
    const ordered =
      telling.by === ROW ? [...rows] : rows.toSorted((a, b) => order(a[telling.by], b[telling.by]))
    if (telling.backwards) ordered.reverse()
    for (const [i, row] of ordered.entries()) judge.advance(cells, stepOf(tellingName(telling), row, i))
  }
  cells.settle()
  return cells
}

export function stepOf(step: string, fields: JsonObject, i: number): Step {
  return {
    kind: 'calls',
    agent: 'reader',
    actor: 'reader',
    conversation: 'tables',
    turn: i,
    at: i,
    name: step,
    fields,
  }
}

function order(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a ?? ''), String(b ?? '')]
  return left < right ? -1 : left > right ? 1 : 0
}
