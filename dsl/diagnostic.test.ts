import { expect, test } from 'vitest'
import { type Diagnostic, renderDiagnostic } from './diagnostic.ts'
import { source } from './source.ts'

const input = source('policy "P" version 1\nrule "R" {\n\tthen deny\n}\n', 'refunds.parapet')
const diagnostic: Diagnostic = {
  code: 'P0009',
  severity: 'error',
  span: [26, 29],
  message: 'this rule does not say when it speaks',
  help: 'Add `when`.',
  related: [{ span: [33, 42], message: 'its action' }],
}

test('a frame shows the place, related places and help', () => {
  expect(renderDiagnostic(input, diagnostic)).toBe(`error[P0009]: this rule does not say when it speaks
 --> refunds.parapet:2:6
  |
2 | rule "R" {
  |      ^^^
  |
3 |  then deny
  |  --------- its action
  = help: Add \`when\`.
`)
})

test('colour changes no character', () => {
  const colored = renderDiagnostic(input, diagnostic, { color: true })
  expect(colored).toContain('\u001b[31;1m')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what is looked for
  expect(colored.replace(/\u001b\[[0-9;]*m/g, '')).toBe(renderDiagnostic(input, diagnostic))
})
