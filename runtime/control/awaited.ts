/** What operators want and wait for: each is told of the turn that has taken it, once a record holds it. */
import type { CommitRecord, Input, TurnRecord } from '#runtime/fleet/record.ts'

/** Wishes of operators under way; more are refused. */
export const AWAITED_MAX = 1_000

export class Awaited {
  /** By what a wish is about. */
  readonly #waiting = new Map<string, ((turn: TurnRecord) => void)[]>()

  get isFull(): boolean {
    return this.#waiting.size >= AWAITED_MAX
  }

  /** The turn that has taken what `offer` wants. */
  commit(about: string, offer: () => void): Promise<TurnRecord> {
    return new Promise((settle) => {
      this.#waiting.set(about, [...(this.#waiting.get(about) ?? []), settle])
      offer()
    })
  }

  committed({ turns }: CommitRecord): void {
    if (this.#waiting.size === 0) return
    for (const turn of turns) {
      const about = subjectOf(turn.input)
      const waiting = about === undefined ? undefined : this.#waiting.get(about)
      if (about !== undefined) this.#waiting.delete(about)
      for (const settle of waiting ?? []) settle(turn)
    }
  }
}

/** What an operator's input is about. */
function subjectOf(input: Input): string | undefined {
  if (input.kind === 'decision') return input.approval
  if (input.kind === 'curate') return input.id
  // Only who has ordered it waits for an outcome.
  if (input.kind === 'result' || input.kind === 'failure') return input.intent
  return input.kind === 'retry' || input.kind === 'drop' ? input.letter : undefined
}
