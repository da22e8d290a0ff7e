/**
 * Judges the steps of one macrostep on its grounds. Steps that are alike ask a ledger for the same thing, and each needs a
 * reservation of its own: the first one's is `key#0`, the next one's `key#1`. The judge, who sees one step at a time, knows `key`.
 * What looks cost has reservations of its own, `key#look0`: a step of the macrostep that is alike does not rest on them.
 */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Grounds, Need, Reserved } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'

/** Whose steps they are: the macrostep's own, or what detectors cost that looked on its behalf. */
export type ClaimsOf = '' | 'look'

/** Of a key in the grounds: does it stand for what looks cost? */
export function isOfLooks(key: string): boolean {
  return key.startsWith('look', key.lastIndexOf('#') + 1)
}

export class Claims {
  readonly #judge: Judge
  readonly #grounds: Grounds | undefined
  readonly #of: ClaimsOf
  /** How many steps so far have asked for a key. */
  readonly #counts = new Map<string, number>()

  constructor(judge: Judge, grounds: Grounds | undefined, of: ClaimsOf = '') {
    this.#judge = judge
    this.#grounds = grounds
    this.#of = of
  }

  /** As `Judge.judge`. Call once for each step, and once more when it was repaired. */
  judge(cells: Cells, step: Step): Verdict {
    return this.#claimed(this.#judge.judge(cells, step, this.here))
  }

  /** As `Judge.decide`: nothing moves on. */
  decide(cells: Cells, step: Step): Verdict {
    return this.#claimed(this.#judge.decide(cells, step, this.here))
  }

  /** The grounds of the next step, with the keys the judge knows. */
  get here(): Grounds | undefined {
    const reserved = this.#grounds?.reserved
    if (reserved === undefined) return this.#grounds
    const here: Record<string, Reserved> = {}
    for (const [name, answer] of Object.entries(reserved)) {
      const key = name.slice(0, name.lastIndexOf('#'))
      if (this.#name(key) === name) here[key] = answer
    }
    return { ...this.#grounds, reserved: here }
  }

  #claimed(verdict: Verdict): Verdict {
    if (verdict.needs === undefined && verdict.holds === undefined) return verdict
    const needs = verdict.needs?.map((need) => ({ ...need, key: this.#own(need) }))
    const holds = verdict.holds?.map((key) => this.#name(key))
    for (const need of verdict.needs ?? []) if (need.kind === 'reservation') this.#count(need.key)
    for (const key of verdict.holds ?? []) this.#count(key)
    return { ...verdict, ...(needs && { needs }), ...(holds && { holds }) }
  }

  #own(need: Need): string {
    return need.kind === 'reservation' ? this.#name(need.key) : need.key
  }

  #name(key: string): string {
    return `${key}#${this.#of}${this.#counts.get(key) ?? 0}`
  }

  #count(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }
}
