/**
 * Does a record's judging again: the same steps over the same monitors must give the same verdicts, bit for bit.
 * Also finds the steps that were simply allowed, which the record does not spell out.
 */
import { Cells } from '#dsl/judge/cells.ts'
import type { Grounds } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { hasHappened } from '#dsl/judge/ledgers.ts'
import { applyRepairs, repairStep } from '#dsl/judge/repair.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import { Claims, type ClaimsOf } from '#runtime/guard/claims.ts'
import { judgeReceipt } from '#runtime/guard/guard.ts'
import {
  type Actor,
  asFields,
  asRecalled,
  asSender,
  inStanding,
  stepOf,
  stepOfEffect,
} from '#runtime/guard/steps.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import { addressOf } from './address.ts'
import { settleHere } from './ledger/settling.ts'
import { answerIn } from './ledger/words.ts'
import { paidIn, spendsOf } from './look-costs.ts'
import type { PartitionState } from './partition-state.ts'
import type { Input, JudgedStep, TurnRecord } from './record.ts'

export interface ReplayedStep {
  readonly step: Step
  readonly verdict: Verdict
  /** Monitors as they stood before the step; absent where no policy was asked, as about an action that does not exist. */
  readonly before?: Cells
  /** What it was judged on besides them. */
  readonly grounds?: Grounds
}

export interface Replayed {
  readonly steps: readonly ReplayedStep[]
  /** Steps whose verdict differs from the recorded one; empty when the policy is the one that judged. */
  /** Monitors as they stand after the turn; what a deadline or the conversation's end changes in them is left out. */
  readonly after: Cells
  readonly differences: readonly { readonly step: Step; readonly recorded: string; readonly now: string }[]
}

/** `state` is the partition as it stood before the turn; it is not changed. */
export function replayTurn(judge: Judge, state: PartitionState, turn: TurnRecord): Replayed {
  const { conversation, role } = addressOf(turn.agent)
  const place: Actor = { agent: role, actor: turn.agent, conversation, turn: turn.turn, at: turn.at }
  const actor = inStanding(place, turn.standing)
  const cells = copyOf(state.known(conversation)?.cells)
  for (const change of turn.changes)
    if (change.kind === 'judged-by') for (const cell of change.dropped ?? []) cells.set(cell, undefined)
  const steps: ReplayedStep[] = []
  const differences: { step: Step; recorded: string; now: string }[] = []
  // A breach found by a deadline or the end is no step of the machine's: it is judged by `overdue` and `close`.
  const recorded = (turn.judged ?? []).filter(({ step }) => step.name !== 'obligation')
  let next = 0

  const claims = new Claims(judge, turn.grounds)
  const judgeOne = (step: Step, happened: boolean, of?: ClaimsOf): Verdict => {
    const before = copyOf(cells)
    const grounds = happened ? new Claims(judge, turn.grounds, of).here : claims.here
    const verdict = happened ? judgeReceipt(judge, cells, step, turn.grounds, of) : claims.judge(cells, step)
    steps.push({ step, verdict, before, ...(grounds && { grounds }) })
    const speaks = verdict.reasons.length > 0 || verdict.kind !== 'allow' || verdict.needs !== undefined
    const expected = recorded[next]
    if (speaks || (expected && sameStep(expected, step))) {
      const was = expected ? meaning(expected.verdict) : 'nothing'
      const now = meaning(verdict)
      if (was !== now) differences.push({ step, recorded: was, now })
      next++
    }
    // As the gate does: what waits may yet be let through, and what comes after it is judged as if it had been.
    if (!happened && (verdict.kind === 'ask' || verdict.needs)) judge.advance(cells, step, turn.grounds)
    return verdict
  }

  const paid = paidIn(state, turn)
  const spends = paid && judgeOne(spendsOf(actor, paid), true, 'look')
  // Who judges was settled before anything was judged, and what looks have cost is spent: that stays, whatever becomes of the rest.
  const seated = cells.mark()
  if (spends?.needs || spends?.kind === 'quarantine') return { steps, after: cells, differences }
  const input = letIn(state, turn.input)
  if ((input.kind === 'result' || input.kind === 'failure') && turn.steps > 0) {
    const intent = state.intents.get(input.intent)
    if (intent) settleHere(judge, cells, actor, intent, input)
  }
  for (const received of receipts(state, actor, turn, input)) {
    const verdict = judgeOne(received, true)
    if (verdict.kind === 'repair')
      judgeOne({ ...received, fields: applyRepairs(received.fields, verdict.repairs) }, true)
    // A row that is not let in is withheld, and the next one looked at.
    else if (verdict.kind === 'quarantine' || (verdict.kind !== 'allow' && received.kind !== 'recalled'))
      break
  }
  const mark = cells.mark()
  for (const move of turn.moves ?? []) judgeOne(stepOf(actor, move.kind, move.state, {}), false)
  for (const effect of turn.effects ?? []) {
    if (effect.kind === 'unknown') {
      // No policy is asked about it: what the gate said stands in the record.
      const said = recorded[next++]
      if (said) steps.push(said)
      continue
    }
    const settled = stepOfEffect(actor, effect)
    if (!settled) continue
    // The record keeps the repaired effect; what was first proposed stands in its verdict.
    const first = recorded[next]
    const proposed =
      first?.verdict.kind === 'repair' && first.step.kind === settled.kind && first.step.name === settled.name
        ? first.step
        : settled
    const verdict = judgeOne(proposed, false)
    if (verdict.kind === 'repair') judgeOne(repairStep(proposed, verdict.repairs), false)
  }
  if (finishes(turn)) judgeOne(stepOf(actor, 'finishes', '', {}), false)
  if (turn.outcome !== 'passed') cells.rollback(isBeforeTheDoor(turn) ? seated : mark)
  return { steps, after: cells, differences }
}

