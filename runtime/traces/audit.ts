/** What a policy says of recorded conversations, counted: by verdict, by check, and where each conversation was first stopped. */
import type { Judge } from '#dsl/judge/judge.ts'
import { LedgerBook } from '#dsl/judge/ledger-book.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Reason, Verdict, VerdictKind } from '#dsl/judge/verdict.ts'
import type { Conversation } from './conversation.ts'
import { type Judged, judgeConversation, judgeLooking, type Look } from './judge-conversation.ts'
import { type UnknownName, UnknownNames } from './unknown-names.ts'

export interface Finding {
  readonly conversation: string
  /** The step's place in its conversation, from 0. */
  readonly index: number
  readonly step: Step
  readonly verdict: Verdict
  /** An obligation that was broken after this step, not the step itself. */
  readonly breach: boolean
}

export interface CheckCount {
  readonly check: string
  readonly checkKind: Reason['checkKind']
  readonly action: Reason['action']
  readonly shadow: boolean
  /** Steps it spoke of; `unknown` of them because it could not be decided. */
  readonly steps: number
  readonly unknown: number
  readonly conversations: number
  /** The first few. */
  readonly examples: readonly {
    readonly conversation: string
    readonly index: number
    readonly found: string
  }[]
}

export interface AuditReport {
  readonly policy: { readonly name: string; readonly version: string; readonly hash: string }
  readonly conversations: number
  readonly steps: number
  /** Of the steps, those that were proposed and stopped where they were recorded. */
  readonly proposed: number
  readonly verdicts: Readonly<Record<VerdictKind, number>>
  /** Promises broken at their deadline or with the conversation; not among the steps. */
  readonly breaches: number
  /** Most frequent first. */
  readonly checks: readonly CheckCount[]
  /** The first step of each conversation that would have been asked about or stopped. */
  readonly firstStops: readonly Finding[]
  /** Steps the policy does not simply allow, the first `findingsMax` of them. */
  readonly findings: readonly Finding[]
  readonly unknownNames: readonly UnknownName[]
}

export interface AuditLimits {
  readonly examplesMax: number
  readonly findingsMax: number
}

type Counting = { -readonly [K in keyof CheckCount]: CheckCount[K] } & {
  examples: CheckCount['examples'][number][]
  last: string
}

export class Audit {
  readonly #judge: Judge
  readonly #limits: AuditLimits
  readonly #book: LedgerBook
  readonly #verdicts: Record<VerdictKind, number> = { allow: 0, repair: 0, ask: 0, deny: 0, quarantine: 0 }
  readonly #checks = new Map<string, Counting>()
  readonly #firstStops: Finding[] = []
  readonly #findings: Finding[] = []
  readonly #unknown: UnknownNames
  #conversations = 0
  #steps = 0
  #proposed = 0
  #breaches = 0

  constructor(judge: Judge, limits: AuditLimits) {
    this.#judge = judge
    this.#book = new LedgerBook(judge)
    this.#limits = limits
    this.#unknown = new UnknownNames(judge.plan)
  }

  add(recorded: Conversation): void {
    this.#count(recorded, judgeConversation(this.#judge, recorded, this.#book))
  }

  /** Has detectors look where the recording says nothing. One conversation after the other. */
  async addLooking(recorded: Conversation, look: Look): Promise<void> {
    this.#count(recorded, await judgeLooking(this.#judge, recorded, this.#book, look))
  }

  #count(recorded: Conversation, { verdicts, breaches }: Judged): void {
    const { conversation, steps } = recorded
    this.#conversations++
    this.#steps += steps.length
    this.#proposed += recorded.proposed?.size ?? 0
    const place = `${this.#conversations}`
    let stopped = false
    for (const [index, step] of steps.entries()) {
      this.#unknown.add(step)
      const verdict = verdicts[index]
      if (verdict === undefined) continue
      this.#verdicts[verdict.kind]++
      if (verdict.reasons.length === 0 && verdict.kind === 'allow') continue
      const finding = { conversation, index, step, verdict, breach: false }
      this.#note(finding, place)
      if (!stopped && verdict.kind !== 'allow' && verdict.kind !== 'repair') {
        stopped = true
        this.#firstStops.push(finding)
      }
    }
    for (const { verdict, after } of breaches) {
      const step = steps[Math.max(0, after)]
      if (step === undefined) continue
      this.#breaches++
      this.#note({ conversation, index: Math.max(0, after), step, verdict, breach: true }, place)
    }
  }

  report(): AuditReport {
    const { name, version } = this.#judge.plan.policy
    return {
      policy: { name, version, hash: this.#judge.hash },
      conversations: this.#conversations,
      steps: this.#steps,
      proposed: this.#proposed,
      verdicts: { ...this.#verdicts },
      breaches: this.#breaches,
      checks: Array.from(this.#checks.values(), ({ last: _, ...count }) => count).sort(
        (a, b) => b.steps - a.steps || (a.check < b.check ? -1 : 1),
      ),
      firstStops: this.#firstStops,
      findings: this.#findings,
      unknownNames: this.#unknown.list(),
    }
  }

  #note(finding: Finding, place: string): void {
    if (finding.verdict.kind !== 'allow' && this.#findings.length < this.#limits.findingsMax)
      this.#findings.push(finding)
    const spoken = new Set<string>()
    for (const reason of finding.verdict.reasons) {
      const { check, checkKind, action, shadow, outcome, found } = reason
      const key = `${shadow ? 'shadow' : 'enforced'} ${action} ${check}`
      // A check may give several reasons for one step, a schema one for each field.
      if (spoken.has(key)) continue
      spoken.add(key)
      const counted: Counting = this.#checks.get(key) ?? {
        check,
        checkKind,
        action,
        shadow,
        steps: 0,
        unknown: 0,
        conversations: 0,
        examples: [],
        last: '',
      }
      this.#checks.set(key, counted)
      counted.steps++
      if (outcome === 'unknown') counted.unknown++
      if (counted.last !== place) counted.conversations++
      counted.last = place
      if (counted.examples.length < this.#limits.examplesMax)
        counted.examples.push({ conversation: finding.conversation, index: finding.index, found })
    }
  }
}
