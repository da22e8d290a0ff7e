/** What sites and coders get wrong, put into records by a seed. */
import type { Random } from '#runtime/simulation/random.ts'
import { type AdverseEvent, isSeriousByCriteria, type Trial, wordingOf } from './records.ts'

/** A record as it comes in; `mistake` is what was put into it, absent when it is as published. */
export interface Received {
  readonly id: string
  readonly event: AdverseEvent
  readonly mistake?: Mistake
}

export type Mistake = keyof typeof MISTAKES | 'sent twice'

/** What goes wrong with a record, where it can go wrong so; undefined where it cannot. */
const MISTAKES = {
  /** Coded as something else. */
  'another term': (event: AdverseEvent, trial: Trial, random: Random) =>
    recoded(event, trial, random, () => true),
  /** Coded as something else of the same body system, which reads much alike. */
  'a similar term': (event: AdverseEvent, trial: Trial, random: Random) =>
    recoded(event, trial, random, (system) => system === event.body_system),
  'another body system': (event: AdverseEvent, trial: Trial, random: Random) => {
    const others = [...new Set(trial.terms.values())].filter((system) => system !== event.body_system)
    return { ...event, body_system: random.pick(others) }
  },
  'ends before it starts': ({ started, ended, ...event }: AdverseEvent) =>
    started === undefined || ended === undefined || started === ended
      ? undefined
      : { ...event, started: ended, ended: started },
  'a later year': ({ started, ended, ...event }: AdverseEvent) =>
    started === undefined
      ? undefined
      : { ...event, started: `${Number(started.slice(0, 4)) + 10}${started.slice(4)}` },
  'not called serious': (event: AdverseEvent) => (event.serious ? undefined : { ...event, hospital: true }),
  'no end of what has recovered': ({ ended, ...event }: AdverseEvent) =>
    event.outcome === 'RECOVERED/RESOLVED' ? event : undefined,
  'fatal, and not': (event: AdverseEvent) => ({
    ...event,
    outcome: event.fatal ? 'RECOVERED/RESOLVED' : 'FATAL',
  }),
  'nobody’s': (event: AdverseEvent) => ({
    ...event,
    participant: event.participant.replace(/\d{4}$/, '9999'),
  }),
} satisfies Record<string, (event: AdverseEvent, trial: Trial, random: Random) => AdverseEvent | undefined>

function recoded(
  event: AdverseEvent,
  { terms, wordings }: Trial,
  random: Random,
  fits: (system: string) => boolean,
): AdverseEvent | undefined {
  const others = [...terms].filter(
    ([coded, system]) => fits(system) && !wordings.has(wordingOf({ reported: event.reported, coded })),
  )
  if (others.length === 0) return undefined
  const [coded, body_system] = random.pick(others)
  return { ...event, coded, body_system }
}

const AGAIN = '-again'

/** The id under which a record comes in a second time, and back. */
export const againOf = (id: string): string => `${id}${AGAIN}`
export const originalOf = (id: string): string => id.slice(0, -AGAIN.length)

/** Share of records that come in once more. */
const TWICE = 0.02

/** All records in their order, each with a mistake by this chance; some come in a second time at the end. */
export function received(trial: Trial, random: Random, share: number): readonly Received[] {
  const kinds = Object.keys(MISTAKES) as (keyof typeof MISTAKES)[]
  const once = trial.events.map((event): Received => {
    const id = `${event.participant}-${event.number}`
    const kind = random.pick(kinds)
    const wrong = random.chance(share) ? MISTAKES[kind](event, trial, random) : undefined
    if (wrong !== undefined) return { id, event: wrong, mistake: kind }
    // The data has some of its own.
    if (isSeriousByCriteria(event) && !event.serious) return { id, event, mistake: 'not called serious' }
    return { id, event }
  })
  const sound = once.filter(({ mistake }) => mistake === undefined)
  const again = sound.filter(() => random.chance(TWICE))
  return [
    ...once,
    ...again.map(({ id, event }): Received => ({ id: againOf(id), event, mistake: 'sent twice' })),
  ]
}
