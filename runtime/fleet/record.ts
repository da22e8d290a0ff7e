/**
 * The commit record: everything one batch of turns changed, as one atomic write. Consuming, state, outbox, timers,
 * monitors, verdicts and evidence stand in it together, so they cannot disagree.
 */

import type { CellChange } from '#dsl/judge/cells.ts'
import type { Evidence, Grounds, Need } from '#dsl/judge/grounds.ts'
import type { Json, JsonObject, Step } from '#dsl/judge/step.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import type { Switch } from '#runtime/deploy/rollout.ts'
import type { Standing } from '#runtime/guard/steps.ts'
import type { Curation, Effect, StateMove } from '#runtime/kernel/effect.ts'
import type { Origin } from '#runtime/kernel/kernel.ts'
import { TurnText } from './turn-text.ts'

export const RECORD_VERSION = 1

/** What set a turn off. Kept whole: a turn can be computed again from it. */
export type Input =
  | {
      readonly kind: 'message'
      readonly message: string
      /** Role or outside name of the sender. */
      readonly from: string
      readonly fields: JsonObject
      readonly position: number
      readonly source: string
      readonly seq: number
      /** Made by the runtime itself (`parapet.*`), not by an agent or a client. */
      readonly runtime?: boolean
      /** What it is labelled, when it comes from another conversation. */
      readonly labels?: readonly string[]
    }
  | {
      readonly kind: 'result'
      readonly intent: string
      readonly value: Json
      readonly spent?: { amount: number; tokens: number }
    }
  | {
      readonly kind: 'failure'
      readonly intent: string
      readonly error: string
      /** Absent: it did not come about, whatever was asked for. */
      readonly cameAbout?: 'yes' | 'unknown'
      readonly spent?: { amount: number; tokens: number }
    }
  /** What a source says before it is done: the `n`th part, from 1. */
  | { readonly kind: 'part'; readonly intent: string; readonly n: number; readonly value: Json }
  | { readonly kind: 'timer'; readonly timer: string }
  /** The runtime speaks to the machine: `parapet.denied` and its kin, in the same commit as their cause. */
  | { readonly kind: 'notice'; readonly event: JsonObject & { readonly type: string } }
  | {
      readonly kind: 'decision'
      readonly approval: string
      readonly grant: boolean
      readonly by: string
      readonly note: string
    }
  /** What detectors said of something that waits for it, by the need's key. */
  | {
      readonly kind: 'found'
      readonly pending: string
      readonly evidence: Readonly<Record<string, Evidence>>
      /** What all the looks cost; absent when nothing. */
      readonly spent?: { amount: number; tokens: number }
      /** Whoever looked died: nobody knows what was found, and what is still wanted is asked again. */
      readonly cutOff?: true
    }

  /** A person wants a dead letter tried again, or dropped. */
  | { readonly kind: 'retry'; readonly letter: string; readonly by: string }
  | { readonly kind: 'drop'; readonly letter: string; readonly by: string }
  /** A person wants something done to rows of shared memory; `id` names the wish. */
  | { readonly kind: 'curate'; readonly id: string; readonly curation: Curation }

export type TurnOutcome =
  | 'passed'
  /** The transition was dropped whole. */
  | 'denied'
  /** Parked until someone decides. */
  | 'asked'
  /** Parked until it is known what detectors say or ledgers hold. */
  | 'gathering'
  /** The message itself was not let in. */
  | 'refused'
  | 'quarantined'
  /** The machine threw or could not be stepped. */
  | 'failed'
  /** Nothing there to receive it: a double, a finished agent, a stale result. */
  | 'ignored'
  /** Put aside: the agent waits for a decision. */
  | 'deferred'

export interface JudgedStep {
  readonly step: Step
  readonly verdict: Verdict
}

export interface TurnRecord {
  readonly agent: string
  readonly turn: number
  readonly at: number
  readonly input: Input
  readonly outcome: TurnOutcome
  readonly why?: string
  readonly moves?: readonly StateMove[]
  /** What was let through (repairs applied), with ids; for `denied` and `asked`, what was proposed. */
  readonly effects?: readonly Effect[]
  /** What the directory said; absent when it said nothing. */
  readonly standing?: Standing
  /** What it was judged on besides its steps; absent when nothing. */
  readonly grounds?: Grounds
  /** Hash of the policy that judged it, when that is not the record's. */
  readonly policy?: string
  /** Where a policy that judges beside would have spoken otherwise, or could not tell; absent when nowhere. */
  readonly beside?: Beside
  /** Steps judged in this turn; only those with anything to say stand in `judged`. */
  readonly steps: number
  readonly judged?: readonly JudgedStep[]
  readonly changes: readonly Change[]
}

