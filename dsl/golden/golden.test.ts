/**
 * Each folder is a case: `input.parapet` with its tree, plan and diagnostics beside it. `UPDATE_GOLDEN=1` rewrites them;
 * the difference is then read like any other change.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CODES } from '../codes.ts'
import { type Diagnostic, renderDiagnostic } from '../diagnostic.ts'
import type { Files } from '../jsonschema/uses.ts'
import { analyze, compile } from '../pipeline.ts'
import { printBounds, printPlan } from '../plan/print.ts'
import { type Source, source } from '../source.ts'
import { runTests } from '../testing/run.ts'
import { outline } from './outline.ts'

const HERE = import.meta.dirname
const UPDATE = process.env['UPDATE_GOLDEN'] === '1'

function expectGolden(path: string, actual: string | undefined): void {
  if (!UPDATE) expect(actual).toBe(existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  else if (actual !== undefined) writeFileSync(path, actual)
  else rmSync(path, { force: true })
}

/** Files in a case's folder, for its `use` lines. */
function beside(name: string): Files {
  const path = (file: string) => join(HERE, name, file)
  return { read: (file) => (existsSync(path(file)) ? readFileSync(path(file), 'utf8') : undefined) }
}

function rendered(of: Source, diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(of, diagnostic)).join('\n')
}

const cases = readdirSync(HERE, { withFileTypes: true }).filter(
  (entry) => entry.isDirectory() && entry.name !== 'errors' && entry.name !== 'declare',
)

describe.each(cases.map((entry) => entry.name))('%s', (name) => {
  const input = source(readFileSync(join(HERE, name, 'input.parapet'), 'utf8'), 'input.parapet')

  test('has the tree, plan and diagnostics beside it', () => {
    const { plan, diagnostics } = compile(input, beside(name))
    expectGolden(join(HERE, name, 'ast.txt'), `${outline(analyze(input).ast)}\n`)
    expectGolden(
      join(HERE, name, 'diagnostics.txt'),
      diagnostics.length === 0 ? undefined : rendered(input, diagnostics),
    )
    expectGolden(join(HERE, name, 'plan.txt'), plan === undefined ? undefined : printPlan(plan))
    expectGolden(join(HERE, name, 'bounds.txt'), plan === undefined ? undefined : printBounds(plan))
  })
})

/** Cases whose `test` blocks say what their vocabulary does. */
describe.each(['calendar', 'domain-types', 'imports', 'units'])('%s', (name) => {
  test('does what its own tests say', () => {
    const input = source(readFileSync(join(HERE, name, 'input.parapet'), 'utf8'), 'input.parapet')
    const { plan } = compile(input, beside(name))
    const results = plan === undefined ? [] : runTests(plan).results
    expect(results.length).toBeGreaterThan(2)
    expect(results.filter((result) => result.kind === 'failed').map((result) => result.test.name)).toEqual([])
  })
})

const errors = readdirSync(join(HERE, 'errors'))
  .filter((file) => file.endsWith('.parapet'))
  .sort()

describe('each code has an example that is told once', () => {
  test.each(errors)('%s', (file) => {
    const code = file.slice(0, 5)
    const input = source(readFileSync(join(HERE, 'errors', file), 'utf8'), file)
    const { diagnostics } = compile(input, beside('errors'))
    expect(
      diagnostics
        .filter((diagnostic) => diagnostic.severity !== 'note' || code === 'P0301')
        .map((one) => one.code),
    ).toEqual([code])
    expectGolden(join(HERE, 'errors', file.replace('.parapet', '.txt')), rendered(input, diagnostics))
  })

  test('every code in the registry has one', () => {
    expect(errors.map((file) => file.slice(0, 5))).toEqual(Object.keys(CODES))
  })
})
