/** One recorded conversation's verdicts as one line of JSON, for others to score. */
import type { Judge } from '#dsl/judge/judge.ts'
import type { LedgerBook } from '#dsl/judge/ledger-book.ts'
import type { Verdict, VerdictKind } from '#dsl/judge/verdict.ts'
import type { Conversation } from './conversation.ts'
import { type Judged, judgeConversation } from './judge-conversation.ts'

export interface Said {
  /** The name of the rule, consistency, flow, schema or permission. */
  readonly rule: string
  readonly kind: string
  /** Left out where it is what the verdict says. */
  readonly action?: string
  readonly unknown?: true
  readonly shadow?: true
}

export interface TraceLine {
  readonly id: string
  /** Every step, in order. `seq` is the recording's own number, else the step's place from 0. */
  readonly steps: readonly {
    readonly seq: number
    readonly verdict: VerdictKind
    readonly reasons: readonly Said[]
  }[]
  /** Promises that were broken; `seq` is the last step before it was known. */
  readonly obligations: readonly {
    readonly seq: number
    readonly verdict: VerdictKind
    readonly reasons: readonly Said[]
  }[]
}

/** `book`: of all lines of one fleet. */
export function traceLine(judge: Judge, recorded: Conversation, book: LedgerBook): TraceLine {
  return lineOf(recorded, judgeConversation(judge, recorded, book))
}

export function lineOf(recorded: Conversation, { verdicts, breaches }: Judged): TraceLine {
  const line = (place: number, verdict: Verdict) => ({
    seq: recorded.seqs?.[place] ?? place,
    verdict: verdict.kind,
    reasons: verdict.reasons.map(
      ({ check, checkKind, action, outcome, shadow }): Said => ({
        rule: check,
        kind: checkKind,
        ...(action === verdict.kind ? {} : { action }),
        ...(outcome === 'unknown' ? { unknown: true } : {}),
        ...(shadow ? { shadow } : {}),
      }),
    ),
  })
  return {
    id: recorded.conversation,
    steps: verdicts.map((verdict, place) => line(place, verdict)),
    obligations: breaches.map(({ verdict, after }) => line(Math.max(0, after), verdict)),
  }
}
