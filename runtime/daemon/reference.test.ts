import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FRAME } from '#dsl/docs/reference/section.ts'
import { referencePage, SECTIONS } from '#dsl/docs/reference-page.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { K } from '#dsl/syntax/tokens.ts'
import { runTests } from '#dsl/testing/run.ts'
import { REFERENCE_PAGE } from './reference.ts'

test('docs/reference.md is up to date', () => {
  expect(readFileSync(REFERENCE_PAGE, 'utf8'), 'run `node runtime/daemon/reference.ts`').toBe(referencePage())
})

test('every keyword of the grammar is in it', () => {
  const spans = Array.from(referencePage().matchAll(/```[\s\S]*?```|`[^`]+`/g), ([span]) => span).join(' ')
  const said = new Set(spans.match(/[a-z_]+/g))
  expect(Object.keys(K).filter((word) => !said.has(word))).toEqual([])
})

describe.each(SECTIONS)('$title', ({ wrap, entries }) => {
  const examples = entries.filter(([, , example]) => example !== '')
  test.each(examples)('%s', (_said, _means, example) => {
    const { plan, diagnostics } = compile(source(FRAME + wrap(example)))
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([])
    for (const result of runTests(plan!).results) expect(result.kind).toBe('passed')
  })
})
