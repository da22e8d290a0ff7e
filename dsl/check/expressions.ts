/** Types of expressions, from the leaves up. What is broken is `anything`, which fits everywhere: one mistake, one word. */
import type { Report } from '../diagnostic.ts'
import type { FieldType, Type } from '../plan/plan.ts'
import type { Expr, Ident, Path } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { type Comparing, checkComparison, checkOption } from './comparisons.ts'
import { checkLiteral, checkRegex, checkZone } from './constraints.ts'
import { type Environment, type FieldView, fieldOf, type Lookup } from './environment.ts'
import { ANYTHING, type Fields, type Ref, type Vocabulary } from './model.ts'
import { BUILT_INS, type BuiltIn, DETECTORS } from './prelude.ts'
import { showType } from './type-text.ts'

export interface Typing extends Comparing {
  readonly vocabulary: Vocabulary
  readonly refs: Map<Path, Ref>
  readonly definitions: Map<Ident, Ident>
  readonly report: Report
}

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
      return NUMBER
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
    case 'day': {
      const type = of(expr.of)
      if (type.kind === 'anything') typing.types.set(expr.of, { kind: 'time' })
      else if (type.kind !== 'time')
        report.add(
          'P0205',
          expr.of.span,
          `${showType(type)} has no day`,
          '`day of` is for a time: `day of now in "UTC"`.',
        )
      if (expr.zone === undefined)
        report.add(
          'P0117',
          expr.span,
          'which day it is depends on the zone',
          'Add it: `day of … in "America/New_York"`.',
        )
      else checkZone(expr.zone, report)
      return { kind: 'date' }
    }
    case 'count':
    case 'quantified':
    case 'total':
      return quantifierType(expr, env, typing)
    case 'lookup':
      return lookupType(expr, env, typing)
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

function arithType(expr: Extract<Expr, { kind: 'arith' }>, left: Type, right: Type, typing: Typing): Type {
  const { fn } = expr
  if (left.kind === 'anything' && right.kind === 'anything') return ANYTHING
  const known = left.kind === 'anything' ? right : left
  if (left.kind === 'anything' || right.kind === 'anything') {
    const unknown = left.kind === 'anything' ? expr.left : expr.right
    if (fn === '+' || fn === '-' || fn === 'smaller' || fn === 'larger') typing.types.set(unknown, known)
    else typing.types.set(unknown, NUMBER)
    return known
  }
  const pair = `${left.kind} ${fn} ${right.kind}`
  const sameUnit = left.kind === right.kind
  if (left.kind === 'money' && right.kind === 'money' && left.currency !== right.currency) {
    typing.report.add(
      'P0203',
      expr.span,
      `this joins ${left.currency} with ${right.currency}`,
      'Keep to one currency; a policy has no exchange rate.',
    )
    return ANYTHING
  }
  if (
    (fn === '+' || fn === '-') &&
    sameUnit &&
    (left.kind === 'number' || left.kind === 'money' || left.kind === 'duration')
  )
    return left
  if (fn === '-' && sameUnit && (left.kind === 'time' || left.kind === 'date')) return DURATION
  if (
    (left.kind === 'time' || left.kind === 'date') &&
    right.kind === 'duration' &&
    (fn === '+' || fn === '-')
  )
    return left
  if ((right.kind === 'time' || right.kind === 'date') && left.kind === 'duration' && fn === '+') return right
  if (fn === '*' && right.kind === 'number' && ['number', 'money', 'duration'].includes(left.kind))
    return left
  if (fn === '*' && left.kind === 'number' && ['money', 'duration'].includes(right.kind)) return right
  if (fn === '/' && right.kind === 'number' && ['number', 'money', 'duration'].includes(left.kind))
    return left
  if (fn === '/' && sameUnit && (left.kind === 'money' || left.kind === 'duration')) return NUMBER
  if (
    (fn === 'smaller' || fn === 'larger') &&
    sameUnit &&
    ['number', 'money', 'duration', 'date', 'time'].includes(left.kind)
  )
    return left
  if (
    (pair.startsWith('money') && pair.endsWith('number')) ||
    (pair.startsWith('number') && pair.endsWith('money'))
  ) {
    typing.report.add(
      'P0202',
      expr.span,
      'this joins money with a plain number',
      'Give the number its currency, such as `5 USD`.',
    )
  } else {
    typing.report.add(
      'P0205',
      expr.span,
      `${showType(left)} \`${fn}\` ${showType(right)} means nothing`,
      help(left, right),
    )
  }
  return ANYTHING
}

