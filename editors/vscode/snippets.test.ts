/** Snippets are the language's, as the grammar of today has it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { analyze } from '../../dsl/pipeline.ts'
import { source } from '../../dsl/source.ts'
import { K } from '../../dsl/syntax/tokens.ts'

interface Snippet {
  readonly prefix: string
  readonly body: readonly string[]
}
const SNIPPETS: Readonly<Record<string, Snippet>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'snippets/parapet.json'), 'utf8'),
)

/** What stands there when every place is left as it is offered; of a choice, the first. */
function left({ body }: Snippet): string {
  const places = new Map<string, string>()
  return body
    .join('\n')
    .replace(/\$\{(\d+):([^}]*)\}|\$\{(\d+)\|([^,|]*)[^}]*\}/g, (_, at, offered, choice, first) => {
      places.set(at ?? choice, offered ?? first)
      return offered ?? first
    })
    .replace(/\$\{(\d+)\}/g, (_, at) => places.get(at) ?? '')
    .replace(/\$0/, '')
}

test.each(Object.entries(SNIPPETS))('%s can be read as it is offered', (_, snippet) => {
  const head = snippet.prefix === 'policy' ? '' : 'policy "Snippet" version 1.0\n'
  const { diagnostics } = analyze(source(head + left(snippet)))
  // Names are the writer's to declare; what cannot be read at all is the snippet's own mistake.
  expect(diagnostics.filter(({ code }) => code.startsWith('P00'))).toEqual([])
})

test('every kind of declaration with a body has a snippet', () => {
  const bodies = ['policy', 'use', 'schema', 'tool', 'agent', 'rule', 'consistency', 'flow', 'test'] as const
  const begun = new Set(Object.values(SNIPPETS).map((snippet) => left(snippet).split(/\s/)[0]))
  expect(bodies.filter((word) => !begun.has(K[word].name))).toEqual([])
})
