/** Every lesson's policy compiles, is laid out, is clean and does what its tests say; what its page shows stands in it. */
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
import { filesBeside } from '#runtime/daemon/policy-files.ts'

const lessons = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.parapet'))

test('there are twelve', () => {
  expect(lessons).toHaveLength(12)
})

describe.each(lessons)('%s', (file) => {
  const path = join(import.meta.dirname, file)
  const text = source(readFileSync(path, 'utf8'), file)
  const files = filesBeside(path)

  test('compiles, has the one layout, and nothing in it is probably not meant', () => {
    const { diagnostics } = compile(text, files)
    const { errors, findings } = lint(text, files)
    const faults = [...diagnostics, ...errors, ...findings].filter(({ severity }) => severity !== 'note')
    expect(faults.map((fault) => renderDiagnostic(text, fault))).toEqual([])
    expect(format(text)).toEqual({ kind: 'formatted', text: text.text })
  })

  test('does what its tests say, and every check of its own is seen speaking', () => {
    const { plan } = compile(text, files)
    if (plan === undefined) throw new Error(`${file} does not compile`)
    const { results, coverage } = runTests(plan)
    const failed = results.flatMap((result) =>
      result.kind === 'failed'
        ? [`${result.test.name}: ${result.message}\n${describeVerdict(result.verdict)}`]
        : [],
    )
    expect(failed).toEqual([])
    expect(results.length).toBeGreaterThanOrEqual(3 - Number(file.startsWith('01')))
    const silent = coverage.checks.filter(({ fired, library }) => !fired && library === undefined)
    expect(silent.map(({ check }) => check).filter((check) => !KEPT_BY_TIMERS.includes(check))).toEqual([])
  })

  test('its page shows what stands in it, and leads to it and to the next', () => {
    const page = readFileSync(path.replace(/\.parapet$/, '.md'), 'utf8')
    const shown = [...page.matchAll(/```parapet\n([\s\S]*?)```/g)].map(([, block = '']) => block)
    expect(shown.length).toBeGreaterThan(0)
    for (const block of shown) expect(text.text).toContain(block)
    expect(page).toContain(`](${file})`)
    for (const [, to = ''] of page.matchAll(/\]\(([^)]+)\)/g))
      expect(readdirSync(import.meta.dirname)).toContain(to)
  })
})

/** A test of one step cannot see a promise broken: nothing happens then. */
const KEPT_BY_TIMERS = ['Tickets are resolved']
