/** What clients may say to a fleet, made up from its policy: whoever may be heard says what its messages may look like. */

import type { Plan } from '#dsl/plan/plan.ts'
import { examplesIn } from '#dsl/prove/constants.ts'
import type { Random } from '#runtime/simulation/random.ts'
import type { Told } from '#runtime/simulation/simulate.ts'
import { recordOf } from './values.ts'

export interface Talk {
  /** How many messages. */
  readonly steps: number
  /** In how many conversations. */
  readonly conversations: number
  /** Milliseconds over which they are spread. */
  readonly forMs: number
  readonly startsAt: number
}

interface Hearing {
  readonly to: string
  readonly from: string
  readonly message: string
}

/** In the order of their times; empty when no agent may hear anybody outside. */
export function messagesOf(plan: Plan, roles: ReadonlySet<string>, talk: Talk, random: Random): Told[] {
  const hearings = hearingsOf(plan, roles)
  if (hearings.length === 0) return []
  const making = { random, at: talk.startsAt, examples: examplesIn(plan) }
  return Array.from({ length: talk.steps }, (): Told => {
    const hearing = random.pick(hearings)
    const shape = plan.messages.find(({ name }) => name === hearing.message)?.shape
    return {
      ...hearing,
      atMs: random.int(talk.forMs),
      conversation: `sim-${1 + random.int(talk.conversations)}`,
      fields: shape ? recordOf(shape, making) : {},
    }
  }).toSorted((one, other) => one.atMs - other.atMs)
}

/** Who, of those outside, may say what to whom. */
function hearingsOf(plan: Plan, roles: ReadonlySet<string>): Hearing[] {
  return plan.agents
    .filter(({ name }) => roles.has(name))
    .flatMap((agent) =>
      agent.may
        .filter(({ kinds }) => kinds?.includes('receives'))
        .flatMap(({ names, peers }) =>
          (peers ?? ['client'])
            .filter((from) => !roles.has(from))
            .flatMap((from) =>
              (names ?? plan.messages.map(({ name }) => name)).map((message) => ({
                to: agent.name,
                from,
                message,
              })),
            ),
        ),
    )
}
