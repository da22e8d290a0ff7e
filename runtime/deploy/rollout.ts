/**
 * Which policy judges what, in one partition: plain data, written into its log and replaced whole.
 *
 * Invariants:
 * 1. Of two rollouts the later wins, everywhere (`isLater`): whoever tells a partition one it has passed changes nothing, so
 *    that telling all of them the newest again and again brings them together, whatever crashed in between.
 * 2. While a candidate is tried, a conversation stays with the policy that judged it first.
 */
import { sha256Hex } from '#dsl/sha256.ts'
import type { Bundle } from './bundle.ts'

export interface Rollout {
  /** From 1; whoever makes one takes the next number. */
  readonly number: number
  /** Decides between two that were made with the same number. */
  readonly id: string
  /** Who made it, and what for. */
  readonly by: string
  readonly why: string
  /** Milliseconds since the epoch, by the clock of whoever made it. */
  readonly at: number
  /** Hash of the policy that judges all but the candidate's share. */
  readonly standing: string
  /** The last known good: where a rollback goes when there is no candidate. */
  readonly before?: string
  readonly candidate?: Candidate
  /** What becomes of monitors that the standing policy adds to conversations already open. */
  readonly warmUp: WarmUp
}

/** `none`: they start with nothing. `replay`: the recorded steps of open conversations are folded through them. */
export type WarmUp = 'none' | 'replay'

export interface Candidate {
  readonly hash: string
  /** `shadow`: it judges beside and enforces nothing. `canary`: it judges its share of the conversations that begin. */
  readonly stage: 'shadow' | 'canary'
  /** Of the conversations that begin, in parts of 10,000; 0 in the shadow. */
  readonly share: number
  /** When the next stage begins; absent: when somebody says so. Milliseconds since the epoch. */
  readonly until?: number
  /** The stages after this one. */
  readonly after: readonly Stage[]
  readonly bound?: Bound
}

export interface Stage {
  readonly stage: 'shadow' | 'canary' | 'enforce'
  readonly share: number
  readonly forMs?: number
}

/** What takes a candidate back by itself, once enough has been judged. */
export interface Bound {
  /** Most of the steps judged twice that may have another verdict, 0 to 1. */
  readonly changedMost?: number
  /** Most by which its share of denied turns may pass that of the standing policy, 0 to 1; in the canary. */
  readonly deniedMost?: number
}

export const SHARE_WHOLE = 10_000

/** A rollout with the texts it names, as it stands in a record: every partition has all it needs to judge. */
export interface Switch {
  readonly rollout: Rollout
  readonly bundles: readonly Bundle[]
}

export function isLater(one: Rollout, other: Rollout | undefined): boolean {
  if (other === undefined || one.number !== other.number) return one.number > (other?.number ?? 0)
  return one.id > other.id
}

/** The versions that a rollout needs the texts of. */
export function versionsOf({ standing, before, candidate }: Rollout): string[] {
  return Array.from(new Set([standing, before, candidate?.hash].filter((hash) => hash !== undefined)))
}

/** The policy for a conversation: `first` judged it before, if any did since the candidate is tried. */
export function versionFor(
  { standing, candidate }: Rollout,
  conversation: string,
  begun: boolean,
  first: string | undefined,
): string {
  if (candidate === undefined || candidate.stage === 'shadow') return standing
  if (begun) return first === candidate.hash ? first : standing
  return isInShare(candidate, conversation) ? candidate.hash : standing
}

/** The same for every share that is larger: who was in stays in. Each candidate draws anew. */
export function isInShare({ hash, share }: Candidate, conversation: string): boolean {
  return Number.parseInt(sha256Hex(`${hash} ${conversation}`).slice(0, 8), 16) % SHARE_WHOLE < share
}
