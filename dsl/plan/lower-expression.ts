/** Checked expressions → the plan's. Every path has been resolved and every node has its type. */
import { ANYTHING, type Model } from '../check/model.ts'
import { conversion, convert } from '../check/units.ts'
import type { Expr as Node, Path, TextNode } from '../syntax/ast.ts'
import { lowerApart, lowerCalendar, lowerToday } from './lower-calendar.ts'
import { lowerScore } from './lower-score.ts'
import { maskToPattern } from './mask.ts'
import type { Expr, Span, Type } from './plan.ts'

const FLAG: Type = { kind: 'flag' }
const TEXT: Type = { kind: 'text' }
const NUMBER: Type = { kind: 'number' }
const TEXTS: Type = { kind: 'list', of: TEXT }

export function lowerExpr(node: Node, model: Model): Expr {
  const { span } = node
  const type = model.types.get(node) ?? ANYTHING
  const lower = (inner: Node): Expr => lowerExpr(inner, model)
  const negated = (not: boolean, of: Expr): Expr => (not ? { op: 'not', of, span, type: FLAG } : of)
  switch (node.kind) {
    case 'broken':
    case 'record':
      return { op: 'literal', value: false, span, type: FLAG }
    case 'path':
      return standing(lowerPath(node, type, model), model.defaults.get(node))
    case 'number':
    case 'text':
    case 'flag':
    case 'duration':
    case 'date':
    case 'time':
    case 'money':
      return { op: 'literal', value: node.value, span, type }
    case 'list':
      return { op: 'list', items: node.items.map(lower), span, type }
    case 'group':
      return lower(node.of)
    case 'not':
      return negated(true, lower(node.of))
    case 'and':
    case 'or':
      return { op: node.kind, of: node.of.map(lower), span, type: FLAG }
    case 'compare':
      return lowerCompare(node, model)
    case 'between': {
      const of = lower(node.of)
      const low: Expr = {
        op: 'compare',
        cmp: '>=',
        left: of,
        right: inUnitOf(of, lower(node.low)),
        span,
        type: FLAG,
      }
      const high: Expr = {
        op: 'compare',
        cmp: '<=',
        left: of,
        right: inUnitOf(of, lower(node.high)),
        span,
        type: FLAG,
      }
      return negated(node.not, { op: 'and', of: [low, high], span, type: FLAG })
    }
    case 'oneOf':
      return negated(node.not, lowerMember(node.of, node.items.map(lower), node.exactly, span, model))
    case 'in': {
      const list = lower(node.list)
      if (list.op === 'list')
        return negated(node.not, lowerMember(node.of, list.items, node.exactly, span, model))
      return negated(node.not, { op: 'in', item: lower(node.of), list, span, type: FLAG })
    }
    case 'hasRole':
      return lowerRole(node.roles.map(lower), span)
    case 'present':
      return negated(node.missing, { op: 'present', of: lower(node.of), span, type: FLAG })
    case 'same':
      return negated(node.not, {
        op: 'same',
        left: lower(node.left),
        right: lower(node.right),
        span,
        type: FLAG,
      })
    case 'textTest':
      return lowerTextTest(node, model)
    case 'matches':
      return negated(node.not, {
        op: 'matches',
        subject: lower(node.of),
        pattern: node.pattern.value,
        find: true,
        exactly: node.exactly,
        span,
        type: FLAG,
      })
    case 'like':
      return negated(node.not, {
        op: 'matches',
        subject: lower(node.of),
        pattern: maskToPattern(node.pattern.value),
        find: false,
        exactly: node.exactly,
        span,
        type: FLAG,
      })
    case 'arith': {
      const left = lower(node.left)
      const right = node.fn === '*' ? lower(node.right) : inUnitOf(left, lower(node.right))
      return { op: 'arith', fn: node.fn, left, right, span, type }
    }
    case 'length':
      return { op: 'length', of: lower(node.of), span, type: NUMBER }
    case 'keys':
      return { op: 'keys', of: lower(node.of), span, type: TEXTS }
    case 'day':
      return { op: 'day', of: lower(node.of), zone: zoneOf(node.zone), span, type: { kind: 'date' } }
    case 'today':
      return lowerToday(node)
    case 'apart':
      return negated(node.not, lowerApart(node, lower(node.of), lower(node.by), lower(node.from)))
    case 'weekday':
    case 'hour':
      return { op: 'wall', part: node.kind, of: lower(node.of), zone: zoneOf(node.zone), span, type }
    case 'clock':
    case 'onDays':
      return negated(node.not, lowerCalendar(node, lower(node.of), zoneOf(node.zone)))
    case 'count':
      return {
        op: 'count',
        list: lower(node.list),
        name: node.variable?.name ?? '',
        ...(node.where === undefined ? {} : { where: lower(node.where) }),
        span,
        type: NUMBER,
      }
    case 'quantified': {
      const op = node.how === 'every' ? 'every' : 'some'
      const made: Expr = {
        op,
        list: lower(node.list),
        name: node.variable.name,
        where: lower(node.has),
        span,
        type: FLAG,
      }
      return negated(node.how === 'no', made)
    }
    case 'total':
      return { op: 'total', list: lower(node.list), name: node.variable.name, of: lower(node.of), span, type }
    case 'scored':
    case 'meaning':
      return lowerScore(node, model, lower)
    case 'lookup':
      return { op: 'lookup', table: node.table.name, keys: node.keys.map(lower), span, type }
  }
}

