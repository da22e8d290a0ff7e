/** The libraries that come along do what their own tests say, and are found by policies anywhere. */
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { runTests } from '#dsl/testing/run.ts'
import { filesBeside, keptFiles } from './policy-files.ts'

const folder = join(import.meta.dirname, '../../policies')

test.each(readdirSync(folder).filter((file) => file.endsWith('.parapet')))('%s passes its tests', (file) => {
  const { plan, diagnostics } = compile(source(readFileSync(join(folder, file), 'utf8'), file))
  expect(diagnostics).toEqual([])
  const { results } = runTests(plan!)
  expect(results.length).toBeGreaterThan(2)
  expect(results.filter(({ kind }) => kind === 'failed')).toEqual([])
})

test('a policy anywhere may use them, and compiles again from what was kept', () => {
  const policy = source('policy "Desk" version 1.0\nuse "spend" version 2\nuse "pii"\n')
  const files = filesBeside(join(tmpdir(), 'nowhere', 'desk.parapet'))
  const { plan } = compile(policy, files)
  expect(plan?.rules.map(({ name }) => name)).toContain('pii.Card numbers')
  expect(compile(policy, keptFiles(Object.fromEntries(files.texts))).plan?.hash).toBe(plan?.hash)
})
