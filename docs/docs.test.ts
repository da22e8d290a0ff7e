/** Every policy in the documents compiles without a diagnostic, and its own tests pass. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { compile } from '#dsl/pipeline.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { runTests } from '#dsl/testing/run.ts'

const PAGES = ['docs/guide.md', 'README.md']
const root = join(import.meta.dirname, '..')

for (const page of PAGES) {
  describe(page, () => {
    const text = readFileSync(join(root, page), 'utf8')
    /** Files the page shows, by the name behind the language. */
    const shown = new Map(
      Array.from(text.matchAll(/```json (\S+)\n([\s\S]*?)```/g), ([, name = '', body = '']) => [name, body]),
    )
    /** What the page shows, then the libraries that come along. */
    const read = (path: string) => {
      const library = join(root, 'policies', path)
      return shown.get(path) ?? (existsSync(library) ? readFileSync(library, 'utf8') : undefined)
    }
    for (const [, body = ''] of text.matchAll(/```parapet\n([\s\S]*?)```/g)) {
      const name = /policy "([^"]*)"/.exec(body)?.[1] ?? 'a fragment'
      test(`the policy "${name}" is well written and does what its tests say`, () => {
        const source = sourceOf(body, page)
        const { plan, diagnostics } = compile(source, { read })
        expect(diagnostics.map((diagnostic) => renderDiagnostic(source, diagnostic)).join('\n')).toBe('')
        const { results } = runTests(plan!)
        expect(
          results
            .filter((result) => result.kind === 'failed')
            .map(({ test, message }) => `${test.name}: ${message}`),
        ).toEqual([])
      })
    }
  })
}
