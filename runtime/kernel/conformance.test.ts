import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import type { JsonObject } from '#dsl/judge/step.ts'
import { createKernel, type Machine, type Macrostep, type Stepped } from './kernel.ts'
import { EVENTS, MACHINES } from './machines.fixture.ts'

const AGENT = { id: 'c1/clerk' }
const events = fc.array(fc.constantFrom(...EVENTS), { maxLength: 25 })

function taken(stepped: Stepped): Macrostep {
  if (stepped.kind === 'refused') throw new Error(stepped.message)
  return stepped
}

/** Everything but the live snapshot. */
function said({ snapshot: _, ...rest }: Macrostep): unknown {
  return rest
}

describe.each(MACHINES.map((machine): [string, Machine] => [machine.id, machine]))('%s', (_, machine) => {
  test('goes through the same states with the same context as a running actor', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        const actor = createActor(machine, { clock: new SimulatedClock() }).start()
        const kernel = createKernel(machine)
        let { snapshot } = taken(kernel.start(AGENT, null))
        for (const event of sequence) {
          // A real child tells its parent only while it lives.
          const child = 'actorId' in event ? event.actorId : undefined
          if (child === undefined || child in actor.getSnapshot().children) actor.send(event)
          snapshot = taken(kernel.step(AGENT, snapshot, event, 'runtime')).snapshot
          const { value, context, status, output, children } = actor.getSnapshot()
          expect(snapshot.state.value).toEqual(value)
          expect(snapshot.state.context).toEqual(context)
          expect(snapshot.state.status).toBe(status)
          expect(snapshot.state.output).toEqual(output)
          expect(Object.keys(snapshot.state.children)).toEqual(Object.keys(children))
        }
        actor.stop()
      }),
    )
  })

  test('goes on the same after being written down and read back', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        const kernel = createKernel(machine)
        let live = taken(kernel.start(AGENT, null)).snapshot
        let stored = JSON.stringify(kernel.pack(live))
        for (const event of sequence) {
          const packed: JsonObject = JSON.parse(stored)
          // Another process: nothing of this kernel is left.
          const reader = createKernel(machine)
          const read = reader.unpack(AGENT, packed)
          if (read.kind === 'refused') throw new Error(read.message)
          const inMemory = taken(kernel.step(AGENT, live, event, 'runtime'))
          const recovered = taken(reader.step(AGENT, read.snapshot, event, 'runtime'))
          expect(said(recovered)).toEqual(said(inMemory))
          live = inMemory.snapshot
          stored = JSON.stringify(kernel.pack(live))
          expect(JSON.stringify(reader.pack(recovered.snapshot))).toBe(stored)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('says the same twice', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        const kernel = createKernel(machine, { checkPurity: true })
        let { snapshot } = taken(kernel.start(AGENT, null))
        for (const event of sequence)
          snapshot = taken(kernel.step(AGENT, snapshot, event, 'runtime')).snapshot
      }),
      { numRuns: 20 },
    )
  })
})
