/**
 * One layout for policy texts. Words, numbers and comments stay as written; only space, line breaks and separating
 * commas change. What was made is read again before it is handed out.
 */
import { type Diagnostic, Report } from '../diagnostic.ts'
import type { Source } from '../source.ts'
import type { Declaration } from '../syntax/ast.ts'
import { type Parsed, parse } from '../syntax/parse.ts'
import { declaration } from './declarations.ts'
import type { Doc } from './doc.ts'
import { linesOf } from './lines.ts'
import { difference } from './same.ts'
import { Tape } from './tape.ts'

export type Formatted =
  | { readonly kind: 'formatted'; readonly text: string }
  /** The text cannot be read, so it is left alone. */
  | { readonly kind: 'unreadable'; readonly diagnostics: readonly Diagnostic[] }
  /** A mistake of the formatter: what it made does not say the same. */
  | { readonly kind: 'refused'; readonly differs: 'tree' | 'words' | 'comments' }

/** Lines end in `\n`, the last one too, whatever they ended in before. */
export function format(source: Source): Formatted {
  const report = new Report()
  const parsed = parse(source.text, report)
  if (hasErrors(report)) return { kind: 'unreadable', diagnostics: report.diagnostics }
  const text = linesOf(layout(source.text, parsed))
  const again = new Report()
  const differs = difference(parsed, parse(text, again))
  if (differs !== undefined || hasErrors(again)) return { kind: 'refused', differs: differs ?? 'tree' }
  return { kind: 'formatted', text }
}

function hasErrors({ diagnostics }: Report): boolean {
  return diagnostics.some(({ severity }) => severity === 'error')
}

function layout(text: string, { ast, tokens, comments }: Parsed): Doc {
  const tape = new Tape(text, tokens, comments)
  const made: Doc[] = []
  const columns = columnsOf(ast.declarations, text)
  ast.declarations.forEach((each, index) => {
    const before = ast.declarations[index - 1]
    const isApart = before !== undefined && (isBlock(before) || isBlock(each))
    made.push(tape.member(index === 0, isApart), declaration(tape, each, columns.get(each)))
  })
  return [made, tape.end()]
}

const BLOCKS: ReadonlySet<Declaration['kind']> = new Set([
  'table',
  'rule',
  'consistency',
  'flow',
  'test',
] as const)

/** Declarations of several lines have an empty line around them. */
function isBlock(of: Declaration): boolean {
  if (of.kind === 'schema') return of.body.fields.length + of.body.checks.length > 1
  if (of.kind === 'agent') return of.may.length + of.limits.length > 1
  return BLOCKS.has(of.kind)
}

/** Messages and groups on lines that follow each other have what comes after their names in one column. */
function columnsOf(declarations: readonly Declaration[], text: string): Map<Declaration, number> {
  const columns = new Map<Declaration, number>()
  let run: Declaration[] = []
  const finish = (): void => {
    const column = Math.max(0, ...run.map(headWidth))
    for (const each of run) columns.set(each, column)
    run = []
  }
  for (const each of declarations) {
    const last = run.at(-1)
    const adjoins =
      last !== undefined && last.kind === each.kind && isOneBreak(text.slice(last.span[1], each.span[0]))
    if (!adjoins) finish()
    if (each.kind === 'message' || each.kind === 'group') run.push(each)
  }
  finish()
  return columns
}

/** Nothing stands between but a comment at the end of the line and the break. */
function isOneBreak(between: string): boolean {
  return /^[^\S\r\n]*(?:#[^\r\n]*)?(?:(?:\r\n?|\n)[^\S\r\n]*)?$/.test(between)
}

function headWidth(of: Declaration): number {
  if ((of.kind !== 'message' && of.kind !== 'group') || of.name === undefined) return 0
  return of.kind.length + 2 + of.name.span[1] - of.name.span[0]
}
