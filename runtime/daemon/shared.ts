/** What a daemon has to know to share its fleet with others: who it is, how long its leases last, how many copies the log has. */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { LEASE_MS, LEASE_MS_MAX, LEASE_MS_MIN } from '#runtime/fleet/members.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'

/** Copies of every stream that a cluster can keep. */
const REPLICAS: readonly number[] = [1, 3, 5]

export interface Sharing {
  readonly kind: 'sharing'
  readonly leaseMs: number
  readonly replicas: number
}

/** `PARAPET_LEASE_MS` and `PARAPET_REPLICAS`, the same for every daemon of a fleet. */
export function sharingOf(env: NodeJS.ProcessEnv): Sharing | Problem {
  const leaseMs = Number(env['PARAPET_LEASE_MS'] ?? LEASE_MS)
  if (!Number.isInteger(leaseMs) || leaseMs < LEASE_MS_MIN || leaseMs > LEASE_MS_MAX)
    return problem('D0036', `PARAPET_LEASE_MS is \`${env['PARAPET_LEASE_MS']}\``, {
      help: `it is a whole number of milliseconds from ${LEASE_MS_MIN} to ${LEASE_MS_MAX}; ${LEASE_MS} unless set`,
    })
  const replicas = Number(env['PARAPET_REPLICAS'] ?? 1)
  if (!REPLICAS.includes(replicas))
    return problem('D0036', `PARAPET_REPLICAS is \`${env['PARAPET_REPLICAS']}\``, {
      help: 'it is 1, or 3 or 5 on a cluster of at least as many servers',
    })
  return { kind: 'sharing', leaseMs, replicas }
}

const MEMBER = 'member'

/**
 * This daemon's name among those that share the fleet: the same at every start on the folder, so that a daemon that was
 * killed and comes back within its lease finds its partitions kept for it.
 */
export function memberOf(place: Place): string {
  const file = join(place.dir, MEMBER)
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const host = hostname().replaceAll(/[^A-Za-z0-9_-]/g, '-')
  const member = `${host.slice(0, HOST_CHARS_MAX)}-${randomBytes(4).toString('hex')}`
  writeFileSync(file, `${member}\n`)
  return member
}

const HOST_CHARS_MAX = 40
