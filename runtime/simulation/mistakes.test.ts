import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MUTANTS } from './mistakes.ts'

test.each(MUTANTS)('there is one place for the mistake that $mistake', ({ file, find }) => {
  const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
  expect(text.split(find).length - 1).toBe(1)
})
