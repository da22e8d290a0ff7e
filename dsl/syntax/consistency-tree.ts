/** Concrete → abstract syntax of consistencies. Never fails; what is missing stays out. */
import type { CstNode } from 'chevrotain'
import type { Report } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type {
  ActionNode,
  CalendarNode,
  ConsistencyDecl,
  Expr,
  FormNode,
  Path,
  Pattern,
  ScopeName,
  StretchNode,
  Terms,
} from './ast.ts'
import { has, ident, node, nodes, span, text, token } from './cst.ts'
import { bound, brokenExpr, operand, path, quantity } from './expression-tree.ts'
import { numberValue } from './literals.ts'
import { action, calendar, notes, pattern, saidOnce, sameKeys } from './step-tree.ts'
import { spanOf } from './tokens.ts'
import { scope } from './vocabulary-tree.ts'

export function consistency(cst: CstNode, report: Report): ConsistencyDecl {
  const said = new Map<string, Span>()
  const once = (what: string, at: Span): boolean => saidOnce(said, what, at, report)
  let where: ScopeName | undefined
  let forEach: Path[] = []
  let keptForever: ConsistencyDecl['keptForever']
  let during: StretchNode | undefined
  let form: FormNode | undefined
  let otherwise: ActionNode | undefined
  const noted: CstNode[] = []
  for (const clause of nodes(cst, 'consistencyClause')) {
    const at = span(clause)
    const written = node(clause, 'form')
    const stretched = node(clause, 'stretch')
    if (has(clause, 'each') && once('for each', at))
      forEach = nodes(clause, 'path').flatMap((key) => path(key) ?? [])
    else if (has(clause, 'per') && once('per', at)) where = scope(node(clause, 'scope'))
    else if (has(clause, 'across') && once('per', at)) where = 'fleet'
    else if (has(clause, 'kept') && once('kept forever', at)) keptForever = { span: at }
    else if (stretched !== undefined) {
      if (once('the stretch', at)) during = stretch(stretched, report)
    } else if (has(clause, 'otherwise') && once('otherwise', at)) otherwise = action(node(clause, 'action'))
    else if (written !== undefined) {
      if (form !== undefined) {
        report.add(
          'P0016',
          at,
          'a consistency has one pattern',
          'Move this one into a `consistency` of its own.',
          [{ span: form.span, message: 'the first pattern' }],
        )
        continue
      }
      form = formNode(written, report)
      const until = neverUntil(written, report)
      if (until !== undefined && once('the stretch', at)) during = until
    } else noted.push(...nodes(clause, 'note'))
  }
  return {
    kind: 'consistency',
    name: text(token(cst, 'Text')),
    scope: where ?? (during?.kind === 'while' ? 'agent' : 'conversation'),
    forEach,
    ...(keptForever === undefined ? {} : { keptForever }),
    during,
    form,
    otherwise,
    notes: notes(noted, report),
    span: span(cst),
  }
}

function stretch(cst: CstNode, report: Report): StretchNode | undefined {
  const at = span(cst)
  const state = ident(token(cst, 'state'))
  if (state !== undefined) return { kind: 'while', state, span: at }
  const opens = node(cst, 'opens')
  const closes = node(cst, 'closes')
  const until = node(node(cst, 'until'), 'pattern')
  if (opens === undefined)
    return closes === undefined ? undefined : { kind: 'before', closes: pattern(closes, report), span: at }
  const opening = pattern(opens, report)
  if (closes !== undefined)
    return { kind: 'between', opens: opening, closes: pattern(closes, report), span: at }
  if (until !== undefined) return { kind: 'until', opens: opening, closes: pattern(until, report), span: at }
  return has(cst, 'between') ? undefined : { kind: 'after', opens: opening, span: at }
}

