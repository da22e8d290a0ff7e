/** Completion inside rules and facts, and of the clauses they share with consistencies. */

import type { FieldView } from '../../check/environment.ts'
import { DETECTORS } from '../../check/prelude.ts'
import { showType } from '../../check/type-text.ts'
import type { Type } from '../../plan/plan.ts'
import type { Token } from '../../syntax/tokens.ts'
import type { PolicyDocument } from '../document.ts'
import { type Cursor, endsIn, indexOutside, insideOpen, sinceLast } from './cursor.ts'
import { conditionItems, optionsInText } from './expressions.ts'
import type { Item } from './item.ts'
import { agents, keywords, named, tools } from './names.ts'
import { EMPTY_SCOPE, type FieldScope, fieldsOfSteps, unticked, viewFields, withVariables } from './scope.ts'
import { stepItems } from './steps.ts'

const RULE_CLAUSES = ['when', 'where', 'then', 'because', 'remedy', 'severity', 'mode', 'on']
const RULE_CLAUSE: ReadonlySet<string> = new Set(RULE_CLAUSES)
const SHOWN_CLAUSES = ['when', 'where', 'then', 'because', 'remedy', 'severity', 'mode shadow', 'on error']

export function ruleItems(cursor: Cursor): readonly Item[] {
  const { before, document } = cursor
  const clause = sinceLast(before.slice(2), RULE_CLAUSE)
  const scope = ruleScope(cursor)
  if (cursor.inText) return optionsInText(clause?.after ?? [], withVariables(before, scope))
  const next =
    cursor.startsLine || clause === undefined ? keywords(SHOWN_CLAUSES, cursor.startsLine ? 2 : 7) : []
  if (clause === undefined) return keywords(SHOWN_CLAUSES, 1)
  switch (clause.word) {
    case 'when':
      return [...conditional(clause.after, withVariables(before, scope), document), ...next]
    case 'where':
      return [...namedValue(clause.after, scope, withVariables(before, scope), document), ...next]
    case 'then':
      return [...actionItems(clause.after, scope, document), ...next]
    default:
      return [...noteItems(clause.word, clause.after), ...next]
  }
}

export function factItems({ before, document, inText }: Cursor): readonly Item[] {
  const written = before.slice(3)
  const and = indexOutside(written, 'and')
  const steps = fieldsOfSteps(and < 0 ? written : written.slice(0, and), document)
  const scope = withVariables(before, { ...EMPTY_SCOPE, fields: steps })
  if (inText) return optionsInText(written, scope)
  return before.length < 3 ? keywords(['is'], 1) : conditional(written, scope, document)
}

/** Steps `and` a condition. */
export function conditional(
  tokens: readonly Token[],
  scope: FieldScope,
  document: PolicyDocument,
): readonly Item[] {
  const and = indexOutside(tokens, 'and')
  if (and >= 0) return conditionItems(tokens.slice(and + 1), scope, document)
  const { items, whole } = stepItems(tokens, document)
  return whole ? [...items, ...keywords(['and'], 1)] : items
}

/** The fields of the rule's steps and what its `where` names, before and after the cursor. */
function ruleScope({ all, document, before }: Cursor): FieldScope {
  const when = after(all, 'when')
  const and = indexOutside(when, 'and')
  const fields = fieldsOfSteps(and < 0 ? when : when.slice(0, and), document)
  const namedValues = new Map<string, FieldView | Type>()
  const decl = document.declarationAt(before[0]!.startOffset)
  for (const written of splitAt(after(all, 'where'), 'and')) {
    if (written[1]?.image !== 'is') continue
    const name = unticked(written[0]!.image)
    if (
      written[2]?.image === 'the' &&
      written[3]?.image === 'latest' &&
      written[4]?.tokenType.name !== 'Number'
    ) {
      const end = written.findIndex(
        (token, index) => token.image === 'with' && written[index + 1]?.image === 'the',
      )
      namedValues.set(
        name,
        fieldsOfSteps(insideParentheses(written.slice(4, end < 0 ? undefined : end)), document),
      )
    } else {
      const value = decl?.kind === 'rule' ? decl.named.find((each) => each.name.name === name) : undefined
      const type = value?.kind === 'value' ? document.analysis.model.types.get(value.value) : undefined
      namedValues.set(name, type ?? { kind: 'anything' })
    }
  }
  return { fields, named: namedValues }
}

/** The steps of `(clerk calls pay and amount > 10 USD)`. */
function insideParentheses(tokens: readonly Token[]): readonly Token[] {
  if (tokens[0]?.image !== '(') return tokens
  const inner = tokens.slice(1)
  const and = indexOutside(inner, 'and')
  return and < 0 ? inner.filter((token) => token.image !== ')') : inner.slice(0, and)
}

/** The tokens of one clause, up to the next. */
function after(all: readonly Token[], clause: string): readonly Token[] {
  const body = all.slice(3)
  const start = body.findIndex(
    (token, index) => token.image === clause && !(clause === 'where' && body[index + 1]?.image === '('),
  )
  if (start < 0) return []
  const rest = body.slice(start + 1)
  let depth = 0
  const end = rest.findIndex(({ image }) => {
    if ('([{'.includes(image)) depth++
    else if (')]}'.includes(image)) depth--
    return depth < 0 || (depth === 0 && RULE_CLAUSE.has(image))
  })
  return end < 0 ? rest : rest.slice(0, end)
}

