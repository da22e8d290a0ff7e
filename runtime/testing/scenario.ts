/**
 * A story of a fleet, told in order: given what was, when this happens, expect that. It runs in the simulated world with
 * nothing going wrong, each happening a minute after the one before unless `after` says otherwise.
 */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Faults } from '#runtime/simulation/faults.ts'
import type { Person } from '#runtime/simulation/people.ts'
import type { Told } from '#runtime/simulation/simulate.ts'
import type { Run } from './run.ts'
import { type SimulateOptions, simulate } from './simulate.ts'
import type { Subject } from './subject.ts'

export type Happening =
  | {
      readonly kind: 'says'
      readonly from: string
      readonly to: string
      readonly message: string
      readonly fields: JsonObject
      readonly conversation: string
    }
  | { readonly kind: 'decides'; readonly by: string; readonly grant: boolean; readonly note: string }
  | { readonly kind: 'passes'; readonly ms: number }

/** Between two happenings, in milliseconds of virtual time. */
export const PACE_MS = 60_000

/** Somebody outside says something: `says('customer', 'clerk', 'order', { amount: 20 })`. */
export function says(
  from: string,
  to: string,
  message: string,
  fields: JsonObject = {},
  conversation = 'story',
): Happening {
  return { kind: 'says', from, to, message, fields, conversation }
}

/** A person grants what waits for them. */
export function grants(by: string, note = ''): Happening {
  return { kind: 'decides', by, grant: true, note }
}

export function refuses(by: string, note = ''): Happening {
  return { kind: 'decides', by, grant: false, note }
}

/** So much time passes, in milliseconds. */
export function passes(ms: number): Happening {
  return { kind: 'passes', ms }
}

export interface Story {
  given(...happenings: readonly Happening[]): Story
  when(...happenings: readonly Happening[]): Story
  /** Runs the story and gives the run to `look`, which throws when it is not as expected (vitest's `expect` does). */
  expect(look: (run: Run) => void | Promise<void>): Promise<Run>
}

export interface ScenarioOptions extends Pick<SimulateOptions, 'seed' | 'world'> {
  /** None unless said. */
  readonly faults?: Partial<Faults>
}

export function scenario(subject: Subject, options: ScenarioOptions = {}): Story {
  return storyOf(subject, options, [])
}

function storyOf(subject: Subject, options: ScenarioOptions, happenings: readonly Happening[]): Story {
  const more = (then: readonly Happening[]) => storyOf(subject, options, [...happenings, ...then])
  return {
    given: (...then) => more(then),
    when: (...then) => more(then),
    async expect(look) {
      const run = await simulate(subject, { faults: 'none', ...options, ...scriptOf(happenings) })
      await look(run)
      return run
    },
  }
}

/** The happenings as what clients and people do, each at its time. */
export function scriptOf(
  happenings: readonly Happening[],
): Required<Pick<SimulateOptions, 'told' | 'person' | 'forMs'>> {
  const told: Told[] = []
  const decisions: { readonly atMs: number; readonly said: Happening & { kind: 'decides' } }[] = []
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
  return { told, person: scripted(decisions), forMs: atMs + PACE_MS }
}

/** Whoever asks is answered by the next decision in the story; an ask after the last of them is left alone. */
function scripted(
  decisions: readonly { readonly atMs: number; readonly said: Happening & { kind: 'decides' } }[],
): Person {
  let next = 0
  return (_approval, _random, askedAfterMs) => {
    const decision = decisions[next++]
    if (!decision) return undefined
    const { by, grant, note } = decision.said
    return { by, grant, note, afterMs: Math.max(0, decision.atMs - askedAfterMs) }
  }
}
