/** Concrete → abstract syntax of expressions. */
import type { CstNode, IToken } from 'chevrotain'
import type { Span } from '../plan/plan.ts'
import type { Comparison, Entry, Expr, Path, ScoreNode } from './ast.ts'
import { has, ident, idents, node, nodes, span, text, token, tokens } from './cst.ts'
import { dateValue, durationValue, moneyValue, numberValue, timeValue, UNIT_NAMES } from './literals.ts'
import { Quoted, spanOf } from './tokens.ts'

const join = (a: Span, b: Span): Span => [Math.min(a[0], b[0]), Math.max(a[1], b[1])]

export function brokenExpr(at: Span): Expr {
  return { kind: 'broken', span: at }
}

export function path(cst: CstNode | undefined): Path | undefined {
  const parts = idents(cst)
  if (parts.length === 0) return undefined
  return { kind: 'path', parts, span: join(parts[0]!.span, parts.at(-1)!.span) }
}

export function expr(cst: CstNode | undefined, at: Span = span(cst)): Expr {
  if (cst === undefined) return brokenExpr(at)
  return chain('or', nodes(cst, 'conjunction'), conjunction, at)
}

function chain(kind: 'and' | 'or', parts: readonly CstNode[], read: (part: CstNode) => Expr, at: Span): Expr {
  if (parts.length === 0) return brokenExpr(at)
  if (parts.length === 1) return read(parts[0]!)
  const of = parts.map(read)
  return { kind, of, span: join(of[0]!.span, of.at(-1)!.span) }
}

function conjunction(cst: CstNode): Expr {
  return chain('and', nodes(cst, 'negation'), negation, span(cst))
}

export function negation(cst: CstNode | undefined): Expr {
  const inner = node(cst, 'negation')
  if (has(cst, 'not')) return { kind: 'not', of: negation(inner), span: span(cst) }
  return comparison(node(cst, 'comparison'), span(cst))
}

function comparison(cst: CstNode | undefined, at: Span): Expr {
  if (cst === undefined) return brokenExpr(at)
  const left = sum(node(cst, 'sum'), span(cst, at))
  const whole = span(cst, at)
  const exactly = has(cst, 'exactly')
  const symbol = node(cst, 'symbolTail')
  if (symbol !== undefined) {
    const written = token(symbol, 'Comparator')?.image ?? token(symbol, 'Equals')?.image ?? '='
    const cmp = (written === '=' ? '==' : written) as Comparison
    return { kind: 'compare', cmp, left, right: sum(node(symbol, 'sum'), whole), exactly, span: whole }
  }
  const is = node(cst, 'isTail')
  if (is !== undefined) return isTail(is, left, exactly, whole)
  const role = node(cst, 'roleTail')
  if (role !== undefined)
    return { kind: 'hasRole', of: left, roles: values(node(role, 'values'), whole), span: whole }
  const test = node(cst, 'textTail')
  if (test !== undefined) return textTail(test, left, exactly, whole)
  return left
}

const ORDER: readonly (readonly [keyword: string, cmp: Comparison, negated: Comparison])[] = [
  ['least', '>=', '<'],
  ['most', '<=', '>'],
  ['over', '>', '<='],
  ['after', '>', '<='],
  ['under', '<', '>='],
  ['before', '<', '>='],
]

function isTail(cst: CstNode, of: Expr, exactly: boolean, whole: Span): Expr {
  const not = has(cst, 'not')
  const sums = nodes(cst, 'sum')
  const operand = (index: number): Expr => sum(sums[index], whole)
  const apart = node(cst, 'apart')
  if (apart !== undefined) return apartFrom(apart, of, not, whole)
  for (const [keyword, cmp, negated] of ORDER) {
    if (has(cst, keyword))
      return { kind: 'compare', cmp: not ? negated : cmp, left: of, right: operand(0), exactly, span: whole }
  }
  const times = nodes(cst, 'timeOfDay')
  if (times.length > 0) {
    const zone = text(token(cst, 'Text'))
    return { kind: 'clock', of, from: minutes(times[0]), to: minutes(times[1]), zone, not, span: whole }
  }
  const days = node(cst, 'daysOfWeek')
  if (days !== undefined)
    return { kind: 'onDays', of, days: idents(days), zone: text(token(cst, 'Text')), not, span: whole }
  if (has(cst, 'between')) return { kind: 'between', of, low: operand(0), high: operand(1), not, span: whole }
  if (has(cst, 'about') || has(cst, 'grounded')) {
    const how = has(cst, 'about') ? 'about' : 'grounded'
    return { kind: 'meaning', how, of, to: [operand(0)], over: threshold(cst), not, span: whole }
  }
  if (has(cst, 'one'))
    return { kind: 'oneOf', of, items: values(node(cst, 'values'), whole), not, exactly, span: whole }
  if (has(cst, 'in')) return { kind: 'in', of, list: operand(0), not, exactly, span: whole }
  if (has(cst, 'present') || has(cst, 'missing')) {
    return { kind: 'present', of, missing: has(cst, 'missing') !== not, span: whole }
  }
  if (has(cst, 'same')) return { kind: 'same', left: of, right: operand(0), not, span: whole }
  const mask = text(token(cst, 'Text'))
  if (mask !== undefined) return { kind: 'like', of, pattern: mask, not, exactly, span: whole }
  return { kind: 'compare', cmp: not ? '!=' : '==', left: of, right: operand(0), exactly, span: whole }
}

