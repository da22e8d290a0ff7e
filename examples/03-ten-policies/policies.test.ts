import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { format } from '#dsl/format/format.ts'
import { describeVerdict } from '#dsl/judge/describe.ts'
import { lint } from '#dsl/lint/lint.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { runTests } from '#dsl/testing/run.ts'

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
    const failures = results.flatMap((result) =>
      result.kind === 'failed'
        ? [`${result.test.name}: ${result.message}\n${describeVerdict(result.verdict)}`]
        : [],
    )
    expect(failures).toEqual([])
    const passing = results.filter(({ test: { expect: expected } }) => expected.kind === 'allow').length
    expect(passing).toBeGreaterThanOrEqual(TESTS_MIN)
    expect(results.length - passing).toBeGreaterThanOrEqual(TESTS_MIN)
    expect(coverage.silent).toEqual([])
  })
})
