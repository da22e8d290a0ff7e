/** The page on proving: what it shows stands in the fixture, and its commands say what it says they do. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('docs/proving.md')
const blocks = (language: string) =>
  Array.from(
    page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g')),
    ([, body = '']) => body,
  )

test('the policy and the machine are those that are run', () => {
  for (const body of blocks('parapet')) expect(read('runtime/prove/desk.fixture.parapet')).toContain(body)
  for (const body of blocks('ts')) expect(read('runtime/prove/desk.fixture.ts')).toContain(body)
})

test('the command finds what the page says it finds', () => {
  const [, line = ''] = /npx parapet (prove .*)/.exec(page) ?? []
  const { status, stdout } = spawnSync(process.execPath, ['bin/parapet.js', ...line.split(' ')], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  for (const body of blocks('text')) expect(stdout).toContain(body)
  expect(stdout).toContain('    ✗ paying\n    ✗ closed\n')
  expect(stdout).toContain('stopped: it was denied and has no answer to that')
})
