import { describe, expect, test } from 'vitest'
import { deployed, next, rolledBack } from './next.ts'
import { type Bound, isInShare, type Rollout, type Stage, versionFor } from './rollout.ts'

const OLD = 'a'.repeat(64)
const NEW = 'b'.repeat(64)
const NOTHING = {
  steps: 0,
  changed: 0,
  standingTurns: 0,
  standingDenied: 0,
  candidateTurns: 0,
  candidateDenied: 0,
}
const making = (at: number) => ({ id: `at ${at}`, by: 'ada', at })
const STAGES: Stage[] = [
  { stage: 'shadow', share: 0, forMs: 1_000 },
  { stage: 'canary', share: 1_000, forMs: 1_000 },
  { stage: 'enforce', share: 0 },
]

function begun(bound?: Bound, stages = STAGES): Rollout {
  const given = { ...(bound && { bound }), warmUp: 'none' } as const
  return deployed({ hash: OLD, rollout: undefined }, NEW, stages, given, making(0))
}

describe('a rollout', () => {
  test('goes from stage to stage in time, each one number later, until it is enforced', () => {
    const shadow = begun()
    expect(next(shadow, NOTHING, making(999))).toBeUndefined()
    const canary = next(shadow, NOTHING, making(1_000))!
    expect(canary).toMatchObject({ number: 2, standing: OLD, candidate: { stage: 'canary', share: 1_000 } })
    const enforced = next(canary, NOTHING, making(2_000))!
    expect(enforced).toMatchObject({ number: 3, standing: NEW, before: OLD })
    expect(enforced.candidate).toBeUndefined()
    expect(next(enforced, NOTHING, making(9_000))).toBeUndefined()
  })

  test('without a time stays where it is', () => {
    expect(next(begun(undefined, [{ stage: 'shadow', share: 0 }]), NOTHING, making(1e9))).toBeUndefined()
  })

  test.each([
    { seen: { steps: 100, changed: 2 }, back: false },
    { seen: { steps: 100, changed: 3 }, back: true },
    // Too few to say.
    { seen: { steps: 19, changed: 19 }, back: false },
  ])(
    'with $seen.changed of $seen.steps verdicts changed, over 2% at most: taken back is $back',
    ({ seen, back }) => {
      const rollout = next(begun({ changedMost: 0.02 }), { ...NOTHING, ...seen }, making(1))
      expect(rollout === undefined).toBe(!back)
      if (back)
        expect(rollout).toMatchObject({ number: 2, standing: OLD, why: expect.stringContaining('over 2%') })
    },
  )

  test('is taken back when the canary is denied more often than the others by over its bound', () => {
    const canary = begun({ deniedMost: 0.1 }, STAGES.slice(1))
    const others = { standingTurns: 100, standingDenied: 10, candidateTurns: 100 }
    expect(next(canary, { ...NOTHING, ...others, candidateDenied: 20 }, making(1))).toBeUndefined()
    expect(next(canary, { ...NOTHING, ...others, candidateDenied: 21 }, making(1))?.standing).toBe(OLD)
  })
})

describe('rolling back', () => {
  test('gives up the candidate, and keeps the last known good', () => {
    const enforced = begun(undefined, STAGES.slice(2))
    const third = 'c'.repeat(64)
    const tried = deployed({ hash: NEW, rollout: enforced }, third, STAGES, { warmUp: 'none' }, making(1))
    const back = rolledBack(tried, 'by hand', 'none', making(2))!
    expect(back).toMatchObject({ number: 3, standing: NEW, before: OLD })
    expect(back.candidate).toBeUndefined()
    expect(rolledBack(back, 'by hand', 'none', making(3))).toMatchObject({ number: 4, standing: OLD })
  })

  test('goes nowhere when nothing judged before', () => {
    const back = rolledBack(begun(undefined, STAGES.slice(2)), 'by hand', 'none', making(1))!
    expect(rolledBack(back, 'by hand', 'none', making(2))).toBeUndefined()
  })
})

describe('the canary’s share', () => {
  const at = (share: number) => ({ hash: NEW, stage: 'canary', share, after: [] }) as const
  const names = Array.from({ length: 2_000 }, (_, i) => `conversation ${i}`)

  test('is about what was asked for, and whoever is in a share is in every larger one', () => {
    const tenth = names.filter((name) => isInShare(at(1_000), name))
    expect(tenth.length).toBeGreaterThan(140)
    expect(tenth.length).toBeLessThan(260)
    expect(tenth.every((name) => isInShare(at(2_000), name))).toBe(true)
    expect(names.some((name) => isInShare(at(0), name))).toBe(false)
    expect(names.every((name) => isInShare(at(10_000), name))).toBe(true)
  })

  test('takes no conversation that has begun, and lets none go', () => {
    const rollout = { ...begun(undefined, STAGES.slice(1)), candidate: at(10_000) }
    expect(versionFor(rollout, 'c', true, undefined)).toBe(OLD)
    expect(versionFor({ ...rollout, candidate: at(0) }, 'c', true, NEW)).toBe(NEW)
    expect(versionFor(rollout, 'c', false, undefined)).toBe(NEW)
  })
})
