/**
 * What must hold of a fleet whatever goes wrong: tried on many seeds; the first that fails is shrunk to a short story and told
 * with the one command that runs it again.
 */
import { relative } from 'node:path'
import { expect } from 'vitest'
import type { Run } from './run.ts'
import { type Failure, failureOf, inShort, shrink } from './shrink.ts'
import type { SimulateOptions } from './simulate.ts'
import type { Subject } from './subject.ts'

export interface ForAllOptions extends Omit<SimulateOptions, 'seed'> {
  /** How many, from 1; or which. 20 unless said. PARAPET_SEED in the environment puts one in their place. */
  readonly seeds?: number | readonly number[]
}

export const SEEDS_DEFAULT = 20

/** `holds` throws when the run is not as it must be (vitest's `expect` does). Invariants of every fleet are looked at besides. */
export async function forAll(
  subject: Subject,
  options: ForAllOptions,
  holds: (run: Run) => void | Promise<void> = () => {},
): Promise<void> {
  const check = async (run: Run) => {
    try {
      await holds(run)
      return undefined
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause)
    }
  }
  for (const seed of seedsOf(options)) {
    const failure = await failureOf(subject, { ...options, seed }, check)
    if (failure) throw new Error(wordsOf(seed, await shrink(subject, failure, check)))
  }
}

function seedsOf({ seeds = SEEDS_DEFAULT }: ForAllOptions): readonly number[] {
  const one = process.env['PARAPET_SEED']
  if (one !== undefined) {
    if (!/^\d+$/.test(one)) throw new RangeError(`PARAPET_SEED is \`${one}\`; a seed is a whole number`)
    return [Number(one)]
  }
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, i) => i + 1) : seeds
}

function wordsOf(seed: number, { what, run, options }: Failure): string {
  const { testPath, currentTestName } = expect.getState()
  const file = testPath === undefined ? '' : ` ${relative(process.cwd(), testPath)}`
  const name =
    currentTestName === undefined ? '' : ` -t ${JSON.stringify(currentTestName.replaceAll(' > ', ' '))}`
  return [
    `seed ${seed}: ${what}`,
    `in short, ${inShort(options)}:`,
    run.story() || 'nothing happened',
    `again: PARAPET_SEED=${seed} npx vitest run${file}${name}`,
  ].join('\n')
}
