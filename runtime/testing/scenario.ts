/**
 * A story of a fleet, told in order: given what was, when this happens, expect that. It runs in the simulated world with
 * nothing going wrong, each happening a minute after the one before unless `after` says otherwise.
 */
import type { Faults } from '#runtime/simulation/faults.ts'
import type { Happening } from './happening.ts'
import type { Run } from './run.ts'
import { scriptOf } from './script.ts'
import { type SimulateOptions, simulate } from './simulate.ts'
import type { Subject } from './subject.ts'

export interface Story {
  given(...happenings: readonly Happening[]): Story
  when(...happenings: readonly Happening[]): Story
  /**
   * Runs the story and gives the run to `look`, which throws when it is not as expected (vitest's `expect` does). Throws itself
   * where the story cannot be: it speaks to no agent, or somebody decides who may not, or is not asked.
   */
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
      const script = scriptOf(happenings, subject.definition)
      const { told, person, forMs } = script
      const run = await simulate(subject, { faults: 'none', ...options, told, person, forMs })
      const wrong = script.wrong()
      if (wrong !== undefined) throw new Error(`${wrong}:\n${run.story()}`)
      await look(run)
      return run
    },
  }
}
