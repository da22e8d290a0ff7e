/** The desk's policy, compiled where a fleet's daemon is not there to do it: the audit and the tests. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'

export const POLICY_FILE = join(import.meta.dirname, '../../policies/airline/airline-desk.parapet')

/** Throws with every diagnostic when the policy has errors: it is part of the example. */
export function loadJudge(): Judge {
  const text = source(readFileSync(POLICY_FILE, 'utf8'), POLICY_FILE)
  const { plan, diagnostics } = compile(text)
  if (plan === undefined) throw new Error(diagnostics.map((d) => renderDiagnostic(text, d)).join('\n'))
  return createJudge(plan)
}
