/** Checks the settings of a fleet file at the start, so that no mistake in them is found in the night it matters. */
import { nearest } from '#dsl/syntax/nearest.ts'
import { publicKeyOf } from '#runtime/deploy/signature.ts'
import type { AgentDefinition, Directory, FleetDefinition, Person } from '#runtime/fleet/definition.ts'
import { KEEPING } from '#runtime/fleet/keeping.ts'
import { KEPT_MS_MIN } from '#runtime/fleet/retention.ts'

/** What is wrong with any of a fleet's settings, in words; undefined when nothing is. */
export function wrongSettings(definition: Readonly<Record<string, unknown>>): string | undefined {
  const { agents, people, trust, executors, reminders, memory, keeping, directory, escalateTo } = definition
  const stray = wrongNames('the fleet', definition, FLEET)
  if (stray !== undefined) return stray
  for (const [role, agent] of entries(agents)) {
    const unknown = isRecord(agent) ? wrongNames(`the agent \`${role}\``, agent, AGENT) : undefined
    if (unknown !== undefined) return unknown
    const supervision = isRecord(agent) ? agent['supervision'] : undefined
    if (supervision === undefined) continue
    const where = `\`supervision\` of \`${role}\``
    if (!isRecord(supervision)) return `${where} must be an object`
    const { onFailure, ...counts } = supervision
    if (onFailure !== 'retry' && onFailure !== 'restart')
      return `${where}: \`onFailure\` must be 'retry' or 'restart'`
    const fault = wrongCounts(where, counts, SUPERVISION)
    if (fault !== undefined) return fault
  }
  if (escalateTo !== undefined && !entries(agents).some(([role]) => role === escalateTo))
    return `\`escalateTo\` names \`${String(escalateTo)}\`, which is no agent of the fleet`
  for (const [name, person] of entries(people)) {
    const given = isRecord(person) ? person : {}
    const { roles, tokenSha256 } = given
    const unknown = wrongNames(`\`people\`: \`${name}\``, given, PERSON)
    if (unknown !== undefined) return unknown
    if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string'))
      return `\`people\`: \`${name}\` needs \`roles\`, a list of names`
    if (tokenSha256 !== undefined && !/^[0-9a-f]{64}$/i.test(String(tokenSha256)))
      return `\`people\`: \`tokenSha256\` of \`${name}\` must be 64 hex digits, the SHA-256 of the token`
  }
  for (const [name, key] of entries(trust))
    if (typeof key !== 'string' || publicKeyOf(key) === undefined)
      return `\`trust\`: the key of \`${name}\` is no Ed25519 public key; \`parapet keys\` makes a pair`
  for (const [name, settings] of entries(executors)) {
    const { breaker, ...rest } = isRecord(settings) ? settings : {}
    const fault =
      wrongCounts(`\`executors\`: \`${name}\``, rest, ['timeoutMs']) ??
      (breaker === undefined ? undefined : wrongWhole(`the breaker of \`${name}\``, breaker, BREAKER))
    if (fault !== undefined) return fault
  }
  const fault =
    (memory === undefined ? undefined : wrongMemory(memory)) ??
    wrongCounts('`keeping`', isRecord(keeping) ? keeping : {}, Object.keys(KEEPING)) ??
    wrongNames('`directory`', isRecord(directory) ? directory : {}, DIRECTORY)
  if (fault !== undefined) return fault
  return reminders === undefined ? undefined : wrongWhole('`reminders`', reminders, ['everyMs', 'most'])
}

function wrongMemory(memory: unknown): string | undefined {
  if (!isRecord(memory)) return '`memory` must be an object'
  const { at, storage, keptMs, ...counts } = memory
  for (const [kind, kept] of entries(keptMs))
    if (!Number.isSafeInteger(kept) || Number(kept) < KEPT_MS_MIN)
      return `\`memory\`: \`keptMs\` of \`${kind}\` must be a whole number from ${KEPT_MS_MIN}`
  if (at !== undefined && (typeof at !== 'string' || at === '')) return '`memory`: `at` must be a text'
  if (storage !== undefined && !entries(storage).every(([, value]) => typeof value === 'string'))
    return '`memory`: `storage` must be texts by name'
  return wrongCounts('`memory`', counts, ['searchesKeptMs'])
}

/** By the types, so that none is forgotten. */
const FLEET: Readonly<Record<keyof FleetDefinition, true>> = {
  name: true,
  policy: true,
  agents: true,
  world: true,
  partitions: true,
  startsAt: true,
  escalateTo: true,
  people: true,
  trust: true,
  keeping: true,
  reminders: true,
  directory: true,
  executors: true,
  memory: true,
  embedder: true,
}
const AGENT: Readonly<Record<keyof AgentDefinition, true>> = {
  machine: true,
  input: true,
  version: true,
  migrate: true,
  supervision: true,
}
const PERSON: Readonly<Record<keyof Person, true>> = { roles: true, tokenSha256: true }
const DIRECTORY: Readonly<Record<keyof Directory, true>> = { tenantOf: true, rolesOf: true }

function wrongNames(
  where: string,
  settings: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, true>>,
): string | undefined {
  const stray = Object.keys(settings).find((name) => !Object.hasOwn(known, name))
  if (stray === undefined) return undefined
  const meant = nearest(stray, Object.keys(known))
  const help = meant === undefined ? `it has ${Object.keys(known).join(', ')}` : `did you mean \`${meant}\`?`
  return `${where} has no setting \`${stray}\`; ${help}`
}

const SUPERVISION = ['triesMax', 'backoffMs', 'backoffMaxMs', 'failuresMax', 'withinMs']
const BREAKER = ['failuresMax', 'withinMs', 'restMs']

/** Every one of `names` has to be there. */
function wrongWhole(where: string, settings: unknown, names: readonly string[]): string | undefined {
  if (!isRecord(settings)) return `${where} must be an object`
  const missing = names.find((name) => settings[name] === undefined)
  return missing === undefined ? wrongCounts(where, settings, names) : `${where} needs \`${missing}\``
}

function wrongCounts(
  where: string,
  settings: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined {
  for (const [name, value] of Object.entries(settings)) {
    if (!names.includes(name)) return `${where} has no setting \`${name}\`; it has ${names.join(', ')}`
    if (!Number.isSafeInteger(value) || Number(value) < 1)
      return `${where}: \`${name}\` must be a whole number from 1`
  }
  return undefined
}

function entries(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
