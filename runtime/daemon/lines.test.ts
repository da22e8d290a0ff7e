import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { linesOf } from './lines.ts'

const root = mkdtempSync(join(tmpdir(), 'parapet-file-lines-'))
afterAll(() => rmSync(root, { recursive: true }))

function written(bytes: string | Buffer): string {
  const file = join(root, 'lines')
  writeFileSync(file, bytes)
  return file
}

const read = (file: string, lineBytesMax = 1_000_000) => Array.fromAsync(linesOf(file, lineBytesMax))

test('a line ends at a line feed, with or without a carriage return, and nowhere else', async () => {
  const lines = ['{"said":"one\u2028two\u2029three"}', '', 'a\rb', 'the last']
  for (const end of ['\n', '\r\n']) {
    expect(await read(written(lines.join(end)))).toEqual(lines)
    expect(await read(written(gzipSync(lines.join(end) + end)))).toEqual(lines)
  }
})

test('a line that goes over many reads of the file comes whole', async () => {
  const lines = ['é'.repeat(70_001), 'short', '€'.repeat(50_000)]
  expect(await read(written(lines.join('\n')))).toEqual(lines)
})

test('a line over the bound is told with its number; those before it were read', async () => {
  const seen: string[] = []
  const reading = (async () => {
    for await (const line of linesOf(written(`12345678\n${'x'.repeat(9)}\n`), 8)) seen.push(line)
  })()
  await expect(reading).rejects.toThrow('line 2 is longer than 8 bytes')
  expect(seen).toEqual(['12345678'])
})

test('a file that is cut off, or is not there, throws', async () => {
  await expect(read(written(gzipSync('a\n'.repeat(1_000)).subarray(0, 25)))).rejects.toThrow()
  await expect(read(join(root, 'nowhere'))).rejects.toThrow('ENOENT')
})
