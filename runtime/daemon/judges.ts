/** The policies that judged, compiled from the texts that were kept when they did. */
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { compilePolicy } from './compile-policy.ts'
import { keptPolicy, type Place } from './place.ts'
import { keptFiles } from './policy-files.ts'
import { type Problem, problem } from './problem.ts'

export interface KeptJudge {
  readonly kind: 'judge'
  readonly judge: Judge
  readonly text: string
}

export class Judges {
  readonly #place: Place
  readonly #judges = new Map<string, KeptJudge | Problem>()

  constructor(place: Place) {
    this.#place = place
  }

  of(hash: string): KeptJudge | Problem {
    const known = this.#judges.get(hash)
    if (known) return known
    const judge = this.#compile(hash)
    this.#judges.set(hash, judge)
    return judge
  }

  #compile(hash: string): KeptJudge | Problem {
    const kept = keptPolicy(this.#place, hash)
    if (!kept)
      return problem('D0021', `the text of policy ${hash.slice(0, 12)} is not kept here`, {
        where: this.#place.dir,
        help: 'its verdicts can be explained where the fleet ran; `parapet trace --json` shows them as recorded',
      })
    const loaded = compilePolicy(kept.file, kept.text, false, keptFiles(kept.imported))
    if (loaded.kind === 'problem') return loaded
    return { kind: 'judge', judge: createJudge(loaded.plan), text: kept.text }
  }
}
