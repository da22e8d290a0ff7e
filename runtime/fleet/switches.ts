/**
 * Rollouts on their way into one partition's log, each in a record of its own between two batches.
 *
 * Invariants:
 * 1. The newest wins: one that the partition has, or has passed, changes nothing.
 * 2. The record that switches holds the texts the partition does not have yet: from its log alone it can be judged on.
 * 3. What is warmed up before a switch means nothing to the policy that still has the say: a crash in between does no harm.
 */
import { isLater, type Switch } from '#runtime/deploy/rollout.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { Fifo } from './fifo.ts'
import type { Keeping } from './keeping.ts'
import type { PartitionState } from './partition-state.ts'
import type { Policies } from './policies.ts'
import type { Change, CommitRecord } from './record.ts'
import { grouped, warmUpChanges } from './warm-up.ts'

/** `passed`: the partition had it already, or a later one. `stopped`: nobody knows; whoever owns it next can say. */
export type Switched = 'switched' | 'passed' | 'stopped'

export interface SwitchesDeps {
  readonly log: FleetLog
  readonly partition: number
  readonly policies: Policies
  readonly keeping: Keeping
  readonly state: PartitionState
  /** Of changes in one record, as JSON. */
  readonly bytesMax: number
  /** Writes a record without turns; false when another owns the slot. */
  readonly commit: (what: Pick<CommitRecord, 'switch' | 'changes'>) => Promise<boolean>
}

export class Switches {
  readonly #deps: SwitchesDeps
  readonly #waiting = new Fifo<{ readonly change: Switch; readonly settle: (how: Switched) => void }>()

  #doing = false

  constructor(deps: SwitchesDeps) {
    this.#deps = deps
  }

  /** One waits or is under way. */
  get busy(): boolean {
    return this.#doing || this.#waiting.length > 0
  }

  add(change: Switch): Promise<Switched> {
    return new Promise((settle) => this.#waiting.push({ change, settle }))
  }

  /** Does the next one, if there is one. False when the partition is another's. */
  async next(): Promise<boolean> {
    const next = this.#waiting.shift()
    if (!next) return true
    let how: Switched = 'stopped'
    this.#doing = true
    try {
      how = await this.#do(next.change)
    } finally {
      this.#doing = false
      next.settle(how)
    }
    return how !== 'stopped'
  }

  stop(): void {
    for (let left = this.#waiting.shift(); left; left = this.#waiting.shift()) left.settle('stopped')
  }

  async #do(change: Switch): Promise<Switched> {
    const { state, bytesMax, commit } = this.#deps
    const { rollout } = change
    if (!isLater(rollout, state.rollout)) return 'passed'
    for (const changes of grouped(await this.#warmedUp(change), bytesMax))
      if (!(await commit({ changes }))) return 'stopped'
    const bundles = change.bundles.filter(({ hash }) => !state.bundles.has(hash))
    return (await commit({ switch: { rollout, bundles } })) ? 'switched' : 'stopped'
  }

  async #warmedUp({ rollout }: Switch): Promise<Change[]> {
    const { log, partition, policies, keeping, state } = this.#deps
    const say = policies.judge(policies.standing(state))
    const judge = policies.judge(rollout.candidate?.hash ?? rollout.standing)
    if (rollout.warmUp === 'none' || judge === say) return []
    const enforces = rollout.candidate === undefined
    return warmUpChanges({ log, partition, state, awakeMax: keeping.awakeMax, say, judge, enforces })
  }
}
