/** Completion inside schemas, tools, messages, agents and groups. */
import { FORMATS } from '../../check/prelude.ts'
import type { Token } from '../../syntax/tokens.ts'
import { fieldsOfType } from '../written.ts'
import { durations } from './clauses.ts'
import { type Cursor, endsIn, indexOutside, insideOpen, sinceLast } from './cursor.ts'
import { conditionItems } from './expressions.ts'
import { type Item, places } from './item.ts'
import { agents, currencies, groups, keywords, messages, named, schemas, tools } from './names.ts'
import { EMPTY_SCOPE } from './scope.ts'
import { objectsOf } from './steps.ts'

const TYPES = [
  'text',
  'number',
  'whole number',
  'money in',
  'date',
  'time',
  'duration',
  'yes or no',
  'one of',
  'list of',
  'map of',
  'anything',
]
const CONSTRAINTS = ['optional', 'at least', 'at most', 'over', 'under', 'from', 'before', 'after', 'default']
const ZONES = [
  'UTC',
  'America/New_York',
  'America/Los_Angeles',
  'Europe/Berlin',
  'Europe/London',
  'Asia/Tokyo',
]

/** Fields of records, wherever they stand. */
export function recordItems(cursor: Cursor): readonly Item[] {
  const { before, document } = cursor
  const check = sinceLast(before, new Set(['check']))
  const colon = check === undefined ? -1 : indexOutside(check.after, ':')
  if (check !== undefined && colon >= 0 && check.after[0]?.tokenType.name === 'Text')
    return cursor.inText
      ? []
      : [
          ...conditionItems(check.after.slice(colon + 1), recordScope(cursor), document),
          ...checkStart(cursor),
        ]
  if (cursor.inText)
    return endsIn(before, 'time', 'in') ? ZONES.map((label) => ({ kind: 'option', label })) : []
  if (cursor.startsLine) return checkStart(cursor)
  const last = before.at(-1)?.image
  switch (last) {
    case ':':
    case 'of':
    case 'returns':
      return [...keywords(TYPES, 2), ...schemas(document)]
    case 'in':
      return endsIn(before, 'time', 'in')
        ? ZONES.map((label) => ({ kind: 'option', label }))
        : currencies(document)
    case 'as':
      return FORMATS.map((label) => ({ kind: 'option', label, insert: label, rank: 1 }))
    case 'money':
    case 'time':
      return keywords(['in'], 1)
    case 'text':
      return keywords(['as', 'like', 'matching'], 1)
    case 'whole':
      return keywords(['number'], 1)
    case 'one':
    case 'list':
    case 'map':
      return keywords(['of'], 1)
    case 'at':
      return keywords(['least', 'most'], 1)
    case ',':
      return keywords(CONSTRAINTS, 2)
  }
  if (before.at(-1)?.tokenType.name !== 'Number') return []
  return [...keywords(['characters', 'character', 'days', 'hours', 'minutes'], 3), ...currencies(document)]
}

function checkStart({ startsLine }: Cursor): readonly Item[] {
  return startsLine
    ? [
        {
          kind: 'snippet',
          label: 'check',
          insert: places('check "«What holds»": «»'),
          snippet: true,
          rank: 3,
        },
      ]
    : []
}

function recordScope({ before, document }: Cursor): typeof EMPTY_SCOPE {
  const decl = document.declarationAt(before[0]!.startOffset)
  const type =
    decl?.kind === 'schema' ? document.analysis.model.schemaTypes.get(decl.name?.name ?? '') : undefined
  if (type === undefined) return EMPTY_SCOPE
  return {
    named: new Map(),
    fields: {
      names: Object.keys(type.fields),
      lookup: (name) =>
        Object.hasOwn(type.fields, name) ? { kind: 'found', field: type.fields[name]! } : { kind: 'none' },
    },
  }
}

export function toolItems(cursor: Cursor): readonly Item[] {
  const { before, document } = cursor
  const open = insideOpen(before, '(')
  if (open !== undefined) {
    if (open.length === 0) return schemas(document)
    return recordItems(cursor)
  }
  if (insideOpen(before, '{') === undefined || before.findLastIndex(({ image }) => image === ')') < 0) {
    const last = before.at(-1)?.image
    if (last === ')') return keywords(['returns'], 1)
    return recordItems(cursor)
  }
  if (endsIn(before, 'idempotent')) return keywords(['by'], 1)
  if (endsIn(before, 'by', 'spends')) return []
  if (endsIn(before, 'by') || endsIn(before, 'settles')) return takenFields(before, cursor)
  return keywords(['reads only', 'external', 'idempotent', 'idempotent by', 'settles'], 1)
}

