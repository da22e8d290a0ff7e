/** Each `X.input.parapet` has its layout beside it in `X.parapet`. `UPDATE_GOLDEN=1` rewrites them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { source } from '../source.ts'
import { format } from './format.ts'

const HERE = join(import.meta.dirname, 'golden')
const UPDATE = process.env['UPDATE_GOLDEN'] === '1'

const inputs = readdirSync(HERE).filter((file) => file.endsWith('.input.parapet'))

describe.each(inputs)('%s', (file) => {
  const golden = join(HERE, file.replace('.input', ''))
  const formatted = format(source(readFileSync(join(HERE, file), 'utf8'), file))
  const text = formatted.kind === 'formatted' ? formatted.text : JSON.stringify(formatted)

  test('has the layout beside it', () => {
    if (UPDATE) writeFileSync(golden, text)
    expect(text).toBe(readFileSync(golden, 'utf8'))
  })

  test('stays as it is when formatted again', () => {
    expect(format(source(text, file))).toEqual({ kind: 'formatted', text })
  })
})
