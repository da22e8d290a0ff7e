/** Roles and tenant of a turn, as its steps carry them. */
import type { Actor } from './steps.ts'

/** Of the agent, of who sent it a message, and of the conversation; what nobody knows is absent. */
export interface Standing {
  readonly roles?: readonly string[]
  readonly senderRoles?: readonly string[]
  readonly tenant?: string
}

export function inStanding(actor: Actor, standing: Standing | undefined): Actor {
  if (standing === undefined) return actor
  const { roles, tenant } = standing
  return { ...actor, ...(roles !== undefined && { roles }), ...(tenant !== undefined && { tenant }) }
}

/** Of a message received, the roles are those of who sent it. */
export function asSender(actor: Actor, standing: Standing | undefined): Actor {
  if (standing === undefined) return actor
  const { roles, ...rest } = actor
  return standing.senderRoles === undefined ? rest : { ...rest, roles: standing.senderRoles }
}
