/**
 * The one gate. A macrostep goes through whole or not at all.
 *
 * Invariants:
 * 1. What is let through has a verdict for every step, and monitors have moved for exactly those steps.
 * 2. When it is not let through, cells are as they were before its first step.
 * 3. A repaired step is judged again once; a repair of a repair is a denial.
 */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { applyRepairs } from '#dsl/judge/repair.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Ask, Obligation, Reason, Verdict } from '#dsl/judge/verdict.ts'
import type { Effect, StateMove } from '#runtime/kernel/effect.ts'
import { type Actor, stepOf, stepOfEffect, withFields } from './steps.ts'

export interface Judged {
  readonly step: Step
  readonly verdict: Verdict
}

export type Gate =
  | {
      readonly kind: 'passed'
      readonly effects: readonly Effect[]
      readonly obligations: readonly Obligation[]
    }
  | { readonly kind: 'denied'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'quarantined'; readonly reasons: readonly Reason[] }
  | {
      readonly kind: 'asked'
      readonly asks: readonly Ask[]
      readonly step: Step
      readonly reasons: readonly Reason[]
    }

/** Collects what was judged in one turn. */
export interface Proceedings {
  steps: number
  /** Steps whose verdict has something to say. */
  readonly judged: Judged[]
}

/** Judges one step that has already happened to the agent (a message or a result came in). */
export function admit(judge: Judge, cells: Cells, step: Step, proceedings: Proceedings): Verdict {
  const verdict = judgeReceipt(judge, cells, step)
  note(proceedings, step, verdict)
  return verdict
}

/** What was spent is spent and what failed has failed, whatever the verdict: it counts. */
export function judgeReceipt(judge: Judge, cells: Cells, step: Step): Verdict {
  const verdict = judge.judge(cells, step)
  const happened = step.kind === 'spends' || step.kind === 'fails'
  if (happened && verdict.kind !== 'allow') judge.advance(cells, step)
  return verdict
}

export function gate(
  judge: Judge,
  cells: Cells,
  actor: Actor,
  transition: {
    readonly moves: readonly StateMove[]
    readonly effects: readonly Effect[]
    readonly finished: boolean
  },
  approved: ReadonlySet<string> | undefined,
  proceedings: Proceedings,
): Gate {
  const mark = cells.mark()
  const obligations: Obligation[] = []
  const blocking: { step: Step; verdict: Verdict }[] = []
  const effects: Effect[] = []

  const pass = (step: Step): Step | undefined => {
    let verdict = judge.judge(cells, step, approved)
    note(proceedings, step, verdict)
    let settled = step
    if (verdict.kind === 'repair') {
      settled = { ...step, fields: applyRepairs(step.fields, verdict.repairs) }
      verdict = judge.judge(cells, settled, approved)
      if (verdict.kind !== 'allow') note(proceedings, settled, verdict)
    }
    if (verdict.kind === 'allow') {
      for (const obligation of verdict.obligations) obligations.push(obligation)
      return settled
    }
    blocking.push({ step: settled, verdict })
    return undefined
  }

  for (const move of transition.moves) pass(stepOf(actor, move.kind, move.state, {}))
  for (const effect of transition.effects) {
    if (effect.kind === 'unknown') {
      const step = stepOf(actor, 'calls', effect.action, {})
      const verdict = unknownAction(effect.action)
      note(proceedings, step, verdict)
      blocking.push({ step, verdict })
      continue
    }
    const step = stepOfEffect(actor, effect)
    if (!step) {
      effects.push(effect)
      continue
    }
    const settled = pass(step)
    if (settled) effects.push(settled === step ? effect : withFields(effect, settled.fields))
  }
  if (transition.finished) pass(stepOf(actor, 'finishes', '', {}))

  if (blocking.length === 0) return { kind: 'passed', effects, obligations }
  cells.rollback(mark)
  const reasons = blocking.flatMap(({ verdict }) => verdict.reasons.filter((reason) => !reason.shadow))
  if (blocking.some(({ verdict }) => verdict.kind === 'quarantine')) return { kind: 'quarantined', reasons }
  const asking = blocking.filter(({ verdict }) => verdict.kind === 'ask')
  if (asking.length < blocking.length) return { kind: 'denied', reasons }
  return {
    kind: 'asked',
    asks: asking.flatMap(({ verdict }) => verdict.asks),
    step: asking[0]!.step,
    reasons,
  }
}

function note(proceedings: Proceedings, step: Step, verdict: Verdict): void {
  proceedings.steps++
  if (verdict.reasons.length > 0 || verdict.kind !== 'allow') proceedings.judged.push({ step, verdict })
}

function unknownAction(action: string): Verdict {
  const reason: Reason = {
    check: 'Known actions only',
    checkKind: 'permission',
    action: 'deny',
    outcome: 'fired',
    remedy: 'Use call, send, answer, remember, recall or decide, or invoke a named source.',
    shadow: false,
    found: `the machine asked for the action \`${action}\`, which no executor knows`,
    values: {},
    next: [],
    at: { file: '', start: 0, end: 0, line: 0 },
  }
  return { kind: 'deny', reasons: [reason], repairs: [], asks: [], obligations: [] }
}
