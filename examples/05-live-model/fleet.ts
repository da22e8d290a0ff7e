/**
 * One agent and one model. Offline the model is a script; with PARAPET_MODEL it is a live one:
 *
 *   PARAPET_MODEL=http://127.0.0.1:11434/v1#llama3.2 parapet up examples/05-live-model/fleet.ts
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineFleet } from '#runtime/fleet/definition.ts'
import { liveModel } from '#runtime/models/live.ts'
import { scripted } from '#runtime/models/scripted.ts'
import { modelSource } from '#runtime/models/source.ts'
import { desk } from './desk.ts'

/** Dollars for a million tokens. A model without a price here counts its tokens only. */
const PRICES = { 'claude-sonnet-4-5': { inputPerMillion: 3, outputPerMillion: 15, cachedPerMillion: 0.3 } }

const script = scripted('script', ({ messages }) => {
  const asked = messages.at(-1)
  return asked?.role === 'user' && asked.text.includes('promise')
    ? 'We guarantee delivery tomorrow.'
    : 'Parcels usually take two days.'
})

export default defineFleet({
  name: 'live-model',
  policy: 'desk.parapet',
  agents: { desk: { machine: desk } },
  partitions: 2,
  executors: { model: { timeoutMs: 90_000 } },
  async world({ dataDir, clock, notice }) {
    const live = await liveModel({ env: process.env, prices: PRICES, clock, random: Math.random, notice })
    return {
      tools: {},
      sources: { model: modelSource(live ?? script) },
      outside: {
        customer: ({ text }, { conversation, key }) =>
          appendFileSync(
            join(dataDir, 'answers.jsonl'),
            `${JSON.stringify({ key, conversation, text: text ?? '' })}\n`,
          ),
      },
    }
  },
})
