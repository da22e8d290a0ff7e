/**
 * The newest decisions of people: one that is said again is answered as before, and whoever comes too late hears what was
 * decided. This is for those who ask again; the log has all of it for good.
 */
import { addressOf } from '#runtime/fleet/address.ts'
import type { CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import { type Answer, type Ask, refused } from './asks.ts'

/** The oldest are forgotten beyond it. */
export const DECIDED_MAX = 1_000

interface Decision {
  readonly by: string
  readonly grant: boolean
  readonly answer: Answer
}

export class Decided {
  /** By approval, in their order; an ask of several people has one for each. */
  readonly #newest = new Map<string, readonly Decision[]>()

  committed({ turns }: CommitRecord): void {
    for (const turn of turns) {
      const { input } = turn
      if (input.kind !== 'decision' || turn.outcome === 'ignored') continue
      const { approval, by, grant } = input
      const before = this.#newest.get(approval) ?? []
      this.#newest.set(approval, [...before, { by, grant, answer: decidedIn(approval, turn) }])
      const [oldest] = this.#newest.keys()
      if (oldest !== undefined && this.#newest.size > DECIDED_MAX) this.#newest.delete(oldest)
    }
  }

  /** What is said to a decision of what waits no more; undefined when nothing is known of it. */
  again({ approval, grant }: Ask & { kind: 'decide' }, by: string): Answer | undefined {
    const known = this.#newest.get(approval)
    const last = known?.at(-1)
    if (!known || !last) return undefined
    const same = known.find((each) => each.by === by && each.grant === grant)
    return (
      same?.answer ??
      refused('too-late', `\`${last.by}\` has ${last.grant ? 'granted' : 'refused'} it already`)
    )
  }
}

export function decidedIn(approval: string, turn: TurnRecord): Answer {
  const outcome = turn.why === undefined ? turn.outcome : `${turn.outcome}, ${turn.why}`
  return { kind: 'decided', approval, outcome, turn: refOf(turn) }
}

/** As `parapet explain` takes it. */
export function refOf(turn: TurnRecord): string {
  return `${addressOf(turn.agent).conversation}#${turn.turn}`
}
