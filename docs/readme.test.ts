/** The README's commands, run as written: in a folder of their own, with the demo at full speed. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const scripts = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
).scripts
const place = mkdtempSync(join(tmpdir(), 'parapet-readme-'))

/** Every `npx parapet …` of the README, in blocks or in sentences, without what only stands for something. */
const commands = Array.from(readme.matchAll(/npx parapet ([a-z][^`\n]*)/g), (match) =>
  match[1]!.trim(),
).filter((words) => !words.includes('…'))

function parapet(words: readonly string[]) {
  return spawnSync(process.execPath, [join(root, 'bin/parapet.js'), ...words], {
    cwd: place,
    encoding: 'utf8',
  })
}

beforeAll(() => {
  const policy = /```parapet\n([\s\S]*?)```/.exec(readme)![1]!
  writeFileSync(join(place, 'refunds.parapet'), policy)
  const demo = scripts['demo']!.replace('node bin/parapet.js', '')
    .replace('examples/', `${root}/examples/`)
    .trim()
    .split(' ')
  execFileSync(process.execPath, [join(root, 'bin/parapet.js'), ...demo], {
    cwd: place,
    env: { ...process.env, DESK_PACE_MS: '5' },
  })
})

afterAll(() => rmSync(place, { recursive: true, force: true }))

test('names commands to try', () => {
  expect(commands.length).toBeGreaterThanOrEqual(4)
})

test.each(commands)('npx parapet %s', (words) => {
  const { status, stdout, stderr } = parapet(words.split(' '))
  expect(status, stdout + stderr).toBe(0)
  expect(stdout.length).toBeGreaterThan(0)
})

test('every npm command it gives is there', () => {
  for (const [, name = ''] of readme.matchAll(/npm run ([a-z]+)/g))
    expect(Object.keys(scripts)).toContain(name)
})

test('every file and picture it links to is there', () => {
  for (const [, link = ''] of readme.matchAll(/\]\(([^)#]+)\)/g))
    if (!link.startsWith('http')) expect(() => readFileSync(join(root, link)), link).not.toThrow(/ENOENT/)
})
