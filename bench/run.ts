/**
 * Runs the benches beside this file, each in a process of its own so that none warms or litters another's heap.
 * `npm run bench` runs all, `npm run bench memory` the named ones; `-- --corpora FOLDER` where recorded data lies, `-- 1000000` the sizes
 * for benches that take some. Ends with 1 when one of them failed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

const benches = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

const asked = process.argv.slice(2)
const flag = asked.indexOf('--corpora')
if (flag >= 0) process.env['PARAPET_CORPORA'] = asked.splice(flag, 2)[1] ?? ''
const sizes = asked.filter((word) => /^\d+$/.test(word))
const named = asked.filter((word) => !sizes.includes(word))
const unknown = named.filter((name) => !benches.includes(name))

if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; there are: ${benches.join(', ')}`)
  process.exitCode = 2
} else {
  const processors = cpus()
  console.log(
    `Node ${process.versions.node}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
  )
  console.log('Compare ratios within a table, not figures between machines.')
  for (const name of named.length > 0 ? named : benches) if (!(await ran(name))) process.exitCode = 1
}

async function ran(name: string): Promise<boolean> {
  console.log(`\n== ${name}`)
  const script = join(import.meta.dirname, `${name}.ts`)
  const bench = spawn(process.execPath, ['--expose-gc', script, ...sizes], { stdio: 'inherit' })
  const [code, signal] = await once(bench, 'exit')
  if (code !== 0) console.error(`${name} ended with ${code ?? signal}`)
  return code === 0
}
