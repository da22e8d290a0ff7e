import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { filesBeside } from './policy-files.ts'

const root = mkdtempSync(join(tmpdir(), 'policy-files-'))
const folder = join(root, 'policies')
mkdirSync(join(folder, 'schemas'), { recursive: true })
writeFileSync(join(root, 'secret.json'), '{}')
writeFileSync(join(folder, 'schemas', 'refund.json'), '{"type":"object"}')
symlinkSync(join(root, 'secret.json'), join(folder, 'linked.json'))
afterAll(() => rmSync(root, { recursive: true }))

const files = filesBeside(join(folder, 'desk.parapet'))

test('files beside the policy and below are read, and kept as they were', () => {
  expect(files.read('schemas/refund.json')).toBe('{"type":"object"}')
  writeFileSync(join(folder, 'schemas', 'refund.json'), '{}')
  expect(files.read('schemas/refund.json')).toBe('{"type":"object"}')
  expect(Array.from(files.texts.keys())).toEqual(['schemas/refund.json'])
})

test.each(['../secret.json', 'linked.json', 'absent.json', 'schemas'])('%s is not there', (path) => {
  expect(files.read(path)).toBeUndefined()
})
