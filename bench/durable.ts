/**
 * Durable guarded transitions a second, state included, against raw loops on the same nats-server in the same run:
 *   raw loop      read a message, publish it to another stream one by one, wait for the ack
 *   raw pipelined the same with many publishes in flight
 *   parapet       read, admit, kernel, guard, commit in numbered slots: nothing acts before its record is durable
 *
 * node bench/durable.ts [messages]
 */
import { systemClock } from '#runtime/daemon/clock.ts'
import { openFleet } from '#runtime/fleet/fleet.ts'
import { createInlet } from '#runtime/fleet/inlet.ts'
import { recover } from '#runtime/fleet/recover.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { counting } from './fleet/counter.ts'
import { benchServer } from './fleet/server.ts'

const MESSAGES = Number(process.argv[2] ?? 20_000)
const AGENTS = 1_000
const PARTITIONS = 4
/** Messages posted at once while filling the inboxes. */
const FILL = 1_000

const server = await benchServer()

async function openLog(fleet: string): Promise<FleetLog> {
  const opened = await openJetStream({ servers: server.url, fleet, partitions: PARTITIONS })
  if (opened.kind === 'refused') throw new Error(opened.message)
  return opened.log
}

/** Reads every message of an inbox and publishes it onward, `window` at a time; the position would be the ack. */
async function raw(window: number, messages: number): Promise<number> {
  const log = await openLog(`raw-${window}`)
  const body = new TextEncoder().encode(
    '{"message":"tick","from":"client","fields":{"amount":1,"note":"hello"}}',
  )
  for (let i = 0; i < messages; i += FILL) {
    const posts = Math.min(FILL, messages - i)
    await Promise.all(
      Array.from({ length: posts }, (_, j) =>
        log.post({ partition: 0, agent: 'c/a', source: 's', seq: i + j + 1, body }),
      ),
    )
  }
  const queue: Uint8Array[] = []
  let wake = () => {}
  const began = performance.now()
  const reader = await log.inbox(0, 0, (message) => {
    queue.push(message.body)
    wake()
  })
  let done = 0
  while (done < messages) {
    if (queue.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    const batch = queue.splice(0, window)
    await Promise.all(
      batch.map((message, i) =>
        log.post({ partition: 1, agent: 'c/b', source: 'r', seq: done + i + 1, body: message }),
      ),
    )
    done += batch.length
  }
  const seconds = (performance.now() - began) / 1000
  await reader.close()
  await log.close()
  return messages / seconds
}

async function parapet(messages: number): Promise<number> {
  const log = await openLog('bench')
  const inlet = createInlet(log, systemClock())
  const perAgent = messages / AGENTS
  for (let seq = 1; seq <= perAgent; seq++) {
    await Promise.all(
      Array.from({ length: AGENTS }, (_, agent) =>
        inlet.tell({
          source: 'client',
          seq,
          conversation: `c${agent}`,
          to: 'counter',
          from: 'client',
          message: 'tick',
          fields: { amount: 1, note: 'hello there', sent: 0 },
        }),
      ),
    )
  }
  let taken = 0
  let records = 0
  const all = Promise.withResolvers<void>()
  const began = performance.now()
  const opened = await openFleet(
    counting('bench', {
      log,
      writer: 'bench',
      onCommit: ({ turns }) => {
        records++
        for (const turn of turns) if (turn.input.kind === 'message' && turn.outcome === 'passed') taken++
        if (taken === messages) all.resolve()
      },
    }),
  )
  if (opened.kind === 'refused') throw new Error(opened.message)
  await all.promise
  const seconds = (performance.now() - began) / 1000
  await opened.fleet.stop()
  const foldBegan = performance.now()
  let folded = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const recovered = await recover(log, partition, (record) => {
      folded += record.turns.length
    })
    if (recovered.kind === 'refused') throw new Error(recovered.message)
  }
  const foldSeconds = (performance.now() - foldBegan) / 1000
  console.log(`  recovery folds ${Math.round(folded / foldSeconds).toLocaleString('en')} turns/s`)
  await log.close()
  console.log(`  ${records} records, ${(messages / records).toFixed(0)} transitions a record`)
  return messages / seconds
}

console.log(
  `durable guarded transitions, ${MESSAGES} messages, ${AGENTS} agents, ${PARTITIONS} partitions, nats-server ${server.version}, ${server.durability}`,
)
const one = await raw(1, Math.min(MESSAGES, 5_000))
const many = await raw(256, MESSAGES)
const ours = await parapet(MESSAGES)
const row = (name: string, rate: number) =>
  console.log(
    `  ${name.padEnd(34)} ${Math.round(rate).toLocaleString('en').padStart(9)} /s   ${(rate / one).toFixed(2)} × raw loop`,
  )
row('raw read–publish–ack, one by one', one)
row('raw read–publish–ack, 256 in flight', many)
row('parapet, guarded, group commit', ours)
await server.stop()
