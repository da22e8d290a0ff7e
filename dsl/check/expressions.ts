/** Types of expressions, from the leaves up. What is broken is `anything`, which fits everywhere: one mistake, one word. */
import type { Type } from '../plan/plan.ts'
import type { Expr, Ident } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { arithType } from './arithmetic.ts'
import { apartType, calendarType, todayType } from './calendar.ts'
import { checkComparison, checkOption } from './comparisons.ts'
import { checkLiteral, checkRegex } from './constraints.ts'
import type { Environment } from './environment.ts'
import { ANYTHING } from './model.ts'
import { noteOptional, pathType } from './names.ts'
import { DETECTORS } from './prelude.ts'
import { roleType } from './roles.ts'
import { scoreType } from './scores.ts'
import { showType } from './type-text.ts'
import type { Typing } from './typing.ts'

const FLAG: Type = { kind: 'flag' }

const NUMBER: Type = { kind: 'number' }

const TEXT: Type = { kind: 'text' }

const DURATION: Type = { kind: 'duration' }

export function typeOf(expr: Expr, env: Environment, typing: Typing): Type {
  const type = infer(expr, env, typing)
  if (!typing.types.has(expr)) typing.types.set(expr, type)
  return typing.types.get(expr)!
}

/** `expr` must be something that holds or does not. */
export function checkCondition(expr: Expr, env: Environment, typing: Typing): void {
  const type = typeOf(expr, env, typing)
  if (type.kind === 'anything') typing.types.set(expr, FLAG)
  else if (type.kind !== 'flag') {
    typing.report.add(
      'P0206',
      expr.span,
      `this is ${showType(type)}, not a condition`,
      'Compare it with something: `… is …`, `… > …`, `… is present`.',
    )
  }
}

function infer(expr: Expr, env: Environment, typing: Typing): Type {
  const { report } = typing
  const of = (inner: Expr): Type => typeOf(inner, env, typing)
  switch (expr.kind) {
    case 'broken':
      return ANYTHING
    case 'path':
      return pathType(expr, env, typing)
    case 'number':
      return expr.unit === undefined ? NUMBER : { kind: 'number', unit: expr.unit.name }
    case 'text':
      return TEXT
    case 'flag':
      return FLAG
    case 'duration':
      return DURATION
    case 'date':
    case 'time':
      checkLiteral(expr, report)
      return { kind: expr.kind }
    case 'money':
      checkLiteral(expr, report)
      return { kind: 'money', currency: expr.currency.name }
    case 'list':
      return { kind: 'list', of: itemsType(expr.items, env, typing) }
    case 'record':
      for (const entry of expr.entries) of(entry.value)
      return ANYTHING
    case 'group':
      return of(expr.of)
    case 'not':
      checkCondition(expr.of, env, typing)
      return FLAG
    case 'and':
    case 'or':
      for (const part of expr.of) checkCondition(part, env, typing)
      return FLAG
    case 'compare':
      of(expr.left)
      of(expr.right)
      checkComparison(expr.cmp, expr.left, expr.right, typing)
      noteOptional(expr.left, env, typing)
      noteOptional(expr.right, env, typing)
      return FLAG
    case 'between':
      of(expr.of)
      noteOptional(expr.of, env, typing)
      for (const bound of [expr.low, expr.high]) {
        of(bound)
        checkComparison('<=', expr.of, bound, typing)
      }
      return FLAG
    case 'oneOf':
      of(expr.of)
      noteOptional(expr.of, env, typing)
      for (const item of expr.items) {
        of(item)
        checkComparison('==', expr.of, item, typing)
      }
      return FLAG
    case 'in': {
      of(expr.of)
      const item = listItem(expr.list, of(expr.list), typing)
      if (item !== undefined) checkMember(expr.of, item, typing)
      return FLAG
    }
    case 'hasRole':
      for (const role of expr.roles) textSubject(role, env, typing)
      return roleType(expr, env, typing)
    case 'present':
      of(expr.of)
      if (expr.of.kind !== 'path')
        report.add('P0206', expr.of.span, 'only a field or a named value can be present', 'Name the field.')
      return FLAG
    case 'same':
      of(expr.left)
      of(expr.right)
      sameType(expr.left, expr.right, typing)
      return FLAG
    case 'textTest':
      textSubject(expr.of, env, typing)
      for (const wanted of expr.any) textOperand(wanted, expr, env, typing)
      return FLAG
    case 'matches':
      textSubject(expr.of, env, typing)
      checkRegex(expr.pattern, report)
      return FLAG
    case 'like':
      textSubject(expr.of, env, typing)
      return FLAG
    case 'arith':
      return arithType(expr, of(expr.left), of(expr.right), typing)
    case 'length': {
      const type = of(expr.of)
      if (!['text', 'choice', 'list', 'map', 'anything'].includes(type.kind))
        report.add('P0208', expr.of.span, `${showType(type)} has no length`, 'Text, lists and maps have one.')
      else if (type.kind === 'anything') typing.types.set(expr.of, TEXT)
      return NUMBER
    }
    case 'keys': {
      const type = of(expr.of)
      if (type.kind !== 'map' && type.kind !== 'record' && type.kind !== 'anything')
        report.add('P0207', expr.of.span, `${showType(type)} has no keys`, 'Maps have keys.')
      return { kind: 'list', of: TEXT }
    }
    case 'day':
    case 'weekday':
    case 'hour':
    case 'clock':
    case 'onDays':
      of(expr.of)
      return calendarType(expr, typing)
    case 'today':
      return todayType(expr, env, typing)
    case 'apart':
      for (const part of [expr.of, expr.by, expr.from]) of(part)
      noteOptional(expr.of, env, typing)
      noteOptional(expr.from, env, typing)
      return apartType(expr, typing)
    case 'count':
    case 'quantified':
    case 'total':
      return quantifierType(expr, env, typing)
    case 'lookup':
      return lookupType(expr, env, typing)
    case 'scored':
    case 'meaning':
      return scoreType(expr, env, typing, of)
  }
}

