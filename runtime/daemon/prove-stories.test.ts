import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { paintFor, shownPath } from './paint.ts'
import { prove } from './prove.ts'

const ROOT = join(import.meta.dirname, '../..')
const FLEET = join(ROOT, 'runtime/prove/desk.fixture.ts')

test('each path is a story that vitest runs, in the simulator, to the same verdicts', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'parapet-stories-'))
  try {
    // As in a project that has it installed.
    mkdirSync(join(dir, 'node_modules'))
    symlinkSync(ROOT, join(dir, 'node_modules/parapet'))
    symlinkSync(join(ROOT, 'node_modules/vitest'), join(dir, 'node_modules/vitest'))
    const written: string[] = []
    const options = { file: FLEET, all: false, json: false, stories: join(dir, 'stories') }
    const result = await prove(options, (line) => written.push(line), paintFor({ isTTY: false }))
    expect(result.kind).toBe('proved')
    const stories = readdirSync(join(dir, 'stories'))
    expect(written).toContain(`${stories.length} stories in ${shownPath(join(dir, 'stories'))}`)
    const stuck = stories.find((name) => name.includes('no-deadlock'))!
    expect(readFileSync(join(dir, 'stories', stuck), 'utf8')).toContain('retell(fleet, "clerk", PATH)')
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const ran = spawnSync(process.execPath, [vitest, 'run', '--root', dir], {
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(ran.status, ran.stdout + ran.stderr).toBe(0)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
