/** A path once more, on the machine as it is: what a refutation rests on. */
import type { Answer } from './answers.ts'
import { BEFORE, type Happening, type Setting, type Taken } from './situation.ts'
import { take } from './take.ts'

/** `setting` is of the machine as it is, without marks. Ends early where nothing can be said of what comes after. */
export function replay(setting: Setting, happenings: readonly Happening[]): Taken[] {
  const taken: Taken[] = []
  let situation = BEFORE
  for (const happening of happenings) {
    const one = take(setting, situation, happening)
    taken.push(one)
    if (!one.after) break
    situation = one.after
  }
  return taken
}

/** Whether the path, run again, shows the contrary of what is claimed. */
export function contradicts({ claim, about, at }: Answer, length: number, taken: readonly Taken[]): boolean {
  const last = taken.at(-1)
  if (!last || taken.length !== length) return false
  switch (claim) {
    case 'always-denied':
    case 'out-of-reach':
    case 'never-taken':
      return last.outcome === 'passed'
    case 'cut-off':
    case 'never-entered':
      return (
        last.outcome === 'passed' &&
        last.moves.some(({ kind, state }) => kind === 'enters' && state === about)
      )
    case 'never-speaks':
      return [...last.judged.map(({ verdict }) => verdict), ...last.broken].some((verdict) =>
        verdict.reasons.some(({ check, at: place }) => check === about && place.line === at?.line),
      )
    case 'no-deadlock':
      return taken.some(({ outcome }) => outcome === 'denied' || outcome === 'stopped')
  }
}