/** Whether one of `roles` is among those that the step came with. */
function lowerRole(roles: readonly Expr[], span: Span): Expr {
  const list: Expr = { op: 'meta', name: 'roles', span, type: TEXTS }
  const of = roles.map((item): Expr => ({ op: 'in', item, list, span, type: FLAG }))
  return of.length === 1 ? of[0]! : { op: 'or', of, span, type: FLAG }
}

/** A field with a default is read as that where nothing is there. */
function standing(of: Expr, value: string | number | boolean | undefined): Expr {
  if (value === undefined) return of
  const { span, type } = of
  return { op: 'default', of, to: { op: 'literal', value, span, type }, span, type }
}

/** `expr` in the unit of `of`, where both are numbers of one dimension. */
export function inUnitOf(of: Expr, expr: Expr): Expr {
  const to = of.type.kind === 'number' ? of.type.unit : undefined
  const from = expr.type.kind === 'number' ? expr.type.unit : undefined
  const by = to === undefined || from === undefined ? undefined : conversion(from, to)
  if (by === undefined || to === undefined || from === undefined) return expr
  const { span } = expr
  const type: Type = { kind: 'number', unit: to }
  if (expr.op === 'literal' && typeof expr.value === 'number')
    return { op: 'literal', value: convert(expr.value, from, to), span, type }
  const step = (fn: '*' | '/' | '+', left: Expr, value: number, nothing: number): Expr =>
    value === nothing
      ? left
      : { op: 'arith', fn, left, right: { op: 'literal', value, span, type: NUMBER }, span, type }
  return step('+', step('/', step('*', { ...expr, type: expr.type }, by.times, 1), by.over, 1), by.plus, 0)
}

function zoneOf(zone: TextNode | undefined): string {
  return zone?.value ?? 'UTC'
}

function lowerPath(path: Path, type: Type, model: Model): Expr {
  const { span } = path
  const ref = model.refs.get(path)
  const zone = type.kind === 'time' && type.zone !== undefined ? { zone: type.zone } : {}
  const get = (of: Expr, rest: readonly string[]): Expr =>
    rest.length === 0 ? of : { op: 'get', of, path: rest, ...zone, span, type }
  switch (ref?.kind) {
    case undefined:
    case 'step':
      return { op: 'field', path: path.parts.map((part) => part.name), ...zone, span, type }
    case 'field':
      return { op: 'field', path: ref.path, ...zone, span, type }
    case 'meta':
      return { op: 'meta', name: ref.name, span, type }
    case 'words':
      return {
        op: 'list',
        items: ref.words.map((value): Expr => ({ op: 'literal', value, span, type: TEXT })),
        span,
        type: TEXTS,
      }
    case 'detector':
      return { op: 'literal', value: ref.name, span, type: TEXT }
    case 'variable':
      return get(
        { op: 'variable', name: ref.name, span, type: ref.rest.length === 0 ? type : shallow(ref.type) },
        ref.rest,
      )
    case 'local':
      return get(
        { op: 'local', index: ref.index, span, type: ref.rest.length === 0 ? type : shallow(ref.type) },
        ref.rest,
      )
    case 'binding':
      return get(
        { op: 'binding', index: ref.index, span, type: ref.type ?? { kind: 'record', fields: {} } },
        ref.rest,
      )
  }
}

/** A record that is only walked through: its leaves carry their own types, so its fields need not be repeated. */
function shallow(type: Type): Type {
  return type.kind === 'record'
    ? { kind: 'record', ...(type.name === undefined ? {} : { name: type.name }), fields: {} }
    : type
}

function isText(expr: Expr): boolean {
  return expr.type.kind === 'text' || expr.type.kind === 'choice'
}

function lowerCompare(node: Extract<Node, { kind: 'compare' }>, model: Model): Expr {
  const { span } = node
  const left = lowerExpr(node.left, model)
  const right = inUnitOf(left, lowerExpr(node.right, model))
  if (node.exactly && isText(left)) {
    const equal: Expr = {
      op: 'text',
      test: 'equals',
      subject: left,
      any: [right],
      exactly: true,
      words: false,
      span,
      type: FLAG,
    }
    return node.cmp === '!=' ? { op: 'not', of: equal, span, type: FLAG } : equal
  }
  return { op: 'compare', cmp: node.cmp, left, right, span, type: FLAG }
}

function lowerMember(
  item: Node,
  items: readonly Expr[],
  exactly: boolean,
  span: Expr['span'],
  model: Model,
): Expr {
  const of = lowerExpr(item, model)
  if (of.type.kind === 'text')
    return { op: 'text', test: 'equals', subject: of, any: items, exactly, words: false, span, type: FLAG }
  const converted = items.map((one) => inUnitOf(of, one))
  const list: Expr = {
    op: 'list',
    items: converted,
    span,
    type: { kind: 'list', of: items[0]?.type ?? of.type },
  }
  return { op: 'in', item: of, list, span, type: FLAG }
}

function lowerTextTest(node: Extract<Node, { kind: 'textTest' }>, model: Model): Expr {
  const { span } = node
  const subject = lowerExpr(node.of, model)
  const [first] = node.any
  if (first?.kind === 'path') {
    const ref = model.refs.get(first)
    if (ref?.kind === 'detector') return { op: 'detects', subject, detector: ref.name, span, type: FLAG }
  }
  const any = node.any.flatMap((wanted): readonly Expr[] => {
    const lowered = lowerExpr(wanted, model)
    return lowered.op === 'list' ? lowered.items : [lowered]
  })
  return {
    op: 'text',
    test: node.test,
    subject,
    any,
    exactly: node.exactly,
    words: node.words,
    span,
    type: FLAG,
  }
}
