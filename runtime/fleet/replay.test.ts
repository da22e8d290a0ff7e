import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'
import { PartitionState } from './partition-state.ts'
import { replayTurn } from './replay.ts'

test('a turn that was denied for a function written into the machine says so when it is looked at again', async () => {
  let ran = false
  const clerk = setup({ types: {} as { events: { type: string } } }).createMachine({
    id: 'clerk',
    on: {
      order: {
        actions: () => {
          ran = true
        },
      },
      'parapet.denied': {},
    },
  })
  const under = await startFleet({ policy: VOCABULARY, agents: { clerk: { machine: clerk } } })
  await under.tell('c1', 'clerk', 'order', { amount: 1 })
  const turn = under.turns('c1/clerk').find(({ outcome }) => outcome === 'denied')
  const { plan } = compile(source(`policy "Test" version 1\n${VOCABULARY}`, 'test.parapet'))
  const { steps, differences } = replayTurn(createJudge(plan!), new PartitionState(), turn!)
  const reasons = steps.flatMap(({ verdict }) => verdict.reasons)
  expect(reasons).toMatchObject([
    { check: 'Known actions only', remedy: expect.stringContaining('`assign`') },
  ])
  expect(differences).toEqual([])
  expect(ran).toBe(false)
})
