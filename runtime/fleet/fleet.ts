/** A fleet in this process: every partition recovered, owned and running over one log. */
import type { Judge } from '#dsl/judge/judge.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import { warmUp } from '#dsl/judge/warm.ts'
import { createKernel, type Kernel } from '#runtime/kernel/kernel.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { addressOf, partitionOf } from './address.ts'
import type { Clock, Stopwatch } from './clock.ts'
import type { FleetDefinition, Inlet, World } from './definition.ts'
import { createInlet } from './inlet.ts'
import { KEEPING, type Keeping } from './keeping.ts'
import { PartitionOwner, type Stopped } from './owner.ts'
import type { PartitionState } from './partition-state.ts'
import type { Approval, CommitRecord } from './record.ts'
import { recover } from './recover.ts'
import type { Measured } from './turn.ts'

export interface FleetDeps {
  readonly definition: FleetDefinition
  readonly judge: Judge
  readonly log: FleetLog
  readonly world: World
  readonly memory: SharedMemory
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly measured: Measured & { turn(ns: number): void }
  readonly writer: string
  /** Runs every transition twice on frozen data and compares: finds machines that are not pure, at twice the cost. */
  readonly checkPurity: boolean
  /** When snapshots are taken and how much of the log is kept; `KEEPING` where not given. */
  readonly keeping?: Partial<Keeping>
  /** Records of earlier starts since the newest snapshot, once each, before the fleet runs. */
  readonly onRecovered: (record: CommitRecord) => void
  readonly onCommit: (record: CommitRecord) => void
  readonly onStop: (partition: number, reason: Stopped) => void
}

export type Opened =
  | { readonly kind: 'open'; readonly fleet: Fleet; readonly recoveredRecords: number }
  | { readonly kind: 'refused'; readonly message: string }

export async function openFleet(deps: FleetDeps): Promise<Opened> {
  warmUp(deps.judge)
  const kernels = new Map<string, Kernel>()
  const inputs = new Map<string, (conversation: string) => JsonObject[string]>()
  for (const [role, agent] of Object.entries(deps.definition.agents)) {
    kernels.set(role, createKernel(agent.machine, { checkPurity: deps.checkPurity }))
    if (agent.input) inputs.set(role, agent.input)
  }
  const keeping = { ...KEEPING, ...deps.keeping }
  const inlet = createInlet(deps.log, deps.clock)
  const owners: PartitionOwner[] = []
  let recoveredRecords = 0
  for (let partition = 0; partition < deps.log.partitions; partition++) {
    const recovered = await recover(deps.log, partition, deps.onRecovered, keeping.awakeMax)
    if (recovered.kind === 'refused') return recovered
    recoveredRecords += recovered.records
    const owner = new PartitionOwner(
      {
        partition,
        log: deps.log,
        judge: deps.judge,
        kernels,
        inputs,
        escalateTo: deps.definition.escalateTo,
        world: deps.world,
        inlet,
        memory: deps.memory,
        clock: deps.clock,
        stopwatch: deps.stopwatch,
        measured: deps.measured,
        writer: deps.writer,
        keeping,
        onCommit: deps.onCommit,
        onStop: (reason) => deps.onStop(partition, reason),
      },
      recovered,
    )
    owners.push(owner)
  }
  for (const owner of owners) await owner.start()
  return { kind: 'open', fleet: new Fleet(owners, inlet), recoveredRecords }
}

export class Fleet {
  readonly inlet: Inlet
  readonly #owners: readonly PartitionOwner[]

  constructor(owners: readonly PartitionOwner[], inlet: Inlet) {
    this.#owners = owners
    this.inlet = inlet
  }

  get idle(): boolean {
    return this.#owners.every((owner) => owner.idle)
  }

  /** Partitions this process owns now. */
  get owned(): readonly number[] {
    return this.#owners.map((_owner, partition) => partition)
  }

  /** What a partition's owner holds; for tests and tools that look, never to be changed. */
  stateOf(partition: number): PartitionState {
    return this.#owners[partition]!.state
  }

  conversationEnded(conversation: string): boolean {
    const owner = this.#owners[partitionOf(conversation, this.#owners.length)]!
    return owner.state.known(conversation)?.ended ?? false
  }

  pendingApprovals(): Approval[] {
    return this.#owners.flatMap((owner) =>
      Array.from(owner.state.pending.values()).filter((pending) => pending.kind === 'approval'),
    )
  }

  /** A person's decision; without effect when it is no longer pending. `by` may not be the agent that asked. */
  decide(approval: Approval, grant: boolean, by: string, note: string): void {
    const agent = approval.step.actor
    if (by === agent) return
    const owner = this.#owners[partitionOf(addressOf(agent).conversation, this.#owners.length)]!
    owner.offer(agent, { kind: 'decision', approval: approval.id, grant, by, note })
  }

  async stop(): Promise<void> {
    await Promise.all(this.#owners.map((owner) => owner.stop()))
  }
}
