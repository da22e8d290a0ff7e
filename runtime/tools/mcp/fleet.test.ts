/** Tools of a server in a fleet: its deadlines, its breakers, and what a crash in the middle of a call does. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { ExecutorSettings } from '#runtime/fleet/breakers.ts'
import { agents, stateOf, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { type FleetSetup, startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { type McpTools, openMcpTools } from './client.ts'
import { pullListing } from './pull.ts'
import { brokenAt, seenIn, until } from './servers.fixture.ts'

const dir = mkdtempSync(join(tmpdir(), 'parapet-mcp-fleet-'))
const open: McpTools[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const SETTINGS: ExecutorSettings = {
  timeoutMs: 2_000,
  breaker: { failuresMax: 2, withinMs: 60_000, restMs: 10_000 },
}

async function fleetOn(how: string, seen: string, more: Partial<FleetSetup> = {}) {
  const listing = join(dir, 'pay.tools.json')
  writeFileSync(listing, await pullListing(brokenAt('well', seen), ''))
  const server = await openMcpTools({ place: brokenAt(how, seen), listing })
  open.push(server)
  return startFleet({
    policy: VOCABULARY,
    agents,
    world: { tools: server.tools },
    executors: { pay: SETTINGS },
    ...more,
  })
}

test('a server that hangs is given up at the deadline of the fleet, and told so', async () => {
  const seen = join(dir, 'hang')
  const under = await fleetOn('hang', seen)
  const told = under.tell('c1', 'clerk', 'order', { amount: 1 })
  await until(() => seenIn(seen).length === 1)
  under.clock.advance(2_000)
  await told
  await until(() => seenIn(seen).includes('cancelled'))
  expect(stateOf(under, 'c1/clerk')['log']).toEqual(['ordered', 'no result within 2 seconds'])
})

test('a server that crashes again and again is left alone for a while', async () => {
  const seen = join(dir, 'crash')
  const under = await fleetOn('crash', seen)
  for (const conversation of ['c1', 'c2', 'c3'])
    await under.tell(conversation, 'clerk', 'order', { amount: 1 })
  expect(seenIn(seen)).toHaveLength(2)
  expect(stateOf(under, 'c3/clerk')['log']).toEqual([
    'ordered',
    '`pay` has failed too often and rests for another 10 seconds',
  ])
})

test('a call whose daemon died is made again with the same key, and any other call with another', async () => {
  const seen = join(dir, 'died')
  const broker = memoryBroker()
  const first = await fleetOn('hang', seen, { broker })
  void first.tell('c1', 'clerk', 'order', { amount: 1 })
  await until(() => seenIn(seen).length === 1)
  const second = await fleetOn('well', seen, { broker, writer: 'w2' })
  await until(() => seenIn(seen).length === 2)
  await second.tell('c2', 'clerk', 'order', { amount: 1 })
  const [before, after, other] = seenIn(seen)
  expect(after).toEqual(before)
  expect(other).not.toEqual(before)
  expect(stateOf(second, 'c1/clerk')['paid']).toBe(1)
})
