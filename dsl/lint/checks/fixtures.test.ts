/**
 * Beside each check stand a policy with what it finds, the findings as they are told, and a policy in which it finds
 * nothing. `UPDATE_GOLDEN=1` rewrites the findings.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LINT_CODES } from '../../codes.ts'
import { renderDiagnostic } from '../../diagnostic.ts'
import { source } from '../../source.ts'
import { lint } from '../lint.ts'
import { CHECKS } from '../registry.ts'

const HERE = import.meta.dirname
const UPDATE = process.env['UPDATE_GOLDEN'] === '1'

/** What one check finds in a fixture that compiles. */
function found(file: string, code: string): string {
  const input = source(readFileSync(join(HERE, file), 'utf8'), file)
  const { errors, findings } = lint(input)
  expect(errors.map((error) => renderDiagnostic(input, error)).join('\n')).toBe('')
  return findings
    .filter((finding) => finding.code === code)
    .map((finding) => renderDiagnostic(input, finding))
    .join('\n')
}

const names = readdirSync(HERE)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -3))

const codeOf = (name: string): string =>
  /code: '(L\d{4})'/.exec(readFileSync(join(HERE, `${name}.ts`), 'utf8'))?.[1] ?? ''

describe.each(names)('%s', (name) => {
  test('finds what it is for', () => {
    const told = found(`${name}.invalid.parapet`, codeOf(name))
    const golden = join(HERE, `${name}.invalid.txt`)
    if (UPDATE) writeFileSync(golden, told)
    expect(told).not.toBe('')
    expect(told).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : undefined)
  })

  test('leaves alone what is well', () => {
    expect(found(`${name}.valid.parapet`, codeOf(name))).toBe('')
  })
})

test('every check is registered once, in order, under a code of its own', () => {
  const codes = CHECKS.map((check) => check.code)
  expect(codes).toEqual([...new Set(codes)].sort())
  expect(names.map(codeOf).sort()).toEqual(codes)
  // The two that are added are about the comments that allow findings.
  expect(Object.keys(LINT_CODES)).toEqual([...codes, 'L0018', 'L0019'].sort())
})
