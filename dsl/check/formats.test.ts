import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'

test.each([
  ['list of url', 'Write `text as url`.'],
  ['email', 'Write `text as email`.'],
  ['Ordr', 'Declare it: `schema Ordr { … }`.'],
])('a field that is `%s` is told how to say it', (type, help) => {
  const text = `policy "P" version 1.0\ntool read(of: ${type})\n`
  const { diagnostics } = compile(source(text, 'p.parapet'))
  expect(diagnostics.map((one) => [one.code, one.help])).toEqual([['P0102', help]])
})
