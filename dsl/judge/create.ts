/**
 * The judge over a plan. Two engines decide the same: generated code answers the common question, "does anything speak
 * against this step?", without allocating; whatever it does not clear goes to `deliberate.ts`, which gives reasons.
 */
import type { Plan, StepPattern } from '../plan/plan.ts'
import { type Address, applicable, mayMatch } from './applicable.ts'
import { attempt } from './attempt.ts'
import type { Cells } from './cells.ts'
import { createDeliberation, type Deliberation } from './deliberate.ts'
import { createDispatch } from './dispatch.ts'
import { createFlows } from './flows/create.ts'
import { generate, generateTruth, type Quiet } from './generate.ts'
import type { Grounds } from './grounds.ts'
import { holds, interpret } from './interpret.ts'
import type { Judge } from './judge.ts'
import { ownerOf } from './keys.ts'
import { createLedgerDoor, createLedgers } from './ledgers.ts'
import { createMonitor } from './monitors/create.ts'
import type { Monitor, ValueOf } from './monitors/monitor.ts'
import { STRETCH_MARK } from './monitors/stretch.ts'
import { breachAt, breachesAt } from './obligations.ts'
import type { Register } from './register.ts'
import { createRegister } from './registers.ts'
import { forgetAttempts, RETRY_MARK } from './retries.ts'
import { asking } from './scores.ts'
import type { Step } from './step.ts'
import { createSweep, MADE } from './sweep.ts'
import type { Truth } from './values.ts'
import { ALLOW, type Obligation, type Verdict } from './verdict.ts'

export interface JudgeOptions {
  /** `interpreted` evaluates every applicable check by walking it: slower, the same verdicts. Default `generated`. */
  readonly engine?: 'generated' | 'interpreted'
}

/** What is known about one address (kind, agent, name, peer) before a step's fields are read. */
interface Desk {
  readonly quiet: Quiet
  readonly deliberation: Deliberation
  readonly moves: readonly Move[]
}

type Move = (cells: Cells, step: Step, grounds: Grounds | undefined, obligations: Obligation[]) => void

type Matches = (step: Step, grounds: Grounds | undefined) => Truth
type MatchesAll = (step: Step, grounds: Grounds | undefined) => readonly Truth[]

const NO_OBLIGATIONS: readonly Obligation[] = Object.freeze([])

