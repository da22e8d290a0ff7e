/** The page on simulating: its snippets stand in a test that is run, its commands do what they say, its knobs are all there are. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALL_FAULTS } from '#runtime/simulation/faults.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/simulating.md'), 'utf8')
const shown = readFileSync(join(root, 'examples/04-refunds/simulation.test.ts'), 'utf8')

const snippets = Array.from(page.matchAll(/```ts\n([\s\S]*?)```/g), ([, body = '']) => body)
const commands = Array.from(page.matchAll(/npx parapet (simulate .*)/g), ([, line = '']) => line)

test.each(snippets)('a snippet stands in the test: %s', (snippet) => {
  expect(shown).toContain(snippet)
})

test.each(commands)('npx parapet %s', (line) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/parapet.js', ...line.split(' ')], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(status, stdout + stderr).toBe(0)
  expect(stdout).toContain('every invariant held')
})

test('every knob is on the page', () => {
  for (const knob of Object.keys(ALL_FAULTS)) expect(page).toContain(`\`${knob}\``)
})
