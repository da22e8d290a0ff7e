/**
 * Judges a recorded conversation. What was recorded happened: each step is judged against the history as recorded, so
 * the monitors move on every step, on one the policy denies too. A gate would have kept a denied step from happening,
 * and everything after it would have gone otherwise; nobody knows how. The question here is the one that can be
 * answered: of what the agents did, what does the policy speak against, given what they had done before? So one
 * missing lookup gives one finding and not a row of them, and a step's verdict does not hang on earlier verdicts.
 *
 * Steps that were only proposed (a fleet's own log) are judged together with the rest of their turn and taken back.
 */
import { Cells } from '#dsl/judge/cells.ts'
import { type Answers, answered, deciding } from '#dsl/judge/gathered.ts'
import type { Evidence, EvidenceNeed } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { LedgerBook } from '#dsl/judge/ledger-book.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Obligation, Verdict } from '#dsl/judge/verdict.ts'
import type { Conversation } from './conversation.ts'

export interface Judged {
  /** One for each step, in order. */
  readonly verdicts: readonly Verdict[]
  /** Obligations that were broken: at their deadline, or with the conversation, which ends where its recording does. */
  readonly breaches: readonly { readonly verdict: Verdict; readonly after: number }[]
  /** Places of steps that hang on what a detector would say, where the recording does not say it and nobody has looked. */
  readonly unknown: ReadonlySet<number>
}

/** What detectors say of what is asked, by the need's key. */
export type Look = (needs: readonly EvidenceNeed[]) => Promise<Answers>

/** What nobody wrote down is unknown. */
const NOT_RECORDED: Evidence = { kind: 'failed', why: 'the recording does not say it' }

/** `book`: the ledgers of the fleet all conversations are of; what happened in earlier ones counts. */
export function judgeConversation(
  judge: Judge,
  recorded: Conversation,
  book: LedgerBook = new LedgerBook(judge),
): Judged {
  return answered(judging(judge, recorded, book), () => NOT_RECORDED)
}

/** Has looked at what the recording does not say. Conversations of one book go one after the other. */
export async function judgeLooking(
  judge: Judge,
  recorded: Conversation,
  book: LedgerBook,
  look: Look,
): Promise<Judged> {
  const asking = judging(judge, recorded, book)
  let next = asking.next()
  while (!next.done) next = asking.next(await look(next.value))
  return next.value
}

function* judging(
  judge: Judge,
  { steps, proposed, given }: Conversation,
  book: LedgerBook,
): Generator<readonly EvidenceNeed[], Judged, Answers> {
  const cells = new Cells()
  const verdicts: Verdict[] = []
  const breaches: { verdict: Verdict; after: number }[] = []
  const unknown = new Set<number>()
  let owed: readonly Obligation[] = []
  let proposal: { readonly of: Step; readonly mark: number; readonly owed: readonly Obligation[] } | undefined
  const takeBack = (): void => {
    if (proposal === undefined) return
    cells.rollback(proposal.mark)
    owed = proposal.owed
    proposal = undefined
  }
  for (const [i, step] of steps.entries()) {
    const isProposed = proposed?.has(i) === true
    if (!isProposed || (proposal !== undefined && !sameTurn(proposal.of, step))) takeBack()
    owed = owed.filter(({ cell, dueAt }) => {
      if (dueAt >= step.at) return true
      const verdict = judge.overdue(cells, cell, dueAt)
      if (verdict !== undefined) breaches.push({ verdict, after: i - 1 })
      return false
    })
    if (isProposed && proposal === undefined) proposal = { of: step, mark: cells.mark(), owed }
    const { verdict, grounds } = yield* deciding(book, cells, step, given?.get(i))
    verdicts.push(verdict)
    if (Object.values(grounds?.evidence ?? {}).includes(NOT_RECORDED)) unknown.add(i)
    const moved = isProposed ? judge.advance(cells, step, grounds) : book.advance(cells, step, grounds)
    for (const obligation of moved) {
      owed = owed.filter(({ cell }) => cell !== obligation.cell)
      if (obligation.kind === 'owed') owed = [...owed, obligation]
    }
    if (!isProposed) cells.settle()
  }
  takeBack()
  const last = steps.at(-1)
  if (last !== undefined) {
    const verdict = judge.close(cells, last.at)
    if (verdict.reasons.length > 0) breaches.push({ verdict, after: steps.length - 1 })
  }
  return { verdicts, breaches, unknown }
}

function sameTurn(a: Step, b: Step): boolean {
  return a.turn === b.turn && a.actor === b.actor
}
