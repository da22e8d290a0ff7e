/** The policy’s own tests, and a whole trial with mistakes in it. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { paintFor } from '#runtime/daemon/paint.ts'
import { testPolicy } from '#runtime/daemon/test-policies.ts'
import { cached } from '#runtime/evidence/cached.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { received } from './mistakes.ts'
import { isSeriousByCriteria, readTrial } from './records.ts'
import { judgeOf, policyText, run } from './trial.ts'

const trial = readTrial()

test('the policy’s tests pass, and each check is seen to speak', async () => {
  const { tests, wrong, coverage } = await testPolicy(
    join(import.meta.dirname, 'trial-data.parapet'),
    {},
    paintFor({ isTTY: false }),
  )
  expect(wrong).toEqual([])
  expect(tests.filter(({ result }) => result.kind !== 'passed')).toEqual([])
  expect(coverage.checks.filter(({ fired }) => !fired)).toEqual([])
})

test('mistakes are the seed’s, and those that were published are among them', () => {
  const records = received(trial, randomOf(1), 0.15)
  expect(received(trial, randomOf(1), 0.15)).toEqual(records)
  const published = trial.events.filter((event) => isSeriousByCriteria(event) && !event.serious)
  expect(published).toHaveLength(17)
  const kinds = new Set(records.map(({ mistake }) => mistake))
  expect(kinds.size).toBeGreaterThan(8)
})

test('of a trial with mistakes none is accepted, nothing right goes back, and people read less than a third', async () => {
  const judge = judgeOf(policyText())
  const { records, wrong, missed, returned, read } = await run(
    trial,
    judge,
    cached(offlineEmbedder()),
    7,
    0.15,
  )
  expect(wrong).toBeGreaterThan(50)
  expect(Object.fromEntries(missed)).toEqual({})
  expect(returned).toBe(0)
  expect(read / records).toBeLessThan(0.33)
})
