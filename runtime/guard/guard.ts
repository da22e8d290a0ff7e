/**
 * The one gate. A macrostep goes through whole or not at all.
 *
 * Invariants:
 * 1. What is let through has a verdict for every step, and monitors have moved for exactly those steps.
 * 2. When it is not let through, cells are as they were before its first step.
 * 3. A repaired step is judged again once; a repair of a repair is a denial.
 * 4. Waiting goes from cheap to dear: what detectors say, then what people say, then what ledgers hold.
 */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Grounds, Need } from '#dsl/judge/grounds.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { hasHappened } from '#dsl/judge/ledgers.ts'
import { repairStep } from '#dsl/judge/repair.ts'
import { countAttempts } from '#dsl/judge/retries.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Ask, Obligation, Reason, Verdict } from '#dsl/judge/verdict.ts'
import type { Effect, StateMove } from '#runtime/kernel/effect.ts'
import { Claims, type ClaimsOf } from './claims.ts'
import { type Actor, isWithin, stepOf, stepOfEffect, withLabels, withStep } from './steps.ts'

export interface Judged {
  readonly step: Step
  readonly verdict: Verdict
}

export type Gate =
  | {
      readonly kind: 'passed'
      readonly effects: readonly Effect[]
      readonly obligations: readonly Obligation[]
      /** Reservations that what was let through rests on; `effect` is absent for what has no outcome of its own. */
      readonly holds: readonly { readonly effect?: Effect; readonly keys: readonly string[] }[]
    }
  | { readonly kind: 'denied'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'quarantined'; readonly reasons: readonly Reason[] }
  | {
      readonly kind: 'asked'
      readonly asks: readonly Ask[]
      readonly step: Step
      readonly reasons: readonly Reason[]
    }
  /** Nothing stops it, and it cannot be let through before these are known. Evidence comes before reservations. */
  | { readonly kind: 'wants'; readonly needs: readonly Need[]; readonly step: Step }

/** Collects what was judged in one turn. */
export interface Proceedings {
  steps: number
  /** Steps whose verdict has something to say. */
  readonly judged: Judged[]
  /** All that was judged, where somebody wants to judge it too. */
  readonly trail?: Trail[]
}

/** A step as it was judged first, and what became of it. */
export interface Trail {
  readonly step: Step
  readonly verdict: Verdict
  /** It came in; else the machine proposed it. */
  readonly received: boolean
  /** As it was let through, repairs applied; undefined when it was not. */
  readonly settled: Step | undefined
}

/** Judges one step that has already happened to the agent (a message or a result came in). */
export function admit(
  judge: Judge,
  cells: Cells,
  step: Step,
  grounds: Grounds | undefined,
  proceedings: Proceedings,
  of?: ClaimsOf,
): Verdict {
  const verdict = judgeReceipt(judge, cells, step, grounds, of)
  note(proceedings, step, verdict)
  const through = (verdict.kind === 'allow' && !verdict.needs) || hasHappened(step)
  proceedings.trail?.push({ step, verdict, received: true, settled: through ? step : undefined })
  return verdict
}

