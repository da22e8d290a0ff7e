/** A fleet whose partitions are shared with other daemons: wires the fleet to its leases and says what changes. */
import { SILENCE_MAX_MS } from '#runtime/fleet/attend.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import { Fleet, type FleetDeps } from '#runtime/fleet/fleet.ts'
import type { Stopped } from '#runtime/fleet/owner.ts'
import { Ownership } from '#runtime/fleet/ownership.ts'
import { SlotsLost } from '#runtime/fleet/slots-lost.ts'
import type { Leases } from '#runtime/log/leases.ts'
import { debugDetail, type Problem, problem } from './problem.ts'

export interface ShareDeps {
  readonly fleet: Omit<FleetDeps, 'onRecovered' | 'onStop'>
  readonly onRecovered: FleetDeps['onRecovered']
  readonly leases: Leases
  /** The machine's own time, not the fleet's. */
  readonly clock: Clock
  readonly member: string
  readonly leaseMs: number
  /** Whether nothing is left to do in a partition served here. */
  readonly quiet: (fleet: Fleet, partition: number) => boolean
  readonly onHalt: (why: Problem) => void
  readonly onChange: () => void
  readonly say: (line: string) => void
}

export class SharedFleet {
  readonly fleet: Fleet
  readonly ownership: Ownership
  /** Records read when partitions were taken up, counted once each. */
  recoveredRecords = 0
  readonly #deps: ShareDeps
  /** The newest record counted, per partition: one that comes back is not told again. */
  readonly #told = new Map<number, number>()
  /** Partitions whose log does not answer, which has been said. */
  readonly #silent = new Set<number>()
  #shown = ''

  constructor(deps: ShareDeps) {
    this.#deps = deps
    const { leases, clock, member, leaseMs, quiet, onHalt } = deps
    const { log, writer } = deps.fleet
    this.fleet = new Fleet({
      ...deps.fleet,
      onCommit: (record) => {
        this.#told.set(record.partition, record.rev)
        deps.fleet.onCommit(record)
      },
      onRecovered: (record) => {
        if (record.rev <= (this.#told.get(record.partition) ?? 0)) return
        this.#told.set(record.partition, record.rev)
        if (!record.claim) this.recoveredRecords += 1
        deps.onRecovered(record)
      },
      onStop: (partition, reason) => this.#onStop(partition, reason),
    })
    this.ownership = new Ownership({
      leases,
      clock,
      partitions: log.partitions,
      member,
      writer,
      leaseMs,
      take: (partition) => this.#take(partition),
      give: (partition) => this.fleet.give(partition),
      quiet: (partition) => quiet(this.fleet, partition),
      idle: () => this.fleet.idle,
      onChange: () => this.#onChange(),
      onDouble: () =>
        onHalt(
          problem('D0037', `another daemon runs as \`${member}\`, the name of this one`, {
            help: 'its data folder is a copy: remove the file `member` from one of the two, and start it again',
          }),
        ),
    })
  }

  async #take(partition: number): Promise<boolean> {
    const { log } = this.#deps.fleet
    const taken = await this.fleet.take(partition).catch((cause: unknown) =>
      problem('D0032', `partition ${partition} could not be taken up: ${(cause as Error).message}`, {
        where: log.describe,
        ...debugDetail(cause),
        help: 'nothing was changed',
      }),
    )
    if (taken.kind === 'serving') {
      this.#silent.delete(partition)
      return true
    }
    // Whoever writes there has not heard yet that the lease is ours: tried again with the next beat.
    if (taken.kind === 'contested') return false
    if (taken.kind === 'silent') {
      if (!this.#silent.has(partition))
        this.#deps.say(
          `partition ${partition}: no answer of the log for ${SILENCE_MAX_MS / 1_000} s; trying on`,
        )
      this.#silent.add(partition)
      return false
    }
    this.#deps.onHalt(
      taken.kind === 'problem'
        ? taken
        : problem('D0033', taken.message, {
            where: log.describe,
            help: 'something else wrote there, or another version of Parapet; nothing was changed',
          }),
    )
    return false
  }

  #onStop(partition: number, reason: Stopped): void {
    if (reason.kind === 'fenced') this.ownership.lost(partition)
    if (reason.kind === 'failed' && reason.error instanceof SlotsLost)
      this.#deps.onHalt(
        problem('D0038', `partition ${partition}: ${reason.error.message}`, {
          where: this.#deps.fleet.log.describe,
          help: 'its server has lost what it acknowledged: see what was done on the word of it before starting again',
        }),
      )
    else if (reason.kind === 'failed')
      this.#deps.onHalt(
        problem('D0032', `partition ${partition} stopped: ${reason.error.message}`, {
          ...debugDetail(reason.error),
          help: 'what is committed is kept; start again to go on (PARAPET_DEBUG=1 shows the stack)',
        }),
      )
  }

  /** A daemon alone has nothing to tell: it serves all there is. */
  #onChange(): void {
    this.#deps.onChange()
    const { serving, members } = this.ownership
    const { partitions } = this.#deps.fleet.log
    const which = serving.length > 0 ? ` (${serving.join(', ')})` : ''
    const shown = `serves ${serving.length} of ${partitions} partitions${which}; ${members.length} daemons`
    if (shown === this.#shown || (members.length < 2 && this.#shown === '') || this.ownership.isLeaving)
      return
    this.#shown = shown
    this.#deps.say(shown)
  }
}
