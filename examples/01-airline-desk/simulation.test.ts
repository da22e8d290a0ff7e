import { fleetFrom, simulate } from 'parapet/testing'
import { describe, expect, test } from 'vitest'

const desk = await fleetFrom(new URL('./fleet.ts', import.meta.url))

describe('the desk in a simulated world', () => {
  test('serves every customer, whose replies and pauses take only the fleet’s time', async () => {
    const run = await simulate(desk, { faults: 'none' })
    expect(run.settled).toBe(true)
    expect(run.faults).toEqual([])
    expect(run.at(-1).at - run.turns[0]!.at).toBeGreaterThan(1_000)
    const ended = run.turns.flatMap(({ changes }) => changes).filter(({ kind }) => kind === 'end')
    expect(ended).toHaveLength(30)
  })

  test('keeps what always holds whatever goes wrong, the same for the same seed', async () => {
    const [one, other] = [await simulate(desk, { seed: 3 }), await simulate(desk, { seed: 3 })]
    expect(one.faults).toEqual([])
    expect(one.settled).toBe(true)
    expect(JSON.stringify(one.records)).toBe(JSON.stringify(other.records))
  })
})
