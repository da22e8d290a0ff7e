import { expect, test } from 'vitest'
import { Awake } from './awake.ts'
import { newAgent, newConversation } from './conversation-state.ts'

/** Speaks to a conversation, waking it first, and has whoever is too many rest. True when it had to be woken. */
function speaker(awake: Awake, max: number) {
  const rested: string[] = []
  return {
    rested,
    speak(id: string, waits = false): boolean {
      const woken = awake.get(id) === undefined
      if (woken) awake.add(newConversation(id))
      const conversation = awake.get(id)!
      conversation.touches++
      if (waits)
        conversation.agents.set(`${id}/a`, {
          ...newAgent({}, false),
          waiting: [{ kind: 'timer', timer: 't' }],
        })
      awake.rest(max, ({ id }) => rested.push(id))
      return woken
    },
  }
}

test('few stay awake; of many that are spoken to in turn all but a share rest after each word', () => {
  const few = new Awake()
  const { speak, rested } = speaker(few, 10)
  for (let i = 0; i < 100; i++) speak(`c${i % 10}`)
  expect(rested).toEqual([])
  for (let i = 0; i < 1_000; i++) {
    speak(`d${i}`)
    expect(few.size).toBe(10)
  }
})

test('those spoken to often stay while very many are spoken to once', () => {
  const awake = new Awake()
  const { speak } = speaker(awake, 20)
  for (let i = 0; i < 100; i++) speak(`stale${i}`)
  let woken = 0
  for (let i = 0; i < 20_000; i++) {
    const again = speak(`hot${i % 10}`)
    if (i >= 10_000 && again) woken++
    speak(`once${i}`)
  }
  expect(woken).toBeLessThan(500)
})

test('whoever has inputs waiting is left awake, and rests once it has none', () => {
  const awake = new Awake()
  const { speak, rested } = speaker(awake, 2)
  for (let i = 0; i < 50; i++) speak(`w${i}`, true)
  expect([awake.size, rested]).toEqual([50, []])
  for (const { agents } of awake) for (const agent of agents.values()) agent.waiting.length = 0
  for (let i = 0; i < 20; i++) speak('again')
  expect(awake.size).toBe(2)
})
