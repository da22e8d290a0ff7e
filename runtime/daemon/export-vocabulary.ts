/** `parapet types`: a policy's vocabulary as TypeScript types or as JSON Schema, for those who write tools and agents. */
import { exportPlan } from '#dsl/jsonschema/export.ts'
import { printTypes } from '#dsl/jsonschema/typescript.ts'
import { loadPolicy } from './load-policy.ts'
import type { Problem } from './problem.ts'

export async function exportVocabulary(
  file: string,
  language: 'typescript' | 'json-schema',
  write: (text: string) => void,
): Promise<Problem | { readonly kind: 'exported' }> {
  const policy = await loadPolicy(file, false)
  if (policy.kind === 'problem') return policy
  write(
    language === 'typescript'
      ? printTypes(policy.plan)
      : `${JSON.stringify(exportPlan(policy.plan), null, 2)}\n`,
  )
  return { kind: 'exported' }
}
