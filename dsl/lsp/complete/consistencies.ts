/** Completion inside consistencies: what they speak of, the forms, and what may stand behind them. */
import { candidateView, type FieldView } from '../../check/environment.ts'
import type { Token } from '../../syntax/tokens.ts'
import { resolveQuietly } from '../occurrences.ts'
import { actionItems, conditional, durations, fieldItems, noteItems } from './clauses.ts'
import { type Cursor, indexOutside, insideOpen, sinceLast } from './cursor.ts'
import { optionsInText } from './expressions.ts'
import type { Item } from './item.ts'
import { currencies, keywords } from './names.ts'
import { EMPTY_SCOPE, fieldsOfCalls, fieldsOfSteps, withVariables } from './scope.ts'
import { stepItems } from './steps.ts'

const NOTES: ReadonlySet<string> = new Set(['because', 'remedy', 'severity', 'mode', 'on', 'otherwise'])
const STARTS = [
  'for each',
  'per conversation',
  'per agent',
  'per turn',
  'across the fleet',
  'kept forever',
  'after',
  'before',
  'between',
  'while in',
  'total',
  'distinct',
  'average',
  'highest',
  'lowest',
  'every',
  'first step is',
  'last step is',
  'not both',
  'either',
  'otherwise',
  'because',
  'remedy',
  'severity',
  'mode shadow',
  'on error',
]
const RELATIONS = [
  'needs an earlier',
  'at most',
  'at most once',
  'at least',
  'exactly',
  'never',
  'never after',
  'never within',
  'is followed by',
  'is directly followed by',
  'only directly after',
  'never directly after',
  'excludes a later',
  'requires',
]

export function consistencyItems(cursor: Cursor): readonly Item[] {
  const { before, document, startsLine } = cursor
  const body = before.slice(3)
  const last = body.at(-1)
  const open = insideOpen(body, '(')
  if (open !== undefined) {
    const and = indexOutside(open, 'and')
    const fields = fieldsOfSteps(and < 0 ? open : open.slice(0, and), document)
    const scope = withVariables(open, { ...EMPTY_SCOPE, fields })
    return cursor.inText ? optionsInText(open, scope) : conditional(open, scope, document)
  }
  if (cursor.inText) return []
  const clauses = keywords(STARTS, startsLine ? 3 : 7)
  if (last === undefined) return [...clauses, ...stepItems([], document).items]
  const note = sinceLast(body, NOTES)
  if (note !== undefined) {
    const scope = { ...EMPTY_SCOPE, fields: formFields(cursor) }
    const own =
      note.word === 'otherwise' ? actionItems(note.after, scope, document) : noteItems(note.word, note.after)
    return [...own, ...(startsLine ? clauses : [])]
  }
  if (last.tokenType.name === 'Number')
    return [...keywords(['times'], 1), ...durations(), ...currencies(document)]
  const fixed = FOLLOWS.get(last.image)
  if (fixed !== undefined) return keywords(fixed, 1)
  if (FIELD_NEXT.has(last.image)) return fieldItems(formFields(cursor))
  const part = sinceLast(body, PART_STARTS)
  const steps = part === undefined || ENDED.has(part.word) ? stepsAfterHeader(body) : part.after
  const { items, whole } = stepItems(steps, document)
  if (!whole) return startsLine ? [...items, ...clauses] : items
  const terms = part === undefined ? RELATIONS : TERMS
  return [...keywords(terms, 2), ...items, ...clauses, ...(startsLine ? stepItems([], document).items : [])]
}

const TERMS = [
  'within',
  'with the same',
  'by someone else',
  'each time',
  'before the end',
  'in any',
  'at most',
  'otherwise',
]

const FOLLOWS: ReadonlyMap<string, readonly string[]> = new Map([
  ['needs', ['an earlier']],
  ['across', ['the fleet']],
  ['the', ['fleet']],
  ['excludes', ['a later']],
  ['while', ['in']],
  ['an', ['earlier']],
  ['at', ['most', 'least']],
  ['most', ['once']],
  ['never', ['after', 'within', 'directly after']],
  ['is', ['followed by', 'directly followed by']],
  ['followed', ['by']],
  ['with', ['the same']],
  ['someone', ['else']],
  ['in', ['any']],
  ['once', ['in any']],
  ['times', ['in any']],
  ['per', ['conversation', 'agent', 'turn', 'calendar day in']],
  ['for', ['each', 'each tool', 'each actor']],
])
const FIELD_NEXT: ReadonlySet<string> = new Set([
  'each',
  'same',
  'total',
  'distinct',
  'average',
  'highest',
  'lowest',
])
const PART_STARTS: ReadonlySet<string> = new Set([
  'earlier',
  'after',
  'by',
  'of',
  'within',
  'same',
  'any',
  'most',
  'once',
  'times',
])
/** After these no step follows on the same clause. */
const ENDED: ReadonlySet<string> = new Set(['within', 'same', 'any', 'most', 'once', 'times'])

/** The steps after `for each …` and `per …`; a new line starts them. */
function stepsAfterHeader(body: readonly Token[]): readonly Token[] {
  const line = body.at(-1)?.startLine
  const onLine = body.filter((token) => token.startLine === line)
  const scope = onLine.findLastIndex((token) =>
    ['conversation', 'agent', 'turn', 'fleet', 'each'].includes(token.image),
  )
  return onLine.slice(scope + 1)
}

/** The fields of the steps the consistency names; of every call while it names none. */
function formFields({ document, before }: Cursor): FieldView {
  const decl = document.declarationAt(before[0]!.startOffset)
  const steps = decl?.kind === 'consistency' ? decl.form?.what.steps : undefined
  if (steps === undefined) return fieldsOfCalls(document)
  return candidateView(resolveQuietly(steps, document.analysis.model).candidates, true)
}
