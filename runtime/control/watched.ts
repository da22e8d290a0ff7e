/** The fleet as control sees it: `Fleet` is one. */
import type { Bundle } from '#runtime/deploy/bundle.ts'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import type { SwitchedAll } from '#runtime/fleet/fleet.ts'
import type { ClientInlet } from '#runtime/fleet/inlet.ts'
import type { Curation } from '#runtime/fleet/keeper.ts'
import type { LedgerEntry } from '#runtime/fleet/ledger/entries.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { Approval, DeadLetter } from '#runtime/fleet/record.ts'

export interface Watched {
  readonly inlet: ClientInlet
  /** Partitions that this daemon owns now. */
  readonly owned: readonly number[]
  /** Of a partition that is owned. */
  stateOf(partition: number): PartitionState
  /** Committed messages of all partitions owned that have not arrived yet. */
  readonly unsent: number
  pendingApprovals(): Approval[]
  decide(approval: Approval, grant: boolean, by: string, note: string): void
  ledgers(now: number): LedgerEntry[]
  resolve(ledger: string, hold: string, cameAbout: boolean, by: string, note: string): void
  curate(id: string, curation: Curation): void
  settleDead(letter: DeadLetter, what: 'retry' | 'drop', by: string): void
  /** The fleet file's policy, where its text is at hand. */
  readonly policy: Bundle | undefined
  /** Hash of the policy with the say in a partition served here. */
  standing(partition: number): string
  /** A version's text, where it is here. */
  text(hash: string): Bundle | undefined
  switchTo(rollout: Rollout, bundles: readonly Bundle[]): Promise<SwitchedAll>
}