export function createJudge(plan: Plan, { engine = 'generated' }: JudgeOptions = {}): Judge {
  const tables = new Map(plan.tables.map((table) => [table.name, table]))
  const scene = (step: Step) => ({ step, fields: step.fields, tables, bindings: [], locals: [] })
  const readValue: ValueOf = (expr, step) => attempt(() => interpret(expr, scene(step)))
  const kept = plan.consistencies.map((consistency) => createMonitor(consistency, readValue))
  const monitors = kept.filter(({ consistency }) => consistency.scope !== 'fleet')
  const doors = kept.filter(({ consistency }) => consistency.scope === 'fleet').map(createLedgerDoor)
  const flows = createFlows(plan.flows)
  const { recorder } = flows
  const registers = new Map<string, Register>()
  for (const { id, ...binding } of plan.rules.flatMap((rule) => rule.bindings)) {
    if (!registers.has(id)) registers.set(id, createRegister({ id, ...binding }, readValue))
  }
  const sweep = createSweep([
    ...monitors.flatMap((one) =>
      one.expires ? [{ id: one.consistency.id, expired: one.expired.bind(one) }] : [],
    ),
    ...Array.from(registers.values()).flatMap(({ binding: { id }, expired }) =>
      expired === undefined ? [] : [{ id, expired }],
    ),
  ])
  const tried = [...plan.rules, ...plan.consistencies, ...plan.flows].map(({ id }) => RETRY_MARK + id)
  const keepers = new Set([
    ...kept.flatMap(({ consistency: { id } }) => [id, id + STRETCH_MARK]),
    ...registers.keys(),
    ...tried,
    MADE,
  ])
  const registerOf = (id: string) => registers.get(id)!

  /** Does a step at an address the pattern may match do so? */
  const matcher = (applies: boolean, pattern: StepPattern): Matches => {
    const { where } = pattern
    if (!applies || where === undefined) return () => applies
    return engine === 'generated'
      ? generateTruth(where, tables)
      : (step, grounds) => attempt(() => holds(where, { ...scene(step), asking: asking(grounds) }))
  }

  /** Which of the patterns a step at the address is; where no condition is asked, one list for all of them. */
  const matched = (patterns: readonly StepPattern[], address: Address): MatchesAll => {
    const may = patterns.map((pattern) => mayMatch(pattern, address))
    if (patterns.every(({ where }, i) => !may[i] || where === undefined)) return () => may
    const matchers = patterns.map((pattern, i) => matcher(may[i] === true, pattern))
    return (step, grounds) => matchers.map((matches) => matches(step, grounds))
  }

  const told = [
    ...[...registers.values()].flatMap((register) => register.patterns),
    ...kept.flatMap((monitor) => monitor.patterns),
    ...flows.checks.map((check) => check.what),
    ...(recorder?.patterns ?? []),
  ]
  const deskAt = createDispatch<Desk>(plan, told, (address) => {
    const checks = applicable(
      plan,
      monitors,
      doors,
      flows.checks,
      [...registers.values()],
      recorder?.patterns ?? [],
      address,
    )
    const deliberation = createDeliberation(plan, checks, tables, registerOf)
    const moves: Move[] = [
      ...checks.registers.map((register) => {
        const is = matched(register.patterns, address)
        return (cells: Cells, step: Step, grounds: Grounds | undefined) =>
          register.advance(cells, step, is(step, grounds))
      }),
      ...checks.watches.map(({ monitor }) => {
        const is = matched(monitor.patterns, address)
        return (cells: Cells, step: Step, grounds: Grounds | undefined, obligations: Obligation[]) =>
          monitor.advance(cells, step, is(step, grounds), obligations)
      }),
    ]
    const retried = [
      ...checks.rules.filter(({ action }) => action.kind === 'retry'),
      ...checks.watches
        .filter(({ monitor, may }) => monitor.consistency.otherwise.kind === 'retry' && may[0] === true)
        .map(({ monitor }) => monitor.consistency),
      ...checks.flows.map(({ flow }) => flow).filter(({ otherwise }) => otherwise.kind === 'retry'),
    ]
    for (const { id } of retried) moves.push((cells, step) => forgetAttempts(cells, id, step))
    if (recorder !== undefined) {
      const may = recorder.patterns.map((pattern) => mayMatch(pattern, address))
      if (recorder.listens(address.kind) || may.includes(true)) {
        const is = matched(recorder.patterns, address)
        moves.push((cells, step, grounds) => recorder.advance(cells, step, is(step, grounds)))
      }
    }
    const quiet = engine === 'generated' ? generate(checks, tables, registerOf) : () => false
    return { quiet, deliberation, moves }
  })

  const decide = (desk: Desk, cells: Cells, step: Step, grounds: Grounds | undefined): Verdict =>
    desk.quiet(cells, step, grounds) ? ALLOW : desk.deliberation.decide(cells, step, grounds)

  const advance = (
    desk: Desk,
    cells: Cells,
    step: Step,
    grounds: Grounds | undefined,
  ): readonly Obligation[] => {
    if (desk.moves.length === 0) return NO_OBLIGATIONS
    const before = cells.size
    const obligations: Obligation[] = []
    for (const move of desk.moves) move(cells, step, grounds, obligations)
    sweep(cells, before, step)
    return obligations
  }

  const matching = ({ patterns }: Monitor, step: Step, grounds: Grounds | undefined): Truth[] =>
    patterns.map(
      (pattern) => mayMatch(pattern, { ...step, peer: step.peer }) && matcher(true, pattern)(step, grounds),
    )

  return {
    plan,
    hash: plan.hash,
    keeps: (cell) => keepers.has(ownerOf(cell)) || flows.owns(cell),
    ledgers: createLedgers(doors, matching),
    decide: (cells, step, grounds) => decide(deskAt(step), cells, step, grounds),
    advance: (cells, step, grounds) => advance(deskAt(step), cells, step, grounds),
    judge(cells, step, grounds) {
      const desk = deskAt(step)
      const verdict = decide(desk, cells, step, grounds)
      if (verdict.kind !== 'allow' || verdict.needs) return verdict
      const obligations = advance(desk, cells, step, grounds)
      return obligations.length === 0 ? verdict : { ...verdict, obligations }
    },
    labelsOf: (cells, step) => [
      ...new Set(flows.checks.flatMap((check) => check.carries?.(cells, step) ?? [])),
    ],
    settle(cells, step, actual) {
      for (const monitor of monitors)
        if (monitor.amend)
          monitor.amend(cells, step, matching(monitor, step, undefined), { ...step, fields: actual })
    },
    overdue: (cells, cell, at) => breachAt(plan, monitors, cells, cell, at),
    close: (cells, at) => breachesAt(plan, monitors, cells, at),
    explain: (cells, step, grounds) => deskAt(step).deliberation.explain(cells, step, grounds),
  }
}
