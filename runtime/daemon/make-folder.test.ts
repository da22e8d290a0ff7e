import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'parapet-folders-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('it makes a folder with those above it, of the mode asked for, once and again', () => {
  const dir = join(root, 'a/b/c')
  for (const _ of [1, 2]) makeFolder(dir, 0o700)
  for (const each of ['a', 'a/b', 'a/b/c']) expect(statSync(join(root, each)).mode & 0o777).toBe(0o700)
  makeFolder(relative('.', join(root, 'd/e')))
  expect(statSync(join(root, 'd/e')).isDirectory()).toBe(true)
})

test('it goes through a link to a folder', () => {
  mkdirSync(join(root, 'real'))
  symlinkSync(join(root, 'real'), join(root, 'link'))
  makeFolder(join(root, 'link/below'))
  expect(statSync(join(root, 'real/below')).isDirectory()).toBe(true)
})

test.runIf(process.platform === 'linux')('below /proc, where nothing can be made, it throws at once', () => {
  expect(() => makeFolder('/proc/nowhere/at/all')).toThrow(/ENOENT.*\/proc\/nowhere'/)
})

test('below a file, over a file, and through a link to nowhere it throws at once', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  symlinkSync(join(root, 'gone/for/good'), join(root, 'broken'))
  expect(() => makeFolder(join(file, 'below'))).toThrow(/EEXIST.*file'/)
  expect(() => makeFolder(file)).toThrow(/EEXIST/)
  expect(() => makeFolder(join(root, 'broken/below'))).toThrow(/EEXIST/)
})