function splitAt(tokens: readonly Token[], word: string): readonly (readonly Token[])[] {
  const at = indexOutside(tokens, word)
  return at < 0 ? [tokens] : [tokens.slice(0, at), ...splitAt(tokens.slice(at + 1), word)]
}

function namedValue(
  tokens: readonly Token[],
  scope: FieldScope,
  inner: FieldScope,
  document: PolicyDocument,
): readonly Item[] {
  const written = splitAt(tokens, 'and').at(-1) ?? []
  if (written.length === 0) return []
  if (written.length === 1) return keywords(['is'], 1)
  const rest = written.slice(2)
  if (rest[0]?.image !== 'the')
    return [
      ...(rest.length === 0
        ? keywords(
            PAST.map((word) => `the ${word}`),
            1,
          )
        : []),
      ...conditionItems(rest, inner, document),
    ]
  if (rest.length === 1) return keywords(PAST, 1)
  const steps = stepsOfPast(rest)
  if (steps === undefined) return []
  const open = insideOpen(rest, '(')
  if (open !== undefined) {
    const fields = fieldsOfSteps(insideParentheses(steps), document)
    return conditional(open, withVariables(open, { ...EMPTY_SCOPE, fields }), document)
  }
  if (endsIn(rest, 'in')) return keywords(['the last'], 1)
  if (endsIn(rest, 'with')) return keywords(['the same'], 1)
  const same = rest.findIndex((token) => token.image === 'same')
  if (same >= 0) return keyItems(rest.slice(same + 1), scope.fields)
  const { items, whole } = stepItems(steps, document)
  return whole
    ? [...items, ...keywords(['with the same', 'in the last', 'since the latest', 'and'], 2)]
    : items
}

const PAST = ['latest', 'number of', 'total', 'average', 'highest', 'lowest', 'time since the latest']

/** What of `the number of X since the latest Y` is steps, as far as it is written; undefined before the first. */
function stepsOfPast(rest: readonly Token[]): readonly Token[] | undefined {
  const since = rest.findLastIndex(
    ({ image }, i) => image === 'since' && rest[i + 1]?.image === 'the' && rest[i + 2]?.image === 'latest',
  )
  if (since >= 0) return rest.slice(since + 3)
  if (rest[1]?.image === 'latest') return rest.slice(rest[2]?.tokenType.name === 'Number' ? 3 : 2)
  const of = rest.findIndex(({ image }) => image === 'of')
  return of < 0 ? undefined : rest.slice(of + 1)
}

function keyItems(tokens: readonly Token[], view: FieldView): readonly Item[] {
  const last = tokens.at(-1)?.image
  if (last !== undefined && last !== ',' && last !== 'there' && last !== 'each')
    return keywords(['as there'], 5)
  return fieldItems(view)
}

export function fieldItems(view: FieldView): readonly Item[] {
  return Array.from(viewFields(view), ([name, field]) => named('field', name, showType(field.type), 2))
}

const ACTIONS = [
  'allow',
  'deny',
  'ask',
  'alert',
  'warn',
  'redact',
  'set',
  'trim',
  'replace',
  'route to',
  'retry with feedback',
  'fall back to',
  'quarantine',
]

export function actionItems(
  tokens: readonly Token[],
  scope: FieldScope,
  document: PolicyDocument,
): readonly Item[] {
  const [first] = tokens
  const last = tokens.at(-1)
  if (first === undefined || last === undefined) return keywords(ACTIONS, 1)
  if (last.tokenType.name === 'Number') return durations()
  if (last.image === 'ask' || last.image === 'alert') return agents(document)
  if (first.image === 'ask' && tokens.length === 2) return keywords(['within'], 1)
  if (last.image === 'otherwise') return keywords(['deny', 'allow'], 1)
  if (last.image === 'redact')
    return [
      ...DETECTORS.map((label): Item => ({ kind: 'detector', label, rank: 3 })),
      ...fieldItems(scope.fields),
    ]
  if (last.image === 'trim' || last.image === 'replace') return fieldItems(scope.fields)
  if (first.image === 'route')
    return last.image === 'to' ? [...agents(document), ...tools(document)] : keywords(['to'], 1)
  if (first.image === 'fall' && last.image === 'call') return tools(document)
  if (last.image === 'set' || (first.image === 'redact' && last.image === 'in'))
    return fieldItems(scope.fields)
  if (first.image === 'redact') return keywords(['in'], 3)
  if (first.image !== 'set')
    return first.image === 'ask' ? keywords(['otherwise deny', 'otherwise allow'], 3) : []
  const to = tokens.findIndex((token) => token.image === 'to')
  return to < 0 ? keywords(['to'], 1) : conditionItems(tokens.slice(to + 1), scope, document)
}

export function durations(): readonly Item[] {
  return ['seconds', 'minutes', 'hours', 'days', 'weeks'].map((label) => ({ kind: 'unit', label, rank: 2 }))
}

export function noteItems(word: string, tokens: readonly Token[]): readonly Item[] {
  const last = tokens.at(-1)?.image
  if (word === 'severity' && last === undefined) return keywords(['low', 'medium', 'high', 'critical'], 1)
  if (word === 'mode' && last === undefined) return keywords(['shadow', 'enforce'], 1)
  if (word === 'on')
    return last === undefined ? keywords(['error'], 1) : keywords(['deny', 'allow', 'warn'], 1)
  return []
}
