/** The simulated broker beside a real nats-server: on any sequence of operations both give the same answers. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { type ScratchServer, scratchServer } from '#runtime/log/nats-server/scratch.ts'
import { Asked, type Open, type Operation, operation, PARTITIONS } from './conforming.fixture.ts'
import { NO_FAULTS } from './faults.ts'
import { runningWorld } from './world.fixture.ts'

const SEQUENCES = 40
const OPERATIONS = { minLength: 20, maxLength: 80, size: 'max' } as const
/** Each of three lives. */
const WITH_RESTARTS = 4
const STREAM_BYTES_MAX = 8 * 1024 * 1024

test('answers alike, whatever is asked in whatever order', { timeout: 120_000 }, async () => {
  await using scratch = await scratchServer()
  const sequence = fc.array(operation, OPERATIONS)
  let fleets = 0
  await fc.assert(
    fc.asyncProperty(sequence, (operations) => compared(scratch, `conforms-${++fleets}`, [operations])),
    { numRuns: SEQUENCES },
  )
})

test('keeps the same across restarts that forget every duplicate', { timeout: 120_000 }, async () => {
  const sequence = fc.array(operation, OPERATIONS)
  await fc.assert(
    fc.asyncProperty(sequence, sequence, sequence, async (...lives) => {
      // One of its own: who dies often is started again later and later.
      await using scratch = await scratchServer()
      await compared(scratch, 'restarts', lives)
    }),
    { numRuns: WITH_RESTARTS },
  )
})

/** Both are asked the same; between lives they die and come back. */
async function compared(
  scratch: ScratchServer,
  fleet: string,
  lives: readonly (readonly Operation[])[],
): Promise<void> {
  const world = runningWorld(1, NO_FAULTS)
  const real = await Asked.of(openerOf(scratch, fleet))
  const simulated = await Asked.of(async () => {
    const process = world.process()
    return { log: world.broker.open(process, fleet, PARTITIONS), leases: world.leases.open(process) }
  })
  try {
    for (const [life, operations] of lives.entries()) {
      if (life > 0) {
        world.crash()
        await scratch.crash()
        await real.back()
      }
      const answered = await real.answers(operations)
      expect(await simulated.answers(operations)).toEqual(answered)
    }
  } finally {
    await real.close()
    await world.dispose()
  }
}

function openerOf(scratch: ScratchServer, fleet: string): Open {
  return async () => {
    const { url: servers } = scratch.server
    const opened = await openJetStream({
      servers,
      fleet,
      partitions: PARTITIONS,
      slotKeptMsMin: 0,
      // A server sets a stream's bound aside for it, and there are many fleets.
      inboxBytesMax: STREAM_BYTES_MAX,
      logBytesMax: STREAM_BYTES_MAX,
    })
    if (opened.kind === 'refused') throw new Error(opened.message)
    return opened
  }
}