function takenFields(before: readonly Token[], { document }: Cursor): readonly Item[] {
  const decl = document.declarationAt(before[0]!.startOffset)
  if (decl?.kind !== 'tool') return []
  return fieldsOfType(decl.takes, document.analysis.model.vocabulary).map((field) =>
    named('field', field.name.name, 'taken by the tool', 2),
  )
}

export function messageItems(cursor: Cursor): readonly Item[] {
  if (insideOpen(cursor.before, '{') !== undefined) return recordItems(cursor)
  return cursor.before.length === 2 ? schemas(cursor.document) : []
}

const BASE_VERBS = [
  'call',
  'send',
  'receive',
  'answer',
  'remember',
  'recall',
  'spawn',
  'finish',
  'enter',
  'leave',
  'spend',
  'fail',
]
const AFTER_OBJECTS: Readonly<Record<string, readonly string[]>> = {
  receive: ['from'],
  send: ['to'],
  answer: ['by sentence'],
}
const AGENT_CLAUSES: ReadonlySet<string> = new Set(['may', 'at'])

export function agentItems({ before, document, startsLine }: Cursor): readonly Item[] {
  const clause = sinceLast(before.slice(3), AGENT_CLAUSES)
  const next = keywords(['may', 'at most'], startsLine ? 1 : 7)
  if (clause === undefined) return next
  const last = before.at(-1)!
  if (clause.word === 'at') {
    if (last.image === 'at') return keywords(['most'], 1)
    if (last.tokenType.name === 'Number') return [...keywords(['steps'], 1), ...currencies(document)]
    if (last.image === 'per') return keywords(['conversation', 'agent', 'turn'], 1)
    return last.image === 'most' ? [] : [...keywords(['per conversation', 'and'], 2), ...next]
  }
  if (last.image === 'may') return keywords(BASE_VERBS, 1)
  if (last.image === 'to' || last.image === 'from') return agents(document)
  const verb = clause.after.findLast((token) => BASE_VERBS.includes(token.image))?.image
  if (last.image === ',')
    return [...(verb === undefined ? [] : objectsOf(verb, document)), ...keywords(BASE_VERBS)]
  if (last.image === verb) return objectsOf(verb, document)
  return [...keywords(AFTER_OBJECTS[verb ?? ''] ?? [], 2), ...next]
}

export function groupItems({ before, document }: Cursor): readonly Item[] {
  const last = before.at(-1)?.image
  if (last !== 'is' && last !== ',') return before.length === 2 ? keywords(['is'], 1) : []
  return [...tools(document), ...messages(document), ...groups(document)]
}

/** Of a library: what its user has to declare. */
export function needsItems(cursor: Cursor): readonly Item[] {
  const { before } = cursor
  const inner = { ...cursor, before: before.slice(1) }
  switch (before[1]?.image) {
    case undefined:
      return keywords(['tool', 'message', 'group'], 1)
    case 'tool':
      return before.length < 3 ? [] : toolItems(inner)
    case 'message':
      return before.length < 3 ? [] : messageItems(inner)
    default:
      return insideOpen(before, '(') === undefined ? [] : recordItems(inner)
  }
}

const PROMISES = ['cost', 'within', 'gives score from', 'threshold']

export function detectorItems({ before, document }: Cursor): readonly Item[] {
  const last = before.at(-1)!
  const open = insideOpen(before, '{')
  if (open === undefined)
    return last.image === 'over'
      ? keywords(['text'], 1)
      : before.length === 2
        ? keywords(['over text'], 1)
        : []
  const promised = new Set(open.map(({ image }) => image))
  if (open.length === 0 || last.image === ',')
    return keywords(
      PROMISES.filter((promise) => !promised.has(promise.split(' ')[0]!)),
      1,
    )
  const of = open.findLast(({ image }) => image === 'cost' || image === 'within' || image === 'gives')
  if (last.tokenType.name !== 'Number') return last.image === 'gives' ? keywords(['score from'], 1) : []
  if (of?.image === 'cost') return currencies(document)
  if (of?.image === 'within') return [...keywords(['milliseconds'], 1), ...durations()]
  return of?.image === 'gives' && !promised.has('to') ? keywords(['to'], 1) : []
}