const APART: Readonly<Record<string, Comparison>> = { more: '>', less: '<', least: '>=', most: '<=' }

function apartFrom(cst: CstNode, of: Expr, not: boolean, whole: Span): Expr {
  return {
    kind: 'apart',
    cmp: APART[token(cst, 'bound')?.image ?? ''] ?? '>',
    side: token(cst, 'side')?.image === 'before' ? 'before' : 'after',
    of,
    by: quantity(node(cst, 'quantity')) ?? brokenExpr(whole),
    from: sum(node(cst, 'sum'), whole),
    not,
    span: whole,
  }
}

/** `22:30` as minutes since midnight; 24:00 is the end of the day. */
function minutes(cst: CstNode | undefined): number {
  const [hour = '', minute = ''] = tokens(cst, 'Number').map(({ image }) => image)
  const at = Number(hour) * 60 + Number(minute)
  return /^\d\d?$/.test(hour) && /^[0-5]\d$/.test(minute) && at <= 1_440 ? at : Number.NaN
}

function textTail(cst: CstNode, of: Expr, exactly: boolean, whole: Span): Expr {
  const pattern = text(token(cst, 'Text'))
  if (has(cst, 'matches')) {
    return pattern === undefined
      ? brokenExpr(whole)
      : { kind: 'matches', of, pattern, not: false, exactly, span: whole }
  }
  const spread = has(cst, 'any')
  const any = spread ? values(node(cst, 'values'), whole) : [sum(node(cst, 'sum'), whole)]
  if (has(cst, 'resembles'))
    return { kind: 'meaning', how: 'resembles', of, to: any, over: threshold(cst), not: false, span: whole }
  const test = has(cst, 'starts') ? 'starts' : has(cst, 'ends') ? 'ends' : 'contains'
  return { kind: 'textTest', test, of, any, spread, words: has(cst, 'word'), exactly, span: whole }
}

/** The score written after `over`. */
function threshold(cst: CstNode | undefined): Expr | undefined {
  const written = node(node(cst, 'threshold'), 'sum')
  return written === undefined ? undefined : sum(written, span(written))
}

function values(cst: CstNode | undefined, at: Span): Expr[] {
  return nodes(cst, 'sum').map((item) => sum(item, at))
}

export function sum(cst: CstNode | undefined, at: Span): Expr {
  return fold(cst, 'product', product, at)
}

function product(cst: CstNode): Expr {
  return fold(cst, 'operand', operand, span(cst))
}

function fold(cst: CstNode | undefined, child: string, read: (part: CstNode) => Expr, at: Span): Expr {
  const parts = nodes(cst, child)
  if (parts.length === 0) return brokenExpr(span(cst, at))
  const ops = tokens(cst, 'op')
  let left = read(parts[0]!)
  for (let i = 1; i < parts.length; i++) {
    const right = read(parts[i]!)
    const fn = (ops[i - 1]?.image ?? '+') as '+' | '-' | '*' | '/'
    left = { kind: 'arith', fn, left, right, span: join(left.span, right.span) }
  }
  return left
}

export function quantity(cst: CstNode | undefined): Expr | undefined {
  const number = token(cst, 'Number')
  if (number === undefined) return undefined
  const at = span(cst)
  const unit = token(cst, 'DurationUnit')
  if (unit !== undefined)
    return { kind: 'duration', value: durationValue(number.image, unit.image), span: at }
  const currency = ident(token(cst, 'Word'))
  if (currency !== undefined && UNIT_NAMES.has(currency.name))
    return { kind: 'number', value: numberValue(number.image), unit: currency, span: at }
  if (currency !== undefined) return { kind: 'money', value: moneyValue(number.image), currency, span: at }
  return { kind: 'number', value: numberValue(number.image), span: at }
}

/** A quantity or the name of a parameter. */
export function bound(cst: CstNode | undefined): Expr | undefined {
  const name = ident(token(cst, 'Name'))
  if (name === undefined) return quantity(node(cst, 'quantity'))
  return { kind: 'path', parts: [name], span: name.span }
}

export function operand(cst: CstNode | undefined): Expr {
  const at = span(cst)
  if (cst === undefined) return brokenExpr(at)
  const of = cst.children
  if (of['path'] !== undefined) return pathOrFlag(node(cst, 'path'), at)
  if (of['quantity'] !== undefined) return quantity(node(cst, 'quantity')) ?? brokenExpr(at)
  const literal = text(token(cst, 'Text'))
  if (literal !== undefined) return { kind: 'text', ...literal }
  if (of['LParen'] !== undefined) return { kind: 'group', of: expr(node(cst, 'expr'), at), span: at }
  const date = token(cst, 'Date')
  if (date !== undefined) return { kind: 'date', value: dateValue(date.image), written: date.image, span: at }
  const time = token(cst, 'Time')
  if (time !== undefined) return { kind: 'time', value: timeValue(time.image), written: time.image, span: at }
  if (of['Minus'] !== undefined) return negative(operand(node(cst, 'operand')), at)
  return compound(cst, at)
}

