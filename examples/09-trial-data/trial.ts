/** One seeded run of the fleet over a whole trial's records, in virtual time, with coders who read what they are asked to read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { meaningDetectors } from '#runtime/evidence/meaning.ts'
import { NO_FAULTS } from '#runtime/simulation/faults.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { simulate } from '#runtime/simulation/simulate.ts'
import { conversationOf, intake, validator } from './agents.ts'
import { againOf, type Mistake, originalOf, type Received, received } from './mistakes.ts'
import { type Trial, wordingOf } from './records.ts'
import { toolsOf } from './world.ts'

/** Records of one batch at most, as the policy has it. */
export const BATCH = 50
const START = Date.UTC(2026, 0, 5, 9)
const EVERY_MS = 3_600_000

export interface Run {
  readonly records: number
  readonly wrong: number
  /** Wrong records that were accepted, by what is wrong with them. */
  readonly missed: ReadonlyMap<Mistake, number>
  /** Right records that went back to their site. */
  readonly returned: number
  /** Records a coder was asked to read. */
  readonly read: number
}

export function policyText(): string {
  return readFileSync(join(import.meta.dirname, 'trial-data.parapet'), 'utf8')
}

export function judgeOf(text: string): Judge {
  const { plan, diagnostics } = compile(source(text, 'trial-data.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return createJudge(plan)
}

export function batchesOf(records: readonly Received[]): { batch: string; records: readonly Received[] }[] {
  const batches = Math.ceil(records.length / BATCH)
  return Array.from({ length: batches }, (_, at) => ({
    batch: `batch-${at + 1}`,
    records: records.slice(at * BATCH, (at + 1) * BATCH),
  }))
}

/** `share`: of records that get a mistake. */
export async function run(
  trial: Trial,
  judge: Judge,
  embedder: Embedder,
  seed: number,
  share: number,
): Promise<Run> {
  const records = received(trial, randomOf(seed).fork('mistakes'), share)
  const batches = batchesOf(records)
  const entered = new Map<string, 'accepted' | 'returned'>()
  const idOf = new Map(
    batches.flatMap(({ batch, records }) =>
      records.map(({ id }, index) => [conversationOf(batch, index), id] as const),
    ),
  )
  let read = 0
  const { settled } = await simulate({
    definition: {
      name: 'trial-data',
      agents: {
        intake: { machine: intake, input: (conversation) => conversation },
        validator: { machine: validator },
      },
    },
    judge,
    seed,
    faults: NO_FAULTS,
    looks: false,
    startsAt: START,
    forMs: (batches.length + 1) * EVERY_MS,
    world: {
      tools: toolsOf(trial, (book, conversation) => entered.set(idOf.get(conversation)!, book)),
      detectors: meaningDetectors(embedder),
    },
    person({ step: { fields } }) {
      read++
      const wording = { reported: String(fields['reported']), coded: String(fields['coded']) }
      return { by: 'coder', grant: trial.wordings.has(wordingOf(wording)) }
    },
    told: batches.map(({ batch, records }, at) => ({
      atMs: at * EVERY_MS,
      conversation: batch,
      to: 'intake',
      from: 'site',
      message: 'batch',
      fields: { records: records.map(({ event }) => event) },
    })),
  })
  if (!settled) throw new Error(`seed ${seed} did not settle`)
  const missed = new Map<Mistake, number>()
  let [wrong, returned] = [0, 0]
  for (const { id, mistake } of records) {
    if (!entered.has(id)) throw new Error(`nothing became of ${id}`)
    if (mistake !== undefined) wrong++
    // Of two that say the same, whichever comes first is the one to be accepted.
    const twin = mistake === 'sent twice' ? entered.get(originalOf(id)) : entered.get(againOf(id))
    const accepted = entered.get(id) === 'accepted'
    if (mistake === undefined && !accepted && twin !== 'accepted') returned++
    if (mistake !== undefined && accepted && (mistake !== 'sent twice' || twin === 'accepted'))
      missed.set(mistake, (missed.get(mistake) ?? 0) + 1)
  }
  return { records: records.length, wrong, missed, returned, read }
}
