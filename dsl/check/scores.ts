/** What detectors say: names, thresholds and subjects of scores, and the declarations of detectors. */
import type { Type } from '../plan/plan.ts'
import type { DetectorDecl, Expr, Ident, NamedValue } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkCurrency } from './constraints.ts'
import type { Environment } from './environment.ts'
import { noteOptional } from './names.ts'
import { type Relation, SCORERS, type Scorer } from './prelude.ts'
import { showType } from './type-text.ts'
import type { Checker, Typing } from './typing.ts'

export type Scored = Extract<Expr, { kind: 'scored' | 'meaning' }>

/** The detector that answers a question of meaning. */
export const RELATIONS: Readonly<Record<Extract<Expr, { kind: 'meaning' }>['how'], Relation>> = {
  resembles: 'resemblance',
  about: 'topic',
  grounded: 'grounding',
}

/** Steps whose texts one name may stand for. */
export const TEXTS_MAX = 100

const WITHIN_MS = 1_000

export function scoreType(expr: Scored, env: Environment, typing: Typing, of: (inner: Expr) => Type): Type {
  const { report } = typing
  if (!env.builtIns)
    report.add(
      'P0206',
      expr.span,
      'a schema says what a value looks like; detectors are asked by rules',
      'Write a rule about the steps that carry the value.',
    )
  hasText(expr.of, of(expr.of), typing)
  noteOptional(expr.of, env, typing)
  if (expr.kind === 'meaning') for (const to of expr.to) hasText(to, of(to), typing)
  const scorer = expr.kind === 'meaning' ? SCORERS[RELATIONS[expr.how]] : scorerOf(expr.detector, typing)
  if (expr.over !== undefined) {
    const type = of(expr.over)
    if (type.kind !== 'number' && type.kind !== 'anything')
      report.add('P0201', expr.over.span, `a score is a number, this is ${showType(type)}`)
    const { over } = expr
    if (
      scorer !== undefined &&
      over.kind === 'number' &&
      (over.value < scorer.from || over.value >= scorer.to)
    )
      report.add(
        'P0135',
        over.span,
        `no score is over ${over.value} and another is not`,
        `Scores are from ${scorer.from} to ${scorer.to}.`,
      )
  } else if (scorer !== undefined && scorer.threshold === undefined)
    report.add(
      'P0134',
      expr.span,
      'from which score on does this hold?',
      'Say it: `… over 0.7`, or give the detector a `threshold`.',
    )
  return { kind: 'flag' }
}

/** What is known of the detector a condition names; a declaration goes before the prelude. */
export function scorerOf(detector: Ident, typing: Pick<Typing, 'vocabulary' | 'report' | 'definitions'>) {
  const { detectors } = typing.vocabulary
  const declared = detectors.get(detector.name)
  if (declared?.name !== undefined) {
    typing.definitions.set(detector, declared.name)
    return scorer(declared)
  }
  if (Object.hasOwn(SCORERS, detector.name)) return SCORERS[detector.name]
  const close = nearest(detector.name, [...detectors.keys(), ...Object.keys(SCORERS)])
  typing.report.add(
    'P0111',
    detector.span,
    `there is no detector \`${detector.name}\``,
    close === undefined
      ? `Declare it: \`detector ${detector.name} over text { within 1 second, threshold 0.7 }\`.`
      : `Did you mean \`${close}\`?`,
  )
  return undefined
}

export function scorer(decl: DetectorDecl): Scorer {
  const [from, to] = decl.range ?? [0, 1]
  return {
    from,
    to,
    withinMs: decl.within?.kind === 'duration' ? decl.within.value : WITHIN_MS,
    cost: decl.cost?.kind === 'money' ? decl.cost.value : 0,
    ...(decl.cost?.kind === 'money' ? { currency: decl.cost.currency.name } : {}),
    ...(decl.threshold === undefined ? {} : { threshold: decl.threshold }),
  }
}

export function checkDetector(decl: DetectorDecl, { report, vocabulary: { spendCurrency } }: Checker): void {
  const { cost, within, threshold, span } = decl
  if (cost?.kind === 'money') {
    const { name, span: place } = cost.currency
    checkCurrency(name, place, report)
    if (name !== spendCurrency)
      report.add(
        'P0203',
        cost.span,
        `a look costs ${name}, and what agents spend is counted in ${spendCurrency}`,
        `Write the cost in ${spendCurrency}, or give all limits and costs one currency.`,
      )
  } else if (cost !== undefined)
    report.add('P0202', cost.span, 'a detector costs money', 'Give it a currency: `cost 0.001 USD`.')
  if (within !== undefined && within.kind !== 'duration')
    report.add('P0216', within.span, 'this is no length of time', 'Write `within 200 milliseconds`.')
  const { from, to } = scorer(decl)
  if (from >= to)
    report.add('P0212', span, 'no score can satisfy both bounds', 'Write `gives score from 0 to 1`.')
  else if (threshold !== undefined && (threshold < from || threshold >= to))
    report.add('P0135', span, `the threshold lies outside of its scores`, `Scores are from ${from} to ${to}.`)
}

export function checkTexts(value: NamedValue, { report }: Checker): Type | undefined {
  if (value.kind !== 'latest' || value.texts === undefined) return undefined
  if (!Number.isInteger(value.texts) || value.texts < 1 || value.texts > TEXTS_MAX)
    report.add(
      'P0218',
      value.span,
      `a name stands for the texts of 1 to ${TEXTS_MAX} steps`,
      'What is remembered is bounded: write `the texts of the last 20 …`.',
    )
  return { kind: 'list', of: { kind: 'text' } }
}

/** Something that holds text: text itself, or a list, map or record in which there is some. */
function hasText(expr: Expr, type: Type, { report }: Typing): void {
  if (['text', 'choice', 'list', 'map', 'record', 'anything'].includes(type.kind)) return
  report.add('P0208', expr.span, `this is ${showType(type)}, not text`, 'Detectors look at texts.')
}
