import { expect, test } from 'vitest'
import type { EvidenceNeed } from '#dsl/judge/grounds.ts'
import { lookingBy } from './looking.ts'

const need = (key: string, detector = 'injection'): EvidenceNeed => ({
  kind: 'evidence',
  key,
  detector,
  input: { text: key },
  withinMs: 1_000,
})

test('the same question is looked at once, also while it is being looked at', async () => {
  const looked: unknown[] = []
  const look = lookingBy({
    injection: async ({ text }) => {
      looked.push(text)
      return { kind: 'found', value: 0.9 }
    },
  })
  await Promise.all([look([need('a'), need('b')]), look([need('a')])])
  expect(await look([need('b')])).toEqual({ b: { kind: 'found', value: 0.9 } })
  expect(looked).toEqual(['a', 'b'])
})

test('a detector that throws or is not there leaves the question open, with the reason', async () => {
  const look = lookingBy({
    injection: () => {
      throw new Error('no model')
    },
  })
  expect(await look([need('a'), need('b', 'toxicity'), need('c', 'toString')])).toEqual({
    a: { kind: 'failed', why: 'no model' },
    b: { kind: 'failed', why: expect.stringContaining('no `toxicity` is at hand') },
    c: { kind: 'failed', why: expect.stringContaining('no `toString` is at hand') },
  })
})
