/** The package as somebody has it who installed it: alone in node_modules beside what it depends on, used from another folder. */
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPackage } from './package.ts'

const ROOT = join(import.meta.dirname, '..')
const INSTALLED = join(ROOT, 'node_modules')
const MINUTE = 60_000

const FILES: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'shop', private: true, type: 'module' }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'esnext',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ['node'],
    },
    include: ['*.ts'],
  }),
  'shop.parapet': `policy "Shop" version 1
use "spend"
tool refund(order: text, amount: number) { external, idempotent by order }
message complaint { order: text, amount: number }
agent clerk {
  may receive complaint from customer
  may call refund
  may answer customer
}
rule "Small refunds" { when clerk calls refund and amount > 100 then deny because "Refund manual 3.2" }
`,
  'tools.ts': `import { defineTool, fromZod } from 'parapet/tools'
import { z } from 'zod'
export const refund = defineTool({
  name: 'refund',
  description: 'Pays back part of an order.',
  takes: fromZod(z.strictObject({ order: z.string(), amount: z.number().positive() })),
  returns: fromZod(z.object({ order: z.string() })),
  idempotent: true,
  run: ({ order }) => ({ kind: 'ok', value: { order } }),
})
`,
  'fleet.ts': `import { defineFleet, effects } from 'parapet'
import { executorsOf } from 'parapet/tools'
import { setup } from 'xstate'
import { refund } from './tools.ts'
const clerk = setup({
  types: {} as { events: { type: string; order: string; amount: number } },
  actions: effects,
}).createMachine({
  on: {
    complaint: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'refund', args: { order: event.order, amount: event.amount } }),
      },
    },
    'parapet.*': { actions: { type: 'answer', params: { to: 'customer', fields: { text: 'done' } } } },
  },
})
export default defineFleet({
  name: 'shop',
  policy: 'shop.parapet',
  agents: { clerk: { machine: clerk } },
  world: () => ({ tools: executorsOf([refund]), outside: { customer: () => {} } }),
})
`,
  'threads.ts': `import { offlineEmbedder } from 'parapet/runtime'
import { fromJsonSchema, sandboxedTool } from 'parapet/tools'
const sum = sandboxedTool({
  name: 'sum',
  description: 'Adds.',
  takes: fromJsonSchema({ type: 'object' }),
  code: '({ a, b }) => a + b',
  limits: { timeoutMs: 20_000 },
})
const { signal } = new AbortController()
const outcome = await sum.execute({ a: 1, b: 2 }, { conversation: 'c', agent: 'c/a', key: 'k', at: 0, signal })
sum.close()
const embedded = await offlineEmbedder().embed(['a refund is late'], signal)
const size = embedded.kind === 'vectors' ? embedded.vectors[0]?.length : embedded.why
console.log(outcome.kind === 'ok' ? outcome.value : outcome.error, size)
process.exit()
`,
  'shop.test.ts': `import { fleetFrom, forAll, says, scenario } from 'parapet/testing'
import { expect, test } from 'vitest'
const shop = await fleetFrom(new URL('./fleet.ts', import.meta.url))
const complaint = (amount: number) => says('customer', 'clerk', 'complaint', { order: 'A-1', amount })
test('what is large is denied', () =>
  scenario(shop)
    .when(complaint(120))
    .expect((run) => expect(run).toBeDenied({ because: 'Refund manual' })))
test('nothing is lost', () => forAll(shop, { seeds: 2, steps: 10 }, (run) => expect(run.faults).toEqual([])))
`,
}

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-installed-'))
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(INSTALLED))
    if (!name.startsWith('.')) symlinkSync(join(INSTALLED, name), join(folder, 'node_modules', name))
  buildPackage(join(folder, 'node_modules/parapet'))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
}, MINUTE)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(script: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, 'node_modules', script), ...args],
    { cwd: folder, encoding: 'utf8', timeout: MINUTE, env: { ...process.env, NO_COLOR: '1' } },
  )
  return { status, said: `${stdout}${stderr}` }
}

const parapet = (...args: readonly string[]) => run('parapet/bin/parapet.js', ...args)

test('it runs its command line, with the libraries that come along', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(parapet('--version')).toEqual({ status: 0, said: `${version}\n` })
  expect(parapet('check', 'shop.parapet')).toMatchObject({
    status: 0,
    said: expect.stringContaining('well written'),
  })
})

test(
  'it runs a fleet on a server, and simulates it',
  () => {
    expect(parapet('up', 'fleet.ts', '--once')).toMatchObject({ status: 0 })
    expect(parapet('simulate', 'fleet.ts', '--seeds', '2')).toMatchObject({
      status: 0,
      said: expect.stringContaining('every invariant held'),
    })
  },
  MINUTE,
)

test(
  'its declarations are right for a strict compiler that checks libraries too',
  () => {
    expect(run('typescript/bin/tsc', '--project', '.')).toEqual({ status: 0, said: '' })
  },
  MINUTE,
)

test(
  'its matchers work in somebody else’s vitest',
  () => {
    expect(run('vitest/vitest.mjs', 'run')).toMatchObject({
      status: 0,
      said: expect.stringMatching(/Tests\s+2 passed/),
    })
  },
  MINUTE,
)

test(
  'what it starts as threads and processes of their own is in it',
  () => {
    expect(run('../threads.ts')).toEqual({ status: 0, said: '3 512\n' })
  },
  MINUTE,
)
