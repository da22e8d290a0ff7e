import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CODES } from './codes.ts'
import { ERRORS_PAGE, errorsPage } from './errors-page.ts'

test('design/errors.md says what the registry says', () => {
  expect(
    readFileSync(ERRORS_PAGE, 'utf8'),
    'run `node runtime/daemon/errors-page.ts` and commit design/errors.md',
  ).toBe(errorsPage())
})

test('every code of the registry is said somewhere, or it would be dead', () => {
  const sources = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'codes.ts')
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\n')
  expect(Object.keys(CODES).filter((code) => !sources.includes(`'${code}'`))).toEqual([])
})
