/** A bundle as the plan it stands for, compiled again. */
import { type Diagnostic, renderDiagnostic } from '#dsl/diagnostic.ts'
import type { Files } from '#dsl/jsonschema/uses.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { BUNDLE_BYTES_MAX, type Bundle } from './bundle.ts'

export type OpenedBundle =
  | { readonly kind: 'opened'; readonly bundle: Bundle; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly message: string }

/** Compiles it. What does not compile, or means something else than it says, is refused. */
export function openBundle(bundle: Bundle): OpenedBundle {
  const bytes = new TextEncoder().encode(JSON.stringify(bundle)).length
  if (bytes > BUNDLE_BYTES_MAX) return refused(`the bundle takes ${bytes} bytes, over ${BUNDLE_BYTES_MAX}`)
  const imported = new Map(Object.entries(bundle.imported))
  const files: Files = { read: (path) => imported.get(path) }
  const source = sourceOf(bundle.text, bundle.file)
  const { plan, diagnostics } = compile(source, files)
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (!plan || first)
    return refused(`the policy does not compile: ${errors.length} errors${told(source, first)}`)
  if (plan.hash !== bundle.hash)
    return refused(
      `the bundle says it is ${bundle.hash.slice(0, 12)}; its text means ${plan.hash.slice(0, 12)} here: it was changed, or made by another version of Parapet`,
    )
  return { kind: 'opened', bundle, plan }
}

function told(source: ReturnType<typeof sourceOf>, first: Diagnostic | undefined): string {
  return first ? `, the first\n${renderDiagnostic(source, first, { color: false })}` : ''
}

function refused(message: string): OpenedBundle {
  return { kind: 'refused', message }
}
