import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const LAUNCHER = join(import.meta.dirname, 'parapet.js')
/** Makes the Node that reads it believe it is an old one; the Node that is started in its place does not read it. */
const OLD = [
  '--import',
  'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.11.1"})',
]

function launch(
  nodeArgs: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const ran = spawnSync(process.execPath, [...nodeArgs, LAUNCHER, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 30_000,
  })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}

test('help is printed and ends well', () => {
  expect(launch([], ['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('parapet') })
})

test('wrong use ends with 2', () => {
  expect(launch([], ['no-such-command'])).toMatchObject({ code: 2 })
})

test('an old Node starts the one that came with the install and gives on its answer', () => {
  expect(launch(OLD, ['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('parapet') })
  expect(launch(OLD, ['no-such-command'])).toMatchObject({ code: 2 })
})

test('without a newer Node it says which one is needed and how to get it', () => {
  const { code, err } = launch(OLD, ['--help'], { PARAPET_STARTED: '1' })
  expect(code).toBe(2)
  expect(err).toContain('needs Node 24 or newer; this is Node 20.11.1')
  expect(err).toContain('npm ci')
})
