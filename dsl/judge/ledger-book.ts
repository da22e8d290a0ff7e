/**
 * All ledgers of a fleet in one place, for judging what is given whole: a policy's tests, recordings. Whatever was let through
 * counts at once and for good, as nothing tells here what became of it.
 */
import { Cells } from './cells.ts'
import type { Grounds, Need, Reserved } from './grounds.ts'
import type { Explanation, Judge } from './judge.ts'
import type { Step } from './step.ts'
import type { Obligation, Verdict } from './verdict.ts'

export class LedgerBook {
  readonly #judge: Judge
  readonly #entries = new Map<string, Cells>()

  constructor(judge: Judge) {
    this.#judge = judge
  }

  /** As `Judge.decide`, with every ledger asked; changes nothing. */
  decide(cells: Cells, step: Step, grounds?: Grounds): Verdict {
    const verdict = this.#judge.decide(cells, step, grounds)
    const reserved = this.#reserved(verdict.needs ?? [])
    return reserved === undefined ? verdict : this.#judge.decide(cells, step, { ...grounds, reserved })
  }

  /** As `Judge.explain`, with every ledger asked that `decide` would ask. */
  explain(cells: Cells, step: Step, grounds?: Grounds): Explanation {
    const { needs = [] } = this.#judge.decide(cells, step, grounds)
    const reserved = this.#reserved(needs)
    return this.#judge.explain(cells, step, reserved === undefined ? grounds : { ...grounds, reserved })
  }

  /** As `Judge.advance`: the step has happened, whatever limits say of it. */
  advance(cells: Cells, step: Step, grounds?: Grounds): readonly Obligation[] {
    const { ledgers } = this.#judge
    for (const claim of ledgers.claims(step, grounds)) {
      const entry = this.#entry(claim.entry)
      ledgers.count(entry, claim)
      entry.settle()
    }
    return this.#judge.advance(cells, step, grounds)
  }

  #reserved(needs: readonly Need[]): Record<string, Reserved> | undefined {
    const claims = needs.filter((need) => need.kind === 'reservation')
    if (claims.length === 0) return undefined
    return Object.fromEntries(
      claims.map((claim) => {
        const entry = this.#entry(claim.entry)
        const answer = this.#judge.ledgers.reserve(entry, claim)
        entry.rollback(0)
        return [claim.key, answer]
      }),
    )
  }

  #entry(name: string): Cells {
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    const made = new Cells()
    this.#entries.set(name, made)
    return made
  }
}
