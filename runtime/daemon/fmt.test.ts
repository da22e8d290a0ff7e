import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pc from 'picocolors'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FormatOptions, formatPolicies, STDIN } from './fmt.ts'

const UGLY = 'policy  "P"   version 1.0\r\n\r\n\r\n\r\nschema A{a:text # why\r\n}'
const LAID_OUT = 'policy "P" version 1.0\n\nschema A {\n  a: text  # why\n}\n'
const WRITE: FormatOptions = { check: false, stdout: false }

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-fmt-'))
  file = join(folder, 'a.parapet')
})
afterEach(() => rmSync(folder, { recursive: true }))

function run(files: readonly string[], options: FormatOptions, stdin = '') {
  let out = ''
  const said: string[] = []
  const code = formatPolicies(files, options, {
    readStdin: () => Buffer.from(stdin),
    write: (text) => {
      out += text
    },
    say: (line) => said.push(line),
    paint: pc.createColors(false),
  })
  return { code, out, said: said.join('\n') }
}

test('a file gets its layout and keeps its rights', () => {
  writeFileSync(file, UGLY)
  chmodSync(file, 0o640)
  expect(run([file], WRITE)).toMatchObject({ code: 0, out: '' })
  expect(readFileSync(file, 'utf8')).toBe(LAID_OUT)
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(readdirSync(folder)).toEqual(['a.parapet'])
})

test('a file that has its layout is not written', () => {
  writeFileSync(file, LAID_OUT)
  const { ino, mtimeMs } = statSync(file)
  expect(run([file], WRITE)).toEqual({ code: 0, out: '', said: '' })
  expect(statSync(file)).toMatchObject({ ino, mtimeMs })
})

test('a link is followed, not replaced', () => {
  const link = join(folder, 'link.parapet')
  writeFileSync(file, UGLY)
  symlinkSync(file, link)
  run([link], WRITE)
  expect(readFileSync(file, 'utf8')).toBe(LAID_OUT)
})

test('--check lists what would change, writes nothing and ends with 1', () => {
  const good = join(folder, 'b.parapet')
  writeFileSync(file, UGLY)
  writeFileSync(good, LAID_OUT)
  expect(run([file, good], { check: true, stdout: false })).toMatchObject({ code: 1, out: `${file}\n` })
  expect(readFileSync(file, 'utf8')).toBe(UGLY)
  expect(run([good], { check: true, stdout: false })).toMatchObject({ code: 0, out: '' })
})

test('--stdout and the standard input write the layout out', () => {
  writeFileSync(file, UGLY)
  expect(run([file], { check: false, stdout: true })).toMatchObject({ code: 0, out: LAID_OUT })
  expect(readFileSync(file, 'utf8')).toBe(UGLY)
  expect(run([STDIN], WRITE, UGLY)).toEqual({ code: 0, out: LAID_OUT, said: '' })
})

test('a file with mistakes is left alone and says why; the others are done', () => {
  const broken = join(folder, 'b.parapet')
  writeFileSync(broken, 'policy "P" version 1.0\nrule "x" {')
  writeFileSync(file, UGLY)
  const { code, said } = run([broken, file, join(folder, 'none.parapet')], WRITE)
  expect(code).toBe(1)
  expect(said).toContain('P0005')
  expect(said).toContain('D0010')
  expect(readFileSync(broken, 'utf8')).toBe('policy "P" version 1.0\nrule "x" {')
  expect(readFileSync(file, 'utf8')).toBe(LAID_OUT)
})

test('a file that is not UTF-8 is left alone', () => {
  writeFileSync(file, Buffer.from([0x23, 0x20, 0xff, 0x0a, 0x0a, 0x0a]))
  expect(run([file], WRITE)).toMatchObject({ code: 1, said: expect.stringContaining('D0010') })
  expect(readFileSync(file).length).toBe(6)
})
