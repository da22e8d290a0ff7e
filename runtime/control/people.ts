/** Who may decide what, and speak as whom: the people of the fleet file, by name, with the roles they have. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { People } from '#runtime/fleet/definition.ts'
import type { Approval } from '#runtime/fleet/record.ts'

/**
 * Why `by` may not decide; undefined when they may. Nobody is trusted who is not named, and whoever has spoken in the
 * conversation as a client does not decide in it.
 */
export function mayDecide(
  people: People | undefined,
  by: string,
  approval: Approval,
  spoke: (by: string) => boolean,
): string | undefined {
  const person = people && Object.hasOwn(people, by) ? people[by] : undefined
  const { who, step } = approval
  if (people === undefined)
    return 'the fleet file names no people who may decide: add `people: { NAME: { roles: [ … ] } }`'
  if (!person) return `the fleet file knows nobody called \`${by}\``
  if (!person.roles.includes(who))
    return `${who} decides, and \`${by}\` is ${person.roles.join(', ') || 'nothing'}`
  if (step.actor === by || spoke(by))
    return `\`${by}\` has spoken in \`${step.conversation}\` and may not decide in it`
  return undefined
}

/**
 * Why `by` may not speak as `from`; undefined when they may. The names and roles of people are theirs; as anybody else outside (a
 * customer) speaks whoever the server or a token lets in.
 */
export function maySpeakAs(people: People | undefined, by: string, from: string): string | undefined {
  const all = people ?? {}
  const taken = Object.hasOwn(all, from) || Object.values(all).some(({ roles }) => roles.includes(from))
  if (!taken || by === from) return undefined
  const person = Object.hasOwn(all, by) ? all[by] : undefined
  return person?.roles.includes(from)
    ? undefined
    : `\`${by}\` may not speak as \`${from}\`: the fleet file says who may`
}

/** The person whose token an `Authorization` header shows. */
export function whoShows(people: People | undefined, authorization: string | undefined): string | undefined {
  const shown = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
  if (shown === undefined) return undefined
  const hash = createHash('sha256').update(shown).digest()
  for (const [name, { tokenSha256 }] of Object.entries(people ?? {})) {
    const kept = tokenSha256 === undefined ? undefined : Buffer.from(tokenSha256, 'hex')
    if (kept?.length === hash.length && timingSafeEqual(kept, hash)) return name
  }
  return undefined
}

/** A client's source that names who spoke; each message is a source of its own. */
export function spokenSource(by: string, id: string): string {
  return `${spokenPrefix(by)}${id}`
}

/** A name with a bar in it ends where it ends. */
export function spokenPrefix(by: string): string {
  return `tell|${by.replaceAll('%', '%25').replaceAll('|', '%7C')}|`
}
