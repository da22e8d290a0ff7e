import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { format } from '#dsl/format/format.ts'
import { describeVerdict } from '#dsl/judge/describe.ts'
import { lint } from '#dsl/lint/lint.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { compileCases } from '#dsl/testing/cases.ts'
import { runTests, type TestResult } from '#dsl/testing/run.ts'
import { casesFilesOf, readCases } from '#runtime/daemon/cases.ts'

/** Of each kind, so that a policy is seen to let work through and to stop what it is for. */
const TESTS_MIN = 3

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.parapet'))

test('there is a policy for each sentence but the fourth, which is the airline desk', () => {
  expect(files.map((file) => file.slice(0, 2))).toEqual([
    '01',
    '02',
    '03',
    '05',
    '06',
    '07',
    '08',
    '09',
    '10',
  ])
})

describe.each(files)('%s', (file) => {
  const text = source(readFileSync(join(import.meta.dirname, file), 'utf8'), file)
  const { plan, diagnostics } = compile(text)

  test('compiles without an error or a warning', () => {
    const faults = diagnostics.filter(({ severity }) => severity !== 'note')
    expect(faults.map((fault) => renderDiagnostic(text, fault))).toEqual([])
    expect(plan).toBeDefined()
  })

  test('says nothing that is probably not meant', () => {
    const { errors, findings } = lint(text)
    const faults = [...errors, ...findings].filter(({ severity }) => severity !== 'note')
    expect(faults.map((fault) => renderDiagnostic(text, fault))).toEqual([])
  })

  test('has the one layout', () => {
    expect(format(text)).toEqual({ kind: 'formatted', text: text.text })
  })

  test('lets work through, stops what it is for, and every check is seen doing both', () => {
    if (plan === undefined) throw new Error(`${file} does not compile`)
    const { results, coverage } = runTests(plan)
    expect(results.flatMap(told)).toEqual([])
    const passing = results.filter(({ test: { expect: expected } }) => expected.kind === 'allow').length
    expect(passing).toBeGreaterThanOrEqual(TESTS_MIN)
    expect(results.length - passing).toBeGreaterThanOrEqual(TESTS_MIN)
    expect(coverage.checks.filter(({ fired, quiet }) => !fired || !quiet)).toEqual([])
  })

  test.each(casesFilesOf(join(import.meta.dirname, file)))('holds in the cases of %s', (beside) => {
    const { cases, problems } = readCases(beside)
    const compiled = compileCases(text.text, cases)
    expect([...problems, ...compiled.problems]).toEqual([])
    if (compiled.plan === undefined) throw new Error(`${beside} does not compile`)
    const { results } = runTests(compiled.plan)
    expect(results.length).toBeGreaterThanOrEqual(cases.length)
    expect(results.flatMap(told)).toEqual([])
  })
})

/** Empty for a test that passed. */
function told(result: TestResult): string[] {
  return result.kind === 'failed'
    ? [`${result.test.name}: ${result.message}\n${describeVerdict(result.verdict)}`]
    : []
}
