/**
 * The policies a fleet judges by: its own, and what has been rolled out since. Compiled once a process, whatever the number
 * of partitions.
 */
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { ownerOf } from '#dsl/judge/keys.ts'
import { warmUp } from '#dsl/judge/warm.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { openBundle } from '#runtime/deploy/open-bundle.ts'
import { type Rollout, type Switch, versionFor, versionsOf } from '#runtime/deploy/rollout.ts'
import { entryOf, isLedgerConversation } from './ledger/address.ts'
import type { PartitionState } from './partition-state.ts'

/** Who judges a conversation, and who judges beside without a say. */
export interface Seat {
  readonly judge: Judge
  readonly beside?: Judge | undefined
}

export type Prepared =
  | { readonly kind: 'prepared'; readonly change: Switch }
  | { readonly kind: 'refused'; readonly message: string }

export type WhyNotFitting = (plan: Plan) => string | undefined

export class Policies {
  readonly #own: Judge
  readonly #whyNotFitting: WhyNotFitting
  readonly #judges = new Map<string, Judge>()
  readonly #bundles = new Map<string, Bundle>()

  /** `bundle`: the text of `own`; without it a rollout cannot name it. */
  constructor(own: Judge, bundle?: Bundle, whyNotFitting: WhyNotFitting = () => undefined) {
    warmUp(own)
    this.#whyNotFitting = whyNotFitting
    this.#own = own
    this.#judges.set(own.hash, own)
    if (bundle) this.#bundles.set(own.hash, bundle)
  }

  /** Hash of the policy that judges all but a candidate's share. */
  standing({ rollout }: PartitionState): string {
    return rollout?.standing ?? this.#own.hash
  }

  seatOf(state: PartitionState, conversation: string): Seat {
    const { rollout } = state
    if (rollout === undefined) return { judge: this.#own }
    if (isLedgerConversation(conversation)) return { judge: this.#ofLedger(rollout, conversation) }
    const known = state.known(conversation)
    const begun = known !== undefined && known.turns > 0
    const hash = versionFor(rollout, conversation, begun, known?.policy)
    const { standing, candidate } = rollout
    if (candidate === undefined) return { judge: this.judge(hash) }
    return { judge: this.judge(hash), beside: this.judge(hash === standing ? candidate.hash : standing) }
  }

  /** The one that judged a conversation before, while this process knows it. */
  lately(hash: string | undefined): Judge | undefined {
    return hash === undefined ? this.#own : this.#judges.get(hash)
  }

  /** Of a version whose text has been seen here (`know`, `prepare`). */
  judge(hash: string): Judge {
    const judge = this.#judges.get(hash)
    if (judge) return judge
    const bundle = this.#bundles.get(hash)
    const opened = bundle && openBundle(bundle)
    if (opened?.kind !== 'opened') throw new Error(opened?.message ?? `no text of policy ${hash} is here`)
    const made = createJudge(opened.plan)
    warmUp(made)
    this.#judges.set(hash, made)
    return made
  }

  /** A version's text, where it is here. */
  text(hash: string): Bundle | undefined {
    return this.#bundles.get(hash)
  }

  /** What a partition's log says of the policies it is judged by; the reason when this daemon cannot judge by them. */
  know(state: PartitionState): string | undefined {
    for (const [hash, bundle] of state.bundles) this.#bundles.set(hash, bundle)
    return state.rollout && this.#lacking(state.rollout)
  }

  /** A rollout with the texts it names, each known to compile to what it says. Nothing is kept of one that is refused. */
  prepare(rollout: Rollout, bundles: readonly Bundle[]): Prepared {
    const given = new Map(bundles.map((bundle) => [bundle.hash, bundle]))
    const texts: Bundle[] = []
    for (const hash of versionsOf(rollout)) {
      const bundle = this.#bundles.get(hash) ?? given.get(hash)
      if (!bundle) return { kind: 'refused', message: `the text of policy ${hash.slice(0, 12)} is not here` }
      const opened = this.#judges.has(hash) ? undefined : openBundle(bundle)
      if (opened?.kind === 'refused') return opened
      const unfit = opened && this.#whyNotFitting(opened.plan)
      if (unfit !== undefined) return { kind: 'refused', message: unfit }
      texts.push(bundle)
    }
    for (const bundle of texts) this.#bundles.set(bundle.hash, bundle)
    for (const { hash } of texts) this.judge(hash)
    return { kind: 'prepared', change: { rollout, bundles: texts } }
  }

  #lacking(rollout: Rollout): string | undefined {
    const prepared = this.prepare(rollout, [])
    return prepared.kind === 'refused' ? prepared.message : undefined
  }

  /** A ledger is kept by whoever states its limit: the standing policy, or the candidate that brings a new one. */
  #ofLedger({ standing, candidate }: Rollout, conversation: string): Judge {
    const judge = this.judge(standing)
    const id = ownerOf(entryOf(conversation))
    const states = ({ plan }: Judge) => plan.consistencies.some((one) => one.id === id)
    if (candidate === undefined || states(judge)) return judge
    const other = this.judge(candidate.hash)
    return states(other) ? other : judge
  }
}
