import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { simulate } from './simulate.ts'
import { fleetOf } from './subject.ts'

test('a fleet that calls again on every failure, where nothing takes time, is said never to come to rest', async () => {
  const again = { type: 'call', params: { tool: 'dispatch', args: {} } } as const
  const courier = setup({ types: {} as { events: { type: string } }, actions: effects }).createMachine({
    id: 'courier',
    on: { order: { actions: again }, 'parapet.failed': { actions: again } },
  })
  const subject = fleetOf(
    {
      name: 'endless',
      agents: { courier: { machine: courier } },
      world: () => ({
        tools: {
          dispatch: () => {
            throw new Error('boom')
          },
        },
      }),
    },
    `policy "Endless" version 1
message order {}
tool dispatch() { idempotent }
agent courier { may receive order from ward  may call dispatch }`,
  )
  const told = [{ atMs: 0, conversation: 'c', to: 'courier', from: 'ward', message: 'order', fields: {} }]
  const run = await simulate(subject, { seed: 1, faults: 'none', told })
  expect(run.settled).toBe(false)
  const story = run.story().split('\n')
  expect(story).toHaveLength(501)
  expect(story[400]).toMatch(/… \d+ more turns …/)
})
