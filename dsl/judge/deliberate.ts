/** The slow path: every applicable check evaluated with its values, for the reasons of a verdict and for `explain`. */
import type { Binding, Consistency, Expr, Plan, Rule, Span, Table } from '../plan/plan.ts'
import { type Applicable, refusalFinding, refusalName } from './applicable.ts'
import { attempt, attemptOr, INTERNAL } from './attempt.ts'
import type { Cells } from './cells.ts'
import type { Finding } from './finding.ts'
import { factsOf, valuesOf } from './found.ts'
import type { Grounds } from './grounds.ts'
import { holds, interpret, type Part, type Scene } from './interpret.ts'
import type { CheckTrace, Explanation } from './judge.ts'
import { stops } from './ledgers.ts'
import { fired, unknown } from './monitors/monitor.ts'
import { comesFirst } from './next.ts'
import type { Register } from './register.ts'
import { asking, cheapest, type Wanted } from './scores.ts'
import { type Issue, validate } from './shape.ts'
import { clip, inWords } from './show.ts'
import type { Json, Step } from './step.ts'
import { createTally, type Source, type Tally } from './tally.ts'
import { isObject, own, type Truth, write } from './values.ts'
import type { CheckKind, Verdict } from './verdict.ts'

export interface Deliberation {
  decide(cells: Cells, step: Step, grounds: Grounds | undefined): Verdict
  explain(cells: Cells, step: Step, grounds: Grounds | undefined): Explanation
}

/** One step before the checks of its address. */
interface Hearing {
  readonly cells: Cells
  readonly step: Step
  readonly tally: Tally
  readonly grounds: Grounds | undefined
  /** What detectors have to say before all is decided. */
  readonly wanted: Wanted[]
  /** Filled for `explain` only. */
  readonly traces: CheckTrace[] | undefined
}

