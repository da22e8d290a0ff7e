/**
 * The daemon is killed (SIGKILL) at random points of the demo and started again, on a real nats-server; at the end
 * nothing is lost and nothing was done twice. KILLS sets the number of kills (default 8), SEED the points in time.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { findPlace } from '#runtime/daemon/place.ts'
import { readRecords } from '#runtime/daemon/read-log.ts'
import { checkHistory, storyOf } from '#runtime/fleet/check-history.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'

const KILLS = Number(process.env['KILLS'] ?? 8)
const SEED = Number(process.env['SEED'] ?? 1)
const CONVERSATIONS = '12'
const here = resolve(import.meta.dirname)
const roots: string[] = []
const running = new Set<ChildProcess>()

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'parapet-kill-'))
  roots.push(root)
  return root
}

function daemon(root: string): {
  child: ChildProcess
  ended: Promise<{ code: number | null; output: string }>
} {
  const child = spawn(
    process.execPath,
    [join(here, '../../bin/parapet.js'), 'up', join(here, 'fleet.ts'), '--once', '--data', root],
    {
      env: { ...process.env, DESK_CONVERSATIONS: CONVERSATIONS, DESK_PACE_MS: '60' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.add(child)
  let output = ''
  child.stdout!.on('data', (chunk) => {
    output += chunk
  })
  child.stderr!.on('data', (chunk) => {
    output += chunk
  })
  const ended = new Promise<{ code: number | null; output: string }>((done) =>
    child.on('close', (code) => {
      running.delete(child)
      done({ code, output })
    }),
  )
  return { child, ended }
}

/** Waits for the first commit shown or `ms`, whichever is later, so that every kill hits a daemon at work. */
async function killAfter(root: string, ms: number): Promise<'killed' | 'ended'> {
  const { child, ended } = daemon(root)
  const first = await Promise.race([
    ended.then(() => 'ended' as const),
    new Promise<'due'>((due) => setTimeout(due, ms, 'due')),
  ])
  if (first === 'ended') return 'ended'
  child.kill('SIGKILL')
  await ended
  return 'killed'
}

async function recordsOf(root: string): Promise<CommitRecord[]> {
  const place = findPlace(root, 'airline-desk')
  if (place.kind === 'problem') throw new Error(place.message)
  const opened = await readRecords(place, undefined)
  if (opened.kind === 'problem') throw new Error(opened.message)
  const records = await Array.fromAsync(opened.records)
  await opened.close()
  return records
}

/** What stands in the airline's own table of writes, each with the key it came under. */
function appliedIn(root: string): { key: string; write: string }[] {
  const db = new DatabaseSync(join(root, 'airline-desk', 'world', 'airline.db'), { readOnly: true })
  const rows = db.prepare('SELECT key, conversation, tool, args, outcome FROM applied').all()
  db.close()
  return rows.map(({ key, ...write }) => ({ key: String(key), write: JSON.stringify(write) }))
}

interface Ended {
  readonly records: readonly CommitRecord[]
  readonly applied: readonly { readonly key: string; readonly write: string }[]
}

async function endedIn(root: string): Promise<Ended> {
  return { records: await recordsOf(root), applied: appliedIn(root) }
}

async function expectNothingLostOrDoubled(root: string, calm: Ended): Promise<void> {
  const { records, applied } = await endedIn(root)
  expect(checkHistory(records)).toEqual([])
  expect(storyOf(records)).toEqual(storyOf(calm.records))

  // Every write to the airline's data stands there once, under the key of the intent that asked for it, as in the calm run.
  const intents = records.flatMap(({ turns }) =>
    turns.flatMap(({ changes }) => changes.filter((change) => change.kind === 'intent')),
  )
  const asked = new Set(intents.filter(({ effect }) => effect.kind === 'call').map(({ id }) => id))
  expect(applied.filter(({ key }) => !asked.has(key))).toEqual([])
  expect(applied.map(({ write }) => write).sort()).toEqual(calm.applied.map(({ write }) => write).sort())

  // Every remembered row stands in shared memory once.
  const remembered = intents.filter(({ effect }) => effect.kind === 'remember').length
  const opened = await openLanceMemory({ dir: join(root, 'airline-desk', 'memory') })
  if (opened.kind === 'refused') throw new Error(opened.message)
  const summary = await opened.memory.summary()
  await opened.memory.close()
  expect(summary.kind === 'summary' && summary.rows.live).toBe(remembered)
}

test('killed at random points and started again, the fleet loses nothing and does nothing twice', {
  timeout: 3_600_000,
}, async () => {
  const calmRoot = newRoot()
  const reference = await daemon(calmRoot).ended
  expect(reference.code, reference.output).toBe(0)
  const calm = await endedIn(calmRoot)

  let seed = SEED
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return seed / 2 ** 32
  }
  let kills = 0
  let runs = 0
  while (kills < KILLS) {
    const root = newRoot()
    // Start-up takes about half a second; a whole run about two.
    while (kills < KILLS && (await killAfter(root, 300 + random() * 1_200)) === 'killed') kills++
    const last = await daemon(root).ended
    expect(last.code, last.output).toBe(0)
    await expectNothingLostOrDoubled(root, calm)
    rmSync(root, { recursive: true, force: true })
    runs++
  }
  console.log(`killed ${kills} times in ${runs} runs, ${calm.records.length} records in a calm one`)
})
