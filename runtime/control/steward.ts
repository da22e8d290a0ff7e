/**
 * Looks after rollouts while nobody watches: brings partitions along that have missed the newest, takes a candidate back
 * whose bound is passed, and goes on to the next stage in time.
 *
 * Every daemon brings others along to what it has itself; one daemon, the owner of partition 0, decides what comes next. Two
 * that take themselves for it do no harm: of two rollouts the later wins everywhere.
 */
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { type Making, next, type Seen } from '#runtime/deploy/next.ts'
import { isLater, type Rollout, versionsOf } from '#runtime/deploy/rollout.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import type { Trial } from '#runtime/fleet/trial.ts'
import type { Answer, Ask, PoliciesStatus } from './asks.ts'

/** Between two looks while a candidate is tried, and else. */
export const TRIAL_LOOK_MS = 1_000
export const LOOK_MS = 5_000

export interface StewardDeps {
  /** What this daemon itself would answer to `policies`; undefined while it starts. */
  readonly own: () => PoliciesStatus | undefined
  readonly texts: (hashes: readonly string[]) => readonly Bundle[]
  /** Asks every daemon, this one among them. */
  readonly ask: (ask: Ask) => Promise<readonly Answer[]>
  readonly making: () => Making
  readonly development: boolean
  readonly clock: Clock
}

export class Steward {
  readonly #deps: StewardDeps
  #cancel = () => {}
  #closed = false

  constructor(deps: StewardDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#cancel = this.#deps.clock.after(TRIAL_LOOK_MS, () => void this.#look())
  }

  close(): void {
    this.#closed = true
    this.#cancel()
  }

  async #look(): Promise<void> {
    // Who cannot be reached now is asked again.
    const tried = await this.look().catch(() => false)
    if (this.#closed) return
    this.#cancel = this.#deps.clock.after(tried ? TRIAL_LOOK_MS : LOOK_MS, () => void this.#look())
  }

  /** One look; true while a candidate is tried. */
  async look(): Promise<boolean> {
    const { own, ask, making } = this.#deps
    const here = own()
    const mine = here && newestOf([here])
    if (here === undefined || mine === undefined) return false
    const answers = await ask({ kind: 'policies' })
    const all = answers.flatMap((answer) => (answer.kind === 'policies' ? [answer.policies] : []))
    const newest = newestOf(all) ?? mine
    // Whoever has the newer one has its texts too, and brings this daemon along.
    if (isLater(newest, mine)) return true
    const leads = here.partitions.some(({ partition }) => partition === 0)
    const following = leads ? next(mine, seenOf(all, mine), making()) : undefined
    const behind = all.some(({ partitions }) => partitions.some(({ rollout }) => isLater(mine, rollout)))
    if (following) await this.#tell(following)
    else if (behind) await this.#tell(mine)
    return mine.candidate !== undefined || behind
  }

  async #tell(rollout: Rollout): Promise<void> {
    const { ask, texts, development } = this.#deps
    const bundles = texts(versionsOf(rollout))
    await ask({ kind: 'switch', rollout, bundles, unsigned: development })
  }
}

export function newestOf(daemons: readonly PoliciesStatus[]): Rollout | undefined {
  return daemons
    .flatMap(({ partitions }) => partitions.flatMap(({ rollout }) => rollout ?? []))
    .reduce<Rollout | undefined>((best, each) => (isLater(each, best) ? each : best), undefined)
}

/** What has been seen since this very rollout, in all partitions that have it. */
function seenOf(daemons: readonly PoliciesStatus[], { number, id }: Rollout): Seen {
  const trials = daemons.flatMap(({ partitions }) =>
    partitions.flatMap(({ rollout, trial }) =>
      trial !== undefined && rollout?.number === number && rollout.id === id ? [trial] : [],
    ),
  )
  const sum = (of: keyof Trial): number => trials.reduce((total, trial) => total + trial[of], 0)
  return {
    steps: sum('steps'),
    changed: sum('changed'),
    standingTurns: sum('standingTurns'),
    standingDenied: sum('standingDenied'),
    candidateTurns: sum('candidateTurns'),
    candidateDenied: sum('candidateDenied'),
  }
}
