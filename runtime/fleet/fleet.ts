/** A fleet in this process: the partitions it serves, each recovered and running over one log. */
import type { Judge } from '#dsl/judge/judge.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import type { Curation } from '#runtime/kernel/effect.ts'
import { createKernel, type Kernel } from '#runtime/kernel/kernel.ts'
import { versioned } from '#runtime/kernel/versions.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { addressOf, partitionOf } from './address.ts'
import { type Silent, within } from './attend.ts'
import { Breakers } from './breakers.ts'
import type { Clock, Stopwatch } from './clock.ts'
import type { FleetDefinition, Supervision, World } from './definition.ts'
import { type ClientInlet, createInlet } from './inlet.ts'
import { KEEPER, KEEPER_CONVERSATION } from './keeper-name.ts'
import { KEEPING } from './keeping.ts'
import { isInLedger } from './ledger/address.ts'
import { type LedgerEntry, ledgerEntries } from './ledger/entries.ts'
import { PartitionOwner, type Stopped } from './owner.ts'
import type { PartitionState } from './partition-state.ts'
import { Policies } from './policies.ts'
import type { Approval, CommitRecord, DeadLetter } from './record.ts'
import { directoryOf } from './standing.ts'
import type { Switched } from './switches.ts'
import { takeOver } from './take-over.ts'
import type { Measured } from './turn.ts'

export interface FleetDeps {
  readonly definition: FleetDefinition
  /** The fleet file's policy: it judges until another is rolled out. */
  readonly judge: Judge
  /** Its text; without it nothing can be rolled back to it. */
  readonly policy?: Bundle
  /** Why another policy cannot judge this fleet; undefined when it can. */
  readonly whyNotFitting?: (plan: Plan) => string | undefined
  readonly log: FleetLog
  readonly world: World
  readonly memory: SharedMemory
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly measured: Measured & { turn(ns: number): void }
  readonly writer: string
  /** Runs every transition twice on frozen data and compares: finds machines that are not pure, at twice the cost. */
  readonly checkPurity: boolean
  /** Records of earlier starts since the newest snapshot, once each, before the fleet runs. */
  readonly onRecovered: (record: CommitRecord) => void
  readonly onCommit: (record: CommitRecord) => void
  readonly onStop: (partition: number, reason: Stopped) => void
}

export type Taken =
  | { readonly kind: 'serving'; readonly records: number }
  /** Somebody else goes on writing there. */
  | { readonly kind: 'contested' }
  /** The log does not answer. */
  | Silent
  | { readonly kind: 'refused'; readonly message: string }

/** Of one partition: a log that hangs is not asked by ever more. */
export const TAKES_SILENT_MAX = 3

export type SwitchedAll =
  | {
      readonly kind: 'switched'
      readonly partitions: readonly { readonly partition: number; readonly how: Switched }[]
    }
  | { readonly kind: 'refused'; readonly message: string }

export type Opened =
  | { readonly kind: 'open'; readonly fleet: Fleet; readonly recoveredRecords: number }
  | { readonly kind: 'refused'; readonly message: string }

/** A fleet that serves every partition from the start. */
export async function openFleet(deps: FleetDeps): Promise<Opened> {
  const fleet = new Fleet(deps)
  let recoveredRecords = 0
  for (let partition = 0; partition < deps.log.partitions; partition++) {
    const taken = await fleet.take(partition)
    if (taken.kind !== 'serving') {
      await fleet.stop()
      return taken.kind === 'refused' ? taken : { kind: 'refused', message: whyNotServed(taken, partition) }
    }
    recoveredRecords += taken.records
  }
  return { kind: 'open', fleet, recoveredRecords }
}

export class Fleet {
  readonly inlet: ClientInlet
  /** Of all partitions served here. */
  readonly breakers: Breakers
  readonly #deps: FleetDeps
  readonly #policies: Policies
  readonly #kernels = new Map<string, Kernel>()
  readonly #inputs = new Map<string, (conversation: string) => JsonObject[string]>()
  readonly #supervision = new Map<string, Supervision>()
  readonly #owners = new Map<number, PartitionOwner>()
  readonly #silent = new Map<number, readonly Silent[]>()

