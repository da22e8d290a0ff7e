/** The long hunt's command line; what it hunts with is tested where it stands. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

function nightly(...args: string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'nightly.ts'), ...args], { encoding: 'utf8' })
}

test('its help names every option and hunts nothing', () => {
  const { status, stdout } = nightly('--help')
  expect(status).toBe(0)
  for (const option of ['--minutes', '--from', '--report', '--fleets']) expect(stdout).toContain(option)
  expect(stdout).not.toContain('seeds from')
})

test.each([
  ['an option that it does not have', ['--minute', '3'], "unknown option '--minute'"],
  ['no time at all', ['--minutes', '0'], 'It is a number above 0.'],
  ['a seed that is none', ['--from', '1.5'], 'It is a whole number from 1.'],
  ['a fleet that is not there', ['--fleets', 'nowhere'], "no fleet has 'nowhere' in its name: trial fleet, "],
])('%s is refused, with the help', (_, args, said) => {
  const { status, stderr, stdout } = nightly(...args)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain(said)
  expect(stderr).toContain('--minutes <n>')
})