export function createDeliberation(
  plan: Plan,
  checks: Applicable,
  tables: ReadonlyMap<string, Table>,
  registerOf: (id: string) => Register,
): Deliberation {
  const lacksPermission = checks.refusals.some((refusal) => refusal.checkKind === 'permission')

  const sceneOf = ({ cells, step, grounds }: Hearing, rule?: Rule, parts?: Part[]): Scene => ({
    step,
    fields: step.fields,
    tables,
    bindings: rule?.bindings.map((binding) => registerOf(binding.id).read(cells, step)) ?? [],
    locals: rule?.locals.map((local) => local.value) ?? [],
    asking: asking(grounds),
    ...(parts !== undefined && { parts }),
  })

  /** What a repair writes, as it travels. */
  const writing =
    (hearing: Hearing, rule?: Rule) =>
    (expr: Expr): Json | undefined => {
      const value = attempt(() => interpret(expr, sceneOf(hearing, rule)))
      return value === undefined ? undefined : write(value, expr.type)
    }

  const considered = (hearing: Hearing, rule: Rule): Considered => {
    const considered = consider(rule, sceneOf(hearing, rule, []))
    const outcome = outcomeOf(considered.truth)
    trace(hearing, {
      check: rule.name,
      checkKind: 'rule',
      outcome,
      line: rule.line,
      parts: considered.parts.map(shownPart),
    })
    hearing.wanted.push(...considered.wanted)
    return considered
  }

  /** Whether an `allow` rule grants what no `may` lists. One that is not certain, or only shadowed, grants nothing. */
  const hearGrants = (hearing: Hearing): boolean => {
    let granted = false
    for (const rule of checks.grants) {
      const { truth, finding, wanted } = considered(hearing, rule)
      if (truth === false) continue
      // While a detector may still grant it, nothing is refused: the step waits.
      if ((truth === true || wanted.length > 0) && !rule.shadow) granted = true
      if (wanted.length > 0) continue
      // Its `on error` cannot widen what it gives: undecided, it is told and changes nothing.
      hearing.tally.add({ ...rule, onError: 'warn', checkKind: 'rule' }, rule.action, finding)
    }
    return granted
  }

  const hearRefusals = (hearing: Hearing, granted: boolean): void => {
    for (const refusal of checks.refusals) {
      const { checkKind, span, line } = refusal
      if (checkKind === 'permission' && granted) continue
      const name = refusalName(refusal, hearing.step)
      trace(hearing, { check: name, checkKind, outcome: 'fired', line, parts: [] })
      const finding = refusalFinding(plan, refusal, hearing.step)
      hearing.tally.add(builtIn(name, checkKind, span, line), { kind: 'deny' }, finding)
    }
  }

  const hearShapes = (hearing: Hearing): void => {
    const { step, tally } = hearing
    for (const { check, line, shape, of } of checks.shapes) {
      const value = of === 'fields' ? step.fields : own(step.fields, 'value')
      const issues = attempt(() => validate(shape, value, { step, tables }))
      const outcome = issues === undefined ? 'unknown' : issues.length > 0 ? 'fired' : 'quiet'
      trace(hearing, { check, checkKind: 'schema', outcome, line, parts: [] })
      const source = builtIn(check, 'schema', shape.span, line)
      if (issues === undefined) tally.add(source, { kind: 'deny' }, unknown(INTERNAL))
      else addIssues(tally, source, issues)
    }
  }

  const hearRules = (hearing: Hearing): void => {
    for (const rule of checks.rules) {
      const { truth, finding, wanted } = considered(hearing, rule)
      if (truth === false || wanted.length > 0 || (truth === undefined && hearing.tally.stopped)) continue
      hearing.tally.add({ ...rule, checkKind: 'rule' }, rule.action, finding, writing(hearing, rule))
    }
  }

  /** The truth of a pattern's condition, with what is wanted for it noted. */
  const matched = (hearing: Hearing, where: Expr | undefined): Truth => {
    const scene = sceneOf(hearing)
    const truth = attempt(() => holds(where, scene))
    if (truth === undefined) hearing.wanted.push(...scene.asking!.wanted)
    return truth
  }

  const hearMonitors = (hearing: Hearing): void => {
    const { cells, step, tally, traces } = hearing
    for (const { monitor, may } of checks.watches) {
      const { name, line, otherwise } = monitor.consistency
      const before = hearing.wanted.length
      const is = monitor.patterns.map((pattern, i) => may[i] === true && matched(hearing, pattern.where))
      const waits = hearing.wanted.length > before
      const finding = attemptOr(() => monitor.check(cells, step, is), unknown(INTERNAL))
      if (traces !== undefined) {
        const state = monitor.describe(cells, step)
        trace(hearing, {
          check: name,
          checkKind: kindOf(monitor.consistency),
          outcome: finding?.outcome ?? 'quiet',
          line,
          parts: [],
          state,
        })
      }
      if (finding === undefined || (finding.outcome === 'unknown' && (waits || tally.stopped))) continue
      tally.add(
        { ...monitor.consistency, checkKind: kindOf(monitor.consistency) },
        otherwise,
        finding,
        writing(hearing),
      )
    }
  }

  const hearFlows = (hearing: Hearing): void => {
    const { cells, step, tally, traces } = hearing
    for (const { flow, what, check, describe } of checks.flows) {
      const { name, line, otherwise } = flow
      const before = hearing.wanted.length
      const truth = matched(hearing, what.where)
      const waits = hearing.wanted.length > before
      const finding = attemptOr(() => check(cells, step, truth), unknown(INTERNAL))
      if (traces !== undefined) {
        const outcome = finding?.outcome ?? 'quiet'
        const state = attemptOr(() => describe(cells, step), INTERNAL)
        trace(hearing, { check: name, checkKind: 'flow', outcome, line, parts: [], state })
      }
      if (finding === undefined || (finding.outcome === 'unknown' && (waits || tally.stopped))) continue
      tally.add({ ...flow, checkKind: 'flow' }, otherwise, finding, writing(hearing))
    }
  }

  /** Last, as it costs most: what is stopped already asks for nothing. */
  const hearLedgers = (hearing: Hearing): void => {
    const { step, tally, grounds, traces } = hearing
    for (const { door, may } of checks.visits) {
      const { consistency, patterns } = door.monitor
      const is = patterns.map(({ where }, i): Truth => may[i] === true && matched(hearing, where))
      const claim = attemptOr(() => door.claim(step, is), unknown(INTERNAL))
      const asked = claim !== undefined && 'key' in claim
      const answer = asked ? grounds?.reserved?.[claim.key] : undefined
      const finding = asked ? answer?.finding : claim
      if (traces !== undefined) {
        const { name: check, line } = consistency
        const state = asked ? `entry ${claim.entry} of its ledger` : 'its ledger is not asked'
        const outcome = finding?.outcome ?? 'quiet'
        trace(hearing, { check, checkKind: 'consistency', outcome, line, parts: [], state })
      }
      if (asked && answer === undefined) tally.need(claim)
      if (asked && answer?.kind === 'granted') tally.hold(claim.key)
      if (finding === undefined) continue
      const source = { ...consistency, checkKind: 'consistency' as const }
      // A ledger of another version of the policy may refuse what this one would only tell of.
      const refused = answer?.kind === 'refused' && !stops(consistency, finding)
      if (refused) tally.add({ ...source, shadow: false, onError: 'deny' }, { kind: 'deny' }, finding)
      else tally.add(source, consistency.otherwise, finding)
    }
  }

  const decide = (cells: Cells, step: Step, grounds: Grounds | undefined, traces?: CheckTrace[]): Verdict => {
    const tally = createTally(plan, { cells, step }, grounds)
    const hearing: Hearing = { cells, step, tally, grounds, wanted: [], traces }
    hearRefusals(hearing, lacksPermission && hearGrants(hearing))
    hearShapes(hearing)
    hearRules(hearing)
    hearMonitors(hearing)
    hearFlows(hearing)
    hearLedgers(hearing)
    for (const where of checks.told) matched(hearing, where)
    const verdict = tally.finish()
    if (tally.stopped || hearing.wanted.length === 0) return verdict
    return { ...verdict, needs: cheapest(hearing.wanted) }
  }

  return {
    decide,
    explain(cells, step, grounds) {
      const traces: CheckTrace[] = []
      const verdict = decide(cells, step, grounds, traces)
      return { step, verdict, checks: traces }
    },
  }
}

