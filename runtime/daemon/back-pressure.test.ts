/** Inboxes that are full hold up who fills them: nothing is lost, nobody waits for ever, and clients are told. */
import { createHash, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { createJudge } from '#dsl/judge/create.ts'
import type { Json } from '#dsl/judge/step.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { FULL_RETRY_AFTER_MS } from '#runtime/control/asks.ts'
import { Control } from '#runtime/control/control.ts'
import { Events } from '#runtime/control/events.ts'
import { serveHttp } from '#runtime/control/http.ts'
import { partitionOf } from '#runtime/fleet/address.ts'
import { checkHistory } from '#runtime/fleet/check-history.ts'
import { noStopwatch } from '#runtime/fleet/clock.ts'
import { type Fleet, openFleet } from '#runtime/fleet/fleet.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { scratchServer } from '#runtime/log/nats-server/scratch.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import { Tally } from '#runtime/telemetry/tally.ts'
import { systemClock } from './clock.ts'

const POLICY = `policy "Ping" version 1
message go { other: text }
message hit { back: text }
message pat { }
agent player { may receive go, pat from referee  may send hit, pat to player  may receive hit, pat from player }
`
/** Messages that one `go` sends. */
const HITS = 150
const PARTITIONS = 2
const GO = { to: 'player', from: 'referee', message: 'go' }
const PAT = { ...GO, message: 'pat' }

interface Event {
  readonly type: string
  readonly [field: string]: Json
}

/** Hits another player so many times, who gives every hit back as a pat. */
const player = setup({
  types: {} as { context: { hits: number; pats: number; me: string }; events: Event; input: Json },
  actions: effects,
}).createMachine({
  id: 'player',
  context: ({ input }) => ({ hits: 0, pats: 0, me: String(input) }),
  on: {
    go: {
      actions: Array.from({ length: HITS }, () => ({
        type: 'send' as const,
        params: ({ event, context }: { event: Event; context: { me: string } }) => ({
          to: `${event['other']}/player`,
          message: 'hit',
          fields: { back: context.me },
        }),
      })),
    },
    hit: {
      actions: [
        {
          type: 'send',
          params: ({ event }) => ({ to: `${event['back']}/player`, message: 'pat', fields: {} }),
        },
        assign({ hits: ({ context }) => context.hits + 1 }),
      ],
    },
    pat: { actions: assign({ pats: ({ context }) => context.pats + 1 }) },
  },
})

const world = { tools: {} }
const definition = {
  name: 'ping',
  policy: '',
  agents: { player: { machine: player, input: (conversation: string) => conversation } },
  world: () => world,
}
const { plan } = compile(source(POLICY, 'ping.parapet'))

async function play(log: FleetLog, onRecord: (record: CommitRecord) => void): Promise<Fleet> {
  const opened = await openFleet({
    definition,
    judge: createJudge(plan!),
    log,
    world,
    memory: inMemory(),
    clock: systemClock(),
    stopwatch: noStopwatch,
    measured: { judging: () => {}, turn: () => {} },
    writer: randomUUID(),
    checkPurity: false,
    onRecovered: onRecord,
    onCommit: onRecord,
    onStop: () => {},
  })
  if (opened.kind === 'refused') throw new Error(opened.message)
  return opened.fleet
}

/** A conversation of each partition. */
const [left, right] = Array.from({ length: PARTITIONS }, (_, partition) => {
  for (let i = 0; ; i++) if (partitionOf(`c${i}`, PARTITIONS) === partition) return `c${i}`
}) as [string, string]

test('two fleets of agents that fill each other’s inbox both come to their end, and no message is lost', async () => {
  await using scratch = await scratchServer()
  const opened = await openJetStream({
    servers: scratch.server.url,
    fleet: 'ping',
    partitions: PARTITIONS,
    inboxBytesMax: 1_500_000,
  })
  if (opened.kind === 'refused') throw new Error(opened.message)
  const records: CommitRecord[] = []
  const rounds = 90
  const all = 2 * rounds * HITS
  const over = Promise.withResolvers<void>()
  let pats = 0
  const fleet = await play(opened.log, (record) => {
    records.push(record)
    for (const { input } of record.turns) if (input.kind === 'message' && input.message === 'pat') pats++
    if (pats === all) over.resolve()
  })
  const goes = [
    [left, right],
    [right, left],
  ] as const
  for (let seq = 1; seq <= rounds; seq++)
    for (const [conversation, other] of goes)
      void fleet.inlet.tell({ ...GO, source: 'referee', seq, conversation, fields: { other } })
  await over.promise
  expect(checkHistory(records)).toEqual([])
  await fleet.stop()
  await opened.log.close()
})

test('a client is told that an inbox is full and when to come again; what was refused was not kept, what was told is taken once', async () => {
  await using scratch = await scratchServer()
  const opened = await openJetStream({
    servers: scratch.server.url,
    fleet: 'ping',
    partitions: PARTITIONS,
    inboxBytesMax: 2_000_000,
  })
  if (opened.kind === 'refused') throw new Error(opened.message)
  const records: CommitRecord[] = []
  const fleet = await play(opened.log, (record) => records.push(record))
  const clock = systemClock()
  const control = new Control({
    definition,
    daemon: { id: 'd', version: '0', pid: 0 },
    log: '',
    partitions: PARTITIONS,
    clock,
    tally: new Tally(),
    events: new Events(clock.now),
    memory: inMemory(),
    onDrain: () => {},
    development: true,
  })
  control.open(fleet, '')
  const token = 'secret'
  const http = await serveHttp({
    control,
    people: { ada: { roles: [], tokenSha256: createHash('sha256').update(token).digest('hex') } },
    host: '127.0.0.1',
    port: 0,
    partitions: PARTITIONS,
    id: randomUUID,
    clock,
    examine: async () => ({ kind: 'refused', code: 'unfit', message: 'nothing is deployed here' }),
    ask: async (ask, by) => [(await control.answer(ask, by)).answer],
  })
  if (http.kind === 'refused') throw new Error(http.message)
  const filler = 'x'.repeat(200)
  const filled = await Promise.all(
    Array.from({ length: 12_000 }, (_, i) =>
      fleet.inlet.tellIfRoom({ ...PAT, source: `s${i}`, seq: 1, conversation: left, fields: { filler } }),
    ),
  )
  const told = filled.filter((each) => each === 'told').length
  expect(told).toBeGreaterThan(0)
  expect(told).toBeLessThan(filled.length)

  const post = () =>
    fetch(`http://127.0.0.1:${http.port}/tell`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ ...PAT, id: 'x', conversation: left, fields: { filler: 'x'.repeat(150_000) } }),
    })
  const refused = await post()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await refused.json()).toMatchObject({
    kind: 'refused',
    code: 'full',
    retryAfterMs: FULL_RETRY_AFTER_MS,
  })
  // Room comes by itself: what was told has been taken, and a quiet second makes room of it.
  while ((await post()).status === 429)
    await new Promise((again) => clock.after(FULL_RETRY_AFTER_MS / 4, () => again(0)))
  const taken = () =>
    records.flatMap(({ turns }) => turns).filter(({ input }) => input.kind === 'message').length
  while (taken() < told + 1) await new Promise(setImmediate)
  expect(taken()).toBe(told + 1)
  expect(checkHistory(records)).toEqual([])
  await http.close()
  await fleet.stop()
  await opened.log.close()
})
