import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODES, type Code, LINT_CODES } from '#dsl/codes.ts'
import { codesPage } from '#dsl/docs/codes-page.ts'
import { lint } from '#dsl/lint/lint.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { CODES_PAGE, ERROR_EXAMPLES, examplesOfCodes, explainCode } from './policy-codes.ts'

const examples = examplesOfCodes()
const files = {
  read: (file: string) => {
    const path = join(ERROR_EXAMPLES, file)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  },
}

test('docs/codes.md is up to date', () => {
  expect(readFileSync(CODES_PAGE, 'utf8'), 'run `node runtime/daemon/policy-codes.ts`').toBe(
    codesPage(examples),
  )
})

test('every code has an example, and its correction', () => {
  expect(Array.from(examples.keys()).sort()).toEqual(
    [...Object.keys(CODES), ...Object.keys(LINT_CODES)].sort(),
  )
})

describe.each(Array.from(examples))('%s', (code: Code, { wrong, said, right }) => {
  test('is what the wrong text has and the right one has not', () => {
    expect(said).toContain(`[${code}]`)
    expect(right).not.toBe(wrong)
    const { plan, diagnostics } = compile(source(right), files)
    const left = diagnostics.map((diagnostic) => `${diagnostic.code} ${diagnostic.message}`)
    expect(plan, left.join('\n')).toBeDefined()
    const findings = code in LINT_CODES ? lint(source(right)).findings : diagnostics
    expect(findings.map((finding) => finding.code)).not.toContain(code)
  })
})

test('one code is explained, of policies, of lint and of commands, whatever its case', () => {
  expect(explainCode('P0104')).toMatch(
    /^## P0104 Unknown message\n[\s\S]*sends notes[\s\S]*Right:[\s\S]*sends note /,
  )
  expect(explainCode('l0008')).toContain('Manual 3')
  expect(explainCode('D0011')).toContain('What to do')
  expect(explainCode('P9999')).toBeUndefined()
})