/** What a policy without a say would have said. */
export interface Beside {
  readonly policy: string
  /** Steps on which its verdict is another. */
  readonly changed: number
  /** Steps of which it could not tell: a detector or a ledger would have had to be asked. Absent when none. */
  readonly unknown?: number
  /** The first of those that changed. */
  readonly examples: readonly Divergence[]
}

export interface Divergence {
  readonly step: Step
  readonly was: Verdict['kind']
  readonly now: Verdict['kind']
  /** The checks that speak in the verdict that stops more, as `name: what was found`. */
  readonly because: readonly string[]
}

/** One change to the partition's state; applying them in order is both the live path and recovery. */
export type Change =
  | { readonly kind: 'agent'; readonly agent: string; readonly state: JsonObject; readonly done: boolean }
  | { readonly kind: 'halt'; readonly agent: string; readonly why: string }
  | { readonly kind: 'denials'; readonly agent: string; readonly count: number }
  | { readonly kind: 'cells'; readonly conversation: string; readonly cells: readonly CellChange[] }
  | {
      readonly kind: 'seen'
      readonly source: string
      readonly seq: number
      /** The conversation a client speaks in: its mark goes when that ends. Partitions' marks stay. */
      readonly conversation?: string
      /** The message came from this very partition, for this conversation. */
      readonly arrived?: string
    }
  | {
      readonly kind: 'post'
      readonly partition: number
      readonly seq: number
      readonly agent: string
      readonly body: string
      /** It stays in this partition: its conversation does not end before it has arrived. */
      readonly local?: true
    }
  | {
      readonly kind: 'intent'
      readonly id: string
      readonly agent: string
      readonly at: number
      readonly effect: Effect
      /** What ledgers hold for it until its outcome is known. */
      readonly holds?: readonly Hold[]
      /** The policy that counted what it reserves, where it is settled later: another one counted nothing of it. */
      readonly countedBy?: string
    }
  /** So many parts of it have come in. */
  | { readonly kind: 'heard'; readonly id: string; readonly parts: number }
  | { readonly kind: 'intent-done'; readonly id: string }
  | { readonly kind: 'timer'; readonly id: string; readonly timer: Timer }
  | { readonly kind: 'timer-done'; readonly id: string }
  | { readonly kind: 'park'; readonly agent: string; readonly pending: Pending }
  | { readonly kind: 'unpark'; readonly agent: string; readonly pending: string }
  /** One of several who have to. */
  | { readonly kind: 'granted'; readonly pending: string; readonly by: string }
  | { readonly kind: 'defer'; readonly agent: string; readonly input: Input }
  | { readonly kind: 'undefer'; readonly agent: string }
  /** When it failed of late. */
  | { readonly kind: 'failures'; readonly agent: string; readonly at: readonly number[] }
  | { readonly kind: 'dead'; readonly letter: DeadLetter }
  | { readonly kind: 'dead-done'; readonly id: string }
  | { readonly kind: 'revive'; readonly agent: string }
  /** From this turn on the conversation is judged by this policy, and by another beside. */
  | {
      readonly kind: 'judged-by'
      readonly conversation: string
      readonly policy: string
      readonly beside?: string
      /** Cells that went before the turn was judged; absent when none. */
      readonly dropped?: readonly string[]
    }
  | { readonly kind: 'end'; readonly conversation: string }

export type Timer = { readonly dueAt: number } & (
  | {
      readonly kind: 'machine'
      readonly agent: string
      readonly name: string
      readonly event: JsonObject & { readonly type: string }
    }
  | { readonly kind: 'pending'; readonly agent: string; readonly pending: string }
  /** Whoever has to decide is told again. */
  | {
      readonly kind: 'reminder'
      readonly agent: string
      readonly pending: string
      readonly count: number
    }
  /** When an entry of a ledger may be forgotten. */
  | { readonly kind: 'ledger'; readonly agent: string }
  | {
      readonly kind: 'obligation'
      readonly conversation: string
      readonly cell: string
      readonly agent: string
    }
)

/** What was parked, and how to go on with it: an event for the machine, or an input that has not been let in yet. */
export type Parked =
  | {
      readonly kind: 'event'
      readonly event: JsonObject & { readonly type: string }
      readonly origin: Origin
    }
  | { readonly kind: 'input'; readonly input: Input }

/** An agent takes nothing further until this is settled; then the same is done again, on the larger grounds. */
export type Pending = Approval | Gathering | Rest

interface Waiting {
  readonly id: string
  readonly dueAt: number
  readonly parked: Parked
  /** What had been gathered before. */
  readonly grounds?: Grounds
  readonly step: Step
}

