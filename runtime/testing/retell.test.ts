/**
 * What a turn is stands twice: in the fleet, which keeps it (`runtime/fleet/receive.ts`), and in proofs, which try it out
 * (`runtime/prove/situation.ts`). Both are held to the same happenings here.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { createWorld, happeningsIn } from '#runtime/prove/happenings.ts'
import { markMachine } from '#runtime/prove/machine.ts'
import { AT, settingFor } from '#runtime/prove/prove.ts'
import { BEFORE, type Happening, type Situation } from '#runtime/prove/situation.ts'
import { machineOf, machines, planOf, policies } from '#runtime/prove/small-machines.fixture.ts'
import { take } from '#runtime/prove/take.ts'
import { replayed, retell } from './retell.ts'
import { fleetOf } from './subject.ts'

const STEPS = 8
const RUNS = 400

/** One that acts on every answer would go on by itself, long after the path has ended. */
function calm(drawn: Parameters<typeof machineOf>[0]): Parameters<typeof machineOf>[0] {
  return Object.fromEntries(
    Object.entries(drawn).map(([state, edges]) => [
      state,
      edges.map((edge) =>
        /^parapet[.](result|failed)$/.test(edge.on) ? { ...edge, does: 'nothing' } : edge,
      ),
    ]),
  )
}

test('a fleet says of random happenings what the search says of them', async () => {
  let spoken = 0
  await fc.assert(
    fc.asyncProperty(
      policies,
      machines,
      fc.array(fc.nat(1_000), { minLength: STEPS, maxLength: STEPS }),
      async (policy, drawn, dice) => {
        const plan = planOf(policy)
        const machine = machineOf(calm(drawn))
        const setting = settingFor(plan, 'clerk', machine, null)
        const world = createWorld(plan, 'clerk', markMachine(machine).hears, {
          at: AT,
          hasDirectory: false,
        })
        const path: Happening[] = []
        let situation: Situation = BEFORE
        for (const die of dice) {
          const may = happeningsIn(world, situation, new Set()).filter(
            (one) => one.kind !== 'time' && !(one.kind === 'ledger' && one.by === 'others'),
          )
          // In a fleet where nothing goes wrong a tool answers before anybody says more, in the order of the calls.
          const [first] = situation.awaited
          const own = may.filter((one) => 'id' in one && one.id === first?.id)
          const open = own.length > 0 ? own : may
          const happening = open[die % open.length]
          if (!happening) break
          path.push(happening)
          const { after } = take(setting, situation, happening)
          if (!after) break
          situation = after
        }
        const subject = fleetOf(
          {
            name: 'small',
            agents: { clerk: { machine } },
            world: () => ({ tools: {}, outside: { customer: () => {} } }),
          },
          policy,
        )
        const alone = replayed(subject, 'clerk', path)
        const retold = await retell(subject, 'clerk', path)
        if (retold?.kind !== 'retold') return
        spoken += alone.length
        expect(retold.said.slice(0, alone.length)).toEqual(alone)
      },
    ),
    { numRuns: RUNS, seed: 5, endOnFailure: true },
  )
  expect(spoken).toBeGreaterThan(5)
})

test('a fleet that calls again on every answer is said never to come to rest', async () => {
  const call = { type: 'call', params: { tool: 'look', args: { deep: true } } } as const
  const subject = fleetOf(
    {
      name: 'restless',
      agents: {
        clerk: {
          machine: setup({ actions: effects }).createMachine({
            id: 'clerk',
            on: { go: { actions: call }, 'parapet.result': { actions: call } },
          }),
        },
      },
      world: () => ({ tools: {} }),
    },
    `policy "Small" version 1.0
tool look(deep: yes or no)
message go {}
agent clerk { may receive go from client  may call look }`,
  )
  const path: Happening[] = [
    { kind: 'start' },
    { kind: 'message', from: 'client', message: 'go', fields: {} },
  ]
  expect(await retell(subject, 'clerk', path)).toEqual({ kind: 'restless' })
})
