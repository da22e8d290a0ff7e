/** Folds recorded partitions and does all their judging again on the way. */
import type { Judge } from '#dsl/judge/judge.ts'
import { PartitionState } from './partition-state.ts'
import type { CommitRecord } from './record.ts'
import { type Replayed, replayTurn } from './replay.ts'

export interface ReplayedRecords {
  /** By partition, as the records leave them. */
  readonly states: ReadonlyMap<number, PartitionState>
  /** None when everything comes out as recorded. */
  readonly differences: Replayed['differences']
}

/** `judgeOf` finds the judge of a policy by its hash. Records in the order of their slots, partitions mixed as they like. */
export function replayed(
  records: Iterable<CommitRecord>,
  judgeOf: (policy: string) => Judge,
): ReplayedRecords {
  const states = new Map<number, PartitionState>()
  const differences: Replayed['differences'][number][] = []
  for (const record of records) {
    const state = states.get(record.partition) ?? new PartitionState()
    states.set(record.partition, state)
    for (const turn of record.turns) {
      differences.push(...replayTurn(judgeOf(turn.policy ?? record.policy), state, turn).differences)
      state.foldTurn(turn, record.rev)
    }
    state.advance(record)
  }
  return { states, differences }
}
