/**
 * The log's throughput on a real server of its own: group commit at several sizes, inboxes, and the client used plainly
 * in the same run. What counts is the ratios; absolute figures depend on the machine and on who else uses it.
 *
 *   node bench/log.ts
 */
import { openBaseline, perSecond } from '#runtime/log/baseline.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { scratchServer } from '#runtime/log/nats-server/scratch.ts'
import type { FleetLog } from '#runtime/log/port.ts'

/** A turn's share of a commit record, as the fleet writes it for a small agent. */
const TURN_BYTES = 400
const BODY = new Uint8Array(200)
const PARTITIONS = 8
const MESSAGES = 100_000
const IN_FLIGHT = 5_000
const APPENDS_PER_SIZE = 2_000

await using scratch = await scratchServer()
const opened = await openJetStream({ servers: scratch.server.url, fleet: 'bench', partitions: PARTITIONS })
if (opened.kind === 'refused') throw new Error(`${opened.message} ${opened.help}`)
const { log } = opened
await using baseline = await openBaseline(scratch.server.url)
const revs = new Array<number>(PARTITIONS).fill(0)

console.log(`nats-server ${scratch.server.version}, ${process.version}, ${PARTITIONS} partitions\n`)
for (const turns of [1, 16, 64, 256]) {
  const single = await appends(log, turns, 1)
  const all = await appends(log, turns, PARTITIONS)
  row(`append, ${turns} turns a record, 1 partition`, single, single * turns, 'turns')
  row(`append, ${turns} turns a record, ${PARTITIONS} partitions`, all, all * turns, 'turns')
}
console.log()
row('post, acknowledged', await posts(log))
row('inbox read from the start', await reads(log))
row('post and deliver at the same time', await postsAndReads(log))
row('client: js.publish, acknowledged', await baseline.publish(MESSAGES / 4, BODY, IN_FLIGHT))
row('client: consume with for await', await baseline.consume(MESSAGES / 4))
row('client: core publish, unacknowledged', await baseline.publishUnacked(MESSAGES, BODY))
await log.close()

/** Each partition has one append under way, as its owner does. */
async function appends(log: FleetLog, turns: number, partitions: number): Promise<number> {
  const record = new Uint8Array(turns * TURN_BYTES)
  const each = Math.round(APPENDS_PER_SIZE / partitions)
  const start = performance.now()
  await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      for (let i = 0; i < each; i++) {
        revs[partition]! += 1
        const rev = revs[partition]!
        const outcome = await log.append({ partition, rev, id: `bench-${rev}`, record })
        if (outcome.kind === 'fenced') throw new Error(`Fenced by ${outcome.id}.`)
      }
    }),
  )
  return perSecond(each * partitions, start)
}

async function posts(log: FleetLog): Promise<number> {
  const start = performance.now()
  for (let sent = 0; sent < MESSAGES; sent += IN_FLIGHT) {
    const posting = Array.from({ length: IN_FLIGHT }, (_, i) =>
      log.post({
        partition: 0,
        agent: `conv-${i % 100}/clerk`,
        source: 'bench',
        seq: sent + i + 1,
        body: BODY,
      }),
    )
    for (const posted of await Promise.all(posting))
      if (posted.kind !== 'posted') throw new Error(posted.kind)
  }
  return perSecond(MESSAGES, start)
}

async function reads(log: FleetLog): Promise<number> {
  const start = performance.now()
  await received(log, 0, MESSAGES)
  return perSecond(MESSAGES, start)
}

async function postsAndReads(log: FleetLog): Promise<number> {
  const start = performance.now()
  await Promise.all([received(log, MESSAGES, MESSAGES), posts(log)])
  return perSecond(MESSAGES, start)
}

async function received(log: FleetLog, after: number, count: number): Promise<void> {
  const all = Promise.withResolvers<void>()
  let seen = 0
  const reader = await log.inbox(0, after, () => {
    seen += 1
    if (seen === count) all.resolve()
  })
  await all.promise
  await reader.close()
}

function row(what: string, rate: number, derived?: number, unit?: string): void {
  const more = derived === undefined ? '' : `${figure(derived)} ${unit}/s`
  console.log(`${what.padEnd(48)} ${figure(rate)}/s  ${more}`)
}

function figure(value: number): string {
  return Math.round(value).toLocaleString('en').padStart(10)
}
