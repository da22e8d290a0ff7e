/**
 * Runs the benches beside this file, each in a process of its own so that none warms or litters another's heap: `npm run bench -- --help`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'

const benches = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

const command = new Command('npm run bench --')
  .description(
    'measures against a raw limit in the same run; ends with 1 when a bench failed. Other work on the machine spoils figures',
  )
  .argument('[benches and sizes...]', 'which, all unless named; sizes for those that take some, as 1000000')
  .option(
    '--corpora <folder>',
    'where recorded data lies (also PARAPET_CORPORA); benches skip what is not there',
  )
  .addHelpText(
    'after',
    `\nBenches:\n${benches.map((name) => `  ${name.padEnd(12)} ${purposeOf(name)}`).join('\n')}\n`,
  )
  .showHelpAfterError('(npm run bench -- --help lists them)')
  .parse()
const { corpora } = command.opts<{ corpora?: string }>()
if (corpora !== undefined) process.env['PARAPET_CORPORA'] = corpora
const sizes = command.args.filter((word) => /^\d+$/.test(word))
const named = command.args.filter((word) => !sizes.includes(word))
const unknown = named.filter((name) => !benches.includes(name))
if (unknown.length > 0)
  command.error(`error: no bench is called ${unknown.join(', ')}; there are: ${benches.join(', ')}`, {
    exitCode: 2,
  })

const processors = cpus()
console.log(
  `Node ${process.versions.node}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
)
console.log('Compare ratios within a table, not figures between machines.')
for (const name of named.length > 0 ? named : benches) if (!(await ran(name))) process.exitCode = 1

async function ran(name: string): Promise<boolean> {
  console.log(`\n== ${name}`)
  const script = join(import.meta.dirname, `${name}.ts`)
  const bench = spawn(process.execPath, ['--expose-gc', script, ...sizes], { stdio: 'inherit' })
  const [code, signal] = await once(bench, 'exit')
  if (code !== 0) console.error(`${name} ended with ${code ?? signal}`)
  return code === 0
}

/** The first sentence of what stands at its head. */
function purposeOf(name: string): string {
  const text = readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8')
  const head = /^\/\*\*(.+?)\*\//s.exec(text)?.[1] ?? ''
  const words = head.replaceAll(/\s*\n \*\s?/g, ' ').trim()
  return /^(.+?)[.:;](?= |$)/.exec(words)?.[1] ?? words
}
