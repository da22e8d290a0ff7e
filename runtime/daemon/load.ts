/** Reads a fleet file; every way this can go wrong is a problem with a place and a help line. */

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FleetDefinition } from '#runtime/fleet/definition.ts'
import { PARTITIONS_MAX } from '#runtime/log/limits.ts'
import type { LoadedPolicy } from './compile-policy.ts'
import { wrongSettings } from './fleet-settings.ts'
import { loadPolicy } from './load-policy.ts'
import { shownPath } from './paint.ts'
import { debugDetail, type Problem, problem } from './problem.ts'

export interface LoadedFleet {
  readonly kind: 'fleet'
  readonly definition: FleetDefinition
  readonly file: string
  readonly policy: LoadedPolicy
}

export async function loadFleet(file: string, color: boolean): Promise<LoadedFleet | Problem> {
  const path = resolve(file)
  if (!existsSync(path))
    return problem('D0001', `there is no fleet file ${shownPath(path)}`, {
      where: file,
      help: 'a fleet file is TypeScript: `export default defineFleet({ … })`',
    })
  if (path.endsWith('.parapet'))
    return problem('D0002', `${shownPath(path)} is a policy, not a fleet`, {
      where: file,
      help: 'name the fleet file (TypeScript) that has this as its `policy`',
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
  const policy = await loadPolicy(policyFile, color)
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
