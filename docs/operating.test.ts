/** The operator's commands, run as written beside a running fleet, in a folder of their own. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')
const section = /## Talking to a running fleet\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(page)![1]!
const commands = section
  .trim()
  .split('\n')
  .map((line) => line.replace('npx parapet ', ''))
const place = mkdtempSync(join(tmpdir(), 'parapet-operating-'))
const BINARY = join(root, 'bin/parapet.js')

function parapet(words: readonly string[]) {
  return spawnSync(process.execPath, [BINARY, ...words], { cwd: place, encoding: 'utf8' })
}

const daemon = spawn(process.execPath, [BINARY, 'up', join(root, 'examples/04-refunds/fleet.ts')], {
  cwd: place,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise<number | null>((done) => daemon.on('close', done))

beforeAll(
  () =>
    new Promise<void>((ready) => {
      let said = ''
      daemon.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('runs until')) ready()
      })
    }),
)

afterAll(async () => {
  daemon.kill('SIGTERM')
  await ended
  rmSync(place, { recursive: true, force: true })
})

/** The one ask that waits. */
function approval(): string {
  for (;;) {
    const found = /"approval": "([^"]+)"/.exec(parapet(['approvals', '--json']).stdout)
    if (found) return found[1]!
  }
}

test.each(commands)('npx parapet %s', async (line) => {
  const words = line.split(' ').map((word) => (word === 'APPROVAL' ? approval() : word))
  const { status, stdout, stderr } = parapet(words)
  expect(status, stdout + stderr).toBe(0)
  expect(stdout.length).toBeGreaterThan(0)
  if (words[0] === 'drain') expect(await ended).toBe(0)
})
