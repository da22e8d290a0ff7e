import { expect, test } from 'vitest'
import { judgeOf, ROUNDS_AFTER, run } from './desk.ts'

const SEEDS = Array.from({ length: 12 }, (_, at) => at + 1)

test('with permissions alone, one misreading poisons every fact after it', async () => {
  const judge = judgeOf('without.parapet')
  for (const seed of SEEDS)
    expect(await run(judge, seed)).toMatchObject({ poisoned: ROUNDS_AFTER, stopped: 0, corrected: 0 })
})

test('with the library the misreading is stopped where it is written, and the work goes on', async () => {
  const judge = judgeOf('with.parapet')
  for (const seed of SEEDS) {
    const { poisoned, stopped, sound } = await run(judge, seed)
    expect({ poisoned, stopped }).toEqual({ poisoned: 0, stopped: 1 })
    expect(sound).toBeGreaterThanOrEqual(ROUNDS_AFTER)
  }
})