/** The steps of a turn that came about, repairs applied; `state` as for `replayTurn`. */
export function happenedIn(state: PartitionState, turn: TurnRecord): Step[] {
  const { conversation, role } = addressOf(turn.agent)
  const place: Actor = { agent: role, actor: turn.agent, conversation, turn: turn.turn, at: turn.at }
  const actor = inStanding(place, turn.standing)
  const { outcome, judged = [] } = turn
  const paid = paidIn(state, turn)
  const spends = paid && spendsOf(actor, paid)
  const waits = judged.some(
    ({ step, verdict }) => verdict.needs && spends && sameStep({ step, verdict }, spends),
  )
  const steps: Step[] = spends && !waits ? [spends] : []
  // Nothing of it was let in, or it is judged again when more is known.
  if (turn.steps === 0 || outcome === 'refused' || waits || isBeforeTheDoor(turn)) return steps
  for (const step of receipts(state, actor, turn, letIn(state, turn.input))) {
    const said = judged.find((each) => sameStep(each, step))?.verdict
    if (said?.kind === 'repair') steps.push({ ...step, fields: applyRepairs(step.fields, said.repairs) })
    else if (said === undefined || said.kind === 'allow' || hasHappened(step)) steps.push(step)
  }
  if (outcome !== 'passed') return steps
  for (const move of turn.moves ?? []) steps.push(stepOf(actor, move.kind, move.state, {}))
  for (const effect of turn.effects ?? []) {
    const step = stepOfEffect(actor, effect)
    if (step) steps.push(step)
  }
  if (finishes(turn)) steps.push(stepOf(actor, 'finishes', '', {}))
  return steps
}

/** What came in, as the steps it was judged as. */
function receipts(state: PartitionState, actor: Actor, turn: TurnRecord, input: Input): Step[] {
  if (input.kind === 'message')
    return input.runtime || turn.steps === 0
      ? []
      : [stepOf(asSender(actor, turn.standing), 'receives', input.message, input.fields, input.from)]
  if (input.kind !== 'result' && input.kind !== 'failure') return []
  const effect: Effect | undefined = state.intents.get(input.intent)?.effect
  if (turn.steps === 0) return []
  const { spent } = input
  const steps = spent ? [spendsOf(actor, spent)] : []
  // It came too late, and only its cost counts.
  if (!effect) return steps
  if (effect.kind === 'recall' && input.kind === 'result' && Array.isArray(input.value))
    return [...steps, ...input.value.map((row) => stepOf(actor, 'recalled', effect.what, asRecalled(row)))]
  if (effect.kind !== 'call') return steps
  return [
    ...steps,
    input.kind === 'result'
      ? stepOf(actor, 'result', effect.tool, asFields(input.value))
      : stepOf(actor, 'fails', effect.tool, { error: input.error }),
  ]
}

/** The input that a turn is about: when it settles what was parked before it was let in, the one that was parked. */
function letIn(state: PartitionState, input: Input): Input {
  const id = settles(state, input)
  const parked =
    input.kind === 'retry'
      ? state.dead.get(input.letter)?.parked
      : id === undefined
        ? undefined
        : state.pending.get(id)?.parked
  return parked?.kind === 'input' ? parked.input : input
}

function settles(state: PartitionState, input: Input): string | undefined {
  if (input.kind === 'decision') return input.approval
  if (input.kind === 'found') return input.pending
  const answer = answerIn(input)
  if (answer) return answer.pending
  if (input.kind !== 'timer') return undefined
  const timer = state.timers.get(input.timer)
  return timer?.kind === 'pending' ? timer.pending : undefined
}

/** What came in waits to be let in: not even that it came has happened yet. */
function isBeforeTheDoor({ outcome, changes }: TurnRecord): boolean {
  return (
    outcome === 'gathering' &&
    !changes.some((change) => change.kind === 'park' && change.pending.parked.kind === 'event')
  )
}

function finishes(turn: TurnRecord): boolean {
  return turn.changes.some((change) => change.kind === 'agent' && change.done)
}

function sameStep(judged: JudgedStep, step: Step): boolean {
  return JSON.stringify(judged.step) === JSON.stringify(step)
}

/** Everything but the sentences: a later Parapet may word what was found differently, and nothing else. */
function meaning(verdict: Verdict): string {
  return JSON.stringify(verdict, (name, value) => (name === 'found' || name === 'say' ? undefined : value))
}

function copyOf(cells: Cells | undefined): Cells {
  return new Cells(cells && new Map(cells.entries()))
}