function help(left: Type, right: Type): string | undefined {
  const kinds = [left.kind, right.kind]
  if (kinds.includes('time') && kinds.includes('date'))
    return 'Take the day of the time first: `day of … in "ZONE"`.'
  if (kinds.includes('list'))
    return 'Count a list with `count of …`, or add it up with `total of x.field for x in …`.'
  if (kinds.includes('duration') && kinds.includes('number'))
    return 'Give the number a unit, such as `2 hours`.'
  return undefined
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

// ---------------------------------------------------------------- names

function pathType(path: Path, env: Environment, typing: Typing): Type {
  const [head, ...rest] = path.parts
  if (head === undefined) return ANYTHING
  const restNames = rest.map((part) => part.name)
  const meaning = env.named.get(head.name)
  if (meaning !== undefined) {
    typing.definitions.set(head, meaning.ident)
    if (meaning.kind === 'binding') {
      typing.refs.set(path, { kind: 'binding', index: meaning.index, rest: restNames })
      return rest.length === 0 ? ANYTHING : fieldPath(meaning.fields, rest, head.name, typing)
    }
    const base = { rest: restNames, type: meaning.type }
    typing.refs.set(
      path,
      meaning.kind === 'local'
        ? { kind: 'local', index: meaning.index, ...base }
        : { kind: 'variable', name: head.name, ...base },
    )
    return walk(meaning.type, rest, head.name, typing)
  }
  const looked = env.fields.lookup(head.name)
  if (looked.kind === 'none' && rest.length === 0 && !head.quoted) {
    if (env.builtIns && BUILT_INS.some((name) => name === head.name)) {
      typing.refs.set(path, { kind: 'meta', name: head.name as BuiltIn })
      return head.name === 'now' ? { kind: 'time' } : TEXT
    }
    const words = typing.vocabulary.words.get(head.name)
    if (words?.name !== undefined) {
      typing.definitions.set(head, words.name)
      typing.refs.set(path, { kind: 'words', words: words.words.map((word) => word.value) })
      return { kind: 'list', of: TEXT }
    }
  }
  typing.refs.set(path, { kind: 'field', path: [head.name, ...restNames] })
  return fieldPath(env.fields, path.parts, undefined, typing, env)
}

function fieldPath(
  view: FieldView,
  parts: readonly Ident[],
  owner: string | undefined,
  typing: Typing,
  env?: Environment,
): Type {
  const [head, ...rest] = parts
  const found = fieldType(view.lookup(head!.name), head!, view, owner, typing, env)
  return found === undefined ? ANYTHING : walk(found.type, rest, head!.name, typing)
}

function fieldType(
  looked: Lookup,
  head: Ident,
  view: FieldView,
  owner: string | undefined,
  typing: Typing,
  env: Environment | undefined,
): FieldType | undefined {
  const { report } = typing
  if (looked.kind === 'found') return looked.field
  if (looked.kind === 'some') {
    const shown = looked.lacking
      .slice(0, 3)
      .map((name) => `\`${name}\``)
      .join(', ')
    report.add(
      'P0114',
      head.span,
      `\`${head.name}\` is not a field of ${shown}`,
      'Write a rule of its own for the steps that have it.',
    )
  } else if (looked.kind === 'mixed') {
    report.add(
      'P0114',
      head.span,
      `\`${head.name}\` is ${looked.a} and ${looked.b}`,
      'Name the steps for which the rule speaks.',
    )
  } else {
    const known = [
      ...view.names,
      ...(env === undefined ? [] : [...env.named.keys(), ...(env.builtIns ? BUILT_INS : [])]),
    ]
    const close = nearest(head.name, known)
    const listed = view.names
      .slice(0, 6)
      .map((name) => `\`${name}\``)
      .join(', ')
    const help =
      close !== undefined
        ? `Did you mean \`${close}\`?`
        : listed === ''
          ? 'The step has no fields.'
          : `Fields: ${listed}.`
    if (owner === undefined)
      report.add(
        'P0108',
        head.span,
        `\`${head.name}\` is neither a field of the step nor a named value`,
        help,
      )
    else report.add('P0107', head.span, `\`${owner}\` has no field \`${head.name}\``, help)
  }
  return undefined
}

function walk(type: Type, parts: readonly Ident[], owner: string, typing: Typing): Type {
  let current = type
  let of = owner
  for (const part of parts) {
    if (current.kind === 'anything') return ANYTHING
    const fields: Fields | undefined =
      current.kind === 'record'
        ? { named: current.fields }
        : current.kind === 'map'
          ? { named: {}, rest: current.of }
          : undefined
    const field = fields === undefined ? undefined : fieldOf(fields, part.name)
    if (field === undefined) {
      const names = current.kind === 'record' ? Object.keys(current.fields) : []
      const close = nearest(part.name, names)
      const listed = names
        .slice(0, 6)
        .map((name) => `\`${name}\``)
        .join(', ')
      const advice =
        close !== undefined
          ? `Did you mean \`${close}\`?`
          : listed !== ''
            ? `Fields: ${listed}.`
            : current.kind === 'list'
              ? 'For a list: `some x in … has (x.…)`, `count of …`.'
              : undefined
      typing.report.add('P0107', part.span, `\`${of}\` has no field \`${part.name}\``, advice)
      return ANYTHING
    }
    current = field.type
    of = part.name
  }
  return current
}

/** A comparison with an absent field is unknown: worth a note unless the rule asks `is present`. */
function noteOptional(expr: Expr, env: Environment, typing: Typing): void {
  if (expr.kind !== 'path') return
  const head = expr.parts[0]
  const looked = head === undefined || env.named.has(head.name) ? undefined : env.fields.lookup(head.name)
  if (head === undefined || looked?.kind !== 'found' || !looked.field.optional || env.asked.has(head.name))
    return
  if (looked.field.type.kind === 'anything') return
  typing.report.add(
    'P0301',
    expr.span,
    `\`${head.name}\` may be absent; the rule then takes its \`on error\``,
    `Ask first: \`${head.name} is present and …\`.`,
  )
}
