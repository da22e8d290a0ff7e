/** Completion inside tests: steps with their values, verdicts, the names of checks. */
import { showType } from '../../check/type-text.ts'
import type { FieldType, Type } from '../../plan/plan.ts'
import type { Token } from '../../syntax/tokens.ts'
import { type Cursor, sinceLast } from './cursor.ts'
import { valuesOf } from './expressions.ts'
import type { Item } from './item.ts'
import { agents, checks, keywords, named } from './names.ts'
import { fieldsOfSteps, unticked, viewFields } from './scope.ts'
import { stepItems } from './steps.ts'

const CLAUSES: ReadonlySet<string> = new Set(['given', 'when', 'expect'])
const STARTS = ['given', 'when', 'expect', 'at']

export function testItems(cursor: Cursor): readonly Item[] {
  const { before, document } = cursor
  const clause = sinceLast(before.slice(3), CLAUSES)
  const next = cursor.startsLine ? keywords(STARTS, 2) : []
  if (clause === undefined) return cursor.inText ? [] : keywords(STARTS, 1)
  if (clause.word === 'expect') return [...verdictItems(clause.after, cursor), ...next]
  const start = prefaceEnd(clause.after)
  const written = clause.after.slice(start)
  const given = written.findIndex((token) => token.image === 'with')
  if (given >= 0) return [...entryItems(written.slice(0, given), written.slice(given + 1), cursor), ...next]
  if (cursor.inText) return []
  if (clause.after.at(-1)?.tokenType.name === 'Number')
    return ['seconds', 'minutes', 'hours', 'days'].map((label) => ({ kind: 'unit', label, rank: 2 }))
  const { items, whole } = stepItems(written, document)
  const more = whole ? keywords(['with', 'as'], 1) : []
  const early = clause.after.length === 0 ? keywords(['after', 'in the same turn']) : []
  return [...more, ...items, ...early, ...next]
}

/** How many tokens `after D,` and `in the same turn,` take. */
function prefaceEnd(tokens: readonly Token[]): number {
  let at = 0
  for (;;) {
    if (tokens[at]?.image === 'after') at += 3
    else if (tokens[at]?.image === 'in' && tokens[at + 1]?.image === 'the') at += 4
    else return Math.min(at, tokens.length)
    if (tokens[at]?.image === ',') at++
  }
}

function verdictItems(tokens: readonly Token[], cursor: Cursor): readonly Item[] {
  const last = tokens.at(-1)?.image
  if (last === 'because') return checks(cursor.document)
  if (cursor.inText) return []
  if (last === undefined) return keywords(['allow', 'deny', 'ask', 'repair', 'quarantine'], 1)
  if (last === 'ask') return [...agents(cursor.document), ...keywords(['because'], 3)]
  return tokens.some((token) => token.image === 'because') ? [] : keywords(['because'], 1)
}

function entryItems(steps: readonly Token[], tokens: readonly Token[], cursor: Cursor): readonly Item[] {
  const { document } = cursor
  const actor = steps.findIndex((token) => token.image === 'as')
  const fields = viewFields(fieldsOfSteps(actor < 0 ? steps : steps.slice(0, actor), document))
  const place = placeIn(tokens, fields)
  if (cursor.inText) return valuesOf(place.value).filter((item) => item.kind === 'option')
  const last = tokens.at(-1)?.image
  if (last === '=' || (last === '[' && place.value !== undefined)) return valuesOf(place.value)
  if (last !== undefined && last !== ',' && last !== '{') return []
  if (place.value !== undefined && last === ',') return valuesOf(place.value)
  return Array.from(place.fields)
    .filter(([name]) => !place.given.has(name))
    .map(([name, field]) => {
      const item = named('field', name, `${showType(field.type)}${field.optional ? ', optional' : ''}`, 2)
      return { ...item, insert: `${item.insert ?? item.label} = ` }
    })
}

interface Place {
  readonly fields: ReadonlyMap<string, FieldType>
  readonly given: ReadonlySet<string>
  /** The type of the value that is being written, if one is. */
  readonly value: Type | undefined
}

/** Follows brackets and names to the record or value at the end of the tokens. */
export function placeIn(tokens: readonly Token[], fields: ReadonlyMap<string, FieldType>): Place {
  interface Level {
    readonly fields: ReadonlyMap<string, FieldType>
    readonly given: Set<string>
    /** Inside a list: the type of its elements. */
    readonly element: Type | undefined
    value: Type | undefined
  }
  const stack: Level[] = [{ fields, given: new Set(), element: undefined, value: undefined }]
  tokens.forEach((token, index) => {
    const level = stack.at(-1)!
    if (token.image === '=') {
      const name = unticked(tokens[index - 1]?.image ?? '')
      level.given.add(name)
      level.value = level.fields.get(name)?.type
    } else if (token.image === '{') {
      stack.push({ fields: inside(level.value), given: new Set(), element: undefined, value: undefined })
    } else if (token.image === '[') {
      const element = level.value?.kind === 'list' ? level.value.of : undefined
      stack.push({ fields: new Map(), given: new Set(), element, value: element })
    } else if (token.image === '}' || token.image === ']') {
      if (stack.length > 1) stack.pop()
    } else if (token.image === ',') level.value = level.element
  })
  const { fields: at, given, value } = stack.at(-1)!
  return { fields: at, given, value }
}

function inside(type: Type | undefined): ReadonlyMap<string, FieldType> {
  return new Map(type?.kind === 'record' ? Object.entries(type.fields) : [])
}
