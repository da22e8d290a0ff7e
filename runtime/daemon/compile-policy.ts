/** A policy's text as its plan; what is wrong with it as a problem. Loads the compiler, which takes longer than most policies. */
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { source as sourceOf } from '#dsl/source.ts'
import type { PolicyFiles } from './policy-files.ts'
import { type Problem, problem } from './problem.ts'

export interface LoadedPolicy {
  readonly kind: 'policy'
  readonly plan: Plan
  readonly file: string
  readonly text: string
  /** Texts of the files it uses, by their paths as written. */
  readonly imported: Readonly<Record<string, string>>
  /** Rendered warnings; errors make a problem instead. */
  readonly warnings: string
}

export function compilePolicy(
  name: string,
  text: string,
  color: boolean,
  files: PolicyFiles,
): LoadedPolicy | Problem {
  const source = sourceOf(text, name)
  const { plan, diagnostics } = compile(source, files)
  const rendered = diagnostics.map((diagnostic) => renderDiagnostic(source, diagnostic, { color })).join('\n')
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  if (!plan || errors > 0)
    return problem(
      'D0011',
      `${name} has ${errors} ${errors === 1 ? 'error' : 'errors'}; nothing was started`,
      {
        where: name,
        detail: rendered,
        help: `mend them and run \`parapet check ${name}\``,
      },
    )
  const imported = Object.fromEntries(files.texts)
  return { kind: 'policy', plan, file: name, text, imported, warnings: rendered }
}
