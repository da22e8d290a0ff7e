/** What the directory says of a turn. */
import type { Standing } from '#runtime/guard/steps.ts'
import { addressOf, agentId } from './address.ts'
import type { Directory, FleetDefinition } from './definition.ts'
import type { Input } from './record.ts'

/** People have the roles that the fleet gives them, unless the directory says otherwise. */
export function directoryOf({ directory, people }: FleetDefinition): Directory | undefined {
  if (people === undefined) return directory
  return {
    ...directory,
    rolesOf: (identity) =>
      directory?.rolesOf?.(identity) ??
      (Object.hasOwn(people, identity) ? people[identity]!.roles : undefined),
  }
}

/** `agent` is an instance id; undefined when there is nothing to say. */
export function standingOf(
  directory: Directory | undefined,
  agent: string,
  input: Input,
): Standing | undefined {
  if (directory === undefined) return undefined
  const { conversation } = addressOf(agent)
  const tenant = directory.tenantOf?.(conversation)
  const roles = directory.rolesOf?.(agent)
  const senderRoles =
    input.kind === 'message' ? rolesOfSender(directory, conversation, input.from) : undefined
  if (tenant === undefined && roles === undefined && senderRoles === undefined) return undefined
  return {
    ...(roles !== undefined && { roles }),
    ...(senderRoles !== undefined && { senderRoles }),
    ...(tenant !== undefined && { tenant }),
  }
}

/** An agent of the conversation is known by its instance id, anybody else by name. */
function rolesOfSender(directory: Directory, conversation: string, from: string) {
  return directory.rolesOf?.(agentId(conversation, from)) ?? directory.rolesOf?.(from)
}
