/** The unit and the container file start what there is: their commands are real ones, with options that exist. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const unit = readFileSync(join(root, 'ops/parapet@.service'), 'utf8')
const container = readFileSync(join(root, 'ops/Containerfile'), 'utf8')
const help = spawnSync(process.execPath, [join(root, 'bin/parapet.js'), 'up', '--help'], {
  encoding: 'utf8',
}).stdout

function takesOptions(words: readonly string[]): void {
  expect(words[0]).toBe('up')
  for (const option of words.filter((word) => word.startsWith('--'))) expect(help).toContain(option)
}

test('the unit runs a command that exists, and stops it as it wants to be stopped', () => {
  const [node, binary, ...words] = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(' ')
  expect(node).toBe('/usr/bin/node')
  expect(existsSync(join(root, binary!.replace('/usr/lib/parapet/', '')))).toBe(true)
  takesOptions(words)
  expect(unit).toContain('KillSignal=SIGTERM')
  const documentation = /^Documentation=file:\/\/\/usr\/lib\/parapet\/(.*)$/m.exec(unit)![1]!
  expect(existsSync(join(root, documentation))).toBe(true)
})

const systemd = spawnSync('systemd-analyze', ['--version']).status === 0

test.runIf(systemd)('systemd finds nothing wrong with the unit', () => {
  const dir = mkdtempSync(join(tmpdir(), 'parapet-unit-'))
  try {
    // What it names is not installed where tests run: the same words with a program that is.
    const here = unit.replace('/usr/bin/node', process.execPath).replace(/^(User|Group)=.*\n/gm, '')
    const file = join(dir, 'parapet@.service')
    writeFileSync(file, here.replace(/^Documentation=.*\n/m, ''))
    const verified = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', join(dir, 'parapet@refunds.service')],
      {
        encoding: 'utf8',
      },
    )
    const about = verified.stderr.split('\n').filter((line) => line.includes('parapet@'))
    expect(about).toEqual([])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('the container starts a command that exists, with what it copies', () => {
  const entry: string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(container)![1]!)
  const words: string[] = JSON.parse(/^CMD (.*)$/m.exec(container)![1]!)
  expect(entry[0]).toBe('node')
  expect(existsSync(join(root, entry[1]!))).toBe(true)
  takesOptions(words)
  for (const file of ['package.json', 'package-lock.json']) expect(existsSync(join(root, file))).toBe(true)
  expect(container).toMatch(/^FROM .*node:24/m)
})

test('what is installed in the image is not covered by what lies here', () => {
  const left = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  expect(container).toMatch(/^COPY \. \.$/m)
  expect(left).toEqual(expect.arrayContaining(['node_modules', '.git', '.parapet']))
})
