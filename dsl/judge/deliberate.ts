/** The slow path: every applicable check evaluated with its values, for the reasons of a verdict and for `explain`. */
import type { Plan, Rule, Span, Table } from '../plan/plan.ts'
import { type Applicable, refusalInWords, refusalName } from './applicable.ts'
import type { Cells } from './cells.ts'
import { factsOf, valuesOf } from './found.ts'
import { holds, interpret, type Part, type Scene } from './interpret.ts'
import type { CheckTrace, Explanation } from './judge.ts'
import { type Finding, fired, unknown } from './monitors/monitor.ts'
import type { Register } from './registers.ts'
import { type Issue, validate } from './shape.ts'
import { clip, inWords } from './show.ts'
import type { Json, Step } from './step.ts'
import { createTally, type Source, type Tally } from './tally.ts'
import { isObject, own, type Truth, write } from './values.ts'
import type { CheckKind, Verdict } from './verdict.ts'

export interface Deliberation {
  decide(cells: Cells, step: Step, approved: ReadonlySet<string> | undefined): Verdict
  explain(cells: Cells, step: Step): Explanation
}

const INTERNAL = 'an internal error kept it from being decided'

export function createDeliberation(
  plan: Plan,
  checks: Applicable,
  tables: ReadonlyMap<string, Table>,
  registerOf: (id: string) => Register,
): Deliberation {
  const sceneOf = (cells: Cells, step: Step, rule: Rule | undefined, parts?: Part[]): Scene => ({
    step,
    fields: step.fields,
    tables,
    bindings: rule?.bindings.map((binding) => registerOf(binding.id).read(cells, step)) ?? [],
    locals: rule?.locals.map((local) => local.value) ?? [],
    ...(parts !== undefined && { parts }),
  })

  const decide = (
    cells: Cells,
    step: Step,
    approved: ReadonlySet<string> | undefined,
    traces?: CheckTrace[],
  ): Verdict => {
    const tally = createTally(plan, step.fields, approved)
    const trace = (
      name: string,
      checkKind: CheckKind,
      outcome: CheckTrace['outcome'],
      line: number,
      parts: readonly Part[],
      state?: string,
    ) =>
      traces?.push({
        check: name,
        checkKind,
        outcome,
        line,
        parts: parts.map(shownPart),
        ...(state !== undefined && { state }),
      })

    let granted = false
    const lacksPermission = checks.refusals.some((refusal) => refusal.checkKind === 'permission')
    if (lacksPermission) {
      for (const rule of checks.grants) {
        const { truth, finding, parts } = consider(rule, sceneOf(cells, step, rule, []))
        trace(rule.name, 'rule', outcomeOf(truth), rule.line, parts)
        if (truth === false) continue
        // A grant that is not certain, or only shadowed, grants nothing; its `on error` cannot widen what it gives.
        if (truth === true && !rule.shadow) granted = true
        tally.add({ ...rule, onError: 'warn', checkKind: 'rule' }, rule.action, finding)
      }
    }
    for (const refusal of checks.refusals) {
      if (refusal.checkKind === 'permission' && granted) continue
      const name = refusalName(refusal, step)
      trace(name, refusal.checkKind, 'fired', refusal.line, [])
      tally.add(
        builtIn(name, refusal.checkKind, refusal.span, refusal.line),
        { kind: 'deny' },
        fired(refusalInWords(plan, refusal, step)),
      )
    }
    for (const { check, shape, of } of checks.shapes) {
      const value = of === 'fields' ? step.fields : own(step.fields, 'value')
      const issues = attempt(() => validate(shape, value, { step, tables }))
      trace(check, 'schema', issues === undefined ? 'unknown' : issues.length > 0 ? 'fired' : 'quiet', 0, [])
      const source = builtIn(check, 'schema', shape.span, 0)
      if (issues === undefined) tally.add(source, { kind: 'deny' }, unknown(INTERNAL))
      else addIssues(tally, source, issues)
    }
    for (const rule of checks.rules) {
      const scene = sceneOf(cells, step, rule, [])
      const { truth, finding, parts } = consider(rule, scene)
      trace(rule.name, 'rule', outcomeOf(truth), rule.line, parts)
      if (truth === false || (truth === undefined && tally.stopped)) continue
      const { action } = rule
      tally.add({ ...rule, checkKind: 'rule' }, action, finding, () => {
        if (action.kind !== 'set') return undefined
        const value = attempt(() => interpret(action.to, sceneOf(cells, step, rule)))
        return value === undefined ? undefined : write(value, action.to.type)
      })
    }
    for (const { monitor, isWhat, isOther } of checks.watches) {
      const { consistency } = monitor
      const where = (applies: boolean, expr: Rule['when']['where']) =>
        applies && attempt(() => holds(expr, sceneOf(cells, step, undefined)))
      const what = where(isWhat, monitor.what.where)
      const other = where(isOther, monitor.other?.where)
      const finding = attemptOr(() => monitor.check(cells, step, what, other), unknown(INTERNAL))
      trace(
        consistency.name,
        'consistency',
        finding?.outcome ?? 'quiet',
        consistency.line,
        [],
        traces && monitor.describe(cells, step),
      )
      if (finding === undefined || (finding.outcome === 'unknown' && tally.stopped)) continue
      const { otherwise } = consistency
      tally.add({ ...consistency, checkKind: 'consistency' }, otherwise, finding, () => {
        if (otherwise.kind !== 'set') return undefined
        const value = attempt(() => interpret(otherwise.to, sceneOf(cells, step, undefined)))
        return value === undefined ? undefined : write(value, otherwise.to.type)
      })
    }
    return tally.finish()
  }

  return {
    decide,
    explain(cells, step) {
      const traces: CheckTrace[] = []
      const verdict = decide(cells, step, undefined, traces)
      return { step, verdict, checks: traces }
    },
  }
}

