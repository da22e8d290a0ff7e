/**
 * How long it takes from asking until every node enforces another policy: three daemons that share six partitions on one real
 * server, while clients go on speaking. Beside it the raw limit: six records of the same size, each into a slot of its own,
 * and one question to all daemons.
 *
 *   node bench/deploy.ts [rounds]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Ask, PoliciesStatus } from '#runtime/control/asks.ts'
import { askFleet } from '#runtime/control/client.ts'
import { newestOf } from '#runtime/control/steward.ts'
import { bringAll, bundleOf, making } from '#runtime/daemon/deploy.ts'
import { paintFor } from '#runtime/daemon/paint.ts'
import { deployed } from '#runtime/deploy/next.ts'
import type { WarmUp } from '#runtime/deploy/rollout.ts'
import { openBus } from '#runtime/log/bus.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { scratchServer } from '#runtime/log/nats-server/scratch.ts'

const ROUNDS = Number(process.argv[2] ?? 10)
const STRETCH = resolve(import.meta.dirname, 'stretch')
const BINARY = resolve(import.meta.dirname, '../bin/parapet.js')
const FLEET = 'stretch'
const PARTITIONS = 6
const SPEAKERS = 4

const dir = mkdtempSync(join(tmpdir(), 'parapet-deploy-'))
const scratch = await scratchServer()
const { url } = scratch.server
const daemons: ChildProcess[] = [0, 1, 2].map((i) =>
  spawn(process.execPath, [BINARY, 'up', join(STRETCH, 'fleet.ts'), '--data', join(dir, `${i}`)], {
    env: { ...process.env, NATS_URL: url, STRETCH_DIR: dir },
    stdio: 'ignore',
  }),
)
const opened = await openBus({ servers: url, name: 'bench', stay: false })
if (opened.kind === 'refused') throw new Error(opened.message)
const { bus } = opened
const raw = await openJetStream({ servers: url, fleet: 'raw', partitions: PARTITIONS })
if (raw.kind === 'refused') throw new Error(raw.message)

try {
  await ready()
  const text = readFileSync(join(STRETCH, 'stretch.parapet'), 'utf8')
  const figures: { enforced: number; raw: number; slowest: number }[] = []
  for (let round = 1; round <= ROUNDS; round++) figures.push(await once(round, text))
  const median = (of: (one: (typeof figures)[number]) => number) =>
    figures.map(of).sort((a, b) => a - b)[Math.floor(figures.length / 2)]!
  const turns = await turnsDone()
  const counted = `${text}\nconsistency "Count" { clerk calls apply at most 1_000_000 times per conversation }`
  const warmed = await once(ROUNDS + 1, counted, 'replay')
  const enforced = median((one) => one.enforced)
  const limit = median((one) => one.raw)
  console.log(
    `${ROUNDS} deployments to 3 daemons, ${PARTITIONS} partitions, ${SPEAKERS} clients speaking (medians)`,
  )
  console.log(
    `enforced everywhere after  ${enforced.toFixed(1)} ms, slowest ${Math.max(...figures.map((one) => one.enforced)).toFixed(1)} ms`,
  )
  console.log(`raw limit                  ${limit.toFixed(1)} ms: ${(enforced / limit).toFixed(1)} times`)
  console.log(
    `with --warm-up replay      ${warmed.enforced.toFixed(1)} ms, over ${turns.toLocaleString('en')} recorded turns; slowest message ${warmed.slowest.toFixed(1)} ms`,
  )
  console.log(`slowest message meanwhile  ${median((one) => one.slowest).toFixed(1)} ms; none refused`)
} finally {
  await bus.close()
  await raw.log.close()
  for (const child of daemons) child.kill('SIGKILL')
  await scratch[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
}

async function asked(ask: Ask) {
  const heard = await askFleet(bus, FLEET, ask, 'bench')
  return heard.kind === 'answers' ? heard : { answers: [], unowned: [], partitions: 0 }
}

async function policies(): Promise<PoliciesStatus[]> {
  const { answers } = await asked({ kind: 'policies' })
  return answers.flatMap((answer) => (answer.kind === 'policies' ? [answer.policies] : []))
}

async function turnsDone(): Promise<number> {
  const { answers } = await asked({ kind: 'status' })
  return answers.reduce((sum, answer) => sum + (answer.kind === 'status' ? answer.status.turns : 0), 0)
}

async function ready(): Promise<void> {
  for (;;) {
    const all = await policies()
    if (all.length === 3 && all.every(({ partitions }) => partitions.length === 2)) return
    await wait(50)
  }
}

async function once(round: number, text: string, warmUp: WarmUp = 'none') {
  const file = join(dir, 'candidate.parapet')
  writeFileSync(
    file,
    `${text}\nrule "Round ${round}" { when clerk calls apply and amount > 100 USD then deny }\n`,
  )
  const made = await bundleOf(file, undefined, paintFor({}))
  if (made.kind === 'problem') throw new Error(made.message)
  const seen = await policies()
  const rollout = newestOf(seen)
  const standing = { hash: rollout?.standing ?? seen[0]!.own.hash, rollout }
  const change = deployed(standing, made.bundle.hash, [], { warmUp }, making('bench'))

  let speaking = true
  let slowest = 0
  let seq = 0
  const speak = async () => {
    while (speaking) {
      const id = `${round}.${seq++}`
      const conversation = `talk-${seq % 48}`
      const began = performance.now()
      const said = { kind: 'tell', id, conversation, to: 'clerk', message: 'order', from: 'driver' } as const
      const { answers } = await asked({ ...said, fields: { amount: 10 } })
      slowest = Math.max(slowest, performance.now() - began)
      if (answers[0]?.kind !== 'told') throw new Error(`refused: ${JSON.stringify(answers)}`)
    }
  }
  const speakers = Array.from({ length: SPEAKERS }, speak)
  let enforced = 0
  const began = performance.now()
  const brought = await bringAll(
    {
      kind: 'reached',
      fleet: FLEET,
      close: async () => {},
      ask: async (ask) => ({ kind: 'answers', ...(await asked(ask)) }),
    },
    change,
    [made.bundle],
    true,
  )
  enforced = performance.now() - began
  speaking = false
  await Promise.all(speakers)
  if (brought.kind === 'problem') throw new Error(brought.message)

  const record = new TextEncoder().encode(JSON.stringify({ rollout: change, bundles: [made.bundle] }))
  const from = performance.now()
  if (raw.kind === 'refused') throw new Error(raw.message)
  await policies()
  await Promise.all(
    Array.from({ length: PARTITIONS }, (_, partition) =>
      raw.log.append({ partition, rev: round, id: `raw.${partition}.${round}`, record }),
    ),
  )
  return { enforced, raw: performance.now() - from, slowest }
}