export interface Approval extends Waiting {
  readonly kind: 'approval'
  readonly who: string
  /** How many different deciders have to grant it; one unless said. */
  readonly people?: number
  /** Those who have, while it takes more. */
  readonly granted?: readonly string[]
  readonly checks: readonly string[]
  readonly otherwise: 'deny' | 'allow'
  readonly reasons: Verdict['reasons']
}

export interface Gathering extends Waiting {
  readonly kind: 'gathering'
  /** All of one kind. */
  readonly needs: readonly Need[]
  /** What is looked at once ledgers have agreed to what that may cost: they are what is needed now. */
  readonly looks?: readonly Need[]
  /**
   * What ledgers hold for it, or may once they have been asked, by the need's key: for what is parked, or for what the looks
   * cost that are under way. Given back when it is given up.
   */
  readonly held?: Readonly<Record<string, Hold>>
  /** Why nobody looks: there is no money for it. */
  readonly refused?: string
  /** What looks have cost that ledgers are asked about, and the keys of what they found. */
  readonly unpaid?: { readonly spent: { amount: number; tokens: number }; readonly keys: readonly string[] }
}

/** Something a ledger counts for a step whose outcome is open. */
export interface Hold {
  /** The agent that is the ledger's entry. */
  readonly ledger: string
  readonly id: string
}

/** It failed and is tried again at `dueAt`. */
export interface Rest {
  readonly kind: 'rest'
  readonly id: string
  readonly dueAt: number
  readonly parked: Parked
  readonly grounds?: Grounds
  readonly tries: number
  readonly why: string
}

/** What an agent could not do, put aside. */
export interface DeadLetter {
  readonly id: string
  readonly agent: string
  readonly parked: Parked
  readonly why: string
  readonly at: number
  readonly tries: number
}

export interface CommitRecord {
  readonly version: typeof RECORD_VERSION
  readonly partition: number
  readonly rev: number
  readonly at: number
  /** Hash of the policy that judged its turns, but for those that name another. */
  readonly policy: string
  /** Inbox position consumed through. */
  readonly position: number
  /** Every outbox message of records up to this rev is known to be posted. */
  readonly sentThrough: number
  /** Base of the newest whole snapshot before this slot; absent when there is none. */
  readonly whole?: number
  /** Slots between this record and the one before, which hold parts of snapshots; absent when none. */
  readonly parts?: number
  /** Nothing but that its writer has taken the partition over: what another still had on its way here is fenced. */
  readonly claim?: true
  /** From the next record on other policies judge, or others beside. */
  readonly switch?: Switch
  /** What changed without a turn: monitors that are warmed up before a switch. */
  readonly changes?: readonly Change[]
  readonly turns: readonly TurnRecord[]
}

const decoder = new TextDecoder()

/** `turns` are the record's turns, as JSON already; without them, one that has none. A view of theirs. */
export function encodeRecord(record: CommitRecord, turns = new TurnText()): Uint8Array {
  const head = JSON.stringify({ ...record, turns: [] })
  return turns.between(head.slice(0, -']}'.length), ']}')
}

export type Decoded =
  | { readonly kind: 'record'; readonly record: CommitRecord }
  | { readonly kind: 'refused'; readonly message: string }

/** From each older version of the record to the next; a change of format adds one. There has been none. */
const UPGRADES: ReadonlyMap<unknown, (record: { version?: unknown }) => { version?: unknown }> = new Map()

export function decodeRecord(bytes: Uint8Array): Decoded {
  let value: { version?: unknown }
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    return { kind: 'refused', message: `a commit record is not JSON: ${(cause as Error).message}` }
  }
  for (let older = UPGRADES.get(value.version); older; older = UPGRADES.get(value.version))
    value = older(value)
  if (value.version !== RECORD_VERSION)
    return {
      kind: 'refused',
      message: `a commit record has version ${String(value.version)}; this Parapet reads version ${RECORD_VERSION}`,
    }
  return { kind: 'record', record: value as CommitRecord }
}

/** A message between agents as it travels. */
export interface MessageBody {
  readonly message: string
  readonly from: string
  readonly fields: JsonObject
  readonly runtime?: boolean
  readonly labels?: readonly string[]
}

export function encodeBody(body: MessageBody): string {
  return JSON.stringify(body)
}

export function decodeBody(bytes: Uint8Array): MessageBody | undefined {
  try {
    const value: Partial<MessageBody> | null = JSON.parse(decoder.decode(bytes))
    if (value === null || typeof value !== 'object') return undefined
    if (typeof value.message !== 'string' || typeof value.from !== 'string') return undefined
    if (value.fields === null || typeof value.fields !== 'object' || Array.isArray(value.fields))
      return undefined
    // Without its labels it would be free to go anywhere.
    if (value.labels !== undefined && !isTexts(value.labels)) return undefined
    return value as MessageBody
  } catch {
    return undefined
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
