/** What may be written in a condition or where a value stands. */
import { BUILT_INS } from '../../check/built-ins.ts'
import { DETECTORS } from '../../check/prelude.ts'
import { showType } from '../../check/type-text.ts'
import type { FieldType, Type } from '../../plan/plan.ts'
import type { Token } from '../../syntax/tokens.ts'
import type { PolicyDocument } from '../document.ts'
import { BUILT_IN_HELP, DETECTOR_HELP } from '../keyword-help.ts'
import { endsIn } from './cursor.ts'
import { type Item, places } from './item.ts'
import { currencies, keywords, named, tables, words } from './names.ts'
import { type FieldScope, fieldsAfter, pathBefore, typeOfPath, viewFields } from './scope.ts'

const UNITS = ['seconds', 'minutes', 'hours', 'days', 'weeks', 'milliseconds']
const COMPARING: ReadonlySet<string> = new Set(['is', '=', '==', '!=', '<', '<=', '>', '>='])
/** A value comes next. */
const BEFORE_VALUE: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  '(',
  '[',
  ',',
  '+',
  '-',
  '*',
  '/',
  'of',
  'in',
  'with',
  'between',
  'over',
  'under',
  'before',
  'after',
  'least',
  'most',
  'to',
  'where',
  'has',
  'as',
  'word',
  'for',
  'from',
  'when',
  'if',
  ':',
])

export function conditionItems(
  tokens: readonly Token[],
  scope: FieldScope,
  document: PolicyDocument,
): readonly Item[] {
  const last = tokens.at(-1)
  if (last === undefined) return operands(scope, document, true)
  if (last.image === '.') return dotted(pathBefore(tokens.slice(0, -1)), scope)
  if (last.tokenType.name === 'Number') return [...units(document), ...keywords(['and', 'or'])]
  if (last.image === 'contains') return containing(document, scope)
  if (endsIn(tokens, 'any', 'of') || endsIn(tokens, 'word', 'of'))
    return [...words(document), ...fields(viewFields(scope.fields), (type) => type.kind === 'list')]
  const left = comparedBefore(tokens)
  if (left !== undefined) return compared(tokens, typeOfPath(left, scope), scope, document)
  if (BEFORE_VALUE.has(last.image)) return operands(scope, document, CONDITION_STARTS.has(last.image))
  return tails(typeOfPath(pathBefore(tokens), scope))
}

const CONDITION_STARTS: ReadonlySet<string> = new Set(['and', 'or', 'not', '('])

/** The path to the left of `is`, `is not`, `=`, or of a list after `one of`. */
function comparedBefore(tokens: readonly Token[]): readonly string[] | undefined {
  let end = tokens.length - 1
  while (tokens[end]?.image === ',' && tokens[end - 1]?.tokenType.name === 'Text') end -= 2
  if (endsIn(tokens.slice(0, end + 1), 'one', 'of')) end -= 2
  if (tokens[end]?.image === 'not' && tokens[end - 1]?.image === 'is') end--
  return COMPARING.has(tokens[end]?.image ?? '') ? pathBefore(tokens.slice(0, end)) : undefined
}

function compared(
  tokens: readonly Token[],
  type: Type | undefined,
  scope: FieldScope,
  document: PolicyDocument,
): readonly Item[] {
  const literal = valuesOf(type)
  if (tokens.at(-1)?.image === ',' || endsIn(tokens, 'one', 'of')) return literal
  const after =
    tokens.at(-1)?.image === 'is'
      ? ['not', 'one of', 'present', 'missing', 'between', 'in', 'the same as']
      : []
  const negated = endsIn(tokens, 'is', 'not') ? ['one of', 'in', 'between', 'the same as'] : []
  const sized = ['at least', 'at most', 'over', 'under']
  const timed = ['before', 'after']
  const more =
    type?.kind === 'number' || type?.kind === 'money' || type?.kind === 'duration'
      ? sized
      : type?.kind === 'date' || type?.kind === 'time'
        ? timed
        : type?.kind === 'text'
          ? ['like']
          : type === undefined
            ? [...sized, ...timed]
            : []
  const asked = tokens.at(-1)?.image === 'is' ? [...after, ...more] : negated
  return [...literal, ...keywords(asked), ...operands(scope, document, false, type)]
}

