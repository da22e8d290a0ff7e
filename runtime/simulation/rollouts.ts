/**
 * Deployments in a simulated world: a candidate in the shadow, then in a canary, then with the say, then taken back, or
 * taken back earlier. Whoever deploys repeats it to all daemons until every partition's log says so, as `parapet deploy` does.
 */
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { deployed, type Making, rolledBack } from '#runtime/deploy/next.ts'
import { isLater, type Rollout, type Stage } from '#runtime/deploy/rollout.ts'
import type { Daemons } from './daemons.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Said again after this, until every partition has it. */
const AGAIN_MS = 1_000
/** At any stage: a candidate is given up. */
const GIVEN_UP = 0.2

const SHADOW: Stage = { stage: 'shadow', share: 0 }
const CANARY: Stage = { stage: 'canary', share: 5_000 }
const ENFORCE: Stage = { stage: 'enforce', share: 0 }

export class Rollouts {
  readonly #own: Bundle
  readonly #candidates: readonly Bundle[]
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #daemons: Daemons
  readonly #inForce: () => readonly (Rollout | undefined)[]
  #newest: Rollout | undefined
  #telling = false

  /** `inForce`: what the log of every partition says. */
  constructor(
    own: Bundle,
    candidates: readonly Bundle[],
    time: VirtualTime,
    random: Random,
    daemons: Daemons,
    inForce: () => readonly (Rollout | undefined)[],
  ) {
    this.#own = own
    this.#candidates = candidates
    this.#time = time
    this.#random = random
    this.#daemons = daemons
    this.#inForce = inForce
  }

  /** Not every partition has the newest yet. */
  get busy(): boolean {
    const newest = this.#newest
    return newest !== undefined && this.#inForce().some((rollout) => isLater(newest, rollout))
  }

  /** The next stage. */
  go(): void {
    this.#newest = this.#next()
    if (!this.#telling) this.#tell()
  }

  #tell(): void {
    this.#telling = this.busy
    const newest = this.#newest
    if (!this.#telling || newest === undefined) return
    this.#daemons.tell((fleet) => void fleet.switchTo(newest, [this.#own, ...this.#candidates]))
    this.#time.after(AGAIN_MS, () => this.#tell())
  }

  #next(): Rollout | undefined {
    const random = this.#random
    const rollout = this.#newest
    const warmUp = random.chance(0.5) ? 'replay' : 'none'
    const making: Making = {
      id: `${(rollout?.number ?? 0) + 1}`,
      by: 'operator',
      at: Math.floor(this.#time.now),
    }
    const standing = { hash: rollout?.standing ?? this.#own.hash, rollout }
    const candidate = rollout?.candidate
    const enforced = candidate === undefined && standing.hash !== this.#own.hash
    if (rollout && (enforced || (candidate && random.chance(GIVEN_UP))))
      return rolledBack(rollout, 'taken back', warmUp, making) ?? rollout
    const hash = candidate?.hash ?? random.pick(this.#candidates).hash
    const stage = candidate === undefined ? SHADOW : candidate.stage === 'shadow' ? CANARY : ENFORCE
    return deployed(standing, hash, [stage], { warmUp }, making)
  }
}
