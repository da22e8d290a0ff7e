/** `parapet nats-permissions`: writes a server's configuration, and a file of credentials for each user, into a folder. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFleetName } from '#runtime/log/subjects.ts'
import { keyed } from '#runtime/permissions/keys.ts'
import { serverConfig } from '#runtime/permissions/server-config.ts'
import { speakersOf } from '#runtime/permissions/speakers.ts'
import { AUTHORITIES, tokensOf } from '#runtime/permissions/tokens.ts'
import { type Fleet, type User, usersOf } from '#runtime/permissions/users.ts'
import { loadFleet } from './load.ts'
import { loadPolicy } from './load-policy.ts'
import { makeFolder } from './make-folder.ts'
import { type Problem, problem } from './problem.ts'
import { PARTITIONS_DEFAULT } from './up.ts'

export interface PermissionsOptions {
  /** A fleet file, or a policy (*.parapet). */
  readonly file: string
  readonly out: string
  readonly form: 'config' | 'jwt'
  /** For a policy, which names neither. */
  readonly fleet: string | undefined
  readonly partitions: number | undefined
}

export interface Permitted {
  readonly kind: 'permitted'
  readonly config: string
  readonly users: readonly User[]
}

export const CONFIG = 'permissions.conf'
const SECRET = 0o600
const SECRET_FOLDER = 0o700

/** Seeds that stand in the folder are used again: credentials given out go on being good. */
export async function natsPermissions(options: PermissionsOptions): Promise<Permitted | Problem> {
  const fleet = await fleetOf(options)
  if (fleet.kind === 'problem') return fleet
  const { out, form } = options
  const at = (name: string) => join(out, name)
  const users = usersOf(fleet).map((user) => keyed(user, seedIn(at(`${fileName(user)}.nk`))))
  try {
    makeFolder(out, SECRET_FOLDER)
    for (const user of users) secret(at(`${fileName(user)}.nk`), `${user.seed}\n`)
    if (form === 'config') writeFileSync(at(CONFIG), serverConfig(fleet.name, users))
    else {
      const kept = AUTHORITIES.map((name) => [name, seedIn(at(`${name}.signer`))] as const)
      const seeds = Object.fromEntries(kept.filter(([, seed]) => seed !== undefined))
      const tokens = await tokensOf(fleet.name, users, seeds)
      for (const name of AUTHORITIES) secret(at(`${name}.signer`), `${tokens.seeds[name]}\n`)
      for (const user of users) secret(at(`${fileName(user)}.creds`), tokens.credentials.get(user.name) ?? '')
      writeFileSync(at(CONFIG), tokens.config)
    }
  } catch (cause) {
    return problem('D0096', `cannot write to ${out}: ${(cause as Error).message}`, { where: out })
  }
  return { kind: 'permitted', config: at(CONFIG), users }
}

async function fleetOf(options: PermissionsOptions): Promise<(Fleet & { readonly kind: 'fleet' }) | Problem> {
  const { file, fleet, partitions } = options
  if (file.endsWith('.parapet')) {
    const policy = await loadPolicy(file, false)
    if (policy.kind === 'problem') return policy
    if (fleet === undefined || !isFleetName(fleet))
      return problem('D0096', 'a policy does not say which fleet it is for', {
        where: file,
        help: 'name it with --fleet NAME, or give the fleet file',
      })
    const speakers = speakersOf(policy.plan)
    return { kind: 'fleet', name: fleet, partitions: partitions ?? PARTITIONS_DEFAULT, speakers, people: [] }
  }
  const loaded = await loadFleet(file, false)
  if (loaded.kind === 'problem') return loaded
  const { definition, policy } = loaded
  return {
    kind: 'fleet',
    name: definition.name,
    partitions: partitions ?? definition.partitions ?? PARTITIONS_DEFAULT,
    speakers: speakersOf(policy.plan),
    people: Object.keys(definition.people ?? {}),
  }
}

/** People may be called anything. */
function fileName({ name }: User): string {
  return encodeURIComponent(name)
}

function seedIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

function secret(file: string, text: string): void {
  writeFileSync(file, text, { mode: SECRET })
  // The mode above counts for new files only.
  chmodSync(file, SECRET)
}