/** Literals of a type. */
export function valuesOf(type: Type | undefined): readonly Item[] {
  switch (type?.kind) {
    case 'choice':
      return type.options.map((option) => ({ kind: 'option', label: option, rank: 1 }))
    case 'flag':
      return ['yes', 'no'].map((label) => ({ kind: 'keyword', label, rank: 1 }))
    case 'money':
      return [value(`«100» ${type.currency}`, `100 ${type.currency}`)]
    case 'duration':
      return [value('«30» minutes', '30 minutes')]
    case 'date':
      return [value('«2026»-«01»-«01»', '2026-01-01')]
    case 'time':
      return [value('«2026»-«01»-«01»T«12»:00:00Z', '2026-01-01T12:00:00Z')]
    case 'list':
      return [value('[«value»]', '[ … ]')]
    default:
      return []
  }
}

function value(insert: string, label: string): Item {
  return { kind: 'snippet', label, insert: places(insert), snippet: true, rank: 3 }
}

function units(document: PolicyDocument): readonly Item[] {
  return [...UNITS.map((label): Item => ({ kind: 'unit', label, rank: 3 })), ...currencies(document)]
}

function containing(document: PolicyDocument, scope: FieldScope): readonly Item[] {
  const detectors = DETECTORS.map(
    (label): Item => ({ kind: 'detector', label, help: DETECTOR_HELP[label] ?? '', rank: 3 }),
  )
  const texts = fields(viewFields(scope.fields), (type) => type.kind === 'text')
  return [...keywords(['any of', 'any word of', 'the word'], 2), ...detectors, ...words(document), ...texts]
}

function dotted(path: readonly string[], scope: FieldScope): readonly Item[] {
  return fields(fieldsAfter(path, scope), () => true)
}

function fields(all: ReadonlyMap<string, FieldType>, fits: (type: Type) => boolean): readonly Item[] {
  return Array.from(all)
    .filter(([, field]) => fits(field.type))
    .map(([name, field]) =>
      named('field', name, `${showType(field.type)}${field.optional ? ', optional' : ''}`, 2),
    )
}

function operands(
  scope: FieldScope,
  document: PolicyDocument,
  isCondition: boolean,
  wanted?: Type,
): readonly Item[] {
  const own = fields(viewFields(scope.fields), (type) => wanted === undefined || type.kind === wanted.kind)
  const values = Array.from(scope.named.keys(), (name) => named('value', name, 'named value', 3))
  const built = BUILT_INS.map(
    (label): Item => ({ kind: 'value', label, help: BUILT_IN_HELP[label] ?? '', rank: 5 }),
  )
  const asking = isCondition
    ? [
        ...keywords(['not']),
        value('some «one» in «list» has («»)', 'some … in … has'),
        value('every «one» in «list» has («»)', 'every … in … has'),
        value('no «one» in «list» has («»)', 'no … in … has'),
      ].map((item) => ({ ...item, rank: 6 }))
    : []
  const counted = keywords([
    'count of',
    'total of',
    'length of',
    'keys of',
    'smaller of',
    'larger of',
    'day of',
  ])
  return [...own, ...values, ...built, ...tables(document), ...asking, ...counted]
}

/** What follows a value, by its type. */
function tails(type: Type | undefined): readonly Item[] {
  const joining = keywords(['and', 'or'], 4)
  switch (type?.kind) {
    case 'number':
    case 'money':
    case 'duration':
      return [
        ...keywords(
          ['is', 'is at least', 'is at most', 'is over', 'is under', '>', '<', '>=', '<=', '=', '!='],
          2,
        ),
        ...joining,
      ]
    case 'date':
    case 'time':
      return [...keywords(['is', 'is before', 'is after', 'is between'], 2), ...joining]
    case 'text':
      return [
        ...keywords(
          ['is', 'is not', 'is one of', 'is like', 'contains', 'starts with', 'ends with', 'matches'],
          2,
        ),
        ...joining,
      ]
    case 'choice':
    case 'flag':
      return [...keywords(['is', 'is not', 'is one of'], 2), ...joining]
    case 'list':
      return [...keywords(['contains', 'is present', 'is missing'], 2), ...joining]
    default:
      return [
        ...joining,
        ...keywords(['is', 'is not', 'contains', 'is present', 'is missing', '=', '>', '<'], 5),
      ]
  }
}

/** Values inside double quotes: the options of what is compared. */
export function optionsInText(tokens: readonly Token[], scope: FieldScope): readonly Item[] {
  const left = comparedBefore(tokens)
  return left === undefined ? [] : valuesOf(typeOfPath(left, scope)).filter((item) => item.kind === 'option')
}
