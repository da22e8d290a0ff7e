import { describe, expect, test } from 'vitest'
import { describeVerdict } from '#dsl/judge/describe.ts'
import { runTests } from '#dsl/testing/run.ts'
import { loadJudge } from './policy.ts'

const { results, coverage } = runTests(loadJudge().plan)

describe('the desk’s policy', () => {
  test.each(results.map((result) => ({ name: result.test.name, result })))('$name', ({ result }) => {
    const shown = result.kind === 'failed' ? `${result.message}\n${describeVerdict(result.verdict)}` : ''
    expect(shown).toBe('')
  })

  test('is heard from in its tests, rule by rule', () => {
    // A limit of steps and a deadline of minutes are beyond what a test of one step can reach.
    expect(coverage.silent.filter((name) => !name.startsWith('limit of '))).toEqual([
      'Customers are answered',
    ])
  })
})