/** `X never after Q until R` says both a pattern and its stretch. */
function neverUntil(cst: CstNode, report: Report): StretchNode | undefined {
  const relation = node(cst, 'relation')
  const until = node(relation, 'until')
  const opens = node(node(relation, 'links'), 'pattern')
  const closes = node(until, 'pattern')
  if (opens === undefined || closes === undefined) return undefined
  return { kind: 'until', opens: pattern(opens, report), closes: pattern(closes, report), span: span(until) }
}

function formNode(cst: CstNode, report: Report): FormNode | undefined {
  const at = span(cst)
  const aggregate = node(cst, 'aggregate')
  if (aggregate !== undefined) return aggregateForm(aggregate, at, report)
  const succession = node(cst, 'succession')
  if (succession !== undefined) return successionForm(succession, at, report)
  const agreement = node(cst, 'agreement')
  if (agreement !== undefined) return agreementForm(agreement, at, report)
  const [first, second] = nodes(cst, 'pattern')
  if (first === undefined) return undefined
  const what = pattern(first, report)
  if (has(cst, 'stays')) {
    const of = path(node(cst, 'path'))
    return of === undefined ? undefined : { kind: 'steady', of, what, span: at }
  }
  const edge = token(cst, 'edge')
  if (edge !== undefined)
    return { kind: 'edge', which: edge.image === 'last' ? 'last' : 'first', what, span: at }
  if (has(cst, 'both') || has(cst, 'either')) {
    if (second === undefined) return undefined
    const how = has(cst, 'both') ? 'notBoth' : 'either'
    return { kind: 'pair', how, what, other: pattern(second, report), ...termsOf(cst, report), span: at }
  }
  const relation = node(cst, 'relation')
  return relation === undefined ? undefined : relationForm(relation, what, at, report)
}

function relationForm(cst: CstNode, what: Pattern, at: Span, report: Report): FormNode | undefined {
  const often = node(cst, 'often')
  if (often !== undefined) {
    const kind = has(cst, 'exactly') ? 'exactly' : has(cst, 'least') ? 'atLeast' : 'atMost'
    return { kind, what, times: timesOf(often), ...windowOf(often), span: at }
  }
  const links = node(cst, 'links')
  if (has(cst, 'and')) {
    const how = has(cst, 'together') ? 'together' : 'alternate'
    const other = node(cst, 'pattern')
    if (other === undefined) return undefined
    return { kind: 'pair', how, what, other: pattern(other, report), ...termsOf(cst, report), span: at }
  }
  if (links !== undefined && has(cst, 'until')) {
    const terms = node(links, 'terms')
    const more = Object.keys(terms?.children ?? {}).length > 0 || nodes(links, 'pattern').length > 1
    if (more || has(cst, 'directly') || has(cst, 'within') || node(cst, 'tally') !== undefined)
      report.add(
        'P0225',
        span(links),
        '`never after … until …` takes nothing more',
        'Write the stretch on a line of its own: `after Q until R`, and then the pattern.',
      )
  }
  if (links === undefined || has(cst, 'until')) {
    const times: Expr = { kind: 'number', value: 0, span: at }
    return has(cst, 'never') ? { kind: 'atMost', what, times, window: undefined, span: at } : undefined
  }
  const [other, ...then] = nodes(links, 'pattern').map((one) => pattern(one, report))
  if (other === undefined) return undefined
  const terms = termsOf(links, report)
  if (has(cst, 'needs')) return { kind: 'needs', what, earlier: other, then, ...terms, span: at }
  if (has(cst, 'followed') && !has(cst, 'directly'))
    return { kind: 'followedBy', what, by: other, then, ...terms, span: at }
  // A chain has a meaning in the two above only.
  for (const link of then)
    report.add(
      'P0004',
      link.span,
      '`then` does not go with this pattern',
      'Chains: `X needs an earlier Y, then Z`, `X is followed by Y, then Z`.',
    )
  if (has(cst, 'never') && !has(cst, 'directly'))
    return { kind: 'neverAfter', what, after: other, ...restOf(cst), ...terms, span: at }
  const how = has(cst, 'never')
    ? 'neverDirectlyAfter'
    : has(cst, 'only')
      ? 'onlyDirectlyAfter'
      : has(cst, 'followed')
        ? 'directlyFollowedBy'
        : has(cst, 'requires')
          ? 'requires'
          : 'excludes'
  return { kind: 'pair', how, what, other, ...terms, span: at }
}