function negative(of: Expr, at: Span): Expr {
  if (of.kind === 'number' || of.kind === 'money' || of.kind === 'duration')
    return { ...of, value: -of.value, span: at }
  return { kind: 'arith', fn: '-', left: { kind: 'number', value: 0, span: at }, right: of, span: at }
}

function pathOrFlag(cst: CstNode | undefined, at: Span): Expr {
  const names = tokens(cst, 'Name')
  const only: IToken | undefined = names.length === 1 ? names[0] : undefined
  if (only !== undefined && only.tokenType !== Quoted && (only.image === 'yes' || only.image === 'no')) {
    return { kind: 'flag', value: only.image === 'yes', span: spanOf(only) }
  }
  return path(cst) ?? brokenExpr(at)
}

function compound(cst: CstNode, at: Span): Expr {
  const list = node(cst, 'listLiteral')
  if (list !== undefined) return { kind: 'list', items: values(list, at), span: at }
  const record = node(cst, 'recordLiteral')
  if (record !== undefined) return { kind: 'record', entries: entries(record), span: at }
  const count = node(cst, 'count')
  if (count !== undefined) {
    const where = node(count, 'expr')
    return {
      kind: 'count',
      list: operand(node(count, 'operand')),
      variable: ident(token(count, 'Name')),
      where: where === undefined ? undefined : expr(where),
      span: at,
    }
  }
  return quantifier(cst, at) ?? measure(cst, at) ?? brokenExpr(at)
}

function quantifier(cst: CstNode, at: Span): Expr | undefined {
  const quantified = node(cst, 'quantified')
  if (quantified !== undefined) {
    const variable = ident(token(quantified, 'Name'))
    const how = token(quantified, 'how')?.image as 'some' | 'every' | 'no' | undefined
    if (variable === undefined || how === undefined) return brokenExpr(at)
    return {
      kind: 'quantified',
      how,
      list: operand(node(quantified, 'operand')),
      variable,
      has: expr(node(quantified, 'expr'), at),
      span: at,
    }
  }
  const total = node(cst, 'total')
  if (total === undefined) return undefined
  const variable = ident(token(total, 'Name'))
  if (variable === undefined) return brokenExpr(at)
  return {
    kind: 'total',
    of: sum(node(total, 'sum'), at),
    variable,
    list: operand(node(total, 'operand')),
    span: at,
  }
}

function measure(cst: CstNode, at: Span): Expr | undefined {
  const today = node(cst, 'today')
  if (today !== undefined)
    return { kind: 'today', start: has(today, 'start'), zone: text(token(today, 'Text')), span: at }
  const found = node(cst, 'measure')
  if (found !== undefined) {
    const what = token(found, 'what')?.image
    const of = operand(node(found, 'operand'))
    if (what === 'day' || what === 'weekday' || what === 'hour')
      return { kind: what, of, zone: text(token(found, 'Text')), span: at }
    return what === 'length' || what === 'keys' ? { kind: what, of, span: at } : brokenExpr(at)
  }
  const extreme = node(cst, 'extreme')
  if (extreme !== undefined) {
    const fn = has(extreme, 'what') && token(extreme, 'what')?.image === 'smaller' ? 'smaller' : 'larger'
    const [left, right] = nodes(extreme, 'sum')
    return { kind: 'arith', fn, left: sum(left, at), right: sum(right, at), span: at }
  }
  const scored = node(cst, 'scored')
  const detector = ident(token(scored, 'Name'))
  if (detector !== undefined)
    return {
      kind: 'scored',
      detector,
      of: operand(node(scored, 'operand')),
      over: threshold(scored),
      span: at,
    }
  const lookup = node(cst, 'lookup')
  const table = ident(token(lookup, 'Name'))
  if (table === undefined) return undefined
  return { kind: 'lookup', table, keys: nodes(lookup, 'operand').map(operand), span: at }
}

export function scores(cst: CstNode | undefined): ScoreNode[] {
  return nodes(cst, 'given').flatMap((given) => {
    const [detector, of, value] = [
      ident(token(given, 'Name')),
      path(node(given, 'path')),
      node(given, 'operand'),
    ]
    return detector === undefined || of === undefined || value === undefined
      ? []
      : [{ detector, of, value: operand(value), span: span(given) }]
  })
}

/** Of the node itself, or of what a test gives. */
export function entries(cst: CstNode | undefined): Entry[] {
  const made: Entry[] = []
  const given = nodes(cst, 'given').flatMap((one) => nodes(one, 'entry'))
  for (const entry of [...nodes(cst, 'entry'), ...given]) {
    const name = ident(token(entry, 'Name'))
    if (name !== undefined)
      made.push({ name, value: sum(node(entry, 'sum'), span(entry)), span: span(entry) })
  }
  return made
}
