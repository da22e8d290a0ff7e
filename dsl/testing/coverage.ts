/**
 * What the tests have seen of a policy: each check speaking and silent on a step it applies to, each operand of its `and`s and
 * `or`s holding and not, each limit of a field kept and not. What a rule says and what a record must look like is seen on judged steps
 * only: what is given is let through without a verdict. A consistency and a flow remember given steps too.
 */
import { mayMatch } from '../judge/applicable.ts'
import type { Grounds } from '../judge/grounds.ts'
import { interpret, type Part } from '../judge/interpret.ts'
import type { Explanation } from '../judge/judge.ts'
import { asking } from '../judge/scores.ts'
import type { Step } from '../judge/step.ts'
import { patternsOf } from '../plan/patterns.ts'
import type { Meta, Plan, StepPattern, Table } from '../plan/plan.ts'
import { type OperandCoverage, Operands } from './operands.ts'
import { type LimitCoverage, type RecordCheckCoverage, ShapeCoverage } from './shape-coverage.ts'

export interface CheckCoverage {
  readonly check: string
  readonly line: number
  /** The library it comes from; its conditions are for the tests of the library. */
  readonly library?: string
  readonly fired: boolean
  /** It applied to a judged step and had nothing to say. */
  readonly quiet: boolean
  /** In the text's order; a condition without `and` and `or` is its own single operand. */
  readonly operands: readonly OperandCoverage[]
}

export interface Covered {
  /** Rules, consistencies and flows. */
  readonly checks: readonly CheckCoverage[]
  /** `check`s of schemas. */
  readonly records: readonly RecordCheckCoverage[]
  /** What fields are held to by their types. */
  readonly limits: readonly LimitCoverage[]
}

/** As an explanation shows them. */
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['no', false],
])

interface Tally {
  readonly check: Pick<Meta, 'name' | 'line' | 'library'>
  readonly operands: Operands
  /** Steps it remembers or waits for, with a condition. */
  readonly remembered: readonly StepPattern[]
  fired: boolean
  quiet: boolean
}

export class Coverage {
  private readonly tallies: readonly Tally[]
  private readonly shapes: ShapeCoverage
  private readonly tables: ReadonlyMap<string, Table>

  constructor(plan: Plan) {
    const tally = (check: Tally['check'], patterns: readonly StepPattern[], isRule: boolean): Tally => {
      const own = check.library === undefined ? patterns.filter(({ where }) => where !== undefined) : []
      return {
        check,
        operands: new Operands(own.flatMap(({ where }) => where ?? [])),
        remembered: isRule ? [] : own,
        fired: false,
        quiet: false,
      }
    }
    this.tallies = [
      ...plan.rules.map((rule) => tally(rule, [rule.when], true)),
      ...plan.consistencies.map((consistency) => tally(consistency, patternsOf(consistency), false)),
      ...plan.flows.map((flow) => tally(flow, patternsOf(flow), false)),
    ]
    this.tables = new Map(plan.tables.map((table) => [table.name, table]))
    this.shapes = new ShapeCoverage(plan, this.tables)
  }

  /** A step that came by, given or judged. */
  meet(step: Step, grounds: Grounds | undefined): void {
    const address = { kind: step.kind, agent: step.agent, name: step.name, peer: step.peer }
    for (const { operands, remembered } of this.tallies)
      for (const { any, where, shown } of remembered) {
        if (where === undefined || !mayMatch({ any, shown }, address)) continue
        const parts: Part[] = []
        const { tables } = this
        const scene = { step, fields: step.fields, tables, bindings: [], locals: [], asking: asking(grounds) }
        interpret(where, { ...scene, parts })
        operands.note(
          parts.map(({ expr: { span }, value }) => ({
            span,
            value: typeof value === 'boolean' ? value : undefined,
          })),
        )
      }
  }

  /** The step a test asks about. */
  see(step: Step, { verdict, checks }: Explanation): void {
    this.shapes.see(step)
    for (const tally of this.tallies) {
      const { name, line } = tally.check
      if (verdict.reasons.some((reason) => reason.check === name && reason.at.line === line))
        tally.fired = true
      for (const trace of checks) {
        if (trace.check !== name || trace.line !== line) continue
        if (trace.outcome === 'fired') tally.fired = true
        if (trace.outcome === 'quiet') tally.quiet = true
        tally.operands.note(
          trace.parts.map(({ start, end, value }) => ({ span: [start, end], value: TRUTHS.get(value) })),
        )
      }
    }
  }

  report(): Covered {
    const checks = this.tallies.map(({ check: { name, line, library }, fired, quiet, operands }) => ({
      check: name,
      line,
      ...(library === undefined ? {} : { library }),
      fired,
      quiet,
      operands: operands.report(),
    }))
    return { checks, ...this.shapes.report() }
  }
}
