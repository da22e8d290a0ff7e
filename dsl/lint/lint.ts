/** What is probably not meant in a policy that is well written. A claim that something never or always happens is proved. */
import { LINT_CODES, type LintCode } from '../codes.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Files } from '../jsonschema/uses.ts'
import { analyze } from '../pipeline.ts'
import { lower } from '../plan/lower.ts'
import { moved } from '../plan/moved.ts'
import type { Meta, Plan } from '../plan/plan.ts'
import type { Source } from '../source.ts'
import type { LibraryText } from '../syntax/ast.ts'
import { textAt } from '../syntax/texts.ts'
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
  const libraries = analysis.model.file.libraries ?? []
  const subject = subjectOf(analysis, atUse(lower(source, analysis.model), libraries))
  // What a library says is for its own author to mend.
  const found = CHECKS.flatMap(({ code, find }) =>
    find(subject).map((finding) => told(code, finding)),
  ).filter(({ span }) => textAt(libraries, span[0]) === undefined)
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

/** Checks of libraries at places past the policy's own text, so that what is found in them is told apart. */
function atUse(plan: Plan, libraries: readonly LibraryText[]): Plan {
  if (libraries.length === 0) return plan
  const place = <T extends Meta>(check: T): T => {
    const text = libraries.find(({ source }) => source.file === check.library)
    return text === undefined ? check : moved(check, text.base)
  }
  return {
    ...plan,
    rules: plan.rules.map(place),
    consistencies: plan.consistencies.map(place),
    flows: plan.flows.map(place),
  }
}

function told(code: LintCode, finding: Finding): Diagnostic {
  return { code, severity: LINT_CODES[code].severity, ...finding }
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return a.span[0] - b.span[0] || a.span[1] - b.span[1] || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)
}
