import { expect, test } from 'vitest'
import { systemClock } from '#runtime/daemon/clock.ts'
import { liveModel } from './live.ts'

const modelOf = (set: string) =>
  liveModel({ env: { PARAPET_MODEL: set }, clock: systemClock(), random: () => 0 })

test.each(['nothing', 'localhost:9/v1#m', 'http://#m', 'http://127.0.0.1:9/v1#', '#m'])(
  'what names no endpoint and model is an error before anything starts: %s',
  async (set) => {
    await expect(modelOf(set)).rejects.toThrow(`PARAPET_MODEL is \`${set}\``)
  },
)

test.each(['http://127.0.0.1:9/v1#m', 'https://models.example/v1#family/m', 'anthropic#m'])(
  'an endpoint and a model is a model: %s',
  async (set) => {
    expect(await modelOf(set)).toBeDefined()
  },
)

test('none set is none', async () => {
  expect(await modelOf('')).toBeUndefined()
})