  /** Serves nothing yet. */
  constructor(deps: FleetDeps) {
    this.#deps = deps
    this.#policies = new Policies(deps.judge, deps.policy, deps.whyNotFitting)
    for (const [role, agent] of Object.entries(deps.definition.agents)) {
      this.#kernels.set(
        role,
        versioned(createKernel(agent.machine, { checkPurity: deps.checkPurity }), agent),
      )
      if (agent.input) this.#inputs.set(role, agent.input)
      if (agent.supervision) this.#supervision.set(role, agent.supervision)
    }
    this.inlet = createInlet(deps.log, deps.clock)
    this.breakers = new Breakers(deps.definition.executors ?? {}, deps.clock)
  }

  /**
   * Recovers the partition, claims it and serves it. One call at a time per partition, and not while it is served. Ends also when
   * the log never answers; of attempts that wait for it still there are at most TAKES_SILENT_MAX.
   */
  async take(partition: number): Promise<Taken> {
    const silent = this.#silent.get(partition) ?? []
    if (silent.length >= TAKES_SILENT_MAX) return silent[0]!
    const taken = await this.#take(partition)
    if (taken.kind === 'silent') {
      const others = () => (this.#silent.get(partition) ?? []).filter((each) => each !== taken)
      this.#silent.set(partition, [...others(), taken])
      void taken.ended.then(() => this.#silent.set(partition, others()))
    }
    return taken
  }

  async #take(partition: number): Promise<Taken> {
    const {
      log,
      definition,
      onRecovered,
      onStop,
      judge: _,
      policy: __,
      whyNotFitting: ___,
      ...deps
    } = this.#deps
    const keeping = { ...KEEPING, ...definition.keeping }
    const claimant = {
      writer: deps.writer,
      clock: deps.clock,
      awakeMax: share(keeping.awakeMax, log.partitions),
      whyNot: (state: PartitionState) => this.#policies.know(state),
      standing: (state: PartitionState) => this.#policies.standing(state),
    }
    const recovered = await takeOver(log, partition, claimant, onRecovered)
    if (recovered.kind !== 'recovered') return recovered
    deps.onCommit(recovered.claim)
    const owner = new PartitionOwner(
      {
        ...deps,
        partition,
        log,
        policies: this.#policies,
        kernels: this.#kernels,
        inputs: this.#inputs,
        escalateTo: definition.escalateTo,
        directory: directoryOf(definition),
        supervision: this.#supervision,
        reminders: definition.reminders,
        executors: definition.executors ?? {},
        breakers: this.breakers,
        inlet: this.inlet,
        keeping,
        awakeMax: () => share(keeping.awakeMax, this.#owners.size),
        onStop: (reason) => {
          // What a fenced owner holds is void.
          if (reason.kind === 'fenced') this.#owners.delete(partition)
          onStop(partition, reason)
        },
      },
      recovered,
    )
    this.#owners.set(partition, owner)
    const started = await within(deps.clock, owner.start())
    if (started === undefined) return { kind: 'serving', records: recovered.records }
    await this.give(partition)
    return started
  }

  /** Finishes the batch in hand and serves the partition no more; another may. */
  async give(partition: number): Promise<void> {
    await this.#owners.get(partition)?.stop()
    this.#owners.delete(partition)
  }

  /** The fleet file's, where its text was given. */
  get policy(): Bundle | undefined {
    return this.#deps.policy
  }

  /** Hash of the policy with the say in a partition served here. */
  standing(partition: number): string {
    return this.#policies.standing(this.stateOf(partition))
  }

  /** A version's text, where it is here. */
  text(hash: string): Bundle | undefined {
    return this.#policies.text(hash)
  }

  get idle(): boolean {
    return this.#served().every((owner) => owner.idle)
  }

  /** Messages of the partitions served here that are not known to have arrived. */
  get unsent(): number {
    return this.#served().reduce((sum, owner) => sum + owner.unsent, 0)
  }

  /** Partitions served here. */
  get owned(): readonly number[] {
    return Array.from(this.#owners.keys())
  }

  owns(partition: number): boolean {
    return this.#owners.has(partition)
  }

  /** What the owner of a partition served here holds; for tests and tools that look, never to be changed. */
  stateOf(partition: number): PartitionState {
    return this.#owners.get(partition)!.state
  }

  /** False also where the conversation is served elsewhere. */
  conversationEnded(conversation: string): boolean {
    return this.#ownerOf(conversation)?.state.known(conversation)?.ended ?? false
  }

  pendingApprovals(): Approval[] {
    return this.#served().flatMap((owner) =>
      Array.from(owner.state.pending.values()).filter((pending) => pending.kind === 'approval'),
    )
  }

  /** A person's decision; without effect when it is no longer pending, or not served here. `by` may not be the agent that asked. */
  decide(approval: Approval, grant: boolean, by: string, note: string): void {
    const agent = approval.step.actor
    if (by === agent) return
    this.#ownerOf(addressOf(agent).conversation)?.offer(agent, {
      kind: 'decision',
      approval: approval.id,
      grant,
      by,
      note,
    })
  }

  /** Every entry of a ledger that is served here; `now` in milliseconds since the epoch. */
  ledgers(now: number): LedgerEntry[] {
    return this.#served().flatMap(({ state }) =>
      ledgerEntries(state, this.#policies.judge(this.#policies.standing(state)).ledgers, now),
    )
  }

  /** A person says what became of a step whose outcome nobody else knows. Without effect when it is known or not served here. */
  resolve(ledger: string, hold: string, cameAbout: boolean, by: string, note: string): void {
    if (!isInLedger(ledger)) return
    this.#ownerOf(addressOf(ledger).conversation)?.offer(ledger, {
      kind: 'decision',
      approval: hold,
      grant: cameAbout,
      by,
      note,
    })
  }

  /** A person wants a dead letter tried again, or dropped. */
  settleDead({ id, agent }: DeadLetter, what: 'retry' | 'drop', by: string): void {
    this.#ownerOf(addressOf(agent).conversation)?.offer(agent, { kind: what, letter: id, by })
  }

  /** A person wants something done to rows of shared memory. */
  curate(id: string, curation: Curation): void {
    this.#ownerOf(KEEPER_CONVERSATION)?.offer(KEEPER, { kind: 'curate', id, curation })
  }

  /**
   * Every partition served here comes under the rollout, each between two of its batches; one that has it, or a later one,
   * stays as it is. Refused, with nothing changed, when a text is missing or is not what it says.
   */
  async switchTo(rollout: Rollout, bundles: readonly Bundle[]): Promise<SwitchedAll> {
    const prepared = this.#policies.prepare(rollout, bundles)
    if (prepared.kind === 'refused') return prepared
    const partitions = await Promise.all(
      Array.from(this.#owners, async ([partition, owner]) => ({
        partition,
        how: await owner.switchTo(prepared.change),
      })),
    )
    return { kind: 'switched', partitions }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#served().map((owner) => owner.stop()))
  }

  #served(): PartitionOwner[] {
    return Array.from(this.#owners.values())
  }

  #ownerOf(conversation: string): PartitionOwner | undefined {
    return this.#owners.get(partitionOf(conversation, this.#deps.log.partitions))
  }
}

function share(awakeMax: number, partitions: number): number {
  return Math.max(1, Math.floor(awakeMax / Math.max(1, partitions)))
}

function whyNotServed({ kind }: Exclude<Taken, { kind: 'serving' | 'refused' }>, partition: number): string {
  return kind === 'silent'
    ? `the log does not answer for partition ${partition}`
    : `another process goes on writing in partition ${partition}`
}