function kindOf({ limit }: Consistency): CheckKind {
  return limit ? 'limit' : 'consistency'
}

function trace({ traces }: Hearing, check: CheckTrace): void {
  traces?.push(check)
}

interface Considered {
  readonly truth: Truth
  readonly finding: Finding
  readonly parts: readonly Part[]
  /** What would have to be known: only while it is undecided. */
  readonly wanted: readonly Wanted[]
}

/** A rule's condition with what it found. */
function consider(rule: Rule, scene: Scene): Considered {
  const parts = scene.parts ?? []
  const { where } = rule.when
  if (where === undefined) return { truth: true, finding: fired(rule.when.shown), parts, wanted: [] }
  const truth = attempt(() => holds(where, scene))
  const values = valuesOf(parts, rule)
  if (truth === false) return { truth, finding: fired('', values), parts, wanted: [] }
  const facts = factsOf(where, parts, rule, scene.bindings)
  if (truth === undefined) {
    const { wanted = [], failures = [] } = scene.asking ?? {}
    const finding = unknown([...(facts === '' ? [] : [facts]), ...new Set(failures)].join('; ') || INTERNAL)
    const next = missingBindings(rule, scene, parts).flatMap(({ of, same }) =>
      comesFirst(of, same, scene.step, false),
    )
    return { truth, finding: { ...finding, values, next }, parts, wanted }
  }
  return { truth, finding: fired(facts === '' ? rule.when.shown : facts, values), parts, wanted: [] }
}

/** Earlier steps the condition asked for that have not happened. */
function missingBindings(rule: Rule, scene: Scene, parts: readonly Part[]): readonly Binding[] {
  const asked = new Set(parts.flatMap(({ expr }) => (expr.op === 'binding' ? [expr.index] : [])))
  return rule.bindings.filter((_, index) => asked.has(index) && scene.bindings[index] === null)
}

function outcomeOf(truth: Truth): CheckTrace['outcome'] {
  return truth === undefined ? 'unknown' : truth ? 'fired' : 'quiet'
}

function shownPart(
  { expr, depth, value }: Part,
  at: number,
  parts: readonly Part[],
): CheckTrace['parts'][number] {
  const words = inWords(value, expr.type) + scoreInWords(expr, at, parts)
  return { start: expr.span[0], end: expr.span[1], depth, value: words }
}

/** `injection in text` hides two numbers: the score, and the threshold where no `over` says it. */
function scoreInWords(expr: Expr, at: number, parts: readonly Part[]): string {
  const over = expr.op === 'not' ? expr.of : expr
  if (over.op !== 'compare' || over.left.op !== 'score' || over.right.op !== 'literal') return ''
  const score = parts.slice(at).find((part) => part.expr === over.left)
  if (score?.value === undefined || over.right.span[0] !== over.span[0]) return ''
  return `, ${inWords(score.value, score.expr.type)} against ${String(over.right.value)}`
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
function issueInWords({ kind, path, expected, found }: Issue): string {
  const name = path.length === 0 ? 'the value' : `\`${path.join('.')}\``
  if (kind === 'missing') return `${name} is missing, expected ${expected}`
  if (kind === 'unexpected') return `${name} is not a declared field`
  if (kind === 'check') return `"${expected}" does not hold`
  return `${name} is ${JSON.stringify(clip(found ?? null))}, expected ${expected}`
}
