/**
 * The keeper of shared memory: takes what people want done to rows (retracted, held, released, forgotten) and commits it before
 * it is done, so that who wanted it and why stands in the log. An agent of the runtime's own; what people want goes to the one of a
 * conversation that has nobody else, so that it passes through one partition, in order. What a quarantine holds stands in the record
 * of the turn that stopped the agent, and the keeper of its conversation takes the outcome.
 */
import type { Json } from '#dsl/judge/step.ts'
import type { Curation } from '#runtime/kernel/effect.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import type { Outcome } from './definition.ts'
import { closeOutcome } from './ledger/settling.ts'
import type { Input } from './record.ts'
import type { Turn } from './turn.ts'

export type { Curation }

/** Ids of rows that an outcome names; their number is told whole. */
const IDS_TOLD_MAX = 100

export function takeByKeeper(turn: Turn, input: Input): void {
  switch (input.kind) {
    case 'curate':
      turn.curate(input.curation)
      return turn.end('passed')
    case 'result':
      closeOutcome(turn, input)
      return turn.end('passed')
    case 'failure':
      closeOutcome(turn, input)
      return turn.end('failed', input.error)
    default:
      return turn.end('refused', 'the keeper of memory is told only what to do with rows')
  }
}

/** Throws what the store could not do now; done again it changes nothing further. */
export async function curate(memory: SharedMemory, curation: Curation): Promise<Outcome> {
  const done = await change(memory, curation)
  if (done.kind === 'failed') throw done.cause
  if (done.kind === 'refused') return { kind: 'failed', error: `${done.message}. ${done.help}` }
  const value: Json =
    done.kind === 'forgotten'
      ? { rows: done.rows }
      : { rows: done.ids.length, ids: done.ids.slice(0, IDS_TOLD_MAX) }
  return { kind: 'ok', value }
}

function change(memory: SharedMemory, curation: Curation) {
  switch (curation.what) {
    case 'retract':
      return memory.retract(curation.source)
    case 'hold':
      return memory.hold(curation.source)
    case 'release':
      return memory.release(curation.source)
    case 'forget':
      return memory.forget(curation.rows, curation.before)
  }
}
