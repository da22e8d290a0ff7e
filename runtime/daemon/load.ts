/** Reads a fleet file and its policy; every way this can go wrong is a problem with a place and a help line. */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { source as sourceOf } from '#dsl/source.ts'
import type { FleetDefinition } from '#runtime/fleet/definition.ts'
import { PARTITIONS_MAX } from '#runtime/log/limits.ts'
import { wrongSettings } from './fleet-settings.ts'
import { shownPath } from './paint.ts'
import { filesBeside, type PolicyFiles } from './policy-files.ts'
import { debugDetail, type Problem, problem } from './problem.ts'

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

export interface LoadedFleet {
  readonly kind: 'fleet'
  readonly definition: FleetDefinition
  readonly file: string
  readonly policy: LoadedPolicy
}

/** The file's text. */
export function readPolicy(file: string): string | Problem {
  if (!existsSync(file))
    return problem('D0010', `there is no policy file ${shownPath(file)}`, {
      where: file,
      help: `check the path; it is relative to ${process.cwd()}`,
    })
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    return problem('D0010', `cannot read ${shownPath(file)}: ${(cause as Error).message}`, {
      where: file,
      help: 'name a policy file (*.parapet)',
    })
  }
}

export function loadPolicy(file: string, color: boolean): LoadedPolicy | Problem {
  const text = readPolicy(file)
  return typeof text === 'string' ? compilePolicy(shownPath(file), text, color, filesBeside(file)) : text
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

export async function loadFleet(file: string, color: boolean): Promise<LoadedFleet | Problem> {
  const path = resolve(file)
  if (!existsSync(path))
    return problem('D0001', `there is no fleet file ${shownPath(path)}`, {
      where: file,
      help: 'a fleet file is TypeScript: `export default defineFleet({ … })`',
    })
  let exported: unknown
  try {
    exported = ((await import(pathToFileURL(path).href)) as { default?: unknown }).default
  } catch (cause) {
    return problem('D0002', `${shownPath(path)} could not be loaded: ${wordsOf(cause)}`, {
      where: placeIn(cause, path) ?? file,
      ...debugDetail(cause),
      help: 'mend what it says; nothing was started',
    })
  }
  const wrong = wrongDefinition(exported)
  if (wrong)
    return problem('D0002', `${shownPath(path)}: ${wrong}`, {
      where: file,
      help: '`export default defineFleet({ name, policy, agents, world })`',
    })
  const definition = exported as FleetDefinition
  const policyFile = resolve(dirname(path), definition.policy)
  if (!existsSync(policyFile))
    return problem(
      'D0009',
      `${shownPath(path)} names the policy \`${definition.policy}\`, which is not there`,
      {
        where: shownPath(policyFile),
        help: 'the path is relative to the fleet file; without its policy the fleet does not start',
      },
    )
  const policy = loadPolicy(policyFile, color)
  if (policy.kind === 'problem') return policy
  const declared = new Set(policy.plan.agents.map((agent) => agent.name))
  const stray = Object.keys(definition.agents).filter((role) => !declared.has(role))
  if (stray.length > 0)
    return problem('D0012', `the policy ${policy.file} declares no agent \`${stray.join('`, `')}\``, {
      where: file,
      help: `it declares: ${Array.from(declared).join(', ')}; an agent without a declaration may do nothing`,
    })
  return { kind: 'fleet', definition, file: path, policy }
}

function wrongDefinition(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return 'it has no default export made by `defineFleet`'
  const definition = value as Partial<Record<keyof FleetDefinition, unknown>>
  if (typeof definition.name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,60}$/.test(definition.name))
    return '`name` must be 1 to 61 of a–z, 0–9 and hyphens'
  if (typeof definition.policy !== 'string') return '`policy` must be the path of a policy file'
  const agents = Object.entries(definition.agents ?? {})
  if (agents.length === 0) return '`agents` must name at least one machine'
  const empty = agents.find(([, agent]) => typeof agent?.machine !== 'object')
  if (empty) return `the agent \`${empty[0]}\` has no \`machine\``
  const { partitions } = definition
  const count = Number(partitions ?? 1)
  if (!(Number.isInteger(count) && count > 0 && count <= PARTITIONS_MAX))
    return `\`partitions\` must be a whole number from 1 to ${PARTITIONS_MAX}`
  if (typeof definition.world !== 'function') return '`world` must be a function that opens tools and sources'
  const fault = wrongSettings(definition)
  if (fault !== undefined) return fault
  if (definition.startsAt !== undefined && !Number.isFinite(Date.parse(String(definition.startsAt))))
    return '`startsAt` must be an ISO 8601 time with an offset'
  return undefined
}

/** `file:line:column` of the topmost frame in the fleet file, where the stack or a syntax error has one. */
function placeIn(cause: unknown, path: string): string | undefined {
  const stack = cause instanceof Error ? (cause.stack ?? '') : ''
  const at = stack.indexOf(path)
  if (at === -1) return undefined
  const place = /^(?::\d+){1,2}/.exec(stack.slice(at + path.length))?.[0]
  return place === undefined ? undefined : `${shownPath(path)}${place}`
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
}