/** What was spent is spent and what failed has failed, whatever the verdict: it counts. */
export function judgeReceipt(
  judge: Judge,
  cells: Cells,
  step: Step,
  grounds?: Grounds,
  of?: ClaimsOf,
): Verdict {
  const verdict = new Claims(judge, grounds, of).judge(cells, step)
  if (hasHappened(step) && !verdict.needs && verdict.kind !== 'allow') judge.advance(cells, step, grounds)
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
  grounds: Grounds | undefined,
  proceedings: Proceedings,
): Gate {
  const mark = cells.mark()
  const obligations: Obligation[] = []
  const holds: { effect?: Effect; keys: readonly string[] }[] = []
  const claims = new Claims(judge, grounds)
  const blocking: { step: Step; verdict: Verdict }[] = []
  const effects: Effect[] = []

  const pass = (step: Step): Step | undefined => {
    let verdict = claims.judge(cells, step)
    note(proceedings, step, verdict)
    const first = verdict
    let settled = step
    if (verdict.kind === 'repair') {
      settled = repairStep(step, verdict.repairs)
      verdict = claims.judge(cells, settled)
      if (verdict.kind !== 'allow' || verdict.needs) note(proceedings, settled, verdict)
    }
    const through = verdict.kind === 'allow' && !verdict.needs
    proceedings.trail?.push({ step, verdict: first, received: false, settled: through ? settled : undefined })
    if (through) {
      for (const obligation of verdict.obligations) obligations.push(obligation)
      if (verdict.holds) holds.push({ keys: verdict.holds })
      return settled
    }
    blocking.push({ step: settled, verdict })
    // It may yet be let through: what comes after it is judged as if it had been. All of it is taken back below.
    if (verdict.kind === 'ask' || verdict.needs) judge.advance(cells, settled, grounds)
    return undefined
  }

  for (const move of transition.moves) pass(stepOf(actor, move.kind, move.state, {}))
  for (const proposed of transition.effects) {
    const effect = labelled(judge, cells, actor, proposed)
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
    const mine = holds.length
    const settled = pass(step)
    if (!settled) continue
    const passed = settled === step ? effect : withStep(effect, settled)
    effects.push(passed)
    for (const hold of holds.slice(mine)) hold.effect = passed
  }
  if (transition.finished) pass(stepOf(actor, 'finishes', '', {}))

  if (blocking.length === 0) return { kind: 'passed', effects, obligations, holds }
  cells.rollback(mark)
  const reasons = blocking.flatMap(({ verdict }) => verdict.reasons.filter((reason) => !reason.shadow))
  if (blocking.some(({ verdict }) => verdict.kind === 'quarantine')) return { kind: 'quarantined', reasons }
  if (blocking.some(({ verdict }) => stops(verdict))) {
    countAttempts(cells, reasons)
    return { kind: 'denied', reasons }
  }
  const wanting = (kind: Need['kind']): Gate | undefined => {
    const of = blocking.filter(({ verdict }) => verdict.needs?.some((need) => need.kind === kind))
    if (of.length === 0) return undefined
    const needs = of.flatMap(({ verdict }) => verdict.needs ?? []).filter((need) => need.kind === kind)
    return { kind: 'wants', needs: distinct(needs), step: of[0]!.step }
  }
  const asking = blocking.filter(({ verdict }) => verdict.kind === 'ask')
  const asked: Gate | undefined =
    asking.length === 0
      ? undefined
      : {
          kind: 'asked',
          asks: asking.flatMap(({ verdict }) => verdict.asks),
          step: asking[0]!.step,
          reasons,
        }
  return wanting('evidence') ?? asked ?? wanting('reservation') ?? { kind: 'denied', reasons }
}

/** What leaves the conversation takes its labels along: rows, which are judged with them, and messages to other conversations. */
function labelled(judge: Judge, cells: Cells, actor: Actor, effect: Effect): Effect {
  if (effect.kind === 'remember')
    return withLabels(effect, judge.labelsOf(cells, stepOf(actor, 'remembers', effect.what, effect.fields)))
  if (effect.kind !== 'send' || isWithin(actor.conversation, effect.to)) return effect
  const labels = judge.labelsOf(cells, stepOf(actor, 'sends', effect.message, effect.fields))
  return labels.length === 0 ? effect : { ...effect, labels }
}

/** A repair that is left over after the second look is one of a repair. */
function stops({ kind }: Verdict): boolean {
  return kind === 'deny' || kind === 'repair'
}

function distinct(needs: readonly Need[]): Need[] {
  return Array.from(new Map(needs.map((need) => [need.key, need])).values())
}

function note(proceedings: Proceedings, step: Step, verdict: Verdict): void {
  proceedings.steps++
  if (verdict.reasons.length > 0 || verdict.kind !== 'allow' || verdict.needs)
    proceedings.judged.push({ step, verdict })
}

function unknownAction(action: string): Verdict {
  const reason: Reason = {
    check: 'Known actions only',
    checkKind: 'permission',
    action: 'deny',
    outcome: 'fired',
    remedy:
      'Use call, send, answer, remember, recall or decide, or invoke a named source; change context with `assign`, as functions in a machine never run.',
    shadow: false,
    found: `the machine asked for the action \`${action}\`, which no executor knows`,
    values: {},
    next: [],
    at: { file: '', start: 0, end: 0, line: 0 },
  }
  return { kind: 'deny', reasons: [reason], repairs: [], asks: [], obligations: [] }
}
