/**
 * From the start of a process to its first verdict, each in a process of its own: `startup.ts text|kept|plan FILE` is what
 * it runs. The raw limit is a process that does nothing. `text` compiles the policy first; `kept` loads it as the command line
 * does, which keeps what it compiled; `plan` reads one that was compiled before. With and without Node's cache of compiled code, which the command line turns on.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plan } from '../dsl/plan/plan.ts'

const RUNS = 7
/** Where the command line keeps what it compiled. */
const CACHE_VARIABLE = 'PARAPET_CACHE'
const POLICY = join(import.meta.dirname, '../policies/agentdojo/banking.parapet')
const [how, file] = process.argv.slice(2)

interface Taken {
  readonly wallMs: number
  readonly cpuMs: number
}

if (how === 'nothing') console.log(JSON.stringify(taken()))
else if (how !== undefined && file !== undefined) {
  const { createJudge } = await import('../dsl/judge/create.ts')
  const { Cells } = await import('../dsl/judge/cells.ts')
  const judge = createJudge(await loaded(how, file))
  const fields = { recipient: 'X', amount: 1, subject: 's', date: '2024-01-01' }
  const step = { kind: 'calls', agent: 'assistant', actor: 'a', conversation: 'c', turn: 1, at: 1 } as const
  const verdict = judge.judge(new Cells(), { ...step, name: 'send_money', fields })
  if (verdict.kind !== 'deny') throw new Error(`the first verdict is ${verdict.kind}`)
  console.log(JSON.stringify(taken()))
} else await compare()

async function loaded(how: string, file: string): Promise<Plan> {
  if (how === 'plan') return JSON.parse(readFileSync(file, 'utf8'))
  if (how === 'text') return planOf(readFileSync(file, 'utf8'))
  const { loadPolicy } = await import('../runtime/daemon/load-policy.ts')
  const policy = await loadPolicy(file, false)
  if (policy.kind === 'problem') throw new Error(policy.message)
  return policy.plan
}

/** Since the process started. */
function taken(): Taken {
  const { user, system } = process.cpuUsage()
  return { wallMs: performance.now(), cpuMs: (user + system) / 1_000 }
}

async function planOf(text: string) {
  const { compile } = await import('../dsl/pipeline.ts')
  const { source } = await import('../dsl/source.ts')
  const { plan } = compile(source(text, 'first.parapet'))
  if (plan === undefined) throw new Error('the policy does not compile')
  return plan
}

async function compare(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-startup-'))
  try {
    const plan = join(folder, 'plan.json')
    writeFileSync(plan, JSON.stringify(await planOf(readFileSync(POLICY, 'utf8'))))
    const cached = { NODE_COMPILE_CACHE: join(folder, 'cache') }
    const limit = run(['nothing'], {})
    row('nothing', limit, limit)
    row('text, code not cached', run(['text', POLICY], {}), limit)
    row('text', run(['text', POLICY], cached), limit)
    row(
      'text, plan kept',
      run(['kept', POLICY], { ...cached, [CACHE_VARIABLE]: join(folder, 'plans') }),
      limit,
    )
    row('plan compiled before', run(['plan', plan], cached), limit)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Taken {
  const runs = Array.from({ length: RUNS + 1 }, (): Taken => {
    const { NODE_COMPILE_CACHE: _, ...own } = process.env
    const child = spawnSync(process.execPath, [import.meta.filename, ...args], {
      env: { ...own, ...env },
      encoding: 'utf8',
    })
    if (child.status !== 0) throw new Error(child.stderr)
    return JSON.parse(child.stdout)
  }).slice(1)
  const median = (of: (one: Taken) => number) => runs.map(of).sort((a, b) => a - b)[RUNS >> 1]!
  return { wallMs: median((one) => one.wallMs), cpuMs: median((one) => one.cpuMs) }
}

function row(name: string, { wallMs, cpuMs }: Taken, limit: Taken): void {
  const ratio = (cpuMs / limit.cpuMs).toFixed(1)
  console.log(
    `${name.padEnd(24)}${wallMs.toFixed(0).padStart(7)} ms ${cpuMs.toFixed(0).padStart(7)} ms of a processor ${ratio.padStart(6)} ×`,
  )
}