function itemsType(items: readonly Expr[], env: Environment, typing: Typing): Type {
  let type: Type | undefined
  items.forEach((item, index) => {
    const own = typeOf(item, env, typing)
    if (index > 0) checkComparison('==', items[0]!, item, typing)
    type ??= own
  })
  return type ?? ANYTHING
}

function listItem(list: Expr, type: Type, typing: Typing): Type | undefined {
  if (type.kind === 'list') return type.of
  if (type.kind === 'anything') {
    typing.types.set(list, { kind: 'list', of: ANYTHING })
    return ANYTHING
  }
  typing.report.add(
    'P0207',
    list.span,
    `this is ${showType(type)}, not a list`,
    type.kind === 'map' || type.kind === 'record' ? 'Write `keys of …` for the keys of a map.' : undefined,
  )
  return undefined
}

function checkMember(item: Expr, of: Type, typing: Typing): void {
  const probe: Expr = { kind: 'broken', span: item.span }
  typing.types.set(probe, of)
  checkComparison('==', item, probe, typing)
}

function sameType(left: Expr, right: Expr, typing: Typing): void {
  const [a, b] = [typing.types.get(left) ?? ANYTHING, typing.types.get(right) ?? ANYTHING]
  const structured = (type: Type): boolean =>
    type.kind === 'list' || type.kind === 'map' || type.kind === 'record'
  if (structured(a) && structured(b)) {
    if (a.kind !== b.kind)
      typing.report.add('P0201', right.span, `${showType(a)} cannot be the same as ${showType(b)}`)
  } else checkComparison('==', left, right, typing)
}

function textSubject(subject: Expr, env: Environment, typing: Typing): void {
  const type = typeOf(subject, env, typing)
  noteOptional(subject, env, typing)
  if (type.kind === 'anything') typing.types.set(subject, TEXT)
  else if (type.kind !== 'text' && type.kind !== 'choice') {
    const help =
      type.kind === 'list'
        ? 'For a list: `… is in LIST`, or `some x in LIST has (…)`.'
        : 'Text tests are for text fields.'
    typing.report.add('P0208', subject.span, `this is ${showType(type)}, not text`, help)
  }
}

