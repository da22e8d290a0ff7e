/**
 * `# lint: allow L0008 because …` on the lines directly above a declaration lets it differ. The reason is not optional:
 * whoever reads the policy next has to be able to judge it.
 */
import { LINT_CODES, type LintCode } from '../codes.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import { spanOf } from '../syntax/tokens.ts'
import type { Finding, Subject } from './subject.ts'

export interface Allowance {
  readonly span: Span
  readonly codes: readonly LintCode[]
  /** The declaration it stands above. */
  readonly of: Span
}

export interface Allowances {
  readonly allowances: readonly Allowance[]
  readonly incomplete: readonly Finding[]
}

const MARK = /^#\s*lint\s*:\s*(.*)$/s
const ALLOW = /^allow\s+(.*?)(?:\s+because\b\s*(.*))?$/s

export function allowancesOf({ source, ast, comments }: Subject): Allowances {
  const allowances: Allowance[] = []
  const incomplete: Finding[] = []
  const lineOf = (offset: number): number => source.position(offset).line
  const commented = new Set(comments.map((token) => lineOf(token.startOffset)))
  const starts = new Map(ast.declarations.map((decl) => [lineOf(decl.span[0]), decl.span]))
  for (const token of comments) {
    const said = MARK.exec(token.image.trimEnd())?.[1]
    if (said === undefined) continue
    const span = spanOf(token)
    const refuse = (message: string, help: string): void => void incomplete.push({ span, message, help })
    const [, names = '', reason = ''] = ALLOW.exec(said) ?? []
    const codes = names.split(/[\s,]+/).filter((name) => name !== '')
    const unknown = codes.find((name) => !isLintCode(name))
    let line = lineOf(token.startOffset) + 1
    while (commented.has(line) && !starts.has(line)) line++
    const of = starts.get(line)
    if (codes.length === 0) refuse('this does not say what it allows', SPELLING)
    else if (unknown !== undefined) refuse(`there is no finding \`${unknown}\``, SPELLING)
    else if (reason.trim() === '') refuse('this does not say why', SPELLING)
    else if (of === undefined)
      refuse('this stands above no declaration', 'Put it on the line above the declaration it speaks of.')
    else allowances.push({ span, codes: codes.filter(isLintCode), of })
  }
  return { allowances, incomplete }
}

const SPELLING = 'Write `# lint: allow L0008 because …` with the codes and the reason.'

function isLintCode(name: string): name is LintCode {
  return Object.hasOwn(LINT_CODES, name)
}

export function isAllowed(finding: Diagnostic, allowance: Allowance): boolean {
  const [start] = finding.span
  return (
    allowance.of[0] <= start &&
    start < allowance.of[1] &&
    allowance.codes.some((code) => code === finding.code)
  )
}
