import { expect, test } from 'vitest'
import { FORMAT_NAMES, hasFormat } from './formats.ts'
import { FORMED } from './formed-texts.ts'

test('each format has texts, and they have it', () => {
  expect(Object.keys(FORMED).toSorted()).toEqual([...FORMAT_NAMES].toSorted())
  for (const [format, texts] of Object.entries(FORMED))
    for (const text of texts) expect([format, text, hasFormat(format, text)]).toEqual([format, text, true])
})
