/** What is probably not meant in a policy that is well written. A claim that something never or always happens is proved. */
import { LINT_CODES, type LintCode } from '../codes.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Files } from '../jsonschema/uses.ts'
import { analyze } from '../pipeline.ts'
import { lower } from '../plan/lower.ts'
import type { Source } from '../source.ts'
import { allowancesOf, isAllowed } from './allowances.ts'
import { CHECKS } from './registry.ts'
import { type Finding, subjectOf } from './subject.ts'

export interface Linted {
  /** The policy does not compile: these stand in the way, and nothing was looked for. */
  readonly errors: readonly Diagnostic[]
  /** In order of their place; those that a comment allows are left out. */
  readonly findings: readonly Diagnostic[]
}

/** `files`: how the policy's `use` lines read. */
export function lint(source: Source, files?: Files): Linted {
  const analysis = analyze(source, files)
  const errors = analysis.diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
  if (errors.length > 0) return { errors, findings: [] }
  const subject = subjectOf(analysis, lower(source, analysis.model))
  const found = CHECKS.flatMap(({ code, find }) => find(subject).map((finding) => told(code, finding)))
  const { allowances, incomplete } = allowancesOf(subject)
  const idle = allowances.flatMap(({ span, codes, of }) =>
    codes
      .filter((code) => !found.some((finding) => isAllowed(finding, { span, codes: [code], of })))
      .map((code) =>
        told('L0019', { span, message: `there is no ${code} to allow here`, help: 'Take the comment out.' }),
      ),
  )
  const findings = [
    ...found.filter((finding) => !allowances.some((allowance) => isAllowed(finding, allowance))),
    ...incomplete.map((finding) => told('L0018', finding)),
    ...idle,
  ]
  return { errors, findings: findings.sort(byPlace) }
}

function told(code: LintCode, finding: Finding): Diagnostic {
  return { code, severity: LINT_CODES[code].severity, ...finding }
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return a.span[0] - b.span[0] || a.span[1] - b.span[1] || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)
}
