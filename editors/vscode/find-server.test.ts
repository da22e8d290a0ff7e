import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findServer } from './find-server.cjs'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function put(path: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
  return file
}

const BARE = { configured: [], isTrusted: true, platform: 'linux' }

test('what is configured goes first', () => {
  put('node_modules/.bin/parapet')
  const found = findServer({ ...BARE, configured: ['npx', 'parapet', 'lsp'], folders: [folder] })
  expect(found).toEqual({ command: 'npx', args: ['parapet', 'lsp'] })
})

test('then the folder’s own', () => {
  const own = put('node_modules/.bin/parapet')
  expect(findServer({ ...BARE, folders: [folder] })).toEqual({ command: own, args: ['lsp', '--stdio'] })
})

test('then the one on the PATH', () => {
  expect(findServer({ ...BARE, folders: [folder] }).command).toBe('parapet')
})

test('nothing out of a folder that is not trusted', () => {
  put('node_modules/.bin/parapet')
  const found = findServer({ configured: ['evil'], folders: [folder], isTrusted: false, platform: 'linux' })
  expect(found.command).toBe('parapet')
})
