import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, expect, test } from 'vitest'
import { exportVocabulary } from './export-vocabulary.ts'

const folder = mkdtempSync(join(tmpdir(), 'export-vocabulary-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = join(folder, 'desk.parapet')
writeFileSync(
  file,
  `policy "Desk" version 1.0
use tools from "listed.json"
tool pay(amount: money in USD, over 0 USD, note: text, at most 5 characters, optional) { external }
agent clerk { may call pay, look }
`,
)
writeFileSync(
  join(folder, 'listed.json'),
  JSON.stringify({
    tools: [
      {
        name: 'look',
        inputSchema: {
          type: 'object',
          properties: { tree: { $ref: '#/$defs/tree' } },
          $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } },
        },
      },
    ],
  }),
)

async function exported(language: 'typescript' | 'json-schema'): Promise<string> {
  let text = ''
  expect(await exportVocabulary(file, language, (part) => (text += part))).toEqual({ kind: 'exported' })
  return text
}

test('the exported JSON Schema is one that others read', async () => {
  const ajv = new Ajv2020({ strict: false })
  ajv.addSchema(JSON.parse(await exported('json-schema')), 'https://example.org/desk')
  const fits = (name: string, value: unknown) =>
    ajv.validate({ $ref: `https://example.org/desk#/$defs/${name}` }, value)
  expect(fits('pay.takes', { amount: 5 })).toBe(true)
  expect(fits('pay.takes', { amount: { amount: '5.00', currency: 'USD' }, note: 'lunch' })).toBe(true)
  expect(fits('pay.takes', { amount: 0 })).toBe(false)
  expect(fits('pay.takes', { amount: 5, note: 'dinner' })).toBe(false)
  expect(fits('look.takes', { tree: [[], [[]]] })).toBe(true)
  expect(fits('look.takes', { tree: [[], 1] })).toBe(false)
  expect(fits('look.takes', { other: 1 })).toBe(false)
})

test('the exported types name every tool and what each agent may call', async () => {
  const text = await exported('typescript')
  expect(text).toContain('readonly pay: { readonly args: PayArgs; readonly result: PayResult }')
  expect(text).toContain('readonly clerk: { readonly calls: "pay" | "look"; readonly sends: never }')
})

test('a policy that is not there is a problem, not an empty file', async () => {
  let text = ''
  expect(
    (await exportVocabulary(join(folder, 'absent.parapet'), 'typescript', (part) => (text += part))).kind,
  ).toBe('problem')
  expect(text).toBe('')
})
