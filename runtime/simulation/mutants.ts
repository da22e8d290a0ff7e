/**
 * Small deliberate mistakes in what must not have any: does a simulation notice? A copy of the tree gets one mistake after the
 * other; the trial fleet runs in it on seed after seed.
 *
 * node runtime/simulation/mutants.ts [--seeds 100] [--only WORD]
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { MUTANTS, type Mutant } from './mistakes.ts'

const COPIED = ['dsl', 'runtime', 'agents', 'package.json', 'tsconfig.json', 'policies']
const TIMEOUT_MS = 120_000

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '100' }, only: { type: 'string', default: '' } },
})
const root = join(import.meta.dirname, '../..')
const copy = mkdtempSync(join(tmpdir(), 'parapet-mutants-'))
const run = promisify(execFile)
let missed = 0
try {
  for (const part of COPIED) cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  console.log(row('mistake', 'seeds', 'noticed by'))
  for (const mutant of MUTANTS.filter(({ mistake }) => mistake.includes(values.only))) {
    const { seeds, by } = await noticed(mutant)
    if (seeds === undefined) missed++
    console.log(row(mutant.mistake, seeds === undefined ? '–' : String(seeds), by))
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
if (missed > 0) console.log(`${missed} went unnoticed`)
process.exitCode = missed > 0 ? 1 : 0

async function noticed({ file, find, put }: Mutant): Promise<{ seeds?: number; by: string }> {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(find).length !== 2) return { by: `its place in ${file} is not there, or not once` }
  writeFileSync(
    path,
    text.replace(find, () => put),
  )
  const args = ['runtime/simulation/hunt.ts', '--json', '--seeds', `1..${values.seeds}`]
  try {
    const { stdout } = await run(process.execPath, args, { cwd: copy, timeout: TIMEOUT_MS }).catch(
      (cause: { stdout?: string; killed?: boolean }) => {
        if (cause.killed) return { stdout: '' }
        return { stdout: cause.stdout ?? '' }
      },
    )
    if (stdout === '') return { by: `nothing said within ${TIMEOUT_MS / 1_000} s` }
    const { found } = JSON.parse(stdout) as { found?: { seed: number; invariant: string } }
    return found ? { seeds: found.seed, by: found.invariant } : { by: `nobody in ${values.seeds} seeds` }
  } finally {
    writeFileSync(path, text)
  }
}

function row(mistake: string, seeds: string, by: string): string {
  return `${mistake.padEnd(56)} ${seeds.padStart(5)}  ${by}`
}
