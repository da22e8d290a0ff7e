/** What would change if one policy took another's place: both judge the same recorded steps, and the verdicts are compared. */
import type { Judge } from '#dsl/judge/judge.ts'
import { LedgerBook } from '#dsl/judge/ledger-book.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Verdict, VerdictKind } from '#dsl/judge/verdict.ts'
import type { Conversation } from './conversation.ts'
import { type Judged, judgeConversation } from './judge-conversation.ts'

export interface Change {
  readonly conversation: string
  /** The step's place in its conversation, from 0. */
  readonly index: number
  readonly step: Step
  readonly before: Verdict
  readonly after: Verdict
}

export interface VerdictChange {
  readonly from: VerdictKind
  readonly to: VerdictKind
  readonly steps: number
  readonly conversations: number
  readonly examples: readonly Change[]
}

export interface CheckChange {
  readonly check: string
  /** Steps on which it speaks now and did not, and the other way round. A renamed check is a new one and one gone. */
  readonly speaksNow: number
  readonly speaksNoMore: number
}

export interface DiffReport {
  readonly before: string
  readonly after: string
  readonly conversations: number
  readonly steps: number
  /** Of the steps, those that cannot be compared: under one of the policies they hang on a score that was not recorded. */
  readonly unknown: number
  /** Steps with another verdict, however many checks agree with it. */
  readonly changed: number
  readonly changedConversations: number
  /** Steps with the same verdict for other reasons. */
  readonly otherReasons: number
  /** Promises broken under the one policy and not the other. */
  readonly breaches: { readonly before: number; readonly after: number; readonly changed: number }
  /** Most frequent first. */
  readonly verdicts: readonly VerdictChange[]
  readonly checks: readonly CheckChange[]
}

interface Counting {
  readonly from: VerdictKind
  readonly to: VerdictKind
  steps: number
  conversations: number
  lastConversation: number
  readonly examples: Change[]
}

export class Diff {
  readonly #before: Judge
  readonly #after: Judge
  readonly #books: { readonly before: LedgerBook; readonly after: LedgerBook }
  readonly #examplesMax: number
  readonly #verdicts = new Map<string, Counting>()
  readonly #checks = new Map<string, { speaksNow: number; speaksNoMore: number }>()
  readonly #breaches = { before: 0, after: 0, changed: 0 }
  #conversations = 0
  #steps = 0
  #unknown = 0
  #changed = 0
  #changedConversations = 0
  #otherReasons = 0

  /** `examplesMax`: kept for each way a verdict changed. */
  constructor(before: Judge, after: Judge, examplesMax: number) {
    this.#before = before
    this.#after = after
    this.#books = { before: new LedgerBook(before), after: new LedgerBook(after) }
    this.#examplesMax = examplesMax
  }

  add(recorded: Conversation): void {
    const { conversation, steps } = recorded
    const before = judgeConversation(this.#before, recorded, this.#books.before)
    const after = judgeConversation(this.#after, recorded, this.#books.after)
    this.#conversations++
    this.#steps += steps.length
    const changedBefore = this.#changed + this.#breaches.changed
    for (const [index, step] of steps.entries()) {
      const was = before.verdicts[index]
      const is = after.verdicts[index]
      if (was === undefined || is === undefined) continue
      if (before.unknown.has(index) || after.unknown.has(index)) {
        this.#unknown++
        continue
      }
      const otherwise = this.#compareChecks(checksOf(was), checksOf(is))
      if (was.kind !== is.kind) this.#count({ conversation, index, step, before: was, after: is })
      else if (otherwise) this.#otherReasons++
    }
    this.#compareBreaches(before, after)
    if (this.#changed + this.#breaches.changed > changedBefore) this.#changedConversations++
  }

  report(): DiffReport {
    const checks = Array.from(this.#checks, ([check, counts]) => ({ check, ...counts }))
    return {
      before: this.#before.hash,
      after: this.#after.hash,
      conversations: this.#conversations,
      steps: this.#steps,
      unknown: this.#unknown,
      changed: this.#changed,
      changedConversations: this.#changedConversations,
      otherReasons: this.#otherReasons,
      breaches: { ...this.#breaches },
      verdicts: Array.from(this.#verdicts.values(), ({ lastConversation: _, ...count }) => count).sort(
        (a, b) => b.steps - a.steps,
      ),
      checks: checks.sort(
        (a, b) => b.speaksNow + b.speaksNoMore - a.speaksNow - a.speaksNoMore || (a.check < b.check ? -1 : 1),
      ),
    }
  }

  #count(change: Change): void {
    this.#changed++
    const { kind: from } = change.before
    const { kind: to } = change.after
    const counted: Counting = this.#verdicts.get(`${from} ${to}`) ?? {
      from,
      to,
      steps: 0,
      conversations: 0,
      lastConversation: 0,
      examples: [],
    }
    this.#verdicts.set(`${from} ${to}`, counted)
    counted.steps++
    if (counted.lastConversation !== this.#conversations) counted.conversations++
    counted.lastConversation = this.#conversations
    if (counted.examples.length < this.#examplesMax) counted.examples.push(change)
  }

  #compareBreaches(before: Judged, after: Judged): void {
    this.#breaches.before += before.breaches.length
    this.#breaches.after += after.breaches.length
    const places = ({ breaches }: Judged): Set<string> =>
      new Set(breaches.flatMap(({ verdict, after: at }) => [...checksOf(verdict)].map((c) => `${at} ${c}`)))
    const was = places(before)
    const is = places(after)
    this.#breaches.changed += was.symmetricDifference(is).size
    const names = (judged: Judged) =>
      new Set(judged.breaches.flatMap(({ verdict }) => [...checksOf(verdict)]))
    this.#compareChecks(names(before), names(after))
  }

  /** Whether they differ. */
  #compareChecks(was: ReadonlySet<string>, is: ReadonlySet<string>): boolean {
    if (was.size === 0 && is.size === 0) return false
    let differ = false
    for (const check of was.symmetricDifference(is)) {
      differ = true
      const counts = this.#checks.get(check) ?? { speaksNow: 0, speaksNoMore: 0 }
      counts[is.has(check) ? 'speaksNow' : 'speaksNoMore']++
      this.#checks.set(check, counts)
    }
    return differ
  }
}

function checksOf(verdict: Verdict): Set<string> {
  return new Set(verdict.reasons.map(({ check, shadow }) => (shadow ? `${check} (shadow)` : check)))
}
