/** A fleet to be simulated: its definition, its policy as compiled, and where its files lie. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { loadFleet } from '#runtime/daemon/load.ts'
import type { Problem } from '#runtime/daemon/problem.ts'
import type { FleetDefinition } from '#runtime/fleet/definition.ts'

export interface Subject {
  readonly definition: FleetDefinition
  readonly judge: Judge
  /** Folder of the fleet file; its world is opened with it. */
  readonly dir: string
  /** The fleet file; absent for a fleet that has none. */
  readonly file?: string
}

/** A fleet with its policy as text, for fleets written in a test. Throws with what is wrong in the policy. */
export function fleetOf(definition: Omit<FleetDefinition, 'policy'>, policy: string): Subject {
  return { definition: { ...definition, policy: '' }, judge: judgeOf(policy), dir: process.cwd() }
}

/** The fleet that a fleet file exports, under the policy it names. Throws with what is wrong. */
export async function fleetFrom(file: string | URL): Promise<Subject> {
  const subject = await readSubject(typeof file === 'string' ? file : fileURLToPath(file))
  if ('kind' in subject) throw new Error([subject.detail, subject.message].filter(Boolean).join('\n'))
  return subject
}

export async function readSubject(path: string): Promise<Subject | Problem> {
  const loaded = await loadFleet(path, false)
  if (loaded.kind === 'problem') return loaded
  const { definition, file, policy } = loaded
  return { definition, judge: createJudge(policy.plan), dir: dirname(file), file }
}

export function judgeOf(policy: string): Judge {
  const text = source(policy, 'policy.parapet')
  const { plan, diagnostics } = compile(text)
  if (!plan) throw new Error(diagnostics.map((each) => renderDiagnostic(text, each)).join('\n'))
  return createJudge(plan)
}
