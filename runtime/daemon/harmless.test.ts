import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Diagnostic, renderDiagnostic } from '#dsl/diagnostic.ts'
import { source } from '#dsl/source.ts'
import { Tally } from '#runtime/telemetry/tally.ts'
import { harmless } from './harmless.ts'
import { paintFor } from './paint.ts'
import { createScreen } from './screen.ts'

const paint = paintFor({ isTTY: true })
const errorAt: Diagnostic = {
  code: 'P0107',
  severity: 'error',
  span: [0, 1],
  message: 'no such field',
  help: 'h',
}

test('what moves, erases, hides, renames or turns round is shown as it is written', () => {
  expect(harmless('pay 9000\u001b[2K\rpay 9')).toBe('pay 9000\\u001b[2K\\u000dpay 9')
  expect(harmless('\u001b[1;8mhidden')).toBe('\\u001b[1;8mhidden')
  expect(harmless('\u001b[8mhidden')).toBe('\\u001b[8mhidden')
  expect(harmless('\u001b]0;title\u0007')).toBe('\\u001b]0;title\\u0007')
  expect(harmless('\u009b2J')).toBe('\\u009b2J')
  expect(harmless('a\u202eb')).toBe('a\\u202eb')
})

test('our own colours, other scripts, line breaks and tabs stay', () => {
  const shown = renderDiagnostic(source('x', 'x'), errorAt, { color: true })
  expect(harmless(shown)).toBe(shown)
  const line = `${paint.bold('a')} ${paint.dim(paint.red('b'))}\n\tÄ 日本 עברית 😀`
  expect(harmless(line)).toBe(line)
})

test('JSON means the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(JSON.parse(harmless(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('a screen says nothing a terminal would obey but its own', () => {
  for (const isTTY of [true, false]) {
    let written = ''
    const output = { isTTY, columns: 80, write: (text: string) => (written += text) }
    const screen = createScreen(output, paint, new Tally(), () => 1)
    screen.say('told c\u001b[1A\u001b[2K1')
    expect(written).toBe('told c\\u001b[1A\\u001b[2K1\n')
  }
})