/** A rule's condition with what it found. */
function consider(
  rule: Rule,
  scene: Scene & { readonly parts?: Part[] },
): { truth: Truth; finding: Finding; parts: readonly Part[] } {
  const parts = scene.parts ?? []
  const { where } = rule.when
  if (where === undefined) return { truth: true, finding: fired(rule.when.shown), parts }
  const truth = attempt(() => holds(where, scene))
  const values = valuesOf(parts, rule)
  if (truth === false) return { truth, finding: fired('', values), parts }
  const facts = factsOf(where, parts, rule)
  if (truth === undefined)
    return { truth, finding: { ...unknown(facts === '' ? INTERNAL : facts), values }, parts }
  return { truth, finding: fired(facts === '' ? rule.when.shown : facts, values), parts }
}

/** Deep nesting may exhaust the stack, and a bug may do anything: neither permits. */
export function attempt<T>(evaluate: () => T): T | undefined {
  return attemptOr(evaluate, undefined)
}

function attemptOr<T, U>(evaluate: () => T, otherwise: U): T | U {
  try {
    return evaluate()
  } catch {
    return otherwise
  }
}

function outcomeOf(truth: Truth): CheckTrace['outcome'] {
  return truth === undefined ? 'unknown' : truth ? 'fired' : 'quiet'
}

function shownPart({ expr, depth, value }: Part): CheckTrace['parts'][number] {
  return { start: expr.span[0], end: expr.span[1], depth, value: inWords(value, expr.type) }
}

function builtIn(name: string, checkKind: CheckKind, span: Span, line: number): Source {
  return { name, checkKind, shadow: false, onError: 'deny', span, line }
}

/** What is misshapen is one reason; each cross-field check that fails is one of its own, under its own name. */
function addIssues(tally: Tally, source: Source, issues: readonly Issue[]): void {
  const misshapen = issues.filter((issue) => issue.kind !== 'check')
  if (misshapen.length > 0) {
    const values = Object.fromEntries(misshapen.map(({ path, found }) => [path.join('.'), found ?? null]))
    tally.add(source, { kind: 'deny' }, fired(misshapen.map(issueInWords).join('; '), values))
  }
  for (const issue of issues) {
    if (issue.kind !== 'check') continue
    const values: Record<string, Json> = isObject(issue.found) ? issue.found : {}
    tally.add({ ...source, name: issue.expected }, { kind: 'deny' }, fired(issueInWords(issue), values))
  }
}

/** `amount` is missing, expected money in USD. */
export function issueInWords({ kind, path, expected, found }: Issue): string {
  const name = path.length === 0 ? 'the value' : `\`${path.join('.')}\``
  if (kind === 'missing') return `${name} is missing, expected ${expected}`
  if (kind === 'unexpected') return `${name} is not a declared field`
  if (kind === 'check') return `"${expected}" does not hold`
  return `${name} is ${JSON.stringify(clip(found ?? null))}, expected ${expected}`
}
