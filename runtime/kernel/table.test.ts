import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKernel, type Kernel, type Machine } from './kernel.ts'
import { EVENTS, MACHINES, THROWING } from './machines.fixture.ts'

const AGENT = { id: 'c1/clerk' }
const ALL = [...MACHINES, THROWING].map((machine): [string, Machine] => [machine.id, machine])

test.each(ALL)(
  '%s goes by table as it goes by the interpreter: snapshots, effects, moves, refusals',
  (_, machine) => {
    // One of each for all sequences: what was looked up once is used in every state the machine comes to.
    const fast = createKernel(machine)
    const slow = createKernel(machine, { engine: 'interpreter' })
    const begin = (kernel: Kernel) => {
      const started = kernel.start(AGENT, null)
      if (started.kind === 'refused') throw new Error(started.message)
      return started.snapshot
    }
    const sequences = fc.array(fc.constantFrom(...EVENTS), { maxLength: 25 })
    fc.assert(
      fc.property(sequences, fc.boolean(), (sequence, readBack) => {
        let [one, two] = [begin(fast), begin(slow)]
        for (const event of sequence) {
          const [a, b] = [fast.step(AGENT, one, event, 'runtime'), slow.step(AGENT, two, event, 'runtime')]
          if (a.kind === 'refused' || b.kind === 'refused') {
            expect(a).toEqual(b)
            continue
          }
          const [{ snapshot, ...said }, { snapshot: expected, ...saidToo }] = [a, b]
          expect(said).toEqual(saidToo)
          const packed = JSON.stringify(fast.pack(snapshot))
          expect(packed).toBe(JSON.stringify(slow.pack(expected)))
          expect([...snapshot.state.tags]).toEqual([...expected.state.tags])
          // Nothing follows from the order of its states once a machine has finished.
          if (snapshot.state.status === 'active')
            expect(snapshot.state._nodes.map(({ id }) => id)).toEqual(
              expected.state._nodes.map(({ id }) => id),
            )
          const read = fast.unpack(AGENT, JSON.parse(packed))
          if (read.kind === 'refused') throw new Error(read.message)
          one = readBack ? read.snapshot : snapshot
          two = expected
        }
      }),
      { numRuns: 200 },
    )
  },
)
