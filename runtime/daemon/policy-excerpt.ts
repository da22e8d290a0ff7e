/** A check's own lines of the policy text, with the value of every sub-expression under the line it begins on. */
import type { CheckTrace } from '#dsl/judge/judge.ts'
import type { Meta, Plan, Span } from '#dsl/plan/plan.ts'
import { clip, type Paint } from './paint.ts'
import { wrap } from './wrap.ts'

/** Values shown under one line at most, and columns of the expression before its value. */
const VALUES_MAX = 16
const EXPRESSION_MAX = 46

/** A check of an explanation: what came of it, its lines with their values, and a monitor's state. */
export function checkLines(
  check: CheckTrace,
  plan: Plan,
  text: string,
  width: number,
  paint: Paint,
): string[] {
  const mark = { fired: paint.red, unknown: paint.yellow, quiet: paint.dim }[check.outcome](check.outcome)
  const own = checkOf(plan, check)
  const span = own?.library === undefined ? own?.span : undefined
  const place = own?.library === undefined ? `line ${check.line}` : `${own.library}, line ${check.line}`
  const head = `  ${mark} ${check.checkKind} ${paint.bold(check.check)}`
  const state =
    check.state === undefined ? [] : wrap(`state: ${check.state}`, { width, indent: 9, linesMax: 4 })
  return span === undefined
    ? [`${head} ${paint.dim(`(${place})`)}`, ...state]
    : [head, ...excerptLines(text, span, check, width, paint), ...state]
}

function checkOf(plan: Plan, check: CheckTrace): Meta | undefined {
  const named = ({ name, line }: { name: string; line: number }) =>
    name === check.check && line === check.line
  return plan.rules.find(named) ?? plan.consistencies.find(named) ?? plan.flows.find(named)
}

function excerptLines(text: string, span: Span, check: CheckTrace, width: number, paint: Paint): string[] {
  const lines: string[] = []
  const end = span[1]
  let start = text.lastIndexOf('\n', span[0]) + 1
  for (let number = check.line; start < end; number++) {
    const stop = Math.min(endOfLine(text, start), end)
    const shown = text.slice(start, stop).trimEnd()
    lines.push(`${paint.dim(`${String(number).padStart(6)} │`)} ${clipLine(shown, width - 9)}`)
    const indent = shown.length - shown.trimStart().length
    const values = valuesOn(text, check.parts, start, stop)
    const column = Math.min(EXPRESSION_MAX, Math.max(0, ...values.map(({ expression }) => expression.length)))
    for (const { expression, value } of values)
      lines.push(
        `${paint.dim('       │')} ${' '.repeat(indent + 2)}${paint.dim(clip(expression, EXPRESSION_MAX).padEnd(column))} ${paint.cyan(`= ${clip(value, Math.max(16, width - indent - column - 14))}`)}`,
      )
    start = endOfLine(text, start) + 1
  }
  return lines
}

/** Each expression once; what stands for itself (a number, a quoted text) needs no value. */
function valuesOn(text: string, parts: CheckTrace['parts'], start: number, stop: number) {
  const seen = new Set<string>()
  const values: { expression: string; value: string }[] = []
  for (const part of parts) {
    if (part.start < start || part.start >= stop) continue
    const expression = text.slice(part.start, part.end).replaceAll(/\s+/g, ' ')
    if (seen.has(expression) || expression === part.value) continue
    seen.add(expression)
    values.push({ expression, value: part.value })
  }
  if (values.length <= VALUES_MAX) return values
  return [
    ...values.slice(0, VALUES_MAX),
    { expression: `and ${values.length - VALUES_MAX} more`, value: '…' },
  ]
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from)
  return at === -1 ? text.length : at
}

/** Keeps the line's own indentation. */
function clipLine(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}