/** What a text is tested for: text, words, a list of texts, or a detector. */
function textOperand(
  wanted: Expr,
  test: Extract<Expr, { kind: 'textTest' }>,
  env: Environment,
  typing: Typing,
): void {
  if (wanted.kind === 'path' && wanted.parts.length === 1 && !wanted.parts[0]!.quoted) {
    const { name } = wanted.parts[0]!
    const isField = env.named.has(name) || env.fields.lookup(name).kind === 'found'
    if (!isField && test.test === 'contains' && !test.spread) {
      if (DETECTORS.some((detector) => detector === name)) {
        typing.refs.set(wanted, { kind: 'detector', name })
        typing.types.set(wanted, FLAG)
        return
      }
      if (typing.vocabulary.words.has(name)) {
        typing.report.add(
          'P0208',
          wanted.span,
          `\`${name}\` is a list of words`,
          `Say how many are enough: \`contains any of ${name}\` or \`contains any word of ${name}\`.`,
        )
        typing.types.set(wanted, ANYTHING)
        return
      }
      const close = nearest(name, [...DETECTORS])
      if (
        env.fields.lookup(name).kind === 'none' &&
        close !== undefined &&
        nearest(name, env.fields.names) === undefined
      ) {
        typing.report.add(
          'P0111',
          wanted.span,
          `there is no detector \`${name}\``,
          `Did you mean \`${close}\`?`,
        )
        typing.types.set(wanted, ANYTHING)
        return
      }
    }
  }
  const type = typeOf(wanted, env, typing)
  if (type.kind === 'anything') typing.types.set(wanted, TEXT)
  else if (
    type.kind === 'list' &&
    test.spread &&
    (type.of.kind === 'text' || type.of.kind === 'choice' || type.of.kind === 'anything')
  )
    return
  else if (type.kind !== 'text' && type.kind !== 'choice') {
    typing.report.add(
      'P0208',
      wanted.span,
      `this is ${showType(type)}, not text`,
      type.kind === 'list' ? 'Say how many are enough: `contains any of …`.' : undefined,
    )
  }
}

function quantifierType(
  expr: Extract<Expr, { kind: 'count' | 'quantified' | 'total' }>,
  env: Environment,
  typing: Typing,
): Type {
  const item = listItem(expr.list, typeOf(expr.list, env, typing), typing) ?? ANYTHING
  noteOptional(expr.list, env, typing)
  if (expr.kind === 'count') {
    if (expr.where !== undefined && expr.variable !== undefined)
      checkCondition(expr.where, within(env, expr.variable, item, typing), typing)
    return NUMBER
  }
  const inner = within(env, expr.variable, item, typing)
  if (expr.kind === 'quantified') {
    checkCondition(expr.has, inner, typing)
    return FLAG
  }
  const type = typeOf(expr.of, inner, typing)
  if (type.kind === 'anything') {
    typing.types.set(expr.of, NUMBER)
    return NUMBER
  }
  if (type.kind === 'number' || type.kind === 'money' || type.kind === 'duration') return type
  typing.report.add(
    'P0214',
    expr.of.span,
    `${showType(type)} cannot be added up`,
    'Totals are for numbers, money and lengths of time.',
  )
  return ANYTHING
}

function within(env: Environment, variable: Ident, type: Type, typing: Typing): Environment {
  const taken = env.named.get(variable.name)
  if (taken !== undefined) {
    typing.report.add(
      'P0118',
      variable.span,
      `\`${variable.name}\` already means something else here`,
      'Choose another name.',
      [{ span: taken.ident.span, message: 'named here' }],
    )
  }
  const hidden = env.fields.lookup(variable.name).kind
  if (
    taken === undefined &&
    (hidden === 'found' || hidden === 'some') &&
    env.fields.names.includes(variable.name)
  ) {
    typing.report.add(
      'P0118',
      variable.span,
      `\`${variable.name}\` is already a field of the step`,
      'Choose another name.',
    )
  }
  const named = new Map(env.named)
  named.set(variable.name, { kind: 'variable', type, ident: variable })
  return { ...env, named }
}

function lookupType(expr: Extract<Expr, { kind: 'lookup' }>, env: Environment, typing: Typing): Type {
  const table = typing.vocabulary.tables.get(expr.table.name)
  for (const key of expr.keys) typeOf(key, env, typing)
  if (table?.decl.name === undefined) {
    const close = nearest(expr.table.name, typing.vocabulary.tables.keys())
    typing.report.add(
      'P0109',
      expr.table.span,
      `there is no table \`${expr.table.name}\``,
      close === undefined ? 'Declare it: `table … by … { … }`.' : `Did you mean \`${close}\`?`,
    )
    return ANYTHING
  }
  typing.definitions.set(expr.table, table.decl.name)
  const { by, rows } = table.decl
  if (by.length !== expr.keys.length) {
    typing.report.add(
      'P0209',
      expr.span,
      `\`${expr.table.name}\` is read with ${by.length} keys, not ${expr.keys.length}`,
      `Keys: ${by.map((key) => `\`${key.name}\``).join(', ')}.`,
    )
    return table.type
  }
  expr.keys.forEach((key, index) => {
    const type = typing.types.get(key) ?? ANYTHING
    const options = Array.from(new Set(rows.flatMap((row) => row.keys[index]?.value ?? [])))
    if (type.kind === 'anything') typing.types.set(key, TEXT)
    else if (key.kind === 'text') checkOption(key, options, typing)
    else if (type.kind !== 'text' && type.kind !== 'choice')
      typing.report.add('P0201', key.span, `a table's key is text, this is ${showType(type)}`)
  })
  return table.type
}