function successionForm(cst: CstNode, at: Span, report: Report): FormNode | undefined {
  const [what, by, no, without] = nodes(cst, 'pattern').map((one) => pattern(one, report))
  if (what === undefined || by === undefined || no === undefined || without === undefined) return undefined
  const directly = has(cst, 'directly')
  return { kind: 'succession', what, by, directly, no, without, ...termsOf(cst, report), span: at }
}

function agreementForm(cst: CstNode, at: Span, report: Report): FormNode | undefined {
  const of = path(node(cst, 'path'))
  const to = path(node(cst, 'to'))
  const [what, latest] = nodes(cst, 'pattern').map((one) => pattern(one, report))
  if (of === undefined || to === undefined || what === undefined || latest === undefined) return undefined
  const how = has(cst, 'agrees')
    ? 'agrees'
    : has(cst, 'equals')
      ? 'equals'
      : has(cst, 'falls')
        ? 'notBelow'
        : 'notAbove'
  return { kind: 'agreement', how, of, what, to, latest, ...termsOf(cst, report), span: at }
}

function aggregateForm(cst: CstNode, at: Span, report: Report): FormNode | undefined {
  const of = path(node(cst, 'path'))
  if (of === undefined) return undefined
  const limit = node(cst, 'operand')
  const fn = token(cst, 'fn')?.image
  return {
    kind: 'total',
    fn: fn === 'distinct' || fn === 'average' || fn === 'highest' || fn === 'lowest' ? fn : 'total',
    of,
    what: pattern(node(cst, 'pattern'), report),
    bound: has(cst, 'least') ? 'atLeast' : 'atMost',
    limit: limit === undefined ? brokenExpr(at) : operand(limit),
    ...windowOf(cst),
    span: at,
  }
}

/** `never within D after Y N times in any T` */
function restOf(cst: CstNode): { rest?: Expr; times?: Expr; window?: Expr } {
  const tally = node(cst, 'tally')
  const rest = bound(node(cst, 'bound'))
  const times = bound(node(tally, 'bound'))
  const window = bound(node(tally, 'window'))
  return {
    ...(rest === undefined ? {} : { rest }),
    ...(times === undefined ? {} : { times }),
    ...(window === undefined ? {} : { window }),
  }
}

function timesOf(cst: CstNode): Expr | undefined {
  if (has(cst, 'once')) return { kind: 'number', value: 1, span: span(cst) }
  const times = node(cst, 'operand')
  return times === undefined ? undefined : operand(times)
}

function windowOf(cst: CstNode): { window: Expr | undefined; per?: CalendarNode } {
  const window = node(cst, 'window')
  const per = calendar(window)
  return per === undefined ? { window: bound(node(window, 'bound')) } : { window: undefined, per }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function termsOf(cst: CstNode, report: Report): Terms {
  const terms = node(cst, 'terms')
  const made: Writable<Terms> = {
    within: bound(node(terms, 'bound')),
    same: nodes(terms, 'sameKeys').flatMap(sameKeys),
    bySomeoneElse: has(terms, 'someone'),
  }
  const apart = quantity(node(terms, 'apart'))
  if (apart !== undefined) made.apart = apart
  if (has(terms, 'Percent')) made.percent = true
  const number = token(terms, 'Number')
  if (number !== undefined)
    made.people = { count: numberValue(number.image), others: has(terms, 'others'), span: spanOf(number) }
  const each = token(terms, 'each')
  if (each !== undefined) made.eachTime = { span: spanOf(each) }
  const end = token(terms, 'end')
  if (end !== undefined) made.byEnd = { span: spanOf(end) }
  const another = node(terms, 'pattern')
  if (another !== undefined) made.another = pattern(another, report)
  return made
}
