/**
 * What operators want and wait for: each is told of the turn that has taken their own wish, once a record holds it. A wish
 * that no record takes (its partition went to another daemon) is forgotten in time.
 */
import type { Clock } from '#runtime/fleet/clock.ts'
import type { CommitRecord, Input, TurnRecord } from '#runtime/fleet/record.ts'

/** Who waits at once; more are refused. */
export const AWAITED_MAX = 1_000

/** Names of wishes. Ids that clients choose are never taken for another thing's, nor one person's wish for another's. */
export const wish = {
  decision: (approval: string, by: string, grant: boolean) => named('decision', approval, by, grant),
  letter: (what: 'retry' | 'drop', letter: string, by: string) => named(what, letter, by),
  curation: (id: string) => named('curate', id),
  /** What came of an intent: the end of a wish that takes more than one turn. */
  outcome: (intent: string) => named('outcome', intent),
}

function named(...parts: readonly (string | boolean)[]): string {
  return JSON.stringify(parts)
}

export class Awaited {
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #waiting = new Map<string, Set<(turn: TurnRecord) => void>>()
  #count = 0

  /** `waitMs`: whoever asked has been answered by then. */
  constructor(clock: Clock, waitMs: number) {
    this.#clock = clock
    this.#waitMs = waitMs
  }

  get isFull(): boolean {
    return this.#count >= AWAITED_MAX
  }

  /** The turn that has taken what `offer` wants; never settles when none has within `waitMs`. */
  commit(name: string, offer: () => void): Promise<TurnRecord> {
    return new Promise((settle) => {
      const waiting = this.#waiting.get(name) ?? new Set()
      this.#waiting.set(name, waiting)
      const end = () => {
        cancel()
        waiting.delete(taken)
        if (waiting.size === 0) this.#waiting.delete(name)
        this.#count--
      }
      const taken = (turn: TurnRecord) => {
        end()
        settle(turn)
      }
      const cancel = this.#clock.after(this.#waitMs, end)
      waiting.add(taken)
      this.#count++
      offer()
    })
  }

  committed({ turns }: CommitRecord): void {
    if (this.#count === 0) return
    for (const turn of turns) {
      const name = nameOf(turn.input)
      const waiting = name === undefined ? undefined : this.#waiting.get(name)
      for (const taken of Array.from(waiting ?? [])) taken(turn)
    }
  }
}

function nameOf(input: Input): string | undefined {
  switch (input.kind) {
    case 'decision':
      return wish.decision(input.approval, input.by, input.grant)
    case 'retry':
    case 'drop':
      return wish.letter(input.kind, input.letter, input.by)
    case 'curate':
      return wish.curation(input.id)
    case 'result':
    case 'failure':
      return wish.outcome(input.intent)
    default:
      return undefined
  }
}
