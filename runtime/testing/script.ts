/** The happenings of a story as what clients and people do, each at its time; and what in the story cannot be. */
import { mayDecide } from '#runtime/control/people.ts'
import type { FleetDefinition } from '#runtime/fleet/definition.ts'
import type { Person } from '#runtime/simulation/people.ts'
import type { Told } from '#runtime/simulation/simulate.ts'
import type { Happening } from './happening.ts'

/** Between two happenings, in milliseconds of virtual time. */
export const PACE_MS = 60_000

export interface Script {
  readonly told: readonly Told[]
  readonly person: Person
  readonly forMs: number
  /** Why the story could not be played as it is written, once it was played; undefined: it could. */
  wrong(): string | undefined
}

interface Decision {
  readonly atMs: number
  readonly said: Happening & { readonly kind: 'decides' }
}

type Cast = Pick<FleetDefinition, 'agents' | 'people'>

export function scriptOf(happenings: readonly Happening[], cast: Cast): Script {
  const told: Told[] = []
  const decisions: Decision[] = []
  let atMs = 0
  for (const happening of happenings) {
    if (happening.kind === 'passes') {
      atMs += happening.ms
      continue
    }
    atMs += PACE_MS
    if (happening.kind === 'says') told.push({ ...happening, atMs })
    else decisions.push({ atMs, said: happening })
  }
  const stray = told.find(({ to }) => !Object.hasOwn(cast.agents, to))
  if (stray)
    throw new RangeError(
      `the fleet has no agent \`${stray.to}\`; it has ${Object.keys(cast.agents).join(', ')}`,
    )
  return { told, forMs: atMs + PACE_MS, ...scripted(decisions, cast) }
}

/** Whoever asks is answered by the next decision in the story; an ask after the last of them is left alone. */
function scripted(decisions: readonly Decision[], { people }: Cast): Pick<Script, 'person' | 'wrong'> {
  let next = 0
  let forbidden: string | undefined
  return {
    person(approval, _random, askedAfterMs) {
      const decision = decisions[next++]
      if (!decision) return undefined
      const { by, grant, note } = decision.said
      // A fleet that names nobody is decided for by whom the story says.
      if (people) forbidden ??= mayDecide(people, by, approval, () => false)
      return { by, grant, note, afterMs: Math.max(0, decision.atMs - askedAfterMs) }
    },
    wrong() {
      const idle = decisions[next]
      if (forbidden !== undefined || !idle) return forbidden
      return `\`${idle.said.by}\` ${idle.said.grant ? 'grants' : 'refuses'}, and nobody is asked`
    },
  }
}
