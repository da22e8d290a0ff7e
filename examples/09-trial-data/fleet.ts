/**
 * Batches of adverse events through rules, meaning and readers. Offline the published trial comes in with seeded mistakes, meaning is
 * compared by embeddings, and a coder who knows the trial reads:
 *
 *   PARAPET_MODEL=http://127.0.0.1:11434/v1#llama3.2 parapet up examples/09-trial-data/fleet.ts     a model compares
 *   PARAPET_READERS=people parapet up examples/09-trial-data/fleet.ts                               people read: `parapet approvals`
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelJudge } from '#runtime/evidence/model-judge.ts'
import { defineFleet } from '#runtime/fleet/definition.ts'
import { liveModel } from '#runtime/models/live.ts'
import type { Model } from '#runtime/models/model.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { conversationOf, intake, reviewer, validator } from './agents.ts'
import { received } from './mistakes.ts'
import { readTrial } from './records.ts'
import { batchesOf } from './trial.ts'
import { toolsOf } from './world.ts'

const SEED = 1
/** Of records that get a mistake. */
const SHARE = 0.15
const TOKENS_MAX = 200
const PRICES = { 'claude-sonnet-4-5': { inputPerMillion: 3, outputPerMillion: 15 } }

type Row = { key: string; [field: string]: unknown }

export default defineFleet({
  name: 'trial-data',
  policy: 'trial-data.parapet',
  agents: {
    intake: { machine: intake, input: (conversation) => conversation },
    validator: { machine: validator },
    ...(process.env['PARAPET_READERS'] === 'people' ? {} : { reviewer: { machine: reviewer } }),
  },
  partitions: 2,
  people: { ada: { roles: ['reviewer'] } },
  async world({ dataDir, clock, notice }) {
    const trial = readTrial()
    const records = received(trial, randomOf(SEED), SHARE)
    const model = await liveModel({ env: process.env, prices: PRICES, clock, random: Math.random, notice })
    const book = (name: string) => join(dataDir, `${name}.jsonl`)
    const keys = new Map(
      ['accepted', 'returned'].map((name) => {
        const lines = existsSync(book(name)) ? readFileSync(book(name), 'utf8').trimEnd().split('\n') : []
        const rows = lines.filter((line) => line !== '').map((line): Row => JSON.parse(line))
        return [name, new Set(rows.map(({ key }) => key))]
      }),
    )
    return {
      tools: toolsOf(trial, (name, conversation, key, entry) => {
        const written = keys.get(name)!
        if (written.has(key)) return
        written.add(key)
        appendFileSync(book(name), `${JSON.stringify({ key, conversation, ...entry })}\n`)
      }),
      ...(model && { detectors: { resemblance: comparing(model) } }),
      async feed(inlet) {
        const batches = batchesOf(records)
        for (const { batch, records } of batches)
          await inlet.tell({
            source: 'site',
            seq: 1,
            conversation: batch,
            to: 'intake',
            from: 'site',
            message: 'batch',
            fields: { records: records.map(({ event }) => event) },
          })
        return batches.flatMap(({ batch, records }) => [
          batch,
          ...records.map((_, index) => conversationOf(batch, index)),
        ])
      },
    }
  },
})

/** A model in place of embeddings: it is asked about one pair at a time, and its score and reason stand in the log. */
function comparing(model: Model) {
  return modelJudge({
    model: model.name,
    question: 'How surely do both texts name the same medical event?',
    ask: (prompt, signal) =>
      model.generate({ messages: [{ role: 'user', text: prompt }], tokensMax: TOKENS_MAX }, { signal }),
  })
}
