/**
 * What a limit across the fleet costs, on a real nats-server, in one process with its clients: paid calls a second, each from
 * its own conversation, some hundred under way at once (an entry holds no more than a thousand).
 *
 *   no limit      a call is judged, committed, carried out, and its result committed
 *   in each       the same limit for each conversation: no ledger
 *   spread keys   across the fleet, for each of 1,000 customers: a reservation and a settlement for each call
 *   one key       across the fleet, one entry: every call meets in one partition
 *
 * node bench/ledger.ts [calls]
 */
import { setup } from 'xstate'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { systemClock, systemStopwatch } from '#runtime/daemon/clock.ts'
import { openFleet } from '#runtime/fleet/fleet.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import { benchServer } from './fleet/server.ts'

const CALLS = Number(process.argv[2] ?? 5_000)
const CUSTOMERS = 1_000
const UNDER_WAY = 500
const PARTITIONS = 4

const LIMITS = {
  'no limit': '',
  'in each': 'for each customer  total amount of pay at most 1_000_000 USD per calendar day in "UTC"',
  'spread keys':
    'across the fleet, for each customer  total amount of pay at most 1_000_000 USD per calendar day in "UTC"',
  'spread keys, sliding':
    'across the fleet, for each customer  total amount of pay at most 1_000_000 USD in any 24 hours',
  'one key': 'across the fleet  total amount of pay at most 1_000_000 USD per calendar day in "UTC"',
  'one key, sliding': 'across the fleet  total amount of pay at most 1_000_000 USD in any 24 hours',
} as const

interface Order {
  readonly type: string
  readonly customer: string
}

const clerk = setup({
  types: {} as { events: Order },
  actions: { call: (_: unknown, _p: object) => {} },
}).createMachine({
  id: 'clerk',
  on: {
    order: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'pay', args: { customer: event.customer, amount: 1 } }),
      },
    },
    '*': {},
  },
})

const server = await benchServer()

/** Seconds until every call is paid and everything has settled. */
async function timed(fleetName: string, limit: string): Promise<number> {
  const consistency = limit === '' ? '' : `consistency "Cap" { ${limit} }`
  const { plan, diagnostics } = compile(
    source(`policy "Bench" version 1
tool pay(customer: text, amount: money in USD) { external, idempotent }
message order { customer: text }
agent clerk { may receive order from customer  may call pay }
${consistency}`),
  )
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const opened = await openJetStream({ servers: server.url, fleet: fleetName, partitions: PARTITIONS })
  if (opened.kind === 'refused') throw new Error(opened.message)
  const { log } = opened
  let paid = 0
  let told = 0
  let more = () => {}
  const world = {
    tools: {
      pay: () => {
        paid++
        more()
        return { kind: 'ok', value: null } as const
      },
    },
  }
  const fleet = await openFleet({
    definition: { name: fleetName, policy: '', agents: { clerk: { machine: clerk } }, world: () => world },
    judge: createJudge(plan),
    log,
    world,
    memory: inMemory(),
    clock: systemClock(),
    stopwatch: systemStopwatch,
    measured: { judging: () => {}, turn: () => {} },
    writer: 'bench',
    checkPurity: false,
    onRecovered: () => {},
    onCommit: () => {},
    onStop: (partition, reason) => {
      if (reason.kind !== 'closed') throw new Error(`partition ${partition}: ${JSON.stringify(reason)}`)
    },
  })
  if (fleet.kind === 'refused') throw new Error(fleet.message)
  const began = performance.now()
  const { inlet } = fleet.fleet
  more = () => {
    if (told >= CALLS) return
    const i = told++
    void inlet.tell({
      source: 'bench',
      seq: 1,
      conversation: `c${i}`,
      to: 'clerk',
      from: 'customer',
      message: 'order',
      fields: { customer: `customer ${i % CUSTOMERS}` },
    })
  }
  for (let i = 0; i < UNDER_WAY; i++) more()
  for (let quiet = 0; quiet < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    quiet = paid >= CALLS && fleet.fleet.idle ? quiet + 1 : 0
  }
  const seconds = (performance.now() - began) / 1_000
  await fleet.fleet.stop()
  await log.close()
  return seconds
}

await timed('warm', LIMITS['one key'])
let raw = 0
console.log(`${CALLS} calls, ${PARTITIONS} partitions; provisional where the machine is shared`)
for (const [index, [name, limit]] of Object.entries(LIMITS).entries()) {
  const rate = CALLS / (await timed(`bench${index}`, limit))
  if (raw === 0) raw = rate
  console.log(
    `${name.padEnd(22)} ${Math.round(rate).toLocaleString('en').padStart(8)} calls/s   ${(rate / raw).toFixed(2)} of no limit`,
  )
}
await server.stop()
