/** One fleet of `bench/rest.ts`: says so many messages to its agents in turn when its parent asks, and what that took. */
import { agentId, partitionOf } from '#runtime/fleet/address.ts'
import { openFleet } from '#runtime/fleet/fleet.ts'
import { encodeBody } from '#runtime/fleet/record.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { counting } from './counter.ts'

export interface Round {
  /** Processor time of the process for a message. */
  readonly cpuUs: number
  readonly heapBytes: number
  readonly outsideBytes: number
  readonly restingBytes: number
  readonly rssBytes: number
}

const PARTITIONS = 4
const POSTS = 4_000
/** Messages before anything counts. */
const WARM = 60_000

const agents = Number(process.argv[2])
const log = memoryBroker().open('rest', PARTITIONS)
let sent = 0
let taken = 0
let wake = () => {}
const opened = await openFleet(
  counting('rest', {
    log,
    writer: 'bench',
    onCommit: ({ partition, position, turns }) => {
      taken += turns.filter(({ input, outcome }) => input.kind === 'message' && outcome === 'passed').length
      void log.forget(partition, position)
      if (taken >= sent) wake()
    },
  }),
)
if (opened.kind === 'refused') throw new Error(opened.message)
const { fleet } = opened

const body = new TextEncoder().encode(
  encodeBody({ message: 'tick', from: 'client', fields: { amount: 1, note: 'hello there', sent: 0 } }),
)

async function say(count: number): Promise<void> {
  for (let left = count; left > 0; left -= POSTS) {
    const all = new Promise<void>((resolve) => {
      wake = resolve
    })
    for (let i = Math.min(POSTS, left); i > 0; i--) {
      const conversation = `conversation-${sent % agents}`
      const seq = Math.floor(sent++ / agents) + 1
      const source = `client@${conversation}`
      const partition = partitionOf(conversation, PARTITIONS)
      void log.post({ partition, agent: agentId(conversation, 'counter'), source, seq, body })
    }
    await all
  }
}

await say(Math.max(agents, WARM))
process.send?.('met')
process.on('message', async (messages: number) => {
  const before = process.cpuUsage()
  await say(messages)
  const { user, system } = process.cpuUsage(before)
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  const restingBytes = fleet.owned.reduce(
    (sum, partition) => sum + fleet.stateOf(partition).resting.reserved,
    0,
  )
  const round: Round = {
    cpuUs: (user + system) / messages,
    heapBytes: heapUsed,
    outsideBytes: external,
    restingBytes,
    rssBytes: rss,
  }
  process.send?.(round)
})
process.on('disconnect', () => process.exit())
