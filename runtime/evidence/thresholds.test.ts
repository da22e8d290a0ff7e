import fc from 'fast-check'
import { expect, test } from 'vitest'
import { probability, train } from './logistic.ts'
import { atPrecision, countAt, curve, type Labelled, measures, recommended } from './thresholds.ts'

const scored = (...pairs: readonly (readonly [number, 0 | 1])[]): Labelled[] =>
  pairs.map(([score, label]) => ({ score, label }))

test('a curve has a point wherever a decision changes', () => {
  const points = curve(scored([0.1, 0], [0.4, 1], [0.8, 1]))
  expect(points.map(({ threshold }) => threshold)).toEqual([0, 0.25, expect.closeTo(0.6), 0.8])
  expect(points[1]).toMatchObject({ precision: 1, recall: 1, f1: 1 })
})

test('the recommended threshold parts what can be parted', () => {
  expect(recommended(scored([0.1, 0], [0.2, 0], [0.6, 1], [0.9, 1])).threshold).toBeCloseTo(0.4)
})

test('it stands as far from what is wrong on either side as it can, also where many examples score nothing', () => {
  expect(recommended(scored([0, 0], [0, 0], [0.8, 1], [0.9, 1], [0.95, 1])).threshold).toBeCloseTo(0.4)
})

test('the lowest threshold that is right often enough', () => {
  const all = scored([0.1, 0], [0.2, 1], [0.3, 0], [0.6, 1], [0.9, 1])
  expect(atPrecision(all, 1)?.threshold).toBeCloseTo(0.45)
  expect(atPrecision(scored([0.5, 1], [0.9, 0]), 1)).toBeUndefined()
})

test('no threshold is better than the recommended one', () => {
  const one = fc.record({ score: fc.nat(100).map((of) => of / 100), label: fc.constantFrom(0, 1) })
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, at) => {
        const labelled = all as Labelled[]
        expect(measures(countAt(labelled, at)).f1).toBeLessThanOrEqual(recommended(labelled).f1)
      },
    ),
  )
})

test('weights learn what can be told apart, and the same examples give the same weights', () => {
  const examples = [
    { features: [1, 0], label: 1 },
    { features: [0.9, 0.2], label: 1 },
    { features: [0, 1], label: 0 },
    { features: [0.1, 0.8], label: 0 },
  ] as const
  const training = { rounds: 200, rate: 1, ridge: 0.001 }
  const model = train(examples, training)
  for (const { features, label } of examples) expect(probability(model, features) > 0.5 ? 1 : 0).toBe(label)
  expect(train(examples, training)).toEqual(model)
})
